import { addCoins, type Coins, formatCoins, NO_COINS } from "../../runtime/coins.ts";
import type { Invariant } from "../../runtime/module.ts";
import { allBalances, allSupply, countHolders } from "./balances.ts";
import { holderKey, STORE } from "./keys.ts";

export const bankInvariants: readonly Invariant[] = [
  {
    name: "total-supply",
    check: (ctx) => {
      const sums = new Map<string, bigint>();
      for (const [, { denom, amount }] of allBalances(ctx)) sums.set(denom, (sums.get(denom) ?? 0n) + amount);
      const sum: Coins = addCoins(
        NO_COINS,
        [...sums].map(([denom, amount]) => ({ denom, amount })),
      );
      const supply = [...allSupply(ctx)];
      return formatCoins(sum) === formatCoins(supply)
        ? undefined
        : `balances sum to ${formatCoins(sum)}, supply is ${formatCoins(supply)}`;
    },
  },
  {
    name: "positive-balances",
    check: (ctx) => {
      for (const [address, { denom, amount }] of allBalances(ctx)) {
        if (amount <= 0n) return `${ctx.addresses.format(address)} holds ${amount}${denom}`;
      }
      return undefined;
    },
  },
  {
    name: "holders-index",
    check: (ctx) => {
      const store = ctx.store(STORE);
      let balances = 0;
      for (const [address, { denom }] of allBalances(ctx)) {
        balances++;
        if (!store.has(holderKey(denom, address)))
          return `${ctx.addresses.format(address)} is no holder of ${denom} in the index`;
      }
      const holders = countHolders(ctx);
      return holders === balances ? undefined : `${holders} holders in the index, ${balances} balances`;
    },
  },
];
