/** What becomes of a validator: bonded, unbonding, unbonded, jailed, removed. Source: x/staking/keeper/val_state_change.go and validator.go of the SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { ZERO } from "../../runtime/decimal.ts";
import { ChainError, SdkError } from "../../runtime/errors.ts";
import { addDuration } from "../../runtime/time.ts";
import { StakingError, UnregisteredError } from "./errors.ts";
import { validatorKey } from "./keys.ts";
import type { StakingParts } from "./parts.ts";
import { dequeueValidator, dueValidators, enqueueValidator } from "./queues.ts";
import type { Validator } from "./types.ts";

/** Where the SDK notes that a hook failed and goes on, so does this; a programming fault is none of that. */
export function goOn(hook: () => void): void {
  try {
    hook();
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
  }
}

/** Takes a validator out of the order of power: end block will unbond it. @throws StakingError.validatorJailed */
export function jailValidator({ state }: StakingParts, ctx: Context, validator: Validator): void {
  if (validator.jailed) throw StakingError.validatorJailed("cannot jail already jailed validator");
  state.setValidator(ctx, { ...validator, jailed: true });
  state.deleteByPower(ctx, validator);
}

export function unjailValidator({ state }: StakingParts, ctx: Context, validator: Validator): void {
  if (!validator.jailed) throw UnregisteredError.plain("cannot unjail already unjailed validator");
  const free = { ...validator, jailed: false };
  state.setValidator(ctx, free);
  state.setByPower(ctx, free);
}

/** @returns the validator as it is now */
export function bondValidator({ state, hooks }: StakingParts, ctx: Context, validator: Validator): Validator {
  const bonded: Validator = { ...validator, status: "bonded" };
  state.deleteByPower(ctx, validator);
  state.setValidator(ctx, bonded);
  state.setByPower(ctx, bonded);
  dequeueValidator(ctx, validator);
  // What was unbonding is no more.
  if (validator.status === "unbonding") forgetUnbonding({ state }, ctx, validator);
  hooks.afterValidatorBonded(ctx, bonded.consensus, bonded.operator);
  return bonded;
}

/** @returns the validator as it is now */
export function beginUnbonding(
  { state, hooks }: StakingParts,
  ctx: Context,
  validator: Validator,
): Validator {
  if (validator.status !== "bonded")
    throw SdkError.logic(`a validator that is ${validator.status} cannot begin to unbond`);
  state.deleteByPower(ctx, validator);
  const id = state.takeUnbondingId(ctx);
  const unbonding: Validator = {
    ...validator,
    status: "unbonding",
    unbondingTime: addDuration(ctx.block.time, state.params(ctx).unbondingTime),
    unbondingHeight: ctx.block.height,
    unbondingIds: [...validator.unbondingIds, id],
  };
  state.setValidator(ctx, unbonding);
  state.setByPower(ctx, unbonding);
  enqueueValidator(ctx, unbonding);
  hooks.afterValidatorBeginUnbonding(ctx, unbonding.consensus, unbonding.operator);
  state.setUnbondingIndex(ctx, id, validatorKey(unbonding.operator), "validator");
  hooks.afterUnbondingInitiated(ctx, id);
  return unbonding;
}

/**
 * Ends the unbonding of all validators whose time has come; those without shares are removed.
 * Work is linear in those that are unbonded.
 */
export function unbondMature(parts: StakingParts, ctx: Context): void {
  for (const operator of dueValidators(ctx)) unbondOne(parts, ctx, operator);
}

function unbondOne(parts: StakingParts, ctx: Context, operator: Address): void {
  const { state } = parts;
  const validator = state.mustHaveValidator(ctx, operator);
  if (validator.status !== "unbonding")
    throw SdkError.logic(`a validator that is ${validator.status} stands in the queue of unbonding ones`);
  if (validator.unbondingOnHoldRefCount > 0n) return;
  forgetUnbonding(parts, ctx, validator);
  // The ids stay in the record, as in the SDK, which clears them without writing it.
  state.setValidator(ctx, { ...validator, status: "unbonded" });
  if (validator.delegatorShares === ZERO) removeValidator(parts, ctx, operator);
  dequeueValidator(ctx, validator);
}

/** Its last id is that of the unbonding under way. */
function forgetUnbonding({ state }: Pick<StakingParts, "state">, ctx: Context, validator: Validator): void {
  const id = validator.unbondingIds.at(-1);
  if (id !== undefined) state.deleteUnbondingIndex(ctx, id);
}

/** @throws StakingError.badRemoveValidator unless it is unbonded and has no tokens */
export function removeValidator({ state, hooks }: StakingParts, ctx: Context, operator: Address): void {
  const validator = state.validator(ctx, operator);
  if (!validator) return;
  if (validator.status !== "unbonded")
    throw StakingError.badRemoveValidator("cannot call RemoveValidator on bonded or unbonding validators");
  if (validator.tokens > 0n)
    throw StakingError.badRemoveValidator("attempting to remove a validator which still contains tokens");
  state.deleteValidator(ctx, validator);
  state.deleteByPower(ctx, validator);
  goOn(() => hooks.afterValidatorRemoved(ctx, validator.consensus, operator));
}
