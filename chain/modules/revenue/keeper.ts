/**
 * Where income of stakers comes from: fees of users and minted coins, told apart although both go through the fee collector
 * (ADR-0122). It moves no coins. The only code that touches the store `revenue`.
 */
import { GenesisState, IncomeSource, StakingIncome } from "../../../proto/gen/opg.revenue.v1.ts";
import {
  addCoins,
  amountOf,
  type Coins,
  coinsFromProto,
  coinsToProto,
  NO_COINS,
} from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import {
  addDecCoins,
  type DecCoin,
  type DecCoins,
  decAmountOf,
  decCoinsFromState,
  decCoinsToProto,
  NO_DEC_COINS,
  subtractDecCoins,
} from "../../runtime/dec-coins.ts";
import { type Dec, decFromInt } from "../../runtime/decimal.ts";
import type { Income, IncomeBook, IncomeSource as Source } from "../distribution/index.ts";
import { incomeKey, STORE, WAITING_KEY } from "./keys.ts";

/** The sources in the order of their numbers. */
export const SOURCES: readonly Source[] = ["gas", "compute", "verification", "inflation"];

const NUMBERS: Readonly<Record<Source, number>> = {
  gas: IncomeSource.INCOME_SOURCE_GAS,
  compute: IncomeSource.INCOME_SOURCE_COMPUTE,
  verification: IncomeSource.INCOME_SOURCE_VERIFICATION,
  inflation: IncomeSource.INCOME_SOURCE_INFLATION,
};

const NO_INCOME: Income = { toStakers: NO_DEC_COINS, toCommunityPool: NO_DEC_COINS };

export class RevenueKeeper implements IncomeBook {
  /** What a source brought since the chain began. */
  income(ctx: Context, source: Source): Income {
    const bytes = ctx.store(STORE).get(incomeKey(NUMBERS[source]));
    return bytes ? incomeFromProto(StakingIncome.decode(bytes)) : NO_INCOME;
  }

  setIncome(ctx: Context, source: Source, income: Income): void {
    ctx.store(STORE).set(incomeKey(NUMBERS[source]), StakingIncome.encode(incomeToProto(source, income)));
  }

  record(ctx: Context, source: Source, { toStakers, toCommunityPool }: Income): void {
    if (toStakers.length === 0 && toCommunityPool.length === 0) return;
    const before = this.income(ctx, source);
    this.setIncome(ctx, source, {
      toStakers: addDecCoins(before.toStakers, toStakers),
      toCommunityPool: addDecCoins(before.toCommunityPool, toCommunityPool),
    });
  }

  /** Minted coins that wait in the fee collector, among the gas fees. */
  waiting(ctx: Context): Coins {
    const bytes = ctx.store(STORE).get(WAITING_KEY);
    return bytes
      ? coinsFromProto(GenesisState.decode(bytes).waitingProvisions, "waiting_provisions")
      : NO_COINS;
  }

  setWaiting(ctx: Context, coins: Coins): void {
    const store = ctx.store(STORE);
    if (coins.length === 0) store.delete(WAITING_KEY);
    else
      store.set(
        WAITING_KEY,
        GenesisState.encode({ stakingIncome: [], waitingProvisions: coinsToProto(coins) }),
      );
  }

  /** Coins were minted into the fee collector. */
  recordProvisions(ctx: Context, coins: Coins): void {
    if (coins.length > 0) this.setWaiting(ctx, addCoins(this.waiting(ctx), coins));
  }

  recordCollected(
    ctx: Context,
    { collected, toCommunityPool }: { readonly collected: DecCoins; readonly toCommunityPool: DecCoins },
  ): void {
    if (collected.length === 0) return;
    const minted = this.waiting(ctx);
    if (minted.length > 0) this.setWaiting(ctx, NO_COINS);
    const all = { toStakers: subtractDecCoins(collected, toCommunityPool), toCommunityPool };
    const inflation = mintedPart(collected, all, minted);
    this.record(ctx, "inflation", inflation);
    this.record(ctx, "gas", {
      toStakers: subtractDecCoins(all.toStakers, inflation.toStakers),
      toCommunityPool: subtractDecCoins(all.toCommunityPool, inflation.toCommunityPool),
    });
  }
}

/** Of income that was given out together, the part of what was minted: the same part of each receiver's. */
function mintedPart(collected: DecCoins, { toCommunityPool }: Income, minted: Coins): Income {
  const [stakers, pool]: [DecCoin[], DecCoin[]] = [[], []];
  const add = (list: DecCoin[], denom: string, amount: bigint) => {
    if (amount > 0n) list.push({ denom, amount: amount as Dec });
  };
  for (const { denom, amount: all } of collected) {
    const part = smaller(decFromInt(amountOf(minted, denom)), all);
    const pooled = decAmountOf(toCommunityPool, denom);
    // Both parts sum to what was minted, and neither is more than was given.
    const toStakers = smaller(part - (pooled * part) / all, all - pooled);
    add(stakers, denom, toStakers);
    add(pool, denom, part - toStakers);
  }
  return { toStakers: stakers, toCommunityPool: pool };
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function incomeToProto(source: Source, { toStakers, toCommunityPool }: Income): StakingIncome {
  return {
    source: NUMBERS[source] as StakingIncome["source"],
    toStakers: decCoinsToProto(toStakers),
    toCommunityPool: decCoinsToProto(toCommunityPool),
  };
}

function incomeFromProto({ toStakers, toCommunityPool }: StakingIncome): Income {
  return { toStakers: decCoinsFromState(toStakers), toCommunityPool: decCoinsFromState(toCommunityPool) };
}
