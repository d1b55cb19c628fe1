export type StoreErrorCode =
  | "BLOB_MISMATCH"
  | "BRANCH_SPENT"
  | "CLOSED"
  | "COMMITTING"
  | "CORRUPT"
  | "EMPTY_KEY"
  | "EMPTY_TREE"
  | "FAILED"
  | "KEY_TOO_LARGE"
  | "NOT_EMPTY"
  | "OPTIONS"
  | "READ_ONLY"
  | "SNAPSHOT"
  | "STORES_DIFFER"
  | "UNKNOWN_STORE"
  | "VALUE_TOO_LARGE"
  | "VERSION_NOT_KEPT"
  | "VERSION_HELD";

/** What the store refuses or finds broken. `code` is for programs; the message names the value and the remedy. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
