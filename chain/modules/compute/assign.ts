/** Giving jobs to operators: candidates, their weights, and the draw (ADR-0160). */
import { type Job, JobStatus, type Operator } from "../../../proto/gen/opg.compute.v1.ts";
import { ModelStatus } from "../../../proto/gen/opg.models.v1.ts";
import { concatBytes, u32Bytes, u64Bytes, u64FromBytes, utf8 } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { sha256 } from "../../store/sha256.ts";
import { beaconValue } from "./beacon.ts";
import type { ComputeDeps } from "./deps.ts";
import { emitJob } from "./events.ts";
import { MODULE, STORE, statusKey, statusPrefix } from "./keys.ts";
import { canTake, freeBond, lockCollateral } from "./operators.ts";
import { MAX_STEPS_PER_BLOCK } from "./params.ts";
import type { Payouts } from "./payouts.ts";
import { collateralOf, priceOf } from "./price.ts";
import { findOperator, jobOf, offersFor, paramsOf, putJob } from "./state.ts";
import { lastHeight } from "./window.ts";

/** An operator that could take a job now. */
export interface Candidate {
  readonly operator: Operator;
  readonly price: bigint;
  readonly collateral: bigint;
}

/** What candidates are looked for by. */
export type Wanted = Pick<
  Job,
  "modelId" | "verification" | "items" | "computeUnits" | "allowedOperators" | "excludedOperators"
>;

/** Who could take a job now for at most `most`, in the order of addresses. Work is linear in the offers for the model. */
export function candidates(ctx: Context, { models }: ComputeDeps, job: Wanted, most: bigint): Candidate[] {
  const model = models.find(ctx, job.modelId);
  if (model?.status !== ModelStatus.MODEL_STATUS_PUBLISHED) return [];
  const params = paramsOf(ctx);
  const { computeUnits, items, allowedOperators, excludedOperators } = job;
  const { denom, amount } = model.price;
  const modelPrice = BigInt(amount);
  if (modelPrice > 0n && denom !== params.denom) return [];
  return offersFor(ctx, job.modelId, job.verification).flatMap((offer) => {
    if (items > offer.maxItems || excludedOperators.includes(offer.operator)) return [];
    if (allowedOperators.length > 0 && !allowedOperators.includes(offer.operator)) return [];
    const price = priceOf(offer, { computeUnits, items, modelPrice });
    if (price > most) return [];
    const operator = findOperator(ctx, ctx.addresses.parse(offer.operator, "operator"));
    const collateral = collateralOf(price, params);
    return operator && canTake(ctx, operator, collateral) ? [{ operator, price, collateral }] : [];
  });
}

/** Digits that the square of a price ratio is kept with. */
const WEIGHT_SCALE = 1_000_000n;

/** Free bond × (lowest price / price)² / (1 + open jobs), in integers; at least 1. One is added to prices, as they may be 0. */
export function weightOf({ operator, price }: Pick<Candidate, "operator" | "price">, lowest: bigint): bigint {
  const [cheap, dear] = [lowest + 1n, price + 1n];
  const weight =
    (freeBond(operator) * cheap * cheap * WEIGHT_SCALE) / (dear * dear * BigInt(1 + operator.openJobs));
  return weight > 0n ? weight : 1n;
}

/** Draws one by weight. `chance` has 32 bytes: what rounding prefers is below 2^-100. */
export function draw(of: readonly Candidate[], chance: Uint8Array): Candidate {
  const lowest = of.reduce((least, { price }) => (price < least ? price : least), of[0]!.price);
  const weights = of.map((candidate) => weightOf(candidate, lowest));
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  let left = numberOf(chance) % total;
  for (const [index, weight] of weights.entries()) {
    if (left < weight) return of[index]!;
    left -= weight;
  }
  return of.at(-1)!;
}

function numberOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let at = 0; at < bytes.length; at += 8) value = (value << 64n) | u64FromBytes(bytes.subarray(at));
  return value;
}

const CHANCE_TAG = utf8("opg/compute/assign");

/** Gives jobs that wait to operators, if the block has a beacon value; some of them a block. */
export function assignWaiting(ctx: Context, deps: ComputeDeps, payouts: Payouts): void {
  const value = beaconValue(ctx);
  if (!value) return;
  for (const id of waiting(ctx)) {
    const job = jobOf(ctx, id);
    // Whoever made the block knew its value: what it put into it is not drawn by that.
    if (waitsSince(job) >= ctx.block.height) continue;
    const of = candidates(ctx, deps, job, BigInt(job.escrow));
    if (of.length === 0) continue;
    const chance = sha256(concatBytes(CHANCE_TAG, value, u64Bytes(id), u32Bytes(job.attempts)));
    assign(ctx, payouts, job, draw(of, chance));
  }
}

/** Height since which a job waits for an operator. */
function waitsSince({ attempts, postedHeight, assignedHeight, deadlineBlocks }: Job): bigint {
  return attempts === 0 ? postedHeight : assignedHeight + BigInt(deadlineBlocks);
}

/**
 * Ids of jobs that wait: all of them, oldest first; if they are many, as many as a block takes, from a place that differs
 * from block to block, so that jobs that nobody takes do not stand before others.
 */
function waiting(ctx: Context): bigint[] {
  const prefix = statusPrefix(JobStatus.JOB_STATUS_POSTED);
  const store = ctx.store(STORE);
  const ids = (range: { readonly start?: Uint8Array; readonly end?: Uint8Array }, most: number) => {
    const found: bigint[] = [];
    for (const [key] of store.iterate(range)) {
      found.push(u64FromBytes(key.subarray(prefix.length)));
      if (found.length === most) break;
    }
    return found;
  };
  const all = prefixRange(prefix);
  const first = ids(all, MAX_STEPS_PER_BLOCK + 1);
  if (first.length <= MAX_STEPS_PER_BLOCK) return first;
  let last = first.at(-1)!;
  for (const [key] of store.iterate({ ...all, reverse: true })) {
    last = u64FromBytes(key.subarray(prefix.length));
    break;
  }
  const span = last - first[0]! + 1n;
  const from = first[0]! + (numberOf(sha256(u64Bytes(ctx.block.height))) % span);
  const start = statusKey(JobStatus.JOB_STATUS_POSTED, from);
  const after = ids({ ...all, start }, MAX_STEPS_PER_BLOCK);
  const before =
    after.length < MAX_STEPS_PER_BLOCK ? ids({ ...all, end: start }, MAX_STEPS_PER_BLOCK - after.length) : [];
  return [...after, ...before];
}

function assign(
  ctx: Context,
  payouts: Payouts,
  before: Job,
  { operator, price, collateral }: Candidate,
): void {
  const rest = BigInt(before.escrow) - price;
  payouts.pay(MODULE, ctx.addresses.parse(before.requester, "requester"), rest);
  lockCollateral(ctx, ctx.addresses.parse(operator.address, "operator"), collateral);
  const assigned: Job = {
    ...before,
    status: JobStatus.JOB_STATUS_ASSIGNED,
    operator: operator.address,
    escrow: price.toString(),
    price: price.toString(),
    collateral: collateral.toString(),
    attempts: before.attempts + 1,
    assignedHeight: ctx.block.height,
  };
  const job = { ...assigned, dueHeight: lastHeight(assigned) };
  putJob(ctx, job);
  emitJob(ctx, job, { price, collateral, deadline: job.dueHeight, attempt: BigInt(job.attempts) });
}
