/** Validators and delegations as the rules see them: integers and decimals, not texts. */
import type { CommissionRates, Description } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Any, Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import type { Dec } from "../../runtime/decimal.ts";

/** Tokens of one unit of voting power. Source: types.DefaultPowerReduction of the SDK. */
export const POWER_REDUCTION = 1_000_000n;

export type BondStatus = "unbonded" | "unbonding" | "bonded";

export interface Commission {
  readonly rate: Dec;
  readonly maxRate: Dec;
  /** Most that the rate may rise by in a day. */
  readonly maxChangeRate: Dec;
  readonly updateTime: Timestamp;
}

export interface Validator {
  readonly operator: Address;
  readonly consensusPubkey: Any;
  /** 20 bytes: CometBFT's name of the validator. */
  readonly consensus: Uint8Array;
  readonly jailed: boolean;
  readonly status: BondStatus;
  readonly tokens: bigint;
  readonly delegatorShares: Dec;
  readonly description: Description;
  readonly unbondingHeight: bigint;
  readonly unbondingTime: Timestamp;
  readonly commission: Commission;
  readonly minSelfDelegation: bigint;
  readonly unbondingOnHoldRefCount: bigint;
  readonly unbondingIds: readonly bigint[];
}

export interface Delegation {
  readonly delegator: Address;
  readonly operator: Address;
  readonly shares: Dec;
}

/** What both kinds of waiting tokens have. */
interface WaitingEntry {
  readonly creationHeight: bigint;
  readonly completionTime: Timestamp;
  readonly initialBalance: bigint;
  readonly unbondingId: bigint;
  /** While positive, the entry does not complete. */
  readonly unbondingOnHoldRefCount: bigint;
}

export interface UnbondingEntry extends WaitingEntry {
  /** What is paid out: slashes take from it. */
  readonly balance: bigint;
}

export interface UnbondingDelegation {
  readonly delegator: Address;
  readonly operator: Address;
  readonly entries: readonly UnbondingEntry[];
}

export interface RedelegationEntry extends WaitingEntry {
  /** Shares of the destination that the tokens became. */
  readonly sharesDst: Dec;
}

export interface Redelegation {
  readonly delegator: Address;
  readonly source: Address;
  readonly destination: Address;
  readonly entries: readonly RedelegationEntry[];
}

export type { CommissionRates, Description };
