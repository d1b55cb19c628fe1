/**
 * The canonical engine: the same output bytes for the same model and inputs on every machine (design §8). Runs happen in
 * worker threads; what was run is remembered, and what is running is not started twice.
 */
import { LRUCache } from "lru-cache";
import { checkConformance, conformanceHash } from "./conformance.ts";
import { type EngineId, engineIdHash, engineIdText, toHexText } from "./id.ts";
import { EnginePool, type PoolModel, type Priority } from "./pool.ts";
import { type NamedTensor, tensorsHash } from "./tensor.ts";

export type { EngineId } from "./id.ts";

/** What a run comes to. Only the class of a failure: its text differs from machine to machine. */
export type Outcome =
  | { readonly status: "ok"; readonly outputs: readonly NamedTensor[]; readonly outputHash: Uint8Array }
  | { readonly status: "engine_error" };

export interface EngineOptions {
  /** Worker threads; default 1. */
  readonly workers?: number;
  /** Bytes of remembered outputs; default 64 MiB. */
  readonly cacheBytes?: number;
  /** Bytes of model files that one worker keeps loaded; default 512 MiB. */
  readonly sessionCacheBytes?: number;
}

export interface EngineDeps {
  /** Told why a run failed; the reason is no part of the outcome. */
  readonly log?: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

const MIB = 1024 * 1024;
/** What an outcome weighs in the cache beside its data. */
const OUTCOME_OVERHEAD = 256;

interface Running {
  readonly model: PoolModel;
  readonly inputs: readonly NamedTensor[];
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
    const pool = await EnginePool.start({
      threads: options.workers ?? 1,
      sessionBytes: options.sessionCacheBytes ?? 512 * MIB,
    });
    const engine = new CanonicalEngine(pool, options, deps);
    try {
      await checkConformance((model, inputs) => engine.#compute(model, inputs, "block"));
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

  /** The outcome, if it is remembered. */
  peek(modelHash: Uint8Array, inputHash: Uint8Array): Outcome | undefined {
    return this.#known.get(toHexText(modelHash) + toHexText(inputHash));
  }

  /**
   * Computes an outcome, or joins the computation that is under way. Inputs must fit the model (onnx `batchOf`): what
   * does not is an engine error. The cache may drop an outcome at once; who needs it later keeps what this returns.
   * @throws EngineError if the engine itself is broken or stopped
   */
  run(
    model: PoolModel,
    inputs: readonly NamedTensor[],
    options: { readonly priority?: Priority } = {},
  ): Promise<Outcome> {
    const key = toHexText(model.hash) + toHexText(tensorsHash(inputs));
    const known = this.#known.get(key);
    if (known) return Promise.resolve(known);
    const running = this.#running.get(key);
    if (running) {
      if (options.priority === "block") this.#pool.promote(running.model, running.inputs);
      return running.outcome;
    }
    const outcome = this.#compute(model, inputs, options.priority ?? "block").then((computed) => {
      this.#known.set(key, computed);
      return computed;
    });
    this.#running.set(key, { model, inputs, outcome });
    const done = () => this.#running.delete(key);
    outcome.then(done, done);
    return outcome;
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }

  async #compute(model: PoolModel, inputs: readonly NamedTensor[], priority: Priority): Promise<Outcome> {
    const reply = await this.#pool.run(model, inputs, priority);
    if (reply.kind === "done") {
      return { status: "ok", outputs: reply.outputs, outputHash: reply.outputHash };
    }
    this.#deps.log?.(
      { model: toHexText(model.hash), reason: reply.reason },
      "an inference failed in the engine",
    );
    return { status: "engine_error" };
  }
}

function sizeOf(outcome: Outcome): number {
  if (outcome.status !== "ok") return OUTCOME_OVERHEAD;
  return outcome.outputs.reduce((sum, { data }) => sum + data.length + OUTCOME_OVERHEAD, OUTCOME_OVERHEAD);
}
