/** Parameters of staking. Source: x/staking/types/params.go of the Cosmos SDK v0.53. */
import type { Params } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { durationNanos, formatDuration } from "../../../proto/text.ts";
import { assertDenom } from "../../runtime/coins.ts";
import { decFromWire, decToWire, formatDec, ONE, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { MAX_DURATION_NANOS } from "../../runtime/time.ts";

export const DEFAULT_PARAMS: Params = {
  /** Three weeks. */
  unbondingTime: { seconds: 1_814_400n, nanos: 0 },
  maxValidators: 100,
  /** Of one delegator's unbondings from one validator, or redelegations between two. */
  maxEntries: 7,
  historicalEntries: 10_000,
  bondDenom: "uopg",
  minCommissionRate: decToWire(ZERO),
};

/** @throws SdkError.invalidRequest naming the parameter, its value and what is allowed */
export function validateParams(params: Params): void {
  const fault = (name: string, value: unknown, allowed: string) =>
    SdkError.invalidRequest(`params.${name}: ${String(value)} is not ${allowed}`);
  const nanos = durationNanos(params.unbondingTime);
  if (nanos <= 0n || nanos > MAX_DURATION_NANOS)
    throw fault("unbonding_time", formatDuration(params.unbondingTime), "positive and under 292 years");
  if (params.maxValidators < 1) throw fault("max_validators", params.maxValidators, "positive");
  if (params.maxEntries < 1) throw fault("max_entries", params.maxEntries, "positive");
  assertDenom(params.bondDenom, "params.bond_denom");
  const rate = decFromWire(params.minCommissionRate, "params.min_commission_rate");
  if (rate < ZERO || rate > ONE) throw fault("min_commission_rate", formatDec(rate), "from 0 to 1");
}
