/** The engine as blocks see it: outcomes are kept from when they are computed until the block that needed them is done. */
import type { EncodedInputs, EngineId, Outcome } from "../engine/engine.ts";
import { ComputeMeter, ComputePending, type ComputePort, type ComputeRequest } from "../runtime/compute.ts";
import { hashString } from "../store/sha256.ts";

/** When a run is needed: now, soon, or some time. */
export type RunPriority = "block" | "background" | "mempool";

/** What the chain needs of an engine (chain/engine CanonicalEngine). */
export interface ComputeEngine extends EngineId {
  /** Runs that wait for a thread. */
  readonly backlog: number;
  /** Compute units of these. */
  readonly backlogUnits: bigint;
  peek(modelHash: Uint8Array, inputHash: Uint8Array): Outcome | undefined;
  /** Whether a run of it was begun and has not ended. */
  isUnderWay(modelHash: Uint8Array, inputHash: Uint8Array): boolean;
  run(
    model: { readonly hash: Uint8Array; readonly bytes: () => Uint8Array },
    inputs: EncodedInputs,
    options?: { readonly priority?: RunPriority },
  ): Promise<Outcome>;
  /** Begins what was let wait for company. */
  hurry?(): void;
}

/**
 * Work made ahead of need is dropped when so many runs wait, or so many units (some 0.7 s): it would come too late, and
 * whoever floods pays nothing.
 */
const MAX_BACKLOG = 4_096;
const MAX_BACKLOG_UNITS = 2_000_000_000n;

export class BlockCompute implements ComputePort {
  readonly meter = new ComputeMeter();
  readonly #engine: ComputeEngine;
  /** Outcomes that the block in progress waited for: the engine's cache may drop them, this does not. */
  readonly #kept = new Map<string, Outcome>();
  /** By the message that will ask for it: what was begun ahead of need and has not ended. */
  readonly #begun = new WeakMap<object, ComputeRequest>();

  constructor(engine: ComputeEngine) {
    this.#engine = engine;
  }

  get engine(): EngineId {
    return this.#engine;
  }

  outcome(request: ComputeRequest): Outcome {
    const known = this.find(request);
    if (!known) throw new ComputePending(request);
    return known;
  }

  find(request: ComputeRequest): Outcome | undefined {
    const kept = this.#kept.size > 0 ? this.#kept.get(keyOf(request)) : undefined;
    return kept ?? this.#engine.peek(request.modelHash, request.inputHash);
  }

  warm(
    request: ComputeRequest,
    message?: object,
    priority: Exclude<RunPriority, "block"> = "background",
  ): void {
    const { backlog, backlogUnits } = this.#engine;
    if (backlog >= MAX_BACKLOG || backlogUnits + request.units > MAX_BACKLOG_UNITS) return;
    if (this.#engine.peek(request.modelHash, request.inputHash)) return;
    if (message) this.#begun.set(message, request);
    // A failure here is seen again, and reported, when the outcome is needed.
    const done = () => message && this.#begun.delete(message);
    this.#start(request, priority).then(done, done);
  }

  /**
   * Waits for the runs of these messages that were begun ahead of need and have not ended; begins none, and fails none: what is
   * missing then is asked for by the message itself. @returns undefined if there is nothing to wait for
   */
  ready(messages: readonly object[]): Promise<unknown> | undefined {
    const runs: Promise<void>[] = [];
    for (const message of messages) {
      const request = this.#begun.get(message);
      if (request && this.#engine.isUnderWay(request.modelHash, request.inputHash))
        runs.push(this.#join(request));
    }
    return runs.length > 0 ? Promise.all(runs) : undefined;
  }

  async #join(request: ComputeRequest): Promise<void> {
    try {
      this.#kept.set(keyOf(request), await this.#start(request, "block"));
    } catch {
      // It may have read its file through a state that is gone; the block's own state has it.
    }
  }

  /**
   * Computes outcomes and keeps them until `release`. Waits as well for those of `later` that are under way already; none of
   * these is begun here, as nobody may ever pay for it.
   * @throws if the engine itself is broken, never for a bad model.
   */
  async compute(now: readonly ComputeRequest[], later: readonly ComputeRequest[] = []): Promise<void> {
    // A block is under way: what the mempool began is needed now.
    this.#engine.hurry?.();
    const runs = now.map((request) => this.#keep(request));
    for (const other of later) {
      if (this.#engine.isUnderWay(other.modelHash, other.inputHash)) runs.push(this.#keep(other));
    }
    await Promise.all(runs);
  }

  async #keep(request: ComputeRequest): Promise<void> {
    // A run started ahead of need may fail where it reads the file through a state that is gone: the block's own does not.
    const outcome = await this.#start(request, "block").catch(() => this.#start(request, "block"));
    this.#kept.set(keyOf(request), outcome);
  }

  release(): void {
    this.#kept.clear();
  }

  #start(
    { modelHash, modelBytes, encoded, inputHash, units }: ComputeRequest,
    priority: RunPriority,
  ): Promise<Outcome> {
    return this.#engine.run(
      { hash: modelHash, bytes: modelBytes },
      { bytes: encoded, hash: inputHash, units },
      { priority },
    );
  }
}

function keyOf({ modelHash, inputHash }: ComputeRequest): string {
  return hashString(modelHash) + hashString(inputHash);
}
