import type { LightBlock } from "../rpc/types.ts";

/** The step of verification that failed. docs/light-client.md says what each step proves. */
export type LightErrorCode =
  /** Options that cannot work. */
  | "bad_options"
  /** The block at the trusted height has another hash than the one trusted. */
  | "trusted_hash"
  | "chain_id"
  | "height"
  /** The commit is for another header than the one beside it. */
  | "header_hash"
  /** The validators are not those that the header names. */
  | "validators_hash"
  /** An address that is not its key's, no power, or too much. */
  | "invalid_validators"
  | "unsupported_key"
  | "signature_count"
  /** A signature beside another validator's place. */
  | "wrong_validator"
  | "wrong_signature"
  | "double_vote"
  /** At most 2/3 of the power signed. */
  | "not_enough_power"
  /** At most 1/3 (the trust level) of the trusted validators signed: bisection is needed. */
  | "untrusted_validators"
  /** The header's validators are not those that the header before it announced. */
  | "next_validators"
  /** The trusted header is older than the trusting period. */
  | "expired"
  /** The header's time is later than the clock, by more than drift allows. */
  | "future_time"
  /** The header's time is not after that of the trusted one. */
  | "time_order"
  /** An older header is not the one that a newer, verified header names as its parent. */
  | "hash_chain"
  /** A witness proves another header at a height: one of the two chains is an attack. */
  | "divergence"
  /** No witness confirms the header. */
  | "no_witness";

/** Two verified headers of one height, and the last height they agree on. */
export interface Divergence {
  readonly commonHeight: bigint;
  readonly primary: LightBlock;
  readonly witness: LightBlock;
  readonly witnessName: string;
}

export interface LightErrorDetail {
  readonly height?: bigint;
  readonly divergence?: Divergence;
  readonly cause?: unknown;
}

/** Why a header cannot be trusted. */
export class LightError extends Error {
  override readonly name = "LightError";
  readonly code: LightErrorCode;
  readonly height: bigint | undefined;
  readonly divergence: Divergence | undefined;
  constructor(code: LightErrorCode, message: string, { height, divergence, cause }: LightErrorDetail = {}) {
    super(
      height === undefined ? message : `height ${height}: ${message}`,
      cause === undefined ? {} : { cause },
    );
    this.code = code;
    this.height = height;
    this.divergence = divergence;
  }
}
