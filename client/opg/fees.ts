/** Gas prices and what they make of gas. */

import { isDenom } from "../../chain/runtime/coins.ts";
import { type Dec, decCeil, decMulInt, formatDec, parseDec } from "../../chain/runtime/decimal.ts";
import type { Coin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import { OpgError } from "./errors.ts";

export interface GasPrice {
  readonly denom: string;
  /** Of one unit of gas, times 10^18. */
  readonly price: Dec;
}

/** `0.025uopg`; of a list, the first. @throws OpgError invalid_gas_price */
export function parseGasPrice(text: string): GasPrice {
  const match = /^\s*(\d+(?:\.\d{1,18})?)\s*([^\s,]+)/.exec(text);
  if (!match || !isDenom(match[2]!)) {
    throw new OpgError(
      "invalid_gas_price",
      `${JSON.stringify(text)} is no gas price; give a number and a denomination, such as 0.025uopg`,
    );
  }
  return { denom: match[2]!, price: parseDec(match[1]!, "gas price") };
}

export function formatGasPrice({ denom, price }: GasPrice): string {
  return `${formatDec(price)}${denom}`;
}

/** The smallest fee that pays `gas` at this price; no coins if that is nothing. */
export function feeOf(gas: bigint, { denom, price }: GasPrice): Coin[] {
  const amount = decCeil(decMulInt(price, gas));
  return amount === 0n ? [] : [{ denom, amount: amount.toString() }];
}

/** `gas × adjustment`, rounded up. Adjustment has at most three digits after the point. */
export function adjustGas(gas: bigint, adjustment: number): bigint {
  if (!Number.isFinite(adjustment) || adjustment < 1) {
    throw new OpgError("invalid_gas_price", `gas adjustment must be 1 or more, not ${adjustment}`);
  }
  const thousandths = BigInt(Math.ceil(adjustment * 1000));
  return (gas * thousandths + 999n) / 1000n;
}
