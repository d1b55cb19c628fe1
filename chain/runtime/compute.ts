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
  readonly inputHash: Uint8Array;
}

export interface ComputePort {
  readonly engine: EngineId;
  /** @throws ComputePending if the outcome is not known yet. */
  outcome(request: ComputeRequest): Outcome;
  /** Starts computing ahead of need. Never changes a result. */
  warm(request: ComputeRequest): void;
}

/** Not a failure: the runner of transactions awaits the outcome and starts the transaction again. */
export class ComputePending extends Error {
  override readonly name = "ComputePending";
  readonly request: ComputeRequest;

  constructor(request: ComputeRequest) {
    super("the outcome of an inference is not computed yet");
    this.request = request;
  }
}
