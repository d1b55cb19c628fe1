/** Queues of the store `staking`: what completes when. Each entry holds all that complete at one time. */
import { DVPairs, DVVTriplets, ValAddresses } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { compareBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { dueRange, prefixRange } from "../../runtime/range.ts";
import { timeKey } from "../../runtime/time.ts";
import {
  partsOfValidatorQueue,
  REDELEGATION_QUEUE_PREFIX,
  redelegationQueueKey,
  STORE,
  UNBONDING_QUEUE_PREFIX,
  unbondingQueueKey,
  VALIDATOR_QUEUE_PREFIX,
  validatorQueueKey,
} from "./keys.ts";
import type { Validator } from "./types.ts";

type Pair = Pick<{ delegator: Address; operator: Address }, "delegator" | "operator">;
interface Triplet {
  readonly delegator: Address;
  readonly source: Address;
  readonly destination: Address;
}

// ── Unbonding delegations ──────────────────────────────────────────────────────────────────────────────────────────

export function enqueueUnbonding(ctx: Context, { delegator, operator }: Pair, time: Timestamp): void {
  const store = ctx.store(STORE);
  const key = unbondingQueueKey(time);
  const bytes = store.get(key);
  const pair = {
    delegatorAddress: ctx.addresses.format(delegator),
    validatorAddress: ctx.addresses.operators.format(operator),
  };
  store.set(key, DVPairs.encode({ pairs: [...(bytes ? DVPairs.decode(bytes).pairs : []), pair] }));
}

/** Takes all out whose time has come. */
export function takeDueUnbondings(ctx: Context): readonly Pair[] {
  return takeDue(ctx, UNBONDING_QUEUE_PREFIX).flatMap((bytes) =>
    DVPairs.decode(bytes).pairs.map(({ delegatorAddress, validatorAddress }) => ({
      delegator: ctx.addresses.parse(delegatorAddress),
      operator: ctx.addresses.operators.parse(validatorAddress),
    })),
  );
}

// ── Redelegations ──────────────────────────────────────────────────────────────────────────────────────────────────

export function enqueueRedelegation(ctx: Context, redelegation: Triplet, time: Timestamp): void {
  const store = ctx.store(STORE);
  const key = redelegationQueueKey(time);
  const bytes = store.get(key);
  const { operators } = ctx.addresses;
  const triplet = {
    delegatorAddress: ctx.addresses.format(redelegation.delegator),
    validatorSrcAddress: operators.format(redelegation.source),
    validatorDstAddress: operators.format(redelegation.destination),
  };
  const before = bytes ? DVVTriplets.decode(bytes).triplets : [];
  store.set(key, DVVTriplets.encode({ triplets: [...before, triplet] }));
}

/** Takes all out whose time has come. */
export function takeDueRedelegations(ctx: Context): readonly Triplet[] {
  const { operators } = ctx.addresses;
  return takeDue(ctx, REDELEGATION_QUEUE_PREFIX).flatMap((bytes) =>
    DVVTriplets.decode(bytes).triplets.map((triplet) => ({
      delegator: ctx.addresses.parse(triplet.delegatorAddress),
      source: operators.parse(triplet.validatorSrcAddress),
      destination: operators.parse(triplet.validatorDstAddress),
    })),
  );
}

/** Entries of a queue up to the block's time, which is included. */
function takeDue(ctx: Context, prefix: Uint8Array): readonly Uint8Array[] {
  const store = ctx.store(STORE);
  const due = [...store.iterate(dueRange(prefix, ctx.block.time))];
  for (const [key] of due) store.delete(key);
  return due.map(([, bytes]) => bytes);
}

// ── Unbonding validators ───────────────────────────────────────────────────────────────────────────────────────────

/** By the validator's own time and height. */
export function enqueueValidator(ctx: Context, validator: Validator): void {
  const { operator, unbondingTime, unbondingHeight } = validator;
  const store = ctx.store(STORE);
  const key = validatorQueueKey(unbondingTime, unbondingHeight);
  const bytes = store.get(key);
  const before = bytes ? ValAddresses.decode(bytes).addresses : [];
  const addresses = [...before, ctx.addresses.operators.format(operator)];
  store.set(key, ValAddresses.encode({ addresses }));
}

/** Takes a validator out; one that is not there is no error. */
export function dequeueValidator(ctx: Context, validator: Validator): void {
  const { operator, unbondingTime, unbondingHeight } = validator;
  const store = ctx.store(STORE);
  const key = validatorQueueKey(unbondingTime, unbondingHeight);
  const bytes = store.get(key);
  if (!bytes) return;
  const text = ctx.addresses.operators.format(operator);
  const addresses = ValAddresses.decode(bytes).addresses.filter((each) => each !== text);
  if (addresses.length === 0) store.delete(key);
  else store.set(key, ValAddresses.encode({ addresses }));
}

/** Those whose time and height have come; they stay in the queue. */
export function dueValidators(ctx: Context): readonly Address[] {
  const now = timeKey(ctx.block.time);
  const due: Address[] = [];
  for (const [key, bytes] of ctx.store(STORE).iterate(prefixRange(VALIDATOR_QUEUE_PREFIX))) {
    const { time, height } = partsOfValidatorQueue(key);
    // Keys sort by time, then height.
    if (compareBytes(time, now) > 0) break;
    if (height > ctx.block.height) continue;
    due.push(...ValAddresses.decode(bytes).addresses.map((text) => ctx.addresses.operators.parse(text)));
  }
  return due;
}
