import type { Coin as ProtoCoin } from "../../../proto/gen/cosmos.base.v1beta1.ts";
import { Msg } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { type Coin, coinFromProto, coinToProto, parseAmount } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { ChainError, SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { assertDescription, assertRates, isEmptyDescription, ratesFromRecord } from "./commission.ts";
import {
  assertBondDenom,
  assertRateInBounds,
  commissionText,
  createValidator,
  editValidator,
} from "./create.ts";
import { sharesToUnbond } from "./delegate.ts";
import { StakingError } from "./errors.ts";
import {
  emitCancelled,
  emitCreated,
  emitDelegated,
  emitEdited,
  emitRedelegated,
  emitUnbonded,
} from "./events.ts";
import type { StakingKeeper } from "./keeper.ts";
import { validateParams } from "./params.ts";
import { cancelUnbonding } from "./unbond.ts";
import { ed25519Key } from "./validator.ts";

export function stakingMsgs(
  keeper: StakingKeeper,
  keyTypes: (ctx: Context) => readonly string[],
): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.CreateValidator, {
      validate: (
        { validatorAddress, pubkey, value, description, commission, minSelfDelegation },
        addresses,
      ) => {
        addresses.operators.parse(validatorAddress, "validator_address");
        ed25519Key(pubkey);
        const { amount } = positiveCoin(value, "value", "invalid delegation amount");
        if (isEmptyDescription(description)) throw SdkError.invalidRequest("description: empty description");
        assertDescription(description);
        assertRates(ratesFromRecord(commission));
        if (amount < positive(minSelfDelegation, "min_self_delegation")) {
          throw StakingError.selfDelegationBelowMinimum(
            "value: validator's self delegation must be greater than their minimum self delegation",
          );
        }
      },
      handle: (ctx, message) => {
        const operator = ctx.addresses.operators.parse(message.validatorAddress, "validator_address");
        const value = coinFromProto(message.value, "value");
        createValidator(keeper, ctx, { operator, amount: value.amount, message, keyTypes: keyTypes(ctx) });
        emitCreated(ctx, message.validatorAddress, value);
        return {};
      },
    }),
    msgRoute(methods.EditValidator, {
      validate: ({ validatorAddress, description, commissionRate, minSelfDelegation }, addresses) => {
        addresses.operators.parse(validatorAddress, "validator_address");
        if (isEmptyDescription(description)) throw SdkError.invalidRequest("description: empty description");
        if (minSelfDelegation !== "") positive(minSelfDelegation, "min_self_delegation");
        if (commissionRate !== "") assertRateInBounds(commissionRate);
      },
      handle: (ctx, message) => {
        const operator = ctx.addresses.operators.parse(message.validatorAddress, "validator_address");
        const { commission, minSelfDelegation } = editValidator(keeper, ctx, operator, message);
        emitEdited(ctx, commissionText(commission), minSelfDelegation);
        return {};
      },
    }),
    msgRoute(methods.Delegate, {
      validate: ({ validatorAddress, delegatorAddress, amount }, addresses) => {
        assertPair(addresses, validatorAddress, delegatorAddress);
        positiveCoin(amount, "amount", "invalid delegation amount");
      },
      handle: (ctx, message) => {
        const { operator, delegator, coin } = orderOf(ctx, message);
        const validator = keeper.state.mustHaveValidator(ctx, operator);
        assertBondDenom(keeper, ctx, coin.denom);
        const shares = keeper.delegate(ctx, delegator, coin.amount, "unbonded", validator, true);
        emitDelegated(ctx, message.validatorAddress, message.delegatorAddress, coin, shares);
        return {};
      },
    }),
    msgRoute(methods.BeginRedelegate, {
      validate: ({ validatorSrcAddress, validatorDstAddress, delegatorAddress, amount }, addresses) => {
        addresses.operators.parse(validatorSrcAddress, "validator_src_address");
        addresses.operators.parse(validatorDstAddress, "validator_dst_address");
        addresses.parse(delegatorAddress, "delegator_address");
        positiveCoin(amount, "amount", "invalid shares amount");
      },
      handle: (ctx, { validatorSrcAddress, validatorDstAddress, delegatorAddress, amount }) => {
        const source = ctx.addresses.operators.parse(validatorSrcAddress, "validator_src_address");
        const destination = ctx.addresses.operators.parse(validatorDstAddress, "validator_dst_address");
        const delegator = ctx.addresses.parse(delegatorAddress, "delegator_address");
        const coin = coinFromProto(amount, "amount");
        const shares = sharesToUnbond(keeper, ctx, delegator, source, coin.amount);
        assertBondDenom(keeper, ctx, coin.denom);
        const completionTime = keeper.beginRedelegation(ctx, delegator, source, destination, shares);
        emitRedelegated(ctx, validatorSrcAddress, validatorDstAddress, coin, completionTime);
        return { completionTime };
      },
    }),
    msgRoute(methods.Undelegate, {
      validate: ({ validatorAddress, delegatorAddress, amount }, addresses) => {
        assertPair(addresses, validatorAddress, delegatorAddress);
        positiveCoin(amount, "amount", "invalid shares amount");
      },
      handle: (ctx, message) => {
        const { operator, delegator, coin } = orderOf(ctx, message);
        const shares = sharesToUnbond(keeper, ctx, delegator, operator, coin.amount);
        assertBondDenom(keeper, ctx, coin.denom);
        const { completionTime, amount } = keeper.undelegate(ctx, delegator, operator, shares);
        const left = { denom: coin.denom, amount };
        emitUnbonded(ctx, message.validatorAddress, message.delegatorAddress, left, completionTime);
        return { completionTime, amount: coinToProto(left) };
      },
    }),
    msgRoute(methods.CancelUnbondingDelegation, {
      validate: ({ validatorAddress, delegatorAddress, amount, creationHeight }, addresses) => {
        assertPair(addresses, validatorAddress, delegatorAddress);
        positiveCoin(amount, "amount", "invalid amount");
        if (creationHeight <= 0n)
          throw SdkError.invalidRequest(
            `creation_height: invalid height ${creationHeight}; must be positive`,
          );
      },
      handle: (ctx, message) => {
        const { operator, delegator, coin } = orderOf(ctx, message);
        const { creationHeight } = message;
        assertBondDenom(keeper, ctx, coin.denom);
        cancelUnbonding(keeper, ctx, { delegator, operator, amount: coin.amount, creationHeight });
        emitCancelled(ctx, message.validatorAddress, message.delegatorAddress, coin, creationHeight);
        return {};
      },
    }),
    msgRoute(methods.UpdateParams, {
      validate: ({ params }) => validateParams(params),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        assertSameCoin(keeper, ctx, params.bondDenom);
        keeper.setParams(ctx, params);
        return {};
      },
    }),
  ];
}

/**
 * What is staked lies in the pools in the coin it was staked in; in another the end of a block could not pay it back (ADR-0150).
 * @throws SdkError.invalidRequest
 */
function assertSameCoin(keeper: StakingKeeper, ctx: Context, denom: string): void {
  const now = keeper.bondDenom(ctx);
  if (denom === now || keeper.totalBonded(ctx) + keeper.totalNotBonded(ctx) === 0n) return;
  throw SdkError.invalidRequest(`params.bond_denom: ${now} is staked, so it cannot become ${denom}`);
}

interface Order {
  readonly validatorAddress: string;
  readonly delegatorAddress: string;
  readonly amount: ProtoCoin;
}

function orderOf(ctx: Context, { validatorAddress, delegatorAddress, amount }: Order) {
  return {
    operator: ctx.addresses.operators.parse(validatorAddress, "validator_address"),
    delegator: ctx.addresses.parse(delegatorAddress, "delegator_address"),
    coin: coinFromProto(amount, "amount"),
  };
}

function assertPair(addresses: AddressCodec, validator: string, delegator: string): void {
  addresses.operators.parse(validator, "validator_address");
  addresses.parse(delegator, "delegator_address");
}

/** The SDK answers whatever is wrong with the coin of a stake with one error. */
function positiveCoin(coin: ProtoCoin, field: string, fault: string): Coin {
  try {
    const given = coinFromProto(coin, field);
    if (given.amount > 0n) return given;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw SdkError.invalidRequest(`${fault}: ${error.message}`);
  }
  throw SdkError.invalidRequest(`${fault}: ${field}.amount: must be positive`);
}

function positive(text: string, field: string): bigint {
  const amount = /^\d+$/.test(text) ? parseAmount(text, field) : 0n;
  if (amount <= 0n)
    throw SdkError.invalidRequest(`${field}: minimum self delegation must be a positive integer`);
  return amount;
}
