/** Operators, offers, tolerances, parameters and the beacon's records in the store `compute`; jobs are in jobs-state.ts. */
import { BeaconCommitment, Offer, Operator, Params, Tolerance } from "../../../proto/gen/opg.compute.v1.ts";
import type { Address } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { ComputeError } from "./errors.ts";
import {
  BEACON_PREFIX,
  beaconKey,
  modelOfferKey,
  modelOffersPrefix,
  OFFER_PREFIX,
  OPERATOR_PREFIX,
  offerKey,
  operatorKey,
  PARAMS_KEY,
  PENDING_PARAMS_KEY,
  STORE,
  TOLERANCE_PREFIX,
  toleranceKey,
  UNBONDING_PREFIX,
  unbondingKey,
} from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";

export * from "./jobs-state.ts";

const THERE = Uint8Array.of(1);

// ── Parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function paramsOf(ctx: Context): Params {
  const bytes = ctx.store(STORE).get(PARAMS_KEY);
  return bytes ? Params.decode(bytes) : DEFAULT_PARAMS;
}

export function setParams(ctx: Context, params: Params): void {
  ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
}

/** Sets what the next block begins with. */
export function scheduleParams(ctx: Context, params: Params): void {
  ctx.store(STORE).set(PENDING_PARAMS_KEY, Params.encode(params));
}

/** Puts parameters in force that the block's messages set, if any. */
export function takePendingParams(ctx: Context): void {
  const store = ctx.store(STORE);
  const pending = store.get(PENDING_PARAMS_KEY);
  if (!pending) return;
  store.set(PARAMS_KEY, pending);
  store.delete(PENDING_PARAMS_KEY);
}

// ── Operators ────────────────────────────────────────────────────────────────────────────────────────────────────────

export function findOperator(ctx: Context, address: Address): Operator | undefined {
  const bytes = ctx.store(STORE).get(operatorKey(address));
  return bytes && Operator.decode(bytes);
}

/** @throws ComputeError.notFound */
export function operatorOf(ctx: Context, address: Address): Operator {
  const operator = findOperator(ctx, address);
  if (!operator)
    throw ComputeError.notFound(
      `operator: ${ctx.addresses.format(address)} is not registered as an operator`,
    );
  return operator;
}

/** Writes an operator, and the queue of what it unbonds. */
export function putOperator(ctx: Context, operator: Operator): void {
  const store = ctx.store(STORE);
  const address = ctx.addresses.parse(operator.address, "operator");
  const before = findOperator(ctx, address);
  const due = new Set(operator.unbonding.map(({ dueHeight }) => dueHeight));
  const wasDue = new Set(before?.unbonding.map(({ dueHeight }) => dueHeight));
  for (const height of wasDue) if (!due.has(height)) store.delete(unbondingKey(height, address));
  for (const height of due) if (!wasDue.has(height)) store.set(unbondingKey(height, address), THERE);
  store.set(operatorKey(address), Operator.encode(operator));
}

export function* allOperators(ctx: Context): IterableIterator<Operator> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(OPERATOR_PREFIX)))
    yield Operator.decode(value);
}

/** Who has something unbonded at `height` or before, oldest first, `most` at most; an operator stands once a height. */
export function operatorsDue(ctx: Context, height: bigint, most: number): Address[] {
  const due: Address[] = [];
  const range = { start: UNBONDING_PREFIX, end: unbondingKey(height + 1n, new Uint8Array(0) as Address) };
  for (const [key] of ctx.store(STORE).iterate(range)) {
    due.push(key.slice(9) as Address);
    if (due.length === most) break;
  }
  return due;
}

// ── Offers ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export function findOffer(
  ctx: Context,
  operator: Address,
  modelId: bigint,
  verification: number,
): Offer | undefined {
  const bytes = ctx.store(STORE).get(offerKey(operator, modelId, verification));
  return bytes && Offer.decode(bytes);
}

export function putOffer(ctx: Context, offer: Offer): void {
  const store = ctx.store(STORE);
  const operator = ctx.addresses.parse(offer.operator, "operator");
  store.set(offerKey(operator, offer.modelId, offer.verification), Offer.encode(offer));
  store.set(modelOfferKey(offer.modelId, offer.verification, operator), THERE);
}

export function dropOffer(ctx: Context, operator: Address, modelId: bigint, verification: number): void {
  const store = ctx.store(STORE);
  store.delete(offerKey(operator, modelId, verification));
  store.delete(modelOfferKey(modelId, verification, operator));
}

/** Offers for a model, judged in one way, in the order of the operators' addresses: `max_offers` at most. */
export function offersFor(ctx: Context, modelId: bigint, verification: number): Offer[] {
  const prefix = modelOffersPrefix(modelId, verification);
  return [...ctx.store(STORE).iterate(prefixRange(prefix))].map(
    ([key]) => findOffer(ctx, key.slice(prefix.length) as Address, modelId, verification)!,
  );
}

export function* allOffers(ctx: Context): IterableIterator<Offer> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(OFFER_PREFIX))) yield Offer.decode(value);
}

export function hasOffers(ctx: Context): boolean {
  for (const _ of ctx.store(STORE).iterate(prefixRange(OFFER_PREFIX))) return true;
  return false;
}

/** The offer under a key of the store's index by model, without that index's prefix for the model. */
export function offerOfIndex(ctx: Context, modelId: bigint, rest: Uint8Array): Offer | undefined {
  return findOffer(ctx, rest.slice(1) as Address, modelId, rest[0]!);
}

// ── Tolerances ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function findTolerance(ctx: Context, modelId: bigint): Tolerance | undefined {
  const bytes = ctx.store(STORE).get(toleranceKey(modelId));
  return bytes && Tolerance.decode(bytes);
}

export function putTolerance(ctx: Context, tolerance: Tolerance): void {
  ctx.store(STORE).set(toleranceKey(tolerance.modelId), Tolerance.encode(tolerance));
}

export function* allTolerances(ctx: Context): IterableIterator<Tolerance> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(TOLERANCE_PREFIX)))
    yield Tolerance.decode(value);
}

// ── Beacon ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** To which contribution a validator (20 bytes) is bound. */
export function findBeaconCommitment(ctx: Context, validator: Uint8Array): BeaconCommitment | undefined {
  const bytes = ctx.store(STORE).get(beaconKey(validator));
  return bytes && BeaconCommitment.decode(bytes);
}

export function putBeaconCommitment(ctx: Context, commitment: BeaconCommitment): void {
  ctx.store(STORE).set(beaconKey(commitment.validator), BeaconCommitment.encode(commitment));
}

export function dropBeaconCommitment(ctx: Context, validator: Uint8Array): void {
  ctx.store(STORE).delete(beaconKey(validator));
}

export function* allBeaconCommitments(ctx: Context): IterableIterator<BeaconCommitment> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(BEACON_PREFIX)))
    yield BeaconCommitment.decode(value);
}
