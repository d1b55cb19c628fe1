/** What distribution needs of staking. */
import type { Address } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { type Delegation, StakingError, type Validator } from "../staking/index.ts";

export interface StakingView {
  bondDenom(ctx: Context): string;
  validator(ctx: Context, operator: Address): Validator | undefined;
  validatorByConsensus(ctx: Context, consensus: Uint8Array): Validator | undefined;
  validators(ctx: Context): Iterable<Validator>;
  delegation(ctx: Context, delegator: Address, operator: Address): Delegation | undefined;
  delegationsOf(ctx: Context, delegator: Address): Iterable<Delegation>;
  delegationsTo(ctx: Context, operator: Address): Iterable<Delegation>;
}

/** @throws StakingError.noValidatorFound */
export function validatorOf(ctx: Context, staking: StakingView, operator: Address): Validator {
  const validator = staking.validator(ctx, operator);
  if (!validator)
    throw StakingError.noValidatorFound(
      `validator does not exist: ${ctx.addresses.operators.format(operator)}`,
    );
  return validator;
}

/** @throws StakingError.noDelegation */
export function delegationOf(
  ctx: Context,
  staking: StakingView,
  delegator: Address,
  operator: Address,
): Delegation {
  const delegation = staking.delegation(ctx, delegator, operator);
  if (!delegation) {
    const [who, to] = [ctx.addresses.format(delegator), ctx.addresses.operators.format(operator)];
    throw StakingError.noDelegation(`no delegation for (address, validator) tuple: ${who}, ${to}`);
  }
  return delegation;
}
