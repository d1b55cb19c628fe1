/** Who is bonded, and what CometBFT is told of it. Source: ApplyAndReturnValidatorSetUpdates of x/staking/keeper/val_state_change.go of the SDK v0.53. */
import type { ValidatorUpdate } from "../../../proto/gen/tendermint.abci.ts";
import type { Address } from "../../runtime/address.ts";
import { compareBytes, toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { beginUnbonding, bondValidator } from "./lifecycle.ts";
import type { StakingParts } from "./parts.ts";
import { movePool } from "./pools.ts";
import { consensusPower, powerOf, updateOf } from "./validator.ts";

/**
 * Bonds the most powerful validators, at most max_validators of them and none without power, lets the others begin to
 * unbond, and moves their tokens between the pools in one transfer.
 * Work is linear in the bonded validators, before and after.
 */
export function applyValidatorSet(parts: StakingParts, ctx: Context): readonly ValidatorUpdate[] {
  const { state } = parts;
  const { maxValidators } = state.params(ctx);
  const updates: ValidatorUpdate[] = [];
  const last = new Map<string, readonly [operator: Address, power: bigint]>();
  for (const [operator, power] of state.lastPowers(ctx)) last.set(toHex(operator), [operator, power]);
  let total = 0n;
  let toBonded = 0n;
  let bonded = 0;
  for (const operator of state.operatorsByPower(ctx)) {
    if (bonded === maxValidators) break;
    let validator = state.mustHaveValidator(ctx, operator);
    if (validator.jailed) throw SdkError.logic("a jailed validator stands in the order of power");
    // Those after it have no power either.
    if (powerOf(validator.tokens) === 0n) break;
    if (validator.status !== "bonded") {
      validator = bondValidator(parts, ctx, validator);
      toBonded += validator.tokens;
    }
    const power = consensusPower(validator);
    const name = toHex(operator);
    if (last.get(name)?.[1] !== power) {
      updates.push(updateOf(validator, power));
      state.setLastPower(ctx, operator, power);
    }
    last.delete(name);
    bonded++;
    total += power;
  }
  // In the order of the addresses' bytes.
  const gone = [...last.values()].map(([operator]) => operator).sort(compareBytes);
  for (const operator of gone) {
    const validator = beginUnbonding(parts, ctx, state.mustHaveValidator(ctx, operator));
    toBonded -= validator.tokens;
    state.deleteLastPower(ctx, operator);
    updates.push(updateOf(validator, 0n));
  }
  if (toBonded > 0n) movePool(parts, ctx, toBonded, "unbonding", "bonded");
  if (toBonded < 0n) movePool(parts, ctx, -toBonded, "bonded", "unbonding");
  if (updates.length > 0) state.setLastTotalPower(ctx, total);
  state.setUpdates(ctx, updates);
  return updates;
}
