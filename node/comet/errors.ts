/** The one error class of this room. */

export type CometErrorCode =
  /** The binary that was named does not exist or does not run. */
  | "BAD_BINARY"
  /** `go install` failed. */
  | "BUILD_FAILED"
  /** CometBFT ended although nobody asked it to. */
  | "EXITED"
  /** A setting that config.toml does not have, or a value TOML cannot hold. */
  | "BAD_SETTING"
  /** A file of the home folder that is missing or malformed. */
  | "BAD_HOME";

export class CometError extends Error {
  override readonly name = "CometError";
  readonly code: CometErrorCode;

  constructor(code: CometErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
