/**
 * How the state machine reaches the engine.
 *
 * Message handlers are synchronous and the engine is not. A handler asks for an outcome; if it is not known yet, the ask
 * throws ComputePending, the transaction's branch is dropped, the outcome is awaited, and the transaction runs again from
 * the start. An outcome is a pure function of (engine, model, inputs), so when it was computed never shows (ADR-0030).
 */
import type { EngineId, Outcome } from "../engine/engine.ts";
import type { NamedTensor } from "../engine/tensor.ts";

export interface ComputeRequest {
  /** SHA-256 of the ONNX file. */
  readonly modelHash: Uint8Array;
  /** The ONNX file; called only if the outcome is not cached. */
  readonly modelBytes: () => Uint8Array;
  readonly inputs: readonly NamedTensor[];
  /** The canonical bytes of the inputs, and their SHA-256. */
  readonly encoded: Uint8Array;
  readonly inputHash: Uint8Array;
  /** What the run costs. */
  readonly units: bigint;
}

/** What a message will ask of the engine. */
export interface ComputeNeed {
  /** Compute units, known before the run. */
  readonly units: bigint;
  readonly request: ComputeRequest;
}

/**
 * Compute units that the transactions of one block have asked the engine for. Not part of the state, and so not undone
 * when a transaction fails: its run was run all the same (ADR-0064).
 */
export class ComputeMeter {
  #spent = 0n;

  get spent(): bigint {
    return this.#spent;
  }

  spend(units: bigint): void {
    this.#spent += units;
  }

  /** Back to what was spent before: of an attempt that has to wait, and at a block's begin. */
  resetTo(spent: bigint): void {
    this.#spent = spent;
  }
}

export interface ComputePort {
  readonly engine: EngineId;
  /** Of the block in progress. */
  readonly meter: ComputeMeter;
  /**
   * @param assume an outcome as good as another, with which the caller may go on where nothing is kept of what it does
   * @throws ComputePending if the outcome is not known yet
   */
  outcome(request: ComputeRequest, assume?: () => Outcome): Outcome;
  /** The outcome if it is known already: for who goes on without it, where an exception a run would be costly. */
  find?(request: ComputeRequest): Outcome | undefined;
  /**
   * Starts computing ahead of need. Never changes a result.
   * @param message the decoded message that will ask for it: its block can then wait for the run before the message's turn
   * @param priority default: a proposal or verdict needs it soon; what the mempool lets in may wait for company (ADR-0037)
   */
  warm(request: ComputeRequest, message?: object, priority?: "background" | "mempool"): void;
}

/** Not a failure: the runner of transactions awaits the outcomes and starts the transaction again. */
export class ComputePending extends Error {
  override readonly name = "ComputePending";
  readonly request: ComputeRequest;
  /** What is asked for after it, if the outcomes in between do not change that. */
  readonly later: readonly ComputeRequest[];

  constructor(request: ComputeRequest, later: readonly ComputeRequest[] = []) {
    super("the outcome of an inference is not computed yet");
    this.request = request;
    this.later = later;
  }
}

/** Goes on with assumed outcomes where they are not known, to see what else is asked for: what comes of it must be dropped. */
export class ExploringCompute implements ComputePort {
  readonly #port: ComputePort;
  readonly #unknown: ComputeRequest[] = [];

  constructor(port: ComputePort) {
    this.#port = port;
  }

  get engine(): EngineId {
    return this.#port.engine;
  }

  get meter(): ComputeMeter {
    return this.#port.meter;
  }

  outcome(request: ComputeRequest, assume?: () => Outcome): Outcome {
    if (!assume || !this.#port.find) return this.#port.outcome(request);
    const known = this.#port.find(request);
    if (known) return known;
    this.#unknown.push(request);
    return assume();
  }

  warm(request: ComputeRequest, message?: object, priority?: "background" | "mempool"): void {
    this.#port.warm(request, message, priority);
  }

  /** @throws ComputePending if anything was assumed */
  assertKnown(): void {
    const [first, ...later] = this.#unknown;
    if (first) throw new ComputePending(first, later);
  }
}
