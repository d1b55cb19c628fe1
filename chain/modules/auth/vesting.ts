/** Accounts whose coins unlock over time, as they stand in the store and in an Any. Rules: chain/modules/vesting. */
import type { BaseAccount } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import {
  BaseVestingAccount,
  ContinuousVestingAccount,
  DelayedVestingAccount,
  PeriodicVestingAccount,
  PermanentLockedAccount,
} from "../../../proto/gen/cosmos.vesting.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { type Coins, coinsFromProto, coinsToProto, formatCoins, sumCoins } from "../../runtime/coins.ts";
import { SdkError } from "../../runtime/errors.ts";

/** A part of the coins, unlocked `length` seconds after the part before. */
export interface VestingPeriod {
  readonly length: bigint;
  readonly amount: Coins;
}

/** How coins unlock; times are Unix seconds. */
export type VestingSchedule =
  | { readonly type: "continuous"; readonly startTime: bigint }
  | { readonly type: "delayed" }
  | { readonly type: "periodic"; readonly startTime: bigint; readonly periods: readonly VestingPeriod[] }
  | { readonly type: "permanent" };

export interface VestingAccount {
  readonly kind: "vesting";
  readonly base: BaseAccount;
  readonly originalVesting: Coins;
  /** Staked coins that were free, and that were locked, when they were staked. */
  readonly delegatedFree: Coins;
  readonly delegatedVesting: Coins;
  /** Unix seconds; 0 of what never unlocks. */
  readonly endTime: bigint;
  readonly schedule: VestingSchedule;
}

export const VESTING_ACCOUNT_TYPES = [
  ContinuousVestingAccount,
  DelayedVestingAccount,
  PeriodicVestingAccount,
  PermanentLockedAccount,
] as const;

/** Undefined if the Any holds no vesting account. @throws SdkError.invalidRequest, SdkError.invalidCoins */
export function vestingFromAny(any: Any): VestingAccount | undefined {
  switch (any.typeUrl) {
    case ContinuousVestingAccount.typeUrl: {
      const { baseVestingAccount, startTime } = ContinuousVestingAccount.decode(any.value);
      return fromBase(baseVestingAccount, { type: "continuous", startTime });
    }
    case DelayedVestingAccount.typeUrl:
      return fromBase(DelayedVestingAccount.decode(any.value).baseVestingAccount, { type: "delayed" });
    case PeriodicVestingAccount.typeUrl: {
      const { baseVestingAccount, startTime, vestingPeriods } = PeriodicVestingAccount.decode(any.value);
      const periods = vestingPeriods.map(({ length, amount }, index) => ({
        length,
        amount: coinsFromProto(amount, `vesting_periods[${index}].amount`),
      }));
      return fromBase(baseVestingAccount, { type: "periodic", startTime, periods });
    }
    case PermanentLockedAccount.typeUrl:
      return fromBase(PermanentLockedAccount.decode(any.value).baseVestingAccount, { type: "permanent" });
    default:
      return undefined;
  }
}

function fromBase(account: BaseVestingAccount | undefined, schedule: VestingSchedule): VestingAccount {
  if (!account?.baseAccount)
    throw SdkError.invalidRequest("base_vesting_account.base_account: is missing; give its address");
  return {
    kind: "vesting",
    base: account.baseAccount,
    originalVesting: coinsFromProto(account.originalVesting, "original_vesting"),
    delegatedFree: coinsFromProto(account.delegatedFree, "delegated_free"),
    delegatedVesting: coinsFromProto(account.delegatedVesting, "delegated_vesting"),
    endTime: account.endTime,
    schedule,
  };
}

export function vestingToAny(account: VestingAccount): Any {
  const { schedule } = account;
  const baseVestingAccount = BaseVestingAccount.create({
    baseAccount: account.base,
    originalVesting: coinsToProto(account.originalVesting),
    delegatedFree: coinsToProto(account.delegatedFree),
    delegatedVesting: coinsToProto(account.delegatedVesting),
    endTime: account.endTime,
  });
  switch (schedule.type) {
    case "continuous": {
      const { startTime } = schedule;
      const value = ContinuousVestingAccount.encode({ baseVestingAccount, startTime });
      return { typeUrl: ContinuousVestingAccount.typeUrl, value };
    }
    case "delayed":
      return {
        typeUrl: DelayedVestingAccount.typeUrl,
        value: DelayedVestingAccount.encode({ baseVestingAccount }),
      };
    case "periodic": {
      const { startTime, periods } = schedule;
      const vestingPeriods = periods.map(({ length, amount }) => ({ length, amount: coinsToProto(amount) }));
      const value = PeriodicVestingAccount.encode({ baseVestingAccount, startTime, vestingPeriods });
      return { typeUrl: PeriodicVestingAccount.typeUrl, value };
    }
    case "permanent":
      return {
        typeUrl: PermanentLockedAccount.typeUrl,
        value: PermanentLockedAccount.encode({ baseVestingAccount }),
      };
  }
}

/**
 * Whether the parts of the account agree. Source: Validate of x/auth/vesting/types/vesting_account.go.
 * @throws SdkError.invalidRequest naming the field
 */
export function assertVesting(account: VestingAccount): void {
  const { originalVesting, delegatedVesting, endTime, schedule } = account;
  if (originalVesting.length === 0) throw SdkError.invalidRequest("original_vesting: no coins are given");
  for (const { denom, amount } of delegatedVesting) {
    const most = originalVesting.find((coin) => coin.denom === denom)?.amount ?? 0n;
    if (amount > most)
      throw SdkError.invalidRequest(
        `delegated_vesting: ${amount}${denom} is more than original_vesting, ${most}${denom}`,
      );
  }
  if (endTime < 0n) throw SdkError.invalidRequest(`end_time: ${endTime} is negative`);
  if (schedule.type === "permanent" && endTime > 0n)
    throw SdkError.invalidRequest(`end_time: ${endTime}; what never unlocks has none, give 0`);
  if (schedule.type === "continuous" && schedule.startTime >= endTime)
    throw SdkError.invalidRequest(`start_time: ${schedule.startTime} is not before end_time, ${endTime}`);
  if (schedule.type === "periodic") assertPeriods(account, schedule);
}

function assertPeriods(
  { originalVesting, endTime }: VestingAccount,
  { startTime, periods }: VestingSchedule & { readonly type: "periodic" },
): void {
  if (startTime >= endTime)
    throw SdkError.invalidRequest(`start_time: ${startTime} is not before end_time, ${endTime}`);
  let end = startTime;
  for (const [index, { length, amount }] of periods.entries()) {
    const path = `vesting_periods[${index}]`;
    if (length < 0n) throw SdkError.invalidRequest(`${path}.length: ${length} is negative`);
    if (amount.length === 0) throw SdkError.invalidRequest(`${path}.amount: no coins are given`);
    end += length;
  }
  if (end !== endTime)
    throw SdkError.invalidRequest(`end_time: ${endTime} is not start_time plus all lengths, ${end}`);
  const sum = sumCoins(periods.map(({ amount }) => amount));
  if (formatCoins(sum) !== formatCoins(originalVesting)) {
    throw SdkError.invalidRequest(
      `original_vesting: ${formatCoins(originalVesting)} is not the sum of vesting_periods, ${formatCoins(sum)}`,
    );
  }
}
