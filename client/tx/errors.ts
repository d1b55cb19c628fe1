export type TxErrorCode =
  | "unsupported_mode"
  | "bad_signature"
  | "not_a_member"
  | "too_few_signatures"
  | "invalid_tx"
  | "no_signer";

/** A transaction that cannot be built or signed as asked. */
export class TxError extends Error {
  override readonly name = "TxError";
  readonly code: TxErrorCode;
  constructor(code: TxErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
