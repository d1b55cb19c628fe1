/** What inference costs. Pure functions; the quote query and the handler use the same. */
import type { Params } from "../../../proto/gen/opg.inference.v1.ts";
import {
  type Dec,
  decCeil,
  decFromRatio,
  decFromWire,
  decMul,
  decMulInt,
  decQuo,
  ONE,
} from "../../runtime/decimal.ts";

/** Fee of one run: units at the price of a unit, rounded up, and what the owner asks. */
export function feeOf(units: bigint, unitPrice: Dec, modelPrice: bigint): bigint {
  return decCeil(decMulInt(unitPrice, units)) + modelPrice;
}

type PriceParams = Pick<
  Params,
  "blockComputeBudget" | "targetUse" | "maxPriceChange" | "minUnitPrice" | "maxUnitPrice"
>;

/**
 * Price of a unit for the next block: up when the block used more than its target part of the budget, down when it used
 * less, in proportion, by at most max_price_change; within its bounds. It moves by at least the smallest step, so that it
 * cannot stick. After EIP-1559.
 */
export function nextUnitPrice(price: Dec, used: bigint, params: PriceParams): Dec {
  const target = decFromWire(params.targetUse, "target_use");
  const use = decFromRatio(used, params.blockComputeBudget);
  const change = decFromWire(params.maxPriceChange, "max_price_change");
  const room = (use > target ? ONE - target : target) as Dec;
  const distance = (use > target ? use - target : target - use) as Dec;
  const step = decMul(decMul(price, change), decQuo(distance, room));
  const moved = distance === 0n || change === 0n ? 0n : step > 0n ? step : 1n;
  return boundedUnitPrice((use > target ? price + moved : price - moved) as Dec, params);
}

/** The nearest price that the bounds allow. */
export function boundedUnitPrice(price: Dec, params: Pick<Params, "minUnitPrice" | "maxUnitPrice">): Dec {
  const least = decFromWire(params.minUnitPrice, "min_unit_price");
  const most = decFromWire(params.maxUnitPrice, "max_unit_price");
  return price < least ? least : price > most ? most : price;
}
