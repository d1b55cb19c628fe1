/** Inflation and what of it is minted in a block: pure functions. Source: x/mint/types/minter.go of the Cosmos SDK v0.53. */
import type { Params } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import {
  type Dec,
  decAdd,
  decFromInt,
  decFromWire,
  decMul,
  decMulInt,
  decQuo,
  decQuoInt,
  decSub,
  decTruncate,
  ONE,
} from "../../runtime/decimal.ts";

export interface Minter {
  /** A year's. */
  readonly inflation: Dec;
  /** Coins that a year at this inflation and supply would mint. */
  readonly annualProvisions: Dec;
}

/** Inflation moves towards its bounds, the faster the farther the bonded ratio is from its goal. */
export function nextInflation(inflation: Dec, params: Params, bondedRatio: Dec): Dec {
  const goal = decFromWire(params.goalBonded, "params.goal_bonded");
  const most = decFromWire(params.inflationMax, "params.inflation_max");
  const least = decFromWire(params.inflationMin, "params.inflation_min");
  const change = decFromWire(params.inflationRateChange, "params.inflation_rate_change");
  const changePerYear = decMul(decSub(ONE, decQuo(bondedRatio, goal)), change);
  const next = decAdd(inflation, decQuo(changePerYear, decFromInt(params.blocksPerYear)));
  const capped = next > most ? most : next;
  return capped < least ? least : capped;
}

/** Coins that a year mints of a supply. */
export function annualProvisionsOf(inflation: Dec, supply: bigint): Dec {
  return decMulInt(inflation, supply);
}

/** Coins that a block mints; fractions are never minted. */
export function blockProvision(annualProvisions: Dec, { blocksPerYear }: Params): bigint {
  return decTruncate(decQuoInt(annualProvisions, blocksPerYear));
}
