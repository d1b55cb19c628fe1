/**
 * What the engine refuses, and why. Codespace and code are consensus; the message is for people and is not.
 */

export const ENGINE_CODESPACE = "engine";

/** Registered codes. A number is never reused; 1 is kept for internal errors, as in the Cosmos SDK. */
export const EngineErrorCode = {
  /** The bytes are not an ONNX model, or the model contradicts itself. */
  malformed: 2,
  /** An operator, or an operator at this opset, that is not on the allow-list. */
  unsupportedOperator: 3,
  /** An element type that the operator or the engine does not take. */
  unsupportedType: 4,
  /** An attribute, or a value of it, that the engine does not take. */
  unsupportedAttribute: 5,
  /** A part of ONNX that is refused as a whole: functions, subgraphs, external data, sparse tensors, training. */
  unsupportedFeature: 6,
  /** A shape that depends on data of the run, or on more than one free dimension. */
  dynamicShape: 7,
  /** A limit on size, count, rank, memory or compute units is exceeded. */
  limitExceeded: 8,
  /** Inputs of a run do not fit the model. */
  badInput: 9,
  /** The engine could not complete a run: a trap, or an error raised by a kernel. */
  engineFailure: 10,
  /** Shapes inside the model do not fit each other. */
  shapeMismatch: 11,
  /** The engine itself does not reproduce the conformance vectors, or could not start. */
  nonConforming: 12,
} as const;
export type EngineErrorCode = (typeof EngineErrorCode)[keyof typeof EngineErrorCode];

export type EngineErrorKind = keyof typeof EngineErrorCode;

/** A model, an input or a run that the engine does not accept. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly codespace = ENGINE_CODESPACE;
  readonly code: EngineErrorCode;
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string) {
    super(message);
    this.kind = kind;
    this.code = EngineErrorCode[kind];
  }
}
