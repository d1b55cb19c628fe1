/** Balances, supply and their indexes in the store: amounts by key, without rules about who may move them. */

import type { Address } from "../../runtime/address.ts";
import { utf8 } from "../../runtime/bytes.ts";
import type { Coin } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { countUnder, prefixRange } from "../../runtime/range.ts";
import {
  BALANCE_PREFIX,
  balanceKey,
  balancesPrefix,
  HOLDER_PREFIX,
  holderKey,
  STORE,
  SUPPLY_PREFIX,
  supplyKey,
} from "./keys.ts";

const decoder = new TextDecoder();

/** Amounts stand in the store as decimal text, as the SDK's math.Int does. */
export function decodeAmount(bytes: Uint8Array): bigint {
  return BigInt(decoder.decode(bytes));
}

export function balanceOf(ctx: Context, address: Address, denom: string): bigint {
  const bytes = ctx.store(STORE).get(balanceKey(address, denom));
  return bytes ? decodeAmount(bytes) : 0n;
}

/** Writes a balance and keeps the index of holders; zero removes both. */
export function setBalance(ctx: Context, address: Address, denom: string, amount: bigint): void {
  const store = ctx.store(STORE);
  const key = balanceKey(address, denom);
  const holder = holderKey(denom, address);
  if (amount === 0n) {
    store.delete(key);
    store.delete(holder);
    return;
  }
  store.set(key, utf8(amount.toString()));
  store.set(holder, new Uint8Array(0));
}

/** All coins of one account, by denomination. Work is linear in its denominations. */
export function balancesOf(ctx: Context, address: Address): readonly Coin[] {
  const prefix = balancesPrefix(address);
  const coins: Coin[] = [];
  for (const [key, value] of ctx.store(STORE).iterate(prefixRange(prefix))) {
    coins.push({ denom: decoder.decode(key.subarray(prefix.length)), amount: decodeAmount(value) });
  }
  return coins;
}

export function supplyOf(ctx: Context, denom: string): bigint {
  const bytes = ctx.store(STORE).get(supplyKey(denom));
  return bytes ? decodeAmount(bytes) : 0n;
}

export function setSupply(ctx: Context, denom: string, amount: bigint): void {
  const store = ctx.store(STORE);
  if (amount === 0n) store.delete(supplyKey(denom));
  else store.set(supplyKey(denom), utf8(amount.toString()));
}

/** The whole supply, by denomination. */
export function* allSupply(ctx: Context): IterableIterator<Coin> {
  for (const [key, value] of ctx.store(STORE).iterate(prefixRange(SUPPLY_PREFIX))) {
    yield { denom: decoder.decode(key.subarray(1)), amount: decodeAmount(value) };
  }
}

/** Every balance of every account, in order of address and denomination. */
export function* allBalances(ctx: Context): IterableIterator<readonly [address: Address, coin: Coin]> {
  for (const [key, value] of ctx.store(STORE).iterate(prefixRange(BALANCE_PREFIX))) {
    const end = 2 + key[1]!;
    const coin = { denom: decoder.decode(key.subarray(end)), amount: decodeAmount(value) };
    yield [key.slice(2, end) as Address, coin];
  }
}

/** Number of entries of the index of holders. */
export function countHolders(ctx: Context): number {
  return countUnder(ctx.store(STORE), HOLDER_PREFIX);
}
