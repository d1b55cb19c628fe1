/**
 * How much of a vesting account is locked at a time, and how staking it is booked: pure functions.
 * Source: x/auth/vesting/types/vesting_account.go of the Cosmos SDK v0.53 and its specification.
 */
import { addCoins, amountOf, type Coins, coinsOf, NO_COINS, sumCoins } from "../../runtime/coins.ts";
import { decFromInt, decMul, decQuo, decRound } from "../../runtime/decimal.ts";
import type { VestingAccount } from "../auth/index.ts";

/** Coins that have unlocked by `now`, in Unix seconds. Work grows with the periods. */
export function vestedCoins({ originalVesting, endTime, schedule }: VestingAccount, now: bigint): Coins {
  if (schedule.type === "permanent") return NO_COINS;
  if (schedule.type === "delayed") return now >= endTime ? originalVesting : NO_COINS;
  if (now <= schedule.startTime) return NO_COINS;
  if (now >= endTime) return originalVesting;
  if (schedule.type === "continuous") {
    const passed = decQuo(decFromInt(now - schedule.startTime), decFromInt(endTime - schedule.startTime));
    return coinsOf(
      ...originalVesting.map(({ denom, amount }) => ({
        denom,
        amount: decRound(decMul(decFromInt(amount), passed)),
      })),
    );
  }
  let start = schedule.startTime;
  const parts: Coins[] = [];
  for (const { length, amount } of schedule.periods) {
    if (now - start < length) break;
    parts.push(amount);
    start += length;
  }
  return sumCoins(parts);
}

/** Coins that have not unlocked by `now`. */
export function vestingCoins(account: VestingAccount, now: bigint): Coins {
  const vested = vestedCoins(account, now).map(({ denom, amount }) => ({ denom, amount: -amount }));
  return coinsOf(...account.originalVesting, ...vested);
}

/** Coins that must stay in the account: what has not unlocked and is not staked. */
export function lockedCoins(account: VestingAccount, now: bigint): Coins {
  return coinsOf(
    ...vestingCoins(account, now).map(({ denom, amount }) => {
      const staked = amountOf(account.delegatedVesting, denom);
      return { denom, amount: amount > staked ? amount - staked : 0n };
    }),
  );
}

/** Books `coins` as staked: locked coins first. */
export function withDelegation(account: VestingAccount, coins: Coins, now: bigint): VestingAccount {
  const vesting = vestingCoins(account, now);
  const locked = coins.map(({ denom, amount }) => {
    const left = amountOf(vesting, denom) - amountOf(account.delegatedVesting, denom);
    return { denom, amount: least(left > 0n ? left : 0n, amount) };
  });
  const free = coins.map(({ denom, amount }, index) => ({ denom, amount: amount - locked[index]!.amount }));
  return {
    ...account,
    delegatedVesting: addCoins(account.delegatedVesting, locked),
    delegatedFree: addCoins(account.delegatedFree, free),
  };
}

/** Books `coins` as no longer staked: free coins first. More than was staked may come back, by rounding of shares. */
export function withUndelegation(account: VestingAccount, coins: Coins): VestingAccount {
  const free = coins.map(({ denom, amount }) => ({
    denom,
    amount: -least(amountOf(account.delegatedFree, denom), amount),
  }));
  const locked = coins.map(({ denom, amount }, index) => ({
    denom,
    amount: -least(amountOf(account.delegatedVesting, denom), amount + free[index]!.amount),
  }));
  return {
    ...account,
    delegatedFree: addCoins(account.delegatedFree, free),
    delegatedVesting: addCoins(account.delegatedVesting, locked),
  };
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
