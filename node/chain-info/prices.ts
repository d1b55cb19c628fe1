/** Gas prices as wallets offer them: what the node asks for at least, and more for those in a hurry. */
import { type Dec, decMul, formatDec, parseDec } from "../../chain/runtime/decimal.ts";

export interface PriceSteps {
  readonly low: number;
  readonly average: number;
  readonly high: number;
}

const AVERAGE = parseDec("1.25");
const HIGH = parseDec("2");

/** Numbers, as wallets read them; decimals stay exact until the last step. */
export function priceSteps(least: Dec): PriceSteps {
  const number = (price: Dec) => Number(formatDec(price));
  return {
    low: number(least),
    average: number(decMul(least, AVERAGE)),
    high: number(decMul(least, HIGH)),
  };
}
