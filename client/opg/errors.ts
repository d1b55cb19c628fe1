export type OpgErrorCode =
  | "no_signer"
  | "no_account"
  | "wrong_chain"
  | "invalid_gas_price"
  | "not_in_block"
  | "unexpected_response"
  | "upload_stalled"
  | "model_taken";

/** The SDK cannot do what was asked. */
export class OpgError extends Error {
  override readonly name = "OpgError";
  readonly code: OpgErrorCode;
  constructor(code: OpgErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Where a transaction failed: in simulation, at admission to the mempool, or in its block (the fee is paid). */
export type TxStage = "simulate" | "check" | "execute";

/** What the chain says of a transaction that it does not execute, by its registered code. */
export class TxFailedError extends Error {
  override readonly name = "TxFailedError";
  readonly stage: TxStage;
  readonly codespace: string;
  readonly code: number;
  readonly log: string;
  /** Upper-case hex; undefined if it was never sent. */
  readonly hash: string | undefined;
  constructor(stage: TxStage, failure: { codespace: string; code: number; log: string; hash?: string }) {
    super(
      `transaction failed (${stage}): ${failure.log} (${failure.codespace} ${failure.code})${failure.hash ? `, hash ${failure.hash}` : ""}`,
    );
    this.stage = stage;
    this.codespace = failure.codespace;
    this.code = failure.code;
    this.log = failure.log;
    this.hash = failure.hash;
  }

  /** The sequence was not the one that the chain expects. */
  get wrongSequence(): boolean {
    return this.codespace === "sdk" && this.code === 32;
  }
}
