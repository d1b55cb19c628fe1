/**
 * Pays everything out and begins every record anew, as if all validators and delegations were made in block 0: for a chain
 * that starts again at height 1. Source: prepForZeroHeightGenesis of the SDK's simapp (export.go).
 */
import type { Context } from "../../runtime/context.ts";
import type { DistributionKeeper } from "./keeper.ts";
import { type StakingView, validatorOf } from "./staking.ts";
import {
  addToCommunityPool,
  deleteAllHistorical,
  deleteSlashes,
  getCommission,
  getOutstanding,
} from "./state.ts";

/** Work is linear in validators and delegations. */
export function settleRewards(keeper: DistributionKeeper, staking: StakingView, ctx: Context): void {
  const { rewards } = keeper;
  const validators = [...staking.validators(ctx)];
  const delegations = validators.flatMap(({ operator }) => [...staking.delegationsTo(ctx, operator)]);
  for (const { operator } of validators)
    if (getCommission(ctx, operator).length > 0) keeper.withdrawCommission(ctx, operator);
  for (const { delegator, operator } of delegations) keeper.withdrawRewards(ctx, delegator, operator);
  const zero = ctx.branch({ block: { ...ctx.block, height: 0n } });
  for (const { operator } of validators) {
    // Fractions that nobody can be paid.
    addToCommunityPool(zero.ctx, getOutstanding(zero.ctx, operator));
    deleteSlashes(zero.ctx, operator);
    deleteAllHistorical(zero.ctx, operator);
    rewards.beginValidator(zero.ctx, operator);
  }
  for (const { delegator, operator } of delegations) {
    rewards.endPeriod(zero.ctx, validatorOf(zero.ctx, staking, operator));
    rewards.beginDelegation(zero.ctx, operator, delegator);
  }
  zero.write();
}
