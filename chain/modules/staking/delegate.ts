/** Tokens that join and leave validators. Source: Delegate and Unbond of x/staking/keeper/delegation.go of the SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, decAdd, decSub, decTruncate, formatDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { StakingError } from "./errors.ts";
import { jailValidator, removeValidator } from "./lifecycle.ts";
import type { StakingParts } from "./parts.ts";
import { bondCoins, movePool, poolOf } from "./pools.ts";
import type { BondStatus, Validator } from "./types.ts";
import {
  hasInvalidRate,
  sharesFromTokens,
  sharesFromTokensTruncated,
  tokensFromShares,
  withSharesRemoved,
  withTokensAdded,
} from "./validator.ts";

export interface DelegationOrder {
  readonly delegator: Address;
  readonly amount: bigint;
  /** Where the tokens come from: their status at their source. */
  readonly tokenSource: BondStatus;
  readonly validator: Validator;
  /** Takes the tokens from the delegator's account; otherwise they are in a pool already. */
  readonly subtractAccount: boolean;
}

/** @returns the new shares. @throws StakingError.delegatorShareExRateInvalid, SdkError.insufficientFunds */
export function delegate(parts: StakingParts, ctx: Context, order: DelegationOrder): Dec {
  const { state, bank, hooks } = parts;
  const { delegator, amount, tokenSource, validator } = order;
  const { operator } = validator;
  if (bank.isBlocked(delegator)) {
    throw SdkError.unauthorized(
      `delegator: ${ctx.addresses.format(delegator)} is a module account, which cannot be paid rewards (ADR-0150)`,
    );
  }
  if (hasInvalidRate(validator)) throw invalidRate();
  const before = state.delegation(ctx, delegator, operator);
  if (before) hooks.beforeDelegationSharesModified(ctx, delegator, operator);
  else hooks.beforeDelegationCreated(ctx, delegator, operator);
  if (order.subtractAccount)
    bank.delegateCoins(ctx, delegator, poolOf(validator.status), bondCoins(parts, ctx, amount));
  else movePool(parts, ctx, amount, tokenSource, validator.status);
  const added = withTokensAdded(validator, amount);
  replace(parts, ctx, validator, added.validator);
  const shares = decAdd(before?.shares ?? ZERO, added.shares);
  state.setDelegation(ctx, { delegator, operator, shares });
  hooks.afterDelegationModified(ctx, delegator, operator);
  return added.shares;
}

export function invalidRate(): Error {
  return StakingError.delegatorShareExRateInvalid(
    "cannot delegate to validators with invalid (zero) ex-rate: slashes took all tokens",
  );
}

/** Writes a validator whose tokens changed, and its place in the order of power. */
export function replace(
  { state }: Pick<StakingParts, "state">,
  ctx: Context,
  was: Validator,
  is: Validator,
): void {
  state.deleteByPower(ctx, was);
  state.setValidator(ctx, is);
  state.setByPower(ctx, is);
}

/**
 * Takes shares out of a delegation; the tokens stay in the pool, for the caller to book. An operator who falls below its
 * minimum is jailed; an unbonded validator without shares is removed.
 * @returns the tokens. @throws StakingError.noDelegatorForAddress, notEnoughDelegationShares
 */
export function unbond(
  parts: StakingParts,
  ctx: Context,
  delegator: Address,
  operator: Address,
  shares: Dec,
): bigint {
  const { state, hooks } = parts;
  const delegation = state.delegation(ctx, delegator, operator);
  if (!delegation) throw StakingError.noDelegatorForAddress("delegator does not contain delegation");
  hooks.beforeDelegationSharesModified(ctx, delegator, operator);
  if (delegation.shares < shares) {
    throw StakingError.notEnoughDelegationShares(
      `not enough delegation shares: ${formatDec(delegation.shares)} of ${formatDec(shares)}`,
    );
  }
  let validator = state.mustHaveValidator(ctx, operator);
  const left = decSub(delegation.shares, shares);
  const isOwn = bytesEqual(delegator, operator);
  if (
    isOwn &&
    !validator.jailed &&
    decTruncate(tokensFromShares(validator, left)) < validator.minSelfDelegation
  ) {
    jailValidator(parts, ctx, validator);
    validator = state.mustHaveValidator(ctx, operator);
  }
  if (left === ZERO) {
    hooks.beforeDelegationRemoved(ctx, delegator, operator);
    state.deleteDelegation(ctx, delegator, operator);
  } else {
    state.setDelegation(ctx, { delegator, operator, shares: left });
    hooks.afterDelegationModified(ctx, delegator, operator);
  }
  const removed = withSharesRemoved(validator, shares);
  replace(parts, ctx, validator, removed.validator);
  if (removed.validator.delegatorShares === ZERO && removed.validator.status === "unbonded")
    removeValidator(parts, ctx, operator);
  return removed.tokens;
}

/**
 * Shares that an amount to unbond is, at most all of the delegation's: rounding may not keep anyone from taking all.
 * @throws StakingError.noValidatorFound, noDelegation, insufficientShares, SdkError.invalidRequest
 */
export function sharesToUnbond(
  { state }: Pick<StakingParts, "state">,
  ctx: Context,
  delegator: Address,
  operator: Address,
  amount: bigint,
): Dec {
  const validator = state.mustHaveValidator(ctx, operator);
  const delegation = state.delegation(ctx, delegator, operator);
  if (!delegation) {
    throw StakingError.noDelegation(
      `no delegation of ${ctx.addresses.format(delegator)} to ${ctx.addresses.operators.format(operator)}`,
    );
  }
  const shares = sharesFromTokens(validator, amount);
  if (sharesFromTokensTruncated(validator, amount) > delegation.shares)
    throw SdkError.invalidRequest("amount: invalid shares amount; the delegation has less");
  return shares > delegation.shares ? delegation.shares : shares;
}
