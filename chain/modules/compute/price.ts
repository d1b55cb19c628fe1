/** What a job costs at an offer, and what must answer for it. Pure; quote and assignment use the same (ADR-0160). */
import type { Offer, Params } from "../../../proto/gen/opg.compute.v1.ts";
import { decFromWire, ONE } from "../../runtime/decimal.ts";

/** What of a job makes its price. */
export interface Size {
  readonly computeUnits: bigint;
  readonly items: number;
  /** What the model's owner asks for a run. */
  readonly modelPrice: bigint;
}

/** Price of the whole job: units at the offer's price, rounded up, and for each item the offer's and the owner's price. */
export function priceOf(
  { unitPrice, itemPrice }: Pick<Offer, "unitPrice" | "itemPrice">,
  size: Size,
): bigint {
  const units = divideUp(decFromWire(unitPrice, "unit_price") * size.computeUnits, ONE);
  return units + (BigInt(itemPrice) + size.modelPrice) * BigInt(size.items);
}

/** What of a bond answers for a job of this price, rounded up. */
export function collateralOf(price: bigint, { collateralRatio }: Pick<Params, "collateralRatio">): bigint {
  return divideUp(price * decFromWire(collateralRatio, "collateral_ratio"), ONE);
}

/** A part of an amount, as slashes and rewards are: rounded down. @param fraction from 0 to 1, scaled by 10^18 */
export function partOf(amount: bigint, fraction: string): bigint {
  return (amount * decFromWire(fraction, "fraction")) / ONE;
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
