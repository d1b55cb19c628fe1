/** Faults of the embedded engine. */
export type SoloErrorCode =
  /** The validator set is not this home's validator alone. */
  | "not_alone"
  /** The block store and the application are at heights that do not fit. */
  | "heights"
  /** The application did not answer as it must. */
  | "application"
  /** The genesis lacks what a block needs. */
  | "genesis"
  /** A key file of the home is missing or not one. */
  | "key"
  /** The key has signed what this home's blocks do not have. */
  | "signed"
  /** A setting of config.toml that the engine cannot take. */
  | "setting"
  /** The RPC cannot be served where it should be. */
  | "address"
  /** A text that is no query. */
  | "query";

export class SoloError extends Error {
  override readonly name = "SoloError";
  readonly code: SoloErrorCode;
  constructor(code: SoloErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
