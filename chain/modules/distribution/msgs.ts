import { Msg } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { type Coins, coinsFromProto, coinsToProto } from "../../runtime/coins.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import type { DistributionKeeper } from "./keeper.ts";
import { assertNoDeprecated, validateParams } from "./params.ts";

export function distributionMsgs(keeper: DistributionKeeper, bank: BankKeeper): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.SetWithdrawAddress, {
      validate: ({ delegatorAddress, withdrawAddress }, addresses) => {
        addresses.parse(delegatorAddress, "delegator_address");
        addresses.parse(withdrawAddress, "withdraw_address");
      },
      handle: (ctx, { delegatorAddress, withdrawAddress }) => {
        const delegator = ctx.addresses.parse(delegatorAddress, "delegator_address");
        keeper.setWithdrawAddress(ctx, delegator, ctx.addresses.parse(withdrawAddress, "withdraw_address"));
        return {};
      },
    }),
    msgRoute(methods.WithdrawDelegatorReward, {
      validate: ({ delegatorAddress, validatorAddress }, addresses) => {
        addresses.operators.parse(validatorAddress, "validator_address");
        addresses.parse(delegatorAddress, "delegator_address");
      },
      handle: (ctx, { delegatorAddress, validatorAddress }) => {
        const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
        const delegator = ctx.addresses.parse(delegatorAddress, "delegator_address");
        return { amount: coinsToProto(keeper.withdrawRewards(ctx, delegator, operator)) };
      },
    }),
    msgRoute(methods.WithdrawValidatorCommission, {
      validate: ({ validatorAddress }, addresses) => {
        addresses.operators.parse(validatorAddress, "validator_address");
      },
      handle: (ctx, { validatorAddress }) => {
        const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
        return { amount: coinsToProto(keeper.withdrawCommission(ctx, operator)) };
      },
    }),
    msgRoute(methods.FundCommunityPool, {
      validate: ({ depositor, amount }, addresses) => {
        addresses.parse(depositor, "depositor");
        assertSome(coinsFromProto(amount, "amount"));
      },
      handle: (ctx, { depositor, amount }) => {
        const from = ctx.addresses.parse(depositor, "depositor");
        keeper.fundCommunityPool(ctx, from, coinsFromProto(amount, "amount"));
        return {};
      },
    }),
    msgRoute(methods.UpdateParams, {
      validate: ({ params }) => {
        assertNoDeprecated(params);
        validateParams(params);
      },
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        keeper.setParams(ctx, params);
        return {};
      },
    }),
    msgRoute(methods.CommunityPoolSpend, {
      validate: ({ recipient, amount }, addresses) => {
        assertSome(coinsFromProto(amount, "amount"));
        addresses.parse(recipient, "recipient");
      },
      handle: (ctx, { authority, recipient, amount }) => {
        assertAuthority(ctx, authority);
        const to = ctx.addresses.parse(recipient, "recipient");
        if (bank.isBlocked(to))
          throw SdkError.unauthorized(`recipient: ${recipient} is not allowed to receive external funds`);
        keeper.spendCommunityPool(ctx, to, coinsFromProto(amount, "amount"));
        return {};
      },
    }),
    msgRoute(methods.DepositValidatorRewardsPool, {
      validate: ({ depositor, validatorAddress, amount }, addresses) => {
        addresses.parse(depositor, "depositor");
        coinsFromProto(amount, "amount");
        addresses.operators.parse(validatorAddress, "validator_address");
      },
      handle: (ctx, { depositor, validatorAddress, amount }) => {
        const from = ctx.addresses.parse(depositor, "depositor");
        const operator = ctx.addresses.operators.parse(validatorAddress, "validator_address");
        keeper.depositRewards(ctx, from, operator, coinsFromProto(amount, "amount"));
        return {};
      },
    }),
  ];
}

function assertSome(coins: Coins): void {
  if (coins.length === 0) throw SdkError.invalidCoins("amount: no coins are given");
}
