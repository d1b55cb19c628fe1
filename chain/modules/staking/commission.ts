/** Rules of commissions and descriptions. Source: x/staking/types/commission.go and validator.go of the SDK v0.53. */
import type { CommissionRates, Description } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import { utf8 } from "../../runtime/bytes.ts";
import { type Dec, decFromWire, ONE, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { nanosBetween } from "../../runtime/time.ts";
import { StakingError } from "./errors.ts";
import type { Commission } from "./types.ts";

const DAY_NANOS = 86_400_000_000_000n;

export type Rates = Pick<Commission, "rate" | "maxRate" | "maxChangeRate">;

/** @throws SdkError.invalidRequest naming the field */
export function ratesFromRecord(record: CommissionRates, field = "commission"): Rates {
  return {
    rate: decFromWire(record.rate, `${field}.rate`),
    maxRate: decFromWire(record.maxRate, `${field}.max_rate`),
    maxChangeRate: decFromWire(record.maxChangeRate, `${field}.max_change_rate`),
  };
}

/** @throws StakingError */
export function assertRates({ rate, maxRate, maxChangeRate }: Rates): void {
  if (maxRate < ZERO) throw StakingError.commissionNegative("commission.max_rate: must be positive");
  if (maxRate > ONE) throw StakingError.commissionHuge("commission.max_rate: cannot be more than 100%");
  if (rate < ZERO) throw StakingError.commissionNegative("commission.rate: must be positive");
  if (rate > maxRate)
    throw StakingError.commissionGTMaxRate("commission.rate: cannot be more than the max rate");
  if (maxChangeRate < ZERO)
    throw StakingError.commissionChangeRateNegative("commission.max_change_rate: must be positive");
  if (maxChangeRate > maxRate)
    throw StakingError.commissionChangeRateGTMaxRate(
      "commission.max_change_rate: cannot be more than the max rate",
    );
}

/** Whether a commission may become `rate` at `time`. @throws StakingError */
export function assertNewRate(commission: Commission, rate: Dec, time: Timestamp): void {
  if (nanosBetween(time, commission.updateTime) < DAY_NANOS)
    throw StakingError.commissionUpdateTime("commission cannot be changed more than once in 24h");
  if (rate < ZERO) throw StakingError.commissionNegative("commission_rate: must be positive");
  if (rate > commission.maxRate)
    throw StakingError.commissionGTMaxRate("commission_rate: cannot be more than the max rate");
  if (rate - commission.rate > commission.maxChangeRate)
    throw StakingError.commissionGTMaxChangeRate(
      "commission_rate: cannot be changed more than max change rate",
    );
}

/** Most bytes of each text. */
const LENGTHS = { moniker: 70, identity: 3000, website: 140, securityContact: 140, details: 280 } as const;
const NAMES = Object.keys(LENGTHS) as (keyof typeof LENGTHS)[];
/** Keeps a text as it was. */
export const DO_NOT_MODIFY = "[do-not-modify]";

export function isEmptyDescription(description: Description): boolean {
  return NAMES.every((name) => description[name] === "");
}

/** @throws SdkError.invalidRequest naming the text that is too long */
export function assertDescription(description: Description): void {
  for (const name of NAMES) {
    const { length } = utf8(description[name]);
    if (length > LENGTHS[name])
      throw SdkError.invalidRequest(
        `description.${name}: invalid length; got: ${length}, max: ${LENGTHS[name]}`,
      );
  }
}

/** The new description, with texts kept that are not to be changed. @throws SdkError.invalidRequest */
export function changedDescription(before: Description, after: Description): Description {
  const kept = (name: keyof Description) => (after[name] === DO_NOT_MODIFY ? before[name] : after[name]);
  const description = {
    moniker: kept("moniker"),
    identity: kept("identity"),
    website: kept("website"),
    securityContact: kept("securityContact"),
    details: kept("details"),
  };
  assertDescription(description);
  return description;
}
