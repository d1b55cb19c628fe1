/** Parameters of mint, with bounds and defaults. Source: x/mint/types/params.go of the Cosmos SDK v0.53. */
import type { Params } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import { assertDenom } from "../../runtime/coins.ts";
import { type Dec, decFromWire, decToWire, formatDec, ONE, parseDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";

export const DEFAULT_PARAMS: Params = {
  mintDenom: "uopg",
  /** Most that inflation may change in a year. */
  inflationRateChange: decToWire(parseDec("0.13")),
  inflationMax: decToWire(parseDec("0.20")),
  inflationMin: decToWire(parseDec("0.07")),
  /** Inflation rises below this bonded ratio and falls above it. */
  goalBonded: decToWire(parseDec("0.67")),
  /** Of 5 seconds each: 60 · 60 · 8766 / 5. */
  blocksPerYear: 6_311_520n,
};

const MAX_INT64 = (1n << 63n) - 1n;

/** 13 %: where inflation of a new chain begins. */
export const DEFAULT_INFLATION = parseDec("0.13");

/** @throws ChainError naming the parameter, its value and what is allowed */
export function validateParams(params: Params): void {
  assertDenom(params.mintDenom, "params.mint_denom");
  assertRate("inflation_rate_change", params.inflationRateChange);
  const most = assertRate("inflation_max", params.inflationMax);
  const least = assertRate("inflation_min", params.inflationMin);
  if (assertRate("goal_bonded", params.goalBonded) === ZERO)
    throw SdkError.invalidRequest("params.goal_bonded: must be positive");
  const { blocksPerYear } = params;
  if (blocksPerYear === 0n || blocksPerYear > MAX_INT64)
    throw SdkError.invalidRequest(`params.blocks_per_year: ${blocksPerYear} is not from 1 to ${MAX_INT64}`);
  if (most < least) {
    throw SdkError.invalidRequest(
      `params.inflation_max: ${formatDec(most)} is less than inflation_min ${formatDec(least)}`,
    );
  }
}

/** @returns the rate, which is from 0 to 1 */
function assertRate(name: string, text: string): Dec {
  const rate = decFromWire(text, `params.${name}`);
  if (rate < ZERO || rate > ONE)
    throw SdkError.invalidRequest(`params.${name}: ${formatDec(rate)} is not from 0 to 1`);
  return rate;
}
