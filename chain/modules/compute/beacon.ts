/**
 * Chance that no party can steer cheaply (ADR-0161): validators are bound to contributions before they are told, and those
 * that are told in one block make its value. It orders assignments, and nothing else.
 */
import { BeaconCommitment, JobStatus, type VoteExtension } from "../../../proto/gen/opg.compute.v1.ts";
import {
  bytesEqual,
  compareBytes,
  joinBytes,
  u32Bytes,
  u32FromBytes,
  u64Bytes,
  utf8,
} from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { decFromWire } from "../../runtime/decimal.ts";
import { sha256 } from "../../store/sha256.ts";
import { sampleSize } from "./hashes.ts";
import { BEACON_MISSED_KEY, BEACON_VALUE_KEY, STORE } from "./keys.ts";
import {
  dropBeaconCommitment,
  findBeaconCommitment,
  hasOffers,
  jobsByStatus,
  putBeaconCommitment,
} from "./state.ts";

/** Blocks in a row in which jobs wait without a value, after which a block's hash stands in. */
export const BEACON_PATIENCE = 3;

const VALUE_TAG = utf8("opg/compute/beacon");
const STAND_IN_TAG = utf8("opg/compute/beacon/stand-in");

/** A contribution that a validator (consensus address) told as it was bound to. */
export interface Contribution {
  readonly validator: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Takes what a validator's extension says of the beacon.
 * @returns its contribution, if it told what it was bound to; it counts once
 */
export function takeContribution(
  ctx: Context,
  validator: Uint8Array,
  { reveal, next }: Pick<VoteExtension, "reveal" | "next">,
): Contribution | undefined {
  const bound = reveal.length > 0 ? findBeaconCommitment(ctx, validator) : undefined;
  const isTold = bound !== undefined && bytesEqual(sha256(reveal), bound.digest);
  if (next.length > 0)
    putBeaconCommitment(ctx, BeaconCommitment.create({ validator, digest: next, height: ctx.block.height }));
  else if (isTold) dropBeaconCommitment(ctx, validator);
  return isTold ? { validator, value: reveal } : undefined;
}

/**
 * Makes the block's value of `told`, if those who told have more than two thirds of the power of the last commit, whoever
 * is absent from it counted. @param power of a contribution's validator in the last commit
 */
export function setBeaconValue(
  ctx: Context,
  told: readonly Contribution[],
  power: (validator: Uint8Array) => bigint,
): boolean {
  const total = ctx.block.lastCommit.votes.reduce((sum, { validator }) => sum + validator.power, 0n);
  const having = told.reduce((sum, { validator }) => sum + power(validator), 0n);
  if (3n * having <= 2n * total) return false;
  const parts = [...told]
    .sort((a, b) => compareBytes(a.validator, b.validator))
    .flatMap(({ validator, value }) => [validator, value]);
  const value = sha256(joinBytes([VALUE_TAG, u64Bytes(ctx.block.height), ...parts]));
  ctx.store(STORE).set(BEACON_VALUE_KEY, value);
  return true;
}

/** The value of the block in progress: 32 bytes, or undefined if it has none. */
export function beaconValue(ctx: Context): Uint8Array | undefined {
  const value = ctx.store(STORE).get(BEACON_VALUE_KEY);
  if (value || missedBlocks(ctx) < BEACON_PATIENCE) return value;
  // It is over the header, and so over the last app hash too.
  return sha256(joinBytes([STAND_IN_TAG, ctx.block.hash]));
}

/** At the block's very end: forgets its value, and counts the blocks in a row that have none while jobs wait. */
export function closeBeacon(ctx: Context): void {
  const store = ctx.store(STORE);
  const had = store.get(BEACON_VALUE_KEY);
  const isMissed = had === undefined && isWaiting(ctx);
  const missed = missedBlocks(ctx);
  setMissedBlocks(ctx, isMissed ? Math.min(missed + 1, BEACON_PATIENCE) : 0);
  if (had) store.delete(BEACON_VALUE_KEY);
}

/** What a validator goes by: to what it is bound, whether contributions are taken at all, and whether they are needed. */
export function beaconFor(
  ctx: Context,
  validator: Uint8Array,
): { readonly bound: BeaconCommitment | undefined; readonly isOpen: boolean; readonly isNeeded: boolean } {
  return {
    bound: findBeaconCommitment(ctx, validator),
    isOpen: hasOffers(ctx),
    isNeeded: isWaiting(ctx) || isSamplingSoon(ctx),
  };
}

/** Whether an operator may commit itself with the next block, and only some of its items are judged: which, is chance. */
function isSamplingSoon(ctx: Context): boolean {
  for (const { items, terms } of jobsByStatus(ctx, JobStatus.JOB_STATUS_ASSIGNED))
    if (sampleSize(items, decFromWire(terms.sample, "terms.sample")) < items) return true;
  return false;
}

/** Whether a job waits for an operator, and so for chance. */
export function isWaiting(ctx: Context): boolean {
  for (const _ of jobsByStatus(ctx, JobStatus.JOB_STATUS_POSTED)) return true;
  return false;
}

/** Blocks in a row in which jobs waited without a value; no more than `BEACON_PATIENCE` are counted. */
export function missedBlocks(ctx: Context): number {
  const bytes = ctx.store(STORE).get(BEACON_MISSED_KEY);
  return bytes ? u32FromBytes(bytes) : 0;
}

export function setMissedBlocks(ctx: Context, missed: number): void {
  const store = ctx.store(STORE);
  if (missed === missedBlocks(ctx)) return;
  if (missed > 0) store.set(BEACON_MISSED_KEY, u32Bytes(missed));
  else store.delete(BEACON_MISSED_KEY);
}
