/**
 * The canonical engine: the same output bytes for the same model and inputs on every machine (design §8). Runs happen in
 * worker threads; what was run is remembered, and what is running is not started twice.
 */
import { LRUCache } from "lru-cache";
import { toHex } from "../store/bytes.ts";
import { hashString, sha256 } from "../store/sha256.ts";
import { checkConformance, conformanceHash } from "./conformance.ts";
import { type EngineId, engineIdHash, engineIdText } from "./id.ts";
import type { RunOutputs } from "./instance.ts";
import { EnginePool, type PoolModel, type PoolRequest, type Priority } from "./pool.ts";
import { decodeTensors, encodeTensors, type NamedTensor, NO_LIMITS } from "./tensor.ts";
import type { Timer } from "./thread.ts";

export type { EngineId } from "./id.ts";

/** What a run comes to. Only the class of a failure: its text differs from machine to machine. */
export type Outcome = OkOutcome | { readonly status: "engine_error" };

export interface OkOutcome {
  readonly status: "ok";
  /** In the order of the model. */
  readonly outputs: readonly NamedTensor[];
  /** The canonical bytes of the outputs (ADR-0025). */
  readonly encoded: Uint8Array;
  /** SHA-256 of `encoded`. */
  readonly outputHash: Uint8Array;
}

/** Inputs that are canonical bytes already, with their SHA-256: nothing is encoded or hashed again. */
export interface EncodedInputs {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
  /** What the run costs, if that is known. */
  readonly units?: bigint;
}

/** Outputs as they came from the engine, decoded only for who looks at them. */
class EngineOutcome implements OkOutcome {
  readonly status = "ok";
  readonly #names: readonly string[];
  readonly encoded: Uint8Array;
  readonly outputHash: Uint8Array;

  constructor({ names, bytes, hash }: RunOutputs) {
    this.#names = names;
    this.encoded = bytes;
    this.outputHash = hash;
  }

  get outputs(): readonly NamedTensor[] {
    const byName = new Map(decodeTensors(this.encoded, NO_LIMITS).map((tensor) => [tensor.name, tensor]));
    return this.#names.map((name) => byName.get(name)!);
  }
}

export interface EngineOptions {
  /** Worker threads; default 1. */
  readonly workers?: number;
  /** Bytes of remembered outputs; default 64 MiB. */
  readonly cacheBytes?: number;
  /** Instances at most, each with one model open; default 4, or `workers` if that is more. Each takes some 40 MB. */
  readonly instances?: number;
  /** Bytes of model files that are kept open, over all instances; default 512 MiB. */
  readonly sessionCacheBytes?: number;
}

export interface EngineDeps {
  /** Lets a watchdog end threads that hang, so that their runs are tried again; without it none does. */
  readonly timer?: Timer;
  /** Told why a run failed; the reason is no part of the outcome. */
  readonly log?: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

const MIB = 1024 * 1024;
/** What an outcome weighs in the cache beside its data. */
const OUTCOME_OVERHEAD = 256;

interface Running {
  readonly request: PoolRequest;
  readonly outcome: Promise<Outcome>;
}

export class CanonicalEngine implements EngineId {
  readonly id: string;
  readonly idHash: Uint8Array;
  readonly conformanceHash: Uint8Array;
  readonly #pool: EnginePool;
  readonly #deps: EngineDeps;
  readonly #known: LRUCache<string, Outcome>;
  readonly #running = new Map<string, Running>();

  private constructor(pool: EnginePool, options: EngineOptions, deps: EngineDeps) {
    this.#pool = pool;
    this.#deps = deps;
    this.#known = new LRUCache({ maxSize: options.cacheBytes ?? 64 * MIB, sizeCalculation: sizeOf });
    this.id = engineIdText();
    this.idHash = engineIdHash(this.id);
    this.conformanceHash = conformanceHash();
  }

  /**
   * Loads the engine into its threads and runs the conformance vectors.
   * @throws EngineError of kind nonConforming naming the vector whose output differs
   */
  static async start(options: EngineOptions = {}, deps: EngineDeps = {}): Promise<CanonicalEngine> {
    const { workers = 1, instances, sessionCacheBytes = 512 * MIB } = options;
    const pool = await EnginePool.start(
      {
        threads: workers,
        sessionBytes: sessionCacheBytes,
        ...(instances === undefined ? {} : { instances }),
      },
      { timer: deps.timer },
    );
    const engine = new CanonicalEngine(pool, options, deps);
    try {
      await checkConformance((model, inputs) =>
        engine.#compute({ model, inputs: encodeTensors(inputs) }, "block"),
      );
    } catch (error) {
      await pool.stop();
      throw error;
    }
    return engine;
  }

  /** Runs that wait for a thread. */
  get backlog(): number {
    return this.#pool.backlog;
  }

  /** Compute units of the runs that wait, as far as they are known. */
  get backlogUnits(): bigint {
    return this.#pool.backlogUnits;
  }

  /** The outcome, if it is remembered. */
  peek(modelHash: Uint8Array, inputHash: Uint8Array): Outcome | undefined {
    return this.#known.get(keyOf(modelHash, inputHash));
  }

  /** Whether a run of it was begun and has not ended. */
  isUnderWay(modelHash: Uint8Array, inputHash: Uint8Array): boolean {
    return this.#running.has(keyOf(modelHash, inputHash));
  }

  /**
   * Computes an outcome, or joins the computation that is under way. Inputs must fit the model (onnx `batchOf`): what
   * does not is an engine error. The cache may drop an outcome at once; who needs it later keeps what this returns.
   * @throws EngineError if the engine itself is broken or stopped
   */
  run(
    model: PoolModel,
    inputs: readonly NamedTensor[] | EncodedInputs,
    options: { readonly priority?: Priority } = {},
  ): Promise<Outcome> {
    const { bytes, hash, units } = "bytes" in inputs ? inputs : encoded(inputs);
    const key = keyOf(model.hash, hash);
    const known = this.#known.get(key);
    if (known) return Promise.resolve(known);
    const running = this.#running.get(key);
    if (running) {
      this.#pool.promote(running.request, options.priority ?? "block");
      return running.outcome;
    }
    const request: PoolRequest = { model, inputs: bytes, units };
    const outcome = this.#compute(request, options.priority ?? "block").then((computed) => {
      this.#known.set(key, computed);
      return computed;
    });
    this.#running.set(key, { request, outcome });
    const done = () => this.#running.delete(key);
    outcome.then(done, done);
    return outcome;
  }

  /** Begins the runs of the mempool that wait for company (ADR-0037): a block is about to need them. */
  hurry(): void {
    this.#pool.hurry();
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }

  async #compute(request: PoolRequest, priority: Priority): Promise<Outcome> {
    const reply = await this.#pool.run(request, priority);
    if (reply.kind === "done") return new EngineOutcome(reply);
    this.#deps.log?.(
      { model: toHex(request.model.hash), reason: reply.reason },
      "an inference failed in the engine",
    );
    return { status: "engine_error" };
  }
}

function keyOf(modelHash: Uint8Array, inputHash: Uint8Array): string {
  return hashString(modelHash) + hashString(inputHash);
}

function encoded(inputs: readonly NamedTensor[]): EncodedInputs {
  const bytes = encodeTensors(inputs);
  return { bytes, hash: sha256(bytes) };
}

function sizeOf(outcome: Outcome): number {
  return OUTCOME_OVERHEAD + (outcome.status === "ok" ? outcome.encoded.length : 0);
}
