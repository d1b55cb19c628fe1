/** Burning stake for a fault. Source: x/staking/keeper/slash.go of the SDK v0.53. */
import type { Context } from "../../runtime/context.ts";
import {
  type Dec,
  decFromInt,
  decMul,
  decMulInt,
  decQuoRoundUp,
  decTruncate,
  ONE,
  ZERO,
} from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { replace, unbond } from "./delegate.ts";
import { goOn } from "./lifecycle.ts";
import type { StakingParts } from "./parts.ts";
import { burnStake } from "./pools.ts";
import type { Redelegation, UnbondingDelegation } from "./types.ts";
import { isDone } from "./unbond.ts";
import { tokensOfPower, withTokensRemoved } from "./validator.ts";

export interface Slash {
  readonly consensus: Uint8Array;
  /** Stake that was there at this height pays, wherever it went since. */
  readonly infractionHeight: bigint;
  /** Power at that height. */
  readonly power: bigint;
  readonly fraction: Dec;
}

/**
 * Burns a fraction of the stake that a validator had when it did wrong: of what unbonds and was redelegated since, then
 * of its own tokens. A validator that is gone, or unbonded, has nothing left to pay with. Before a validator's own tokens
 * are burnt, hooks see the fraction of them.
 * Work is linear in what unbonds from, and was redelegated away from, this validator.
 * @returns tokens burnt of the validator itself. @throws SdkError.logic on a negative fraction, or a height to come
 */
export function slash(parts: StakingParts, ctx: Context, order: Slash): bigint {
  const { state, hooks } = parts;
  const { consensus, infractionHeight, power, fraction } = order;
  if (fraction < ZERO) throw SdkError.logic("attempted to slash with a negative slash factor");
  if (infractionHeight > ctx.block.height)
    throw SdkError.logic(`slash for height ${infractionHeight}, which is after ${ctx.block.height}`);
  const validator = state.validatorByConsensus(ctx, consensus);
  // The SDK halts on an unbonded one; but short unbonding times leave votes of such validators in commits (ADR-0110).
  if (!validator || validator.status === "unbonded") return 0n;
  goOn(() => hooks.beforeValidatorModified(ctx, validator.operator));
  let left = decTruncate(decMul(decFromInt(tokensOfPower(power)), fraction));
  if (infractionHeight < ctx.block.height) {
    for (const unbonding of [...state.unbondingsFrom(ctx, validator.operator)])
      left -= slashUnbonding(parts, ctx, unbonding, infractionHeight, fraction);
    for (const redelegation of [...state.redelegationsFrom(ctx, validator.operator)])
      left -= slashRedelegation(parts, ctx, redelegation, infractionHeight, fraction);
  }
  const burnt = left < 0n ? 0n : left < validator.tokens ? left : validator.tokens;
  if (burnt === 0n) return 0n;
  const share = decQuoRoundUp(decFromInt(burnt), decFromInt(validator.tokens));
  goOn(() => hooks.beforeValidatorSlashed(ctx, validator.operator, share > ONE ? ONE : share));
  replace(parts, ctx, validator, withTokensRemoved(validator, burnt));
  burnStake(parts, ctx, burnt, validator.status);
  return burnt;
}

/** @returns what the entries owe, which may be more than they have left to pay */
function slashUnbonding(
  parts: StakingParts,
  ctx: Context,
  unbonding: UnbondingDelegation,
  infractionHeight: bigint,
  fraction: Dec,
): bigint {
  let owed = 0n;
  let burnt = 0n;
  const entries = unbonding.entries.map((entry) => {
    if (entry.creationHeight < infractionHeight || isDone(entry, ctx)) return entry;
    const amount = decTruncate(decMulInt(fraction, entry.initialBalance));
    const taken = amount < entry.balance ? amount : entry.balance;
    owed += amount;
    burnt += taken;
    return { ...entry, balance: entry.balance - taken };
  });
  if (burnt > 0n) parts.state.setUnbonding(ctx, { ...unbonding, entries });
  burnStake(parts, ctx, burnt, "unbonding");
  return owed;
}

/**
 * What was redelegated pays from what unbonds from the destination since, then from the delegation to it.
 * @returns what the entries owe, which may be more than there is left to pay with
 */
function slashRedelegation(
  parts: StakingParts,
  ctx: Context,
  { delegator, destination, entries }: Redelegation,
  infractionHeight: bigint,
  fraction: Dec,
): bigint {
  const { state } = parts;
  let owed = 0n;
  let burntBonded = 0n;
  let burntNotBonded = 0n;
  for (const entry of entries) {
    if (entry.creationHeight < infractionHeight || isDone(entry, ctx)) continue;
    const amount = decTruncate(decMulInt(fraction, entry.initialBalance));
    owed += amount;
    const taken = takeFromUnbonding(parts, ctx, { delegator, destination }, infractionHeight, amount);
    burntNotBonded += taken;
    const shares = decMul(fraction, entry.sharesDst);
    if (shares === ZERO || taken === amount) continue;
    const delegation = state.delegation(ctx, delegator, destination);
    if (!delegation) continue;
    const most = shares > delegation.shares ? delegation.shares : shares;
    // Asked before: taking its last shares removes an unbonded validator, at which the SDK halts.
    const { status } = state.mustHaveValidator(ctx, destination);
    const tokens = unbond(parts, ctx, delegator, destination, most);
    if (status === "bonded") burntBonded += tokens;
    else burntNotBonded += tokens;
  }
  burnStake(parts, ctx, burntBonded, "bonded");
  burnStake(parts, ctx, burntNotBonded, "unbonding");
  return owed;
}

/** Takes up to `amount` out of what the delegator unbonds from the destination. @returns what was taken */
function takeFromUnbonding(
  { state }: StakingParts,
  ctx: Context,
  { delegator, destination }: Pick<Redelegation, "delegator" | "destination">,
  infractionHeight: bigint,
  amount: bigint,
): bigint {
  const unbonding = state.unbonding(ctx, delegator, destination);
  if (!unbonding) return 0n;
  let left = amount;
  const entries = unbonding.entries.map((entry) => {
    const taken = left < entry.balance ? left : entry.balance;
    if (taken === 0n || entry.creationHeight < infractionHeight || isDone(entry, ctx)) return entry;
    left -= taken;
    return { ...entry, balance: entry.balance - taken };
  });
  if (left < amount) state.setUnbonding(ctx, { ...unbonding, entries });
  return amount - left;
}
