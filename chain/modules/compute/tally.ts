/** Counting verdicts: who counts, with what power, and who agrees (ADR-0161). */
import type { Job, Verdict } from "../../../proto/gen/opg.compute.v1.ts";
import { bytesEqual, toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import type { Worker } from "../distribution/index.ts";
import { POWER_REDUCTION } from "../staking/index.ts";
import type { ComputeDeps } from "./deps.ts";
import { verdictDigest } from "./hashes.ts";
import { findOperator, verdictsOf } from "./state.ts";

/** A verdict that counts. */
export interface Vote {
  readonly verdict: Verdict;
  readonly power: bigint;
}

/** Verdicts that count, in the order of consensus addresses, and the power that they are measured by. */
export interface Votes {
  readonly votes: readonly Vote[];
  /** Of all validators but those who may not judge this job. */
  readonly total: bigint;
}

/**
 * Verdicts of a job as they count now. A verdict has the power that its validator had when it was said, and no more than the
 * validator has left: stake that moved meanwhile counts once. Whoever is the job's operator has no verdict. Work is linear in the verdicts.
 */
export function votesOf(ctx: Context, deps: ComputeDeps, job: Job): Votes {
  const own = ownValidators(ctx, deps, job);
  let total = deps.staking.lastTotalPower(ctx);
  for (const consensus of own) total -= powerNow(ctx, deps, consensus);
  const isOwn = new Set(own.map(toHex));
  const votes = verdictsOf(ctx, job.id).flatMap((verdict) => {
    if (isOwn.has(toHex(verdict.validator))) return [];
    const now = powerNow(ctx, deps, verdict.validator);
    const power = now < verdict.power ? now : verdict.power;
    return power > 0n ? [{ verdict, power }] : [];
  });
  return { votes, total: total > 0n ? total : 0n };
}

/** Consensus addresses of validators whose account is the operator's own, its hot or its withdraw address. */
function ownValidators(ctx: Context, { staking }: ComputeDeps, job: Job): Uint8Array[] {
  const operator = findOperator(ctx, ctx.addresses.parse(job.operator, "operator"));
  if (!operator) return [];
  const { address, hotAddress, withdrawAddress } = operator;
  return [...new Set([address, hotAddress, withdrawAddress])].flatMap((text) => {
    const validator = staking.validator(ctx, ctx.addresses.parse(text, "operator"));
    return validator ? [validator.consensus] : [];
  });
}

function powerNow(ctx: Context, { staking }: ComputeDeps, consensus: Uint8Array): bigint {
  const validator = staking.validatorByConsensus(ctx, consensus);
  if (!validator || validator.jailed || validator.status !== "bonded") return 0n;
  return validator.tokens / POWER_REDUCTION;
}

export function powerOf(votes: readonly Vote[]): bigint {
  return votes.reduce((sum, { power }) => sum + power, 0n);
}

/** Whether these are more than two thirds of the power. */
export function isQuorum(votes: readonly Vote[], total: bigint): boolean {
  return 3n * powerOf(votes) > 2n * total;
}

/** Whether an EXACT verdict is of this answer. */
export function isOfAnswer(jobId: bigint, { validator, digest }: Verdict, answer: Uint8Array): boolean {
  return bytesEqual(digest, verdictDigest({ jobId, validator, answer }));
}

/** Those who said it, as they are paid: by the power with which they said it. */
export function workersOf(verdicts: readonly Verdict[]): Worker[] {
  return verdicts.map(({ validator, power }) => ({ consensus: validator, power }));
}
