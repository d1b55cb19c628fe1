export type KeyErrorCode =
  | "invalid_mnemonic"
  | "invalid_path"
  | "invalid_private_key"
  | "invalid_public_key"
  | "invalid_multisig";

/** A key, mnemonic or multisig that is not one. Never contains secret material. */
export class KeyError extends Error {
  override readonly name = "KeyError";
  readonly code: KeyErrorCode;
  constructor(code: KeyErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
