/** Tokens on their way out of a validator, or to another. Source: x/staking/keeper/delegation.go and msg_server.go of the SDK v0.53. */
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { type Coins, NO_COINS } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import type { Dec } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { addDuration, compareTimes, ZERO_TIME } from "../../runtime/time.ts";
import { delegate, invalidRate, unbond } from "./delegate.ts";
import { StakingError, UnregisteredError } from "./errors.ts";
import { redelegationKey, unbondingKey } from "./keys.ts";
import { goOn } from "./lifecycle.ts";
import type { StakingParts } from "./parts.ts";
import { bondCoins, movePool, poolOf } from "./pools.ts";
import { enqueueRedelegation, enqueueUnbonding } from "./queues.ts";
import type { UnbondingDelegation, UnbondingEntry, Validator } from "./types.ts";
import { hasInvalidRate } from "./validator.ts";

interface Waiting {
  readonly completionTime: Timestamp;
  readonly unbondingOnHoldRefCount: bigint;
}

/** Whether an entry's time has come at the block's time. */
export function isMature({ completionTime }: Waiting, ctx: Context): boolean {
  return compareTimes(completionTime, ctx.block.time) <= 0;
}

/** Whether an entry completes now: its time has come and nobody holds it. */
export function isDone(entry: Waiting, ctx: Context): boolean {
  return isMature(entry, ctx) && entry.unbondingOnHoldRefCount <= 0n;
}

// ── Out ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** @throws StakingError.noValidatorFound, maxUnbondingDelegationEntries, noDelegatorForAddress, notEnoughDelegationShares */
export function undelegate(
  parts: StakingParts,
  ctx: Context,
  delegator: Address,
  operator: Address,
  shares: Dec,
): { readonly completionTime: Timestamp; readonly amount: bigint } {
  const { state } = parts;
  const validator = state.mustHaveValidator(ctx, operator);
  const { maxEntries, unbondingTime } = state.params(ctx);
  if ((state.unbonding(ctx, delegator, operator)?.entries.length ?? 0) >= maxEntries) {
    throw StakingError.maxUnbondingDelegationEntries(
      `too many unbonding delegation entries for (delegator, validator) tuple: ${maxEntries} at most; wait for one to complete`,
    );
  }
  const amount = unbond(parts, ctx, delegator, operator, shares);
  movePool(parts, ctx, amount, validator.status, "unbonding");
  const completionTime = addDuration(ctx.block.time, unbondingTime);
  addUnbondingEntry(parts, ctx, { delegator, operator }, completionTime, amount);
  enqueueUnbonding(ctx, { delegator, operator }, completionTime);
  return { completionTime, amount };
}

function addUnbondingEntry(
  { state, hooks }: StakingParts,
  ctx: Context,
  { delegator, operator }: Pick<UnbondingDelegation, "delegator" | "operator">,
  completionTime: Timestamp,
  balance: bigint,
): void {
  // An id is taken even where the entry joins another and does not need it.
  const unbondingId = state.takeUnbondingId(ctx);
  const creationHeight = ctx.block.height;
  const entries = state.unbonding(ctx, delegator, operator)?.entries ?? [];
  const same = entries.findIndex(
    (entry) =>
      entry.creationHeight === creationHeight && compareTimes(entry.completionTime, completionTime) === 0,
  );
  if (same >= 0) {
    const entry = entries[same]!;
    const joined = {
      ...entry,
      balance: entry.balance + balance,
      initialBalance: entry.initialBalance + balance,
    };
    state.setUnbonding(ctx, { delegator, operator, entries: entries.with(same, joined) });
    return;
  }
  const entry: UnbondingEntry = {
    creationHeight,
    completionTime,
    initialBalance: balance,
    balance,
    unbondingId,
    unbondingOnHoldRefCount: 0n,
  };
  state.setUnbonding(ctx, { delegator, operator, entries: [...entries, entry] });
  state.setUnbondingIndex(ctx, unbondingId, unbondingKey(delegator, operator), "delegation");
  goOn(() => hooks.afterUnbondingInitiated(ctx, unbondingId));
}

/** Pays out the entries whose time has come. @returns what was paid; undefined if there is no such unbonding delegation */
export function completeUnbonding(
  parts: StakingParts,
  ctx: Context,
  delegator: Address,
  operator: Address,
): Coins | undefined {
  const { state, bank } = parts;
  const unbonding = state.unbonding(ctx, delegator, operator);
  if (!unbonding) return undefined;
  let sum = 0n;
  for (const { balance, unbondingId } of unbonding.entries.filter((entry) => isDone(entry, ctx))) {
    state.deleteUnbondingIndex(ctx, unbondingId);
    if (balance === 0n) continue;
    bank.undelegateCoins(ctx, poolOf("unbonding"), delegator, bondCoins(parts, ctx, balance));
    sum += balance;
  }
  state.setUnbonding(ctx, {
    ...unbonding,
    entries: unbonding.entries.filter((entry) => !isDone(entry, ctx)),
  });
  return sum === 0n ? NO_COINS : bondCoins(parts, ctx, sum);
}

/** Puts unbonding tokens back to their validator: the entry is named by the height it was made at. @throws ChainError */
export function cancelUnbonding(
  parts: StakingParts,
  ctx: Context,
  order: {
    readonly delegator: Address;
    readonly operator: Address;
    readonly amount: bigint;
    readonly creationHeight: bigint;
  },
): void {
  const { state } = parts;
  const { delegator, operator, amount, creationHeight } = order;
  const validator = state.mustHaveValidator(ctx, operator);
  if (hasInvalidRate(validator)) throw invalidRate();
  if (validator.jailed) throw StakingError.validatorJailed("validator for this address is currently jailed");
  const unbonding = state.unbonding(ctx, delegator, operator);
  if (!unbonding) {
    throw UnregisteredError.plain(
      `unbonding delegation with delegator ${ctx.addresses.format(delegator)} not found for validator ${ctx.addresses.operators.format(operator)}`,
    );
  }
  const index = unbonding.entries.findIndex((entry) => entry.creationHeight === creationHeight);
  const entry = unbonding.entries[index];
  if (!entry)
    throw SdkError.notFound(
      `creation_height: unbonding delegation entry is not found at block height ${creationHeight}`,
    );
  if (entry.balance < amount)
    throw SdkError.invalidRequest(
      `amount: ${amount} is greater than the unbonding delegation entry balance ${entry.balance}`,
    );
  if (compareTimes(entry.completionTime, ctx.block.time) < 0)
    throw SdkError.invalidRequest("unbonding delegation is already processed");
  delegate(parts, ctx, {
    delegator,
    amount,
    tokenSource: "unbonding",
    validator,
    subtractAccount: false,
  });
  const balance = entry.balance - amount;
  if (balance === 0n) {
    state.deleteUnbondingIndex(ctx, entry.unbondingId);
    state.setUnbonding(ctx, { ...unbonding, entries: unbonding.entries.toSpliced(index, 1) });
    return;
  }
  const left = { ...entry, balance, initialBalance: entry.initialBalance - amount };
  state.setUnbonding(ctx, { ...unbonding, entries: unbonding.entries.with(index, left) });
}

// ── To another ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** @returns when the redelegation completes; ZERO_TIME if it did at once. @throws StakingError */
export function beginRedelegation(
  parts: StakingParts,
  ctx: Context,
  delegator: Address,
  source: Address,
  destination: Address,
  shares: Dec,
): Timestamp {
  const { state, hooks } = parts;
  if (bytesEqual(source, destination))
    throw StakingError.selfRedelegation("cannot redelegate to the same validator");
  const to = state.validator(ctx, destination);
  if (!to) throw StakingError.badRedelegationDst("redelegation destination validator not found");
  const from = state.validator(ctx, source);
  if (!from) throw StakingError.badRedelegationSrc("redelegation source validator not found");
  if (state.isReceiving(ctx, delegator, source)) {
    throw StakingError.transitiveRedelegation(
      "redelegation to this validator already in progress; first redelegation to this validator must complete before next redelegation",
    );
  }
  const { maxEntries } = state.params(ctx);
  if ((state.redelegation(ctx, delegator, source, destination)?.entries.length ?? 0) >= maxEntries) {
    throw StakingError.maxRedelegationEntries(
      `too many redelegation entries for (delegator, src-validator, dst-validator) tuple: ${maxEntries} at most; wait for one to complete`,
    );
  }
  const amount = unbond(parts, ctx, delegator, source, shares);
  if (amount === 0n)
    throw StakingError.tinyRedelegationAmount("too few tokens to redelegate (truncates to zero tokens)");
  const sharesDst = delegate(parts, ctx, {
    delegator,
    amount,
    tokenSource: from.status,
    validator: to,
    subtractAccount: false,
  });
  const end = completionOf(parts, ctx, source);
  if (!end) return ZERO_TIME;
  const unbondingId = state.takeUnbondingId(ctx);
  const entry = {
    creationHeight: end.height,
    completionTime: end.time,
    initialBalance: amount,
    sharesDst,
    unbondingId,
    unbondingOnHoldRefCount: 0n,
  };
  const before = state.redelegation(ctx, delegator, source, destination)?.entries ?? [];
  const redelegation = { delegator, source, destination, entries: [...before, entry] };
  state.setRedelegation(ctx, redelegation);
  const key = redelegationKey(delegator, source, destination);
  state.setUnbondingIndex(ctx, unbondingId, key, "redelegation");
  goOn(() => hooks.afterUnbondingInitiated(ctx, unbondingId));
  enqueueRedelegation(ctx, redelegation, end.time);
  return end.time;
}

/** When tokens that leave a validator cannot be slashed for it any more; undefined if that is now. */
function completionOf(
  { state }: StakingParts,
  ctx: Context,
  source: Address,
): { readonly time: Timestamp; readonly height: bigint } | undefined {
  const validator: Validator | undefined = state.validator(ctx, source);
  // Taking its last shares removed an unbonded validator: the SDK refuses the redelegation then.
  if (!validator) throw StakingError.noValidatorFound("validator does not exist");
  switch (validator.status) {
    case "bonded":
      return {
        time: addDuration(ctx.block.time, state.params(ctx).unbondingTime),
        height: ctx.block.height,
      };
    case "unbonding":
      return { time: validator.unbondingTime, height: validator.unbondingHeight };
    case "unbonded":
      return undefined;
  }
}

/** Ends the entries whose time has come. @returns what they began with; undefined if there is no such redelegation */
export function completeRedelegation(
  parts: StakingParts,
  ctx: Context,
  delegator: Address,
  source: Address,
  destination: Address,
): Coins | undefined {
  const { state } = parts;
  const redelegation = state.redelegation(ctx, delegator, source, destination);
  if (!redelegation) return undefined;
  const done = redelegation.entries.filter((entry) => isDone(entry, ctx));
  for (const { unbondingId } of done) state.deleteUnbondingIndex(ctx, unbondingId);
  const entries = redelegation.entries.filter((entry) => !isDone(entry, ctx));
  state.setRedelegation(ctx, { ...redelegation, entries });
  return bondCoins(
    parts,
    ctx,
    done.reduce((sum, { initialBalance }) => sum + initialBalance, 0n),
  );
}
