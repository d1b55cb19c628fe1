/**
 * Coins with decimal amounts, in which rewards are counted. A set is sorted by denomination, has each denomination once, and
 * no zeros, as sdk.DecCoins. Where the SDK rounds half to even or truncates, so does this. Source: types/dec_coin.go, v0.53.
 */
import type { DecCoin as ProtoDecCoin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import { assertDenom, type Coins, compareDenoms } from "./coins.ts";
import {
  type Dec,
  decAdd,
  decFromInt,
  decFromWire,
  decMul,
  decMulTruncate,
  decQuo,
  decQuoTruncate,
  decSub,
  decToWire,
  decTruncate,
  formatDec,
  ZERO,
} from "./decimal.ts";
import { SdkError } from "./errors.ts";

export interface DecCoin {
  readonly denom: string;
  readonly amount: Dec;
}

export type DecCoins = readonly DecCoin[];

export const NO_DEC_COINS: DecCoins = [];

export function decCoinsFromCoins(coins: Coins): DecCoins {
  return coins.map(({ denom, amount }) => ({ denom, amount: decFromInt(amount) }));
}

export function addDecCoins(a: DecCoins, b: DecCoins): DecCoins {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  return merge(a, b, decAdd);
}

/** `a - b`; undefined if any amount would be negative. */
export function safeSubtractDecCoins(a: DecCoins, b: DecCoins): DecCoins | undefined {
  const difference = merge(a, b, decSub);
  return difference.some(({ amount }) => amount < 0n) ? undefined : difference;
}

/** `a - b`. @throws SdkError.logic if any amount would be negative */
export function subtractDecCoins(a: DecCoins, b: DecCoins): DecCoins {
  const difference = safeSubtractDecCoins(a, b);
  if (!difference)
    throw SdkError.logic(`${formatDecCoins(b)} cannot be taken from ${formatDecCoins(a)}: not enough`);
  return difference;
}

/** Each denomination of either, by `join`; what comes to zero is left out. Both are sorted. */
function merge(a: DecCoins, b: DecCoins, join: (x: Dec, y: Dec) => Dec): DecCoins {
  const joined: DecCoin[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    const order = !left ? 1 : !right ? -1 : compareDenoms(left.denom, right.denom);
    const denom = order <= 0 ? left!.denom : right!.denom;
    const amount = join(order <= 0 ? left!.amount : ZERO, order >= 0 ? right!.amount : ZERO);
    if (amount !== 0n) joined.push({ denom, amount });
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return joined;
}

function map(coins: DecCoins, change: (amount: Dec) => Dec): DecCoins {
  const changed: DecCoin[] = [];
  for (const { denom, amount } of coins) {
    const next = change(amount);
    if (next !== 0n) changed.push({ denom, amount: next });
  }
  return changed;
}

export function mulDecCoins(coins: DecCoins, factor: Dec): DecCoins {
  return map(coins, (amount) => decMul(amount, factor));
}

export function mulDecCoinsTruncate(coins: DecCoins, factor: Dec): DecCoins {
  return map(coins, (amount) => decMulTruncate(amount, factor));
}

/** @throws SdkError.logic if `divisor` is zero */
export function quoDecCoins(coins: DecCoins, divisor: Dec): DecCoins {
  return map(coins, (amount) => decQuo(amount, divisor));
}

/** @throws SdkError.logic if `divisor` is zero */
export function quoDecCoinsTruncate(coins: DecCoins, divisor: Dec): DecCoins {
  return map(coins, (amount) => decQuoTruncate(amount, divisor));
}

/** The whole coins, and what is left of each. Amounts are not negative. */
export function truncateDecCoins(coins: DecCoins): { readonly whole: Coins; readonly rest: DecCoins } {
  const whole = coins
    .map(({ denom, amount }) => ({ denom, amount: decTruncate(amount) }))
    .filter(({ amount }) => amount !== 0n);
  return { whole, rest: map(coins, (amount) => decSub(amount, decFromInt(decTruncate(amount)))) };
}

/** Of each denomination the smaller amount of the two. */
export function intersectDecCoins(a: DecCoins, b: DecCoins): DecCoins {
  return a
    .map(({ denom, amount }) => {
      const other = decAmountOf(b, denom);
      return { denom, amount: other < amount ? other : amount };
    })
    .filter(({ amount }) => amount !== 0n);
}

export function decAmountOf(coins: DecCoins, denom: string): Dec {
  return coins.find((coin) => coin.denom === denom)?.amount ?? ZERO;
}

export function equalDecCoins(a: DecCoins, b: DecCoins): boolean {
  return (
    a.length === b.length &&
    a.every(({ denom, amount }, index) => denom === b[index]!.denom && amount === b[index]!.amount)
  );
}

/** `1.500000000000000000uopg`, as events and the command line have it. Empty text for no coins. */
export function formatDecCoins(coins: DecCoins): string {
  return coins.map(({ denom, amount }) => `${formatDec(amount)}${denom}`).join(",");
}

export function decCoinsToProto(coins: DecCoins): ProtoDecCoin[] {
  return coins.map(({ denom, amount }) => ({ denom, amount: decToWire(amount) }));
}

/** From state: what was written by decCoinsToProto. */
export function decCoinsFromState(coins: readonly ProtoDecCoin[]): DecCoins {
  return coins.map(({ denom, amount }) => ({ denom, amount: decFromWire(amount, "amount") }));
}

/**
 * From a genesis file or a message: sorted, each denomination once, all amounts positive.
 * @throws SdkError.invalidCoins naming what is wrong
 */
export function decCoinsFromProto(coins: readonly ProtoDecCoin[], field: string): DecCoins {
  return coins.map((coin, index) => {
    const path = `${field}[${index}]`;
    assertDenom(coin.denom, `${path}.denom`);
    const amount = decFromWire(coin.amount, `${path}.amount`);
    if (amount <= 0n) throw SdkError.invalidCoins(`${path}.amount: ${formatDec(amount)} is not positive`);
    const before = coins[index - 1];
    if (before && compareDenoms(before.denom, coin.denom) >= 0) {
      throw SdkError.invalidCoins(
        `${field}: denominations must be sorted, and each given once (${before.denom}, ${coin.denom})`,
      );
    }
    return { denom: coin.denom, amount };
  });
}
