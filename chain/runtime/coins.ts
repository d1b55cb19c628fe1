/**
 * Coins: amounts by denomination. A set of coins is sorted by denomination, has each denomination once, and no zero
 * amounts, as the Cosmos SDK's sdk.Coins.
 */
import type { Coin as ProtoCoin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import { SdkError } from "./errors.ts";

export interface Coin {
  readonly denom: string;
  readonly amount: bigint;
}

export type Coins = readonly Coin[];

export const NO_COINS: Coins = [];

/** Source: types/coin.go of the SDK: a letter, then 2 to 127 of letters, digits and / : . _ - */
const DENOM = /^[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$/;
/** The SDK's Int: 256 bits. */
export const MAX_AMOUNT = (1n << 256n) - 1n;
const MAX_AMOUNT_DIGITS = 78;

export function isDenom(text: string): boolean {
  return DENOM.test(text);
}

/** @throws SdkError.invalidCoins naming `field` */
export function assertDenom(text: string, field: string): void {
  if (!isDenom(text)) {
    throw SdkError.invalidCoins(
      `${field}: ${JSON.stringify(text.slice(0, 140))} is not a denomination (a letter, then 2 to 127 letters, digits or / : . _ -)`,
    );
  }
}

/** Orders denominations by their bytes, as Go does. Denominations are ASCII, so code units are bytes. */
export function compareDenoms(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A non-negative integer in decimal digits, as amounts stand in messages. @throws SdkError.invalidCoins */
export function parseAmount(text: string, field: string): bigint {
  if (!/^\d+$/.test(text) || text.length > MAX_AMOUNT_DIGITS) {
    throw SdkError.invalidCoins(
      `${field}: ${JSON.stringify(text.slice(0, 100))} is not a non-negative integer of at most 256 bits`,
    );
  }
  const amount = BigInt(text);
  if (amount > MAX_AMOUNT) throw SdkError.invalidCoins(`${field}: ${text} is more than 256 bits`);
  return amount;
}

/** From one coin of a message. @throws SdkError.invalidCoins */
export function coinFromProto(coin: ProtoCoin, field: string): Coin {
  assertDenom(coin.denom, `${field}.denom`);
  return { denom: coin.denom, amount: parseAmount(coin.amount, `${field}.amount`) };
}

export function coinToProto(coin: Coin): ProtoCoin {
  return { denom: coin.denom, amount: coin.amount.toString() };
}

/**
 * From the coins of a message: sorted, each denomination once, all amounts positive.
 * @throws SdkError.invalidCoins naming what is wrong
 */
export function coinsFromProto(coins: readonly ProtoCoin[], field: string): Coins {
  const parsed = coins.map((coin, index) => coinFromProto(coin, `${field}[${index}]`));
  for (const [index, coin] of parsed.entries()) {
    if (coin.amount === 0n) throw SdkError.invalidCoins(`${field}[${index}].amount: must be positive`);
    const before = parsed[index - 1];
    if (before && compareDenoms(before.denom, coin.denom) >= 0) {
      throw SdkError.invalidCoins(
        `${field}: denominations must be sorted, and each given once (${before.denom}, ${coin.denom})`,
      );
    }
  }
  return parsed;
}

export function coinsToProto(coins: Coins): ProtoCoin[] {
  return coins.map(coinToProto);
}

/** Makes a valid set of few coins: sums by denomination, drops zeros, sorts. For many use sumCoins. */
export function coinsOf(...coins: readonly Coin[]): Coins {
  return sumCoins([coins]);
}

/**
 * The sum of many sets of coins, in one pass. A transaction chooses how many sets and denominations there are, so they
 * are neither added up pair by pair, which is quadratic, nor spread into arguments, which the stack bounds.
 */
export function sumCoins(sets: Iterable<readonly Coin[]>): Coins {
  const sums = new Map<string, bigint>();
  for (const coins of sets)
    for (const { denom, amount } of coins) sums.set(denom, (sums.get(denom) ?? 0n) + amount);
  return [...sums]
    .filter(([, amount]) => amount !== 0n)
    .sort(([a], [b]) => compareDenoms(a, b))
    .map(([denom, amount]) => ({ denom, amount }));
}

export function addCoins(a: Coins, b: Coins): Coins {
  return sumCoins([a, b]);
}

/** `a - b`; undefined if any amount would be negative. */
export function subtractCoins(a: Coins, b: Coins): Coins | undefined {
  const difference = sumCoins([a, b.map(({ denom, amount }) => ({ denom, amount: -amount }))]);
  return difference.some(({ amount }) => amount < 0n) ? undefined : difference;
}

export function amountOf(coins: Coins, denom: string): bigint {
  return coins.find((coin) => coin.denom === denom)?.amount ?? 0n;
}

/** `10uopg,5ustake`, as events and the command line have it. Empty text for no coins. */
export function formatCoins(coins: Coins): string {
  return coins.map(({ denom, amount }) => `${amount}${denom}`).join(",");
}

/** Reads `10uopg,5ustake`. Zero amounts are dropped. @throws SdkError.invalidCoins */
export function parseCoins(text: string, field = "coins"): Coins {
  if (text.trim() === "") return NO_COINS;
  const coins = text.split(",").map((part) => {
    const match = /^\s*(\d+)\s*([a-zA-Z][a-zA-Z0-9/:._-]{2,127})\s*$/.exec(part);
    if (!match)
      throw SdkError.invalidCoins(
        `${field}: ${JSON.stringify(part.slice(0, 140))} is not an amount and a denomination, such as 1000uopg`,
      );
    return { denom: match[2]!, amount: parseAmount(match[1]!, field) };
  });
  return sumCoins([coins]);
}
