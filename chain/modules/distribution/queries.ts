import { Query, ValidatorSlashEvent } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { addDecCoins, type DecCoins, decCoinsToProto, NO_DEC_COINS } from "../../runtime/dec-coins.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import type { DistributionKeeper } from "./keeper.ts";
import { addressKey, SLASH_PREFIX, STORE } from "./keys.ts";
import { delegationOf, type StakingView, validatorOf } from "./staking.ts";
import { getCommission, getOutstanding } from "./state.ts";

export function distributionQueries(
  keeper: DistributionKeeper,
  staking: StakingView,
): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
    queryRoute(methods.ValidatorDistributionInfo, (ctx, { validatorAddress }) => {
      const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
      const validator = validatorOf(ctx, staking, operator);
      const own = delegationOf(ctx, staking, operator, operator);
      return {
        operatorAddress: ctx.addresses.format(operator),
        selfBondRewards: decCoinsToProto(keeper.rewards.pending(ctx, validator, own)),
        commission: decCoinsToProto(getCommission(ctx, operator)),
      };
    }),
    queryRoute(methods.ValidatorOutstandingRewards, (ctx, { validatorAddress }) => {
      const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
      validatorOf(ctx, staking, operator);
      return { rewards: { rewards: decCoinsToProto(getOutstanding(ctx, operator)) } };
    }),
    queryRoute(methods.ValidatorCommission, (ctx, { validatorAddress }) => {
      const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
      validatorOf(ctx, staking, operator);
      return { commission: { commission: decCoinsToProto(getCommission(ctx, operator)) } };
    }),
    queryRoute(methods.ValidatorSlashes, (ctx, request) => {
      const { validatorAddress, startingHeight, endingHeight, pagination } = request;
      if (endingHeight < startingHeight) {
        throw SdkError.invalidRequest(
          `starting_height: ${startingHeight} is greater than ending_height ${endingHeight}`,
        );
      }
      const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
      const prefix = addressKey(SLASH_PREFIX, operator);
      const page = paginate(ctx.store(STORE), prefix, pagination, (_, value) => {
        const slash = ValidatorSlashEvent.decode(value);
        // The SDK holds the heights against the period; explorers count on its answers.
        const { validatorPeriod: period } = slash;
        return period < startingHeight || period > endingHeight ? undefined : slash;
      });
      return { slashes: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.DelegationRewards, (ctx, { delegatorAddress, validatorAddress }) => {
      const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
      const validator = validatorOf(ctx, staking, operator);
      const delegator = ctx.addresses.parse(delegatorAddress, "delegator_address");
      const delegation = delegationOf(ctx, staking, delegator, operator);
      return { rewards: decCoinsToProto(keeper.rewards.pending(ctx, validator, delegation)) };
    }),
    queryRoute(methods.DelegationTotalRewards, (ctx, { delegatorAddress }) => {
      const delegator = ctx.addresses.parse(delegatorAddress, "delegator_address");
      let total: DecCoins = NO_DEC_COINS;
      const rewards = [...staking.delegationsOf(ctx, delegator)].map((delegation) => {
        const validator = validatorOf(ctx, staking, delegation.operator);
        const reward = keeper.rewards.pending(ctx, validator, delegation);
        total = addDecCoins(total, reward);
        return {
          validatorAddress: ctx.addresses.operators.format(delegation.operator),
          reward: decCoinsToProto(reward),
        };
      });
      return { rewards, total: decCoinsToProto(total) };
    }),
    queryRoute(methods.DelegatorValidators, (ctx, { delegatorAddress }) => {
      const delegator = ctx.addresses.parse(delegatorAddress, "delegator_address");
      const validators = [...staking.delegationsOf(ctx, delegator)].map(({ operator }) =>
        ctx.addresses.operators.format(operator),
      );
      return { validators };
    }),
    queryRoute(methods.DelegatorWithdrawAddress, (ctx, { delegatorAddress }) => {
      const delegator = ctx.addresses.parse(delegatorAddress, "delegator_address");
      return { withdrawAddress: ctx.addresses.format(keeper.withdrawAddress(ctx, delegator)) };
    }),
    queryRoute(methods.CommunityPool, (ctx) => ({ pool: decCoinsToProto(keeper.communityPool(ctx)) })),
  ];
}
