/** What distribution does when delegations and validators change. Source: x/distribution/keeper/hooks.go of the Cosmos SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { subtractDecCoins, truncateDecCoins } from "../../runtime/dec-coins.ts";
import type { BankKeeper } from "../bank/index.ts";
import type { StakingHooks } from "../staking/index.ts";
import { MODULE } from "./keys.ts";
import type { Rewards } from "./rewards.ts";
import { delegationOf, type StakingView, validatorOf } from "./staking.ts";
import {
  addToCommunityPool,
  deleteAllHistorical,
  deleteCommission,
  deleteCurrent,
  deleteOutstanding,
  deleteSlashes,
  getCommission,
  getOutstanding,
  getWithdrawAddress,
} from "./state.ts";

export interface HooksDeps {
  readonly bank: BankKeeper;
  readonly staking: StakingView;
  readonly rewards: Rewards;
}

export function distributionHooks({ bank, staking, rewards }: HooksDeps): StakingHooks {
  return {
    afterValidatorCreated: (ctx, operator) => rewards.beginValidator(ctx, operator),
    afterValidatorRemoved: (ctx, _, operator) => endValidator(ctx, bank, operator),
    beforeDelegationCreated: (ctx, _, operator) => {
      rewards.endPeriod(ctx, validatorOf(ctx, staking, operator));
    },
    beforeDelegationSharesModified: (ctx, delegator, operator) => {
      const validator = validatorOf(ctx, staking, operator);
      rewards.withdraw(ctx, validator, delegationOf(ctx, staking, delegator, operator));
    },
    afterDelegationModified: (ctx, delegator, operator) => rewards.beginDelegation(ctx, operator, delegator),
    beforeValidatorSlashed: (ctx, operator, fraction) => rewards.recordSlash(ctx, operator, fraction),
  };
}

/** Pays a removed validator's commission. All delegators have left: what else it holds is dust, for the community pool. */
function endValidator(ctx: Context, bank: BankKeeper, operator: Address): void {
  const commission = getCommission(ctx, operator);
  const dust = subtractDecCoins(getOutstanding(ctx, operator), commission);
  const { whole, rest } = truncateDecCoins(commission);
  if (commission.length > 0) addToCommunityPool(ctx, rest);
  if (whole.length > 0) bank.sendFromModule(ctx, MODULE, getWithdrawAddress(ctx, operator), whole);
  addToCommunityPool(ctx, dust);
  deleteOutstanding(ctx, operator);
  deleteCommission(ctx, operator);
  deleteSlashes(ctx, operator);
  deleteAllHistorical(ctx, operator);
  deleteCurrent(ctx, operator);
}
