/** Faults of the embedded engine. */
export type SoloErrorCode =
  /** The validator set is not this home's validator alone. */
  | "not_alone"
  /** The block store and the application are at heights that do not fit. */
  | "heights"
  /** The application did not answer as it must. */
  | "application"
  /** The genesis lacks what a block needs. */
  | "genesis";

export class SoloError extends Error {
  override readonly name = "SoloError";
  readonly code: SoloErrorCode;
  constructor(code: SoloErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
