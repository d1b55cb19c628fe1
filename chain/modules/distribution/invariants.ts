/** Source: x/distribution/keeper/invariants.go of the Cosmos SDK v0.50. */
import { moduleAddress } from "../../runtime/address.ts";
import { formatCoins } from "../../runtime/coins.ts";
import { addDecCoins, formatDecCoins, truncateDecCoins } from "../../runtime/dec-coins.ts";
import type { Invariant } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import type { DistributionKeeper } from "./keeper.ts";
import { MODULE } from "./keys.ts";
import type { StakingView } from "./staking.ts";
import {
  allHistorical,
  allOutstanding,
  allSlashes,
  getCommission,
  getCommunityPool,
  getOutstanding,
} from "./state.ts";

interface InvariantDeps {
  readonly bank: BankKeeper;
  readonly staking: StakingView;
}

export function distributionInvariants(
  keeper: DistributionKeeper,
  { bank, staking }: InvariantDeps,
): readonly Invariant[] {
  return [
    {
      name: "nonnegative-outstanding",
      check: (ctx) => {
        for (const [operator, rewards] of allOutstanding(ctx)) {
          if (rewards.some(({ amount }) => amount < 0n))
            return `${ctx.addresses.operators.format(operator)} is owed ${formatDecCoins(rewards)}`;
        }
        return undefined;
      },
    },
    {
      name: "can-withdraw",
      check: (ctx) => {
        // Everybody withdraws, on a branch that is dropped; what throws is a break too.
        const { ctx: aside } = ctx.branch({ mode: "deliver" });
        for (const validator of staking.validators(ctx)) {
          const { operator } = validator;
          try {
            if (getCommission(aside, operator).length > 0) keeper.withdrawCommission(aside, operator);
            for (const { delegator } of staking.delegationsTo(ctx, operator))
              keeper.withdrawRewards(aside, delegator, operator);
          } catch (error) {
            return `at ${ctx.addresses.operators.format(operator)}: ${String(error)}`;
          }
          const left = getOutstanding(aside, operator);
          if (left.some(({ amount }) => amount < 0n))
            return `${ctx.addresses.operators.format(operator)} would be left with ${formatDecCoins(left)}`;
        }
        return undefined;
      },
    },
    {
      name: "reference-count",
      check: (ctx) => {
        let expected = [...allSlashes(ctx)].length;
        for (const { operator } of staking.validators(ctx))
          expected += 1 + [...staking.delegationsTo(ctx, operator)].length;
        let count = 0;
        for (const { rewards } of allHistorical(ctx)) count += rewards.references;
        return count === expected
          ? undefined
          : `historical rewards have ${count} references; validators, delegations and slashes are ${expected}`;
      },
    },
    {
      name: "module-account",
      check: (ctx) => {
        let owed = getCommunityPool(ctx);
        for (const [, rewards] of allOutstanding(ctx)) owed = addDecCoins(owed, rewards);
        const { whole, rest } = truncateDecCoins(owed);
        const held = bank.balances(ctx, moduleAddress(MODULE));
        return formatCoins(held) === formatCoins(whole) && rest.length === 0
          ? undefined
          : `the module account holds ${formatCoins(held)}, but owes ${formatDecCoins(owed)}`;
      },
    },
  ];
}
