/** Operators: registering, bonds, what of them is locked, unbonds or is slashed. */
import type { Operator, OperatorMetadata, OperatorRecord } from "../../../proto/gen/opg.compute.v1.ts";
import { Operator as OperatorType } from "../../../proto/gen/opg.compute.v1.ts";
import { type Address, moduleAddress } from "../../runtime/address.ts";
import { utf8 } from "../../runtime/bytes.ts";
import type { Coin } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import type { ComputeDeps } from "./deps.ts";
import { ComputeError } from "./errors.ts";
import { emitOperator } from "./events.ts";
import { BONDS } from "./keys.ts";
import { MAX_CAPACITY, MAX_METADATA_BYTES, MAX_PAID_PER_BLOCK, MAX_PRICE, MAX_UNBONDINGS } from "./params.ts";
import { findOperator, operatorOf, operatorsDue, paramsOf, putOperator } from "./state.ts";

/** What an operator says of itself. */
export interface Settings {
  readonly hot: Address;
  readonly withdraw: Address;
  readonly metadata: OperatorMetadata;
  readonly capacity: number;
}

/** What can be said of settings alone. @throws ComputeError.invalidOperator */
export function assertSettings(metadata: OperatorMetadata, capacity: number): void {
  // ASCII only: which other characters are blank differs between versions of Unicode.
  if (/^[ \t\r\n]*$/.test(metadata.moniker))
    throw ComputeError.invalidOperator("metadata.moniker: must not be blank");
  const bytes = [metadata.moniker, metadata.endpoint, metadata.details].reduce(
    (sum, text) => sum + utf8(text).length,
    0,
  );
  if (bytes > MAX_METADATA_BYTES)
    throw ComputeError.invalidOperator(`metadata: ${bytes} bytes; ${MAX_METADATA_BYTES} are allowed`);
  if (capacity < 1 || capacity > MAX_CAPACITY)
    throw ComputeError.invalidOperator(
      `capacity: ${capacity} is not from 1 to ${MAX_CAPACITY}; use paused to take no jobs`,
    );
}

/** @throws ComputeError.alreadyRegistered, bondTooSmall, wrongDenom, notYours; SdkError.insufficientFunds */
export function register(
  ctx: Context,
  deps: ComputeDeps,
  address: Address,
  settings: Settings,
  bond: Coin,
): void {
  if (findOperator(ctx, address))
    throw ComputeError.alreadyRegistered(
      `operator: ${ctx.addresses.format(address)} is registered; use MsgUpdateOperator or MsgBond`,
    );
  assertPayable(ctx, deps, address, "operator");
  assertPayable(ctx, deps, settings.withdraw, "withdraw_address");
  takeBond(ctx, deps, address, bond);
  const least = BigInt(paramsOf(ctx).minBond);
  if (bond.amount < least)
    throw ComputeError.bondTooSmall(`bond: ${bond.amount} is less than min_bond, ${least}`);
  const operator = OperatorType.create({
    address: ctx.addresses.format(address),
    ...settingsToProto(ctx, settings),
    bond: bond.amount.toString(),
    locked: "0",
    record: NO_RECORD,
    registeredHeight: ctx.block.height,
  });
  putOperator(ctx, operator);
  emitOperator(ctx, "operator_registered", operator);
}

const NO_RECORD: OperatorRecord = {
  assigned: 0n,
  settled: 0n,
  itemsSettled: 0n,
  late: 0n,
  unrevealed: 0n,
  refuted: 0n,
  latencyBlocks: 0n,
  slashed: "0",
  earned: "0",
};

function settingsToProto(ctx: Context, { hot, withdraw, metadata, capacity }: Settings) {
  return {
    hotAddress: ctx.addresses.format(hot),
    withdrawAddress: ctx.addresses.format(withdraw),
    metadata,
    capacity,
  };
}

/** @throws ComputeError.notFound, notYours */
export function update(
  ctx: Context,
  deps: ComputeDeps,
  address: Address,
  settings: Settings,
  paused: boolean,
): void {
  const before = operatorOf(ctx, address);
  assertPayable(ctx, deps, settings.withdraw, "withdraw_address");
  const operator = { ...before, ...settingsToProto(ctx, settings), paused };
  putOperator(ctx, operator);
  emitOperator(ctx, "operator_updated", operator, { paused: String(paused) });
}

/** What is earned, unbonded or refunded must arrive: a payment that fails would be one of the block's end. */
function assertPayable(ctx: Context, { bank }: ComputeDeps, address: Address, field: string): void {
  if (bank.isBlocked(address))
    throw ComputeError.invalidOperator(
      `${field}: ${ctx.addresses.format(address)} is a module account and cannot be paid`,
    );
}

/** @throws ComputeError.notFound, wrongDenom; SdkError.insufficientFunds */
export function addBond(ctx: Context, deps: ComputeDeps, address: Address, amount: Coin): void {
  const before = operatorOf(ctx, address);
  takeBond(ctx, deps, address, amount);
  const operator = { ...before, bond: (BigInt(before.bond) + amount.amount).toString() };
  putOperator(ctx, operator);
  emitOperator(ctx, "operator_bonded", operator, { amount: amount.amount });
}

function takeBond(ctx: Context, { bank }: ComputeDeps, address: Address, amount: Coin): void {
  assertAmount(ctx, amount);
  bank.sendToModule(ctx, address, BONDS, [amount]);
}

function assertAmount(ctx: Context, { denom, amount }: Coin): void {
  const wanted = paramsOf(ctx).denom;
  if (denom !== wanted) throw ComputeError.wrongDenom(`amount: bonds are in ${wanted}, not in ${denom}`);
  if (amount < 1n || amount > MAX_PRICE)
    throw ComputeError.bondTooSmall(`amount: ${amount} is not from 1 to ${MAX_PRICE}`);
}

/**
 * Puts a part of the bond on its way out. What is left must be nothing or min_bond.
 * @returns the height at whose end it is paid
 * @throws ComputeError.notFound, wrongDenom, bondTooSmall, bondLocked, tooManyUnbondings
 */
export function unbond(ctx: Context, address: Address, { denom, amount }: Coin): bigint {
  const before = operatorOf(ctx, address);
  assertAmount(ctx, { denom, amount });
  const params = paramsOf(ctx);
  const [bond, locked] = [BigInt(before.bond), BigInt(before.locked)];
  if (amount > bond) throw ComputeError.bondTooSmall(`amount: ${amount} is more than the bond, ${bond}`);
  if (amount > bond - locked)
    throw ComputeError.bondLocked(
      `amount: ${locked} of the bond of ${bond} answers for open jobs; ${bond - locked} can be unbonded`,
    );
  const left = bond - amount;
  if (left > 0n && left < BigInt(params.minBond))
    throw ComputeError.bondTooSmall(
      `amount: it would leave ${left}; leave ${params.minBond} or more, or unbond all ${bond}`,
    );
  const dueHeight = ctx.block.height + BigInt(params.unbondingBlocks);
  const same = before.unbonding.find((part) => part.dueHeight === dueHeight);
  if (!same && before.unbonding.length >= MAX_UNBONDINGS)
    throw ComputeError.tooManyUnbondings(
      `amount: ${before.unbonding.length} parts unbond already; wait for height ${before.unbonding[0]!.dueHeight}`,
    );
  const part = { amount: (BigInt(same?.amount ?? 0) + amount).toString(), dueHeight };
  // A shorter period, set by governance, can make what was asked later due earlier.
  const unbonding = [...before.unbonding.filter((each) => each !== same), part].sort((a, b) =>
    a.dueHeight < b.dueHeight ? -1 : 1,
  );
  const operator = { ...before, bond: left.toString(), unbonding };
  putOperator(ctx, operator);
  emitOperator(ctx, "operator_unbonding", operator, { amount, due_height: dueHeight });
  return dueHeight;
}

/** Pays what has unbonded, some of it a block. */
export function payUnbonded(ctx: Context, { bank }: ComputeDeps): void {
  const { denom } = paramsOf(ctx);
  const { height } = ctx.block;
  // Whoever is due twice by now is paid at once.
  for (const address of operatorsDue(ctx, height, MAX_PAID_PER_BLOCK)) {
    const before = findOperator(ctx, address);
    const due = before?.unbonding.filter(({ dueHeight }) => dueHeight <= height) ?? [];
    if (!before || due.length === 0) continue;
    const amount = due.reduce((sum, part) => sum + BigInt(part.amount), 0n);
    const operator = { ...before, unbonding: before.unbonding.filter(({ dueHeight }) => dueHeight > height) };
    putOperator(ctx, operator);
    if (amount === 0n) continue;
    bank.send(ctx, moduleAddress(BONDS), address, [{ denom, amount }]);
    emitOperator(ctx, "operator_unbonded", operator, { amount });
  }
}

// ── For the life of jobs ─────────────────────────────────────────────────────────────────────────────────────────────

/** What of a bond could answer for one more job. */
export function freeBond({ bond, locked }: Pick<Operator, "bond" | "locked">): bigint {
  return BigInt(bond) - BigInt(locked);
}

/** Whether an operator may be given one more job that `collateral` answers for. */
export function canTake(ctx: Context, operator: Operator, collateral: bigint): boolean {
  return (
    !operator.paused &&
    operator.openJobs < operator.capacity &&
    BigInt(operator.bond) >= BigInt(paramsOf(ctx).minBond) &&
    freeBond(operator) >= collateral
  );
}

/** Gives an operator a job: its collateral is locked. */
export function lockCollateral(ctx: Context, address: Address, collateral: bigint): void {
  const before = operatorOf(ctx, address);
  putOperator(ctx, {
    ...before,
    locked: (BigInt(before.locked) + collateral).toString(),
    openJobs: before.openJobs + 1,
    record: { ...before.record, assigned: before.record.assigned + 1n },
  });
}

/** Takes a job off an operator again: its collateral is free. Whatever is slashed for it is slashed after this. */
export function releaseCollateral(ctx: Context, address: Address, collateral: bigint): void {
  const before = operatorOf(ctx, address);
  putOperator(ctx, {
    ...before,
    locked: (BigInt(before.locked) - collateral).toString(),
    openJobs: before.openJobs - 1,
  });
}

/** Changes what is recorded of an operator. */
export function record(
  ctx: Context,
  address: Address,
  change: (record: OperatorRecord) => OperatorRecord,
): void {
  const before = operatorOf(ctx, address);
  putOperator(ctx, { ...before, record: change(before.record) });
}

/**
 * Takes `amount` of what an operator bonded, or what there is: of the bond that is not locked first, then of what unbonds,
 * latest first. The coins stay in the account of bonds: the caller says where they go, in the same block.
 * @returns what was taken
 */
export function slash(ctx: Context, address: Address, amount: bigint): bigint {
  const before = operatorOf(ctx, address);
  const fromBond = least(amount, freeBond(before));
  let left = amount - fromBond;
  const unbonding = [...before.unbonding]
    .reverse()
    .map((part) => {
      const taken = least(left, BigInt(part.amount));
      left -= taken;
      return { ...part, amount: (BigInt(part.amount) - taken).toString() };
    })
    .reverse()
    .filter((part) => part.amount !== "0");
  const taken = amount - left;
  const operator = {
    ...before,
    bond: (BigInt(before.bond) - fromBond).toString(),
    unbonding,
    record: { ...before.record, slashed: (BigInt(before.record.slashed) + taken).toString() },
  };
  putOperator(ctx, operator);
  if (taken > 0n) emitOperator(ctx, "operator_slashed", operator, { amount: taken });
  return taken;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
