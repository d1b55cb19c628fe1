/**
 * What the votes of the last block say of jobs and of the beacon (ADR-0161). Its form was judged with the proposal; what is
 * said that does not fit (no such job, too early, too late, said before) is passed over: a vote is never an error.
 */
import {
  type Job,
  type JobOpening,
  JobStatus,
  type JobVerdict,
  type MsgVoteExtensions,
  Verdict,
} from "../../../proto/gen/opg.compute.v1.ts";
import { bytesEqual, toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { type Contribution, setBeaconValue, takeContribution } from "./beacon.ts";
import { readExtension } from "./extension.ts";
import { choiceDigest, judgedItems } from "./hashes.ts";
import { findJob, findVerdict, jobsByStatus, paramsOf, putVerdict } from "./state.ts";
import { isExact, isJudged, openingWindow, takesOpening, takesVerdict } from "./window.ts";

/** Jobs of which validators may say something now or soon, in the order of their ids: verdicts, or openings of these. */
export function jobsToVote(ctx: Context): Job[] {
  const { height } = ctx.block;
  const committed = [...jobsByStatus(ctx, JobStatus.JOB_STATUS_COMMITTED)];
  const revealed = [...jobsByStatus(ctx, JobStatus.JOB_STATUS_REVEALED)];
  return [...committed.filter(isExact), ...revealed]
    .filter((job) => isToVote(job, height))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether validators may say something of a job now or soon. */
export function isToVote(job: Job, height: bigint): boolean {
  const isShown = !isExact(job) && job.status === JobStatus.JOB_STATUS_REVEALED;
  return isJudged(job, height) || (isShown && height <= openingWindow(job).until);
}

/** Jobs that a block's event names: the rest are counted. */
const MAX_NAMED_JOBS = 100;

/** Work is linear in the entries of all extensions. */
export function applyVotes(ctx: Context, { votes }: MsgVoteExtensions): void {
  const { maxVerdicts } = paramsOf(ctx);
  const powers = new Map(
    ctx.block.lastCommit.votes.map(({ validator }) => [toHex(validator.address), validator.power]),
  );
  const power = (validator: Uint8Array): bigint => powers.get(toHex(validator)) ?? 0n;
  const jobs = new VotedJobs(ctx);
  const told: Contribution[] = [];
  let openings = 0;
  for (const { validator, extension } of votes) {
    const said = readExtension(extension);
    if (!said) continue;
    for (const verdict of said.verdicts.slice(0, maxVerdicts))
      takeVerdict(ctx, jobs, { validator, power: power(validator) }, verdict);
    for (const opening of said.openings.slice(0, maxVerdicts))
      if (takeOpening(ctx, jobs, validator, opening)) openings++;
    const contribution = takeContribution(ctx, validator, said);
    if (contribution) told.push(contribution);
  }
  const hasValue = told.length > 0 && setBeaconValue(ctx, told, power);
  jobs.emit();
  ctx.events.emit("vote_extensions", {
    votes: BigInt(votes.length),
    verdicts: BigInt(jobs.verdicts),
    openings: BigInt(openings),
    contributions: BigInt(told.length),
    beacon: hasValue ? "true" : undefined,
  });
}

/** Jobs that votes name, each read once; a verdict changes none. */
class VotedJobs {
  readonly #ctx: Context;
  readonly #read = new Map<bigint, Job | undefined>();
  readonly #verdicts = new Map<bigint, number>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  find(id: bigint): Job | undefined {
    if (!this.#read.has(id)) this.#read.set(id, findJob(this.#ctx, id));
    return this.#read.get(id);
  }

  count(id: bigint): void {
    this.#verdicts.set(id, (this.#verdicts.get(id) ?? 0) + 1);
  }

  get verdicts(): number {
    return [...this.#verdicts.values()].reduce((sum, count) => sum + count, 0);
  }

  emit(): void {
    for (const [id, count] of [...this.#verdicts].slice(0, MAX_NAMED_JOBS))
      this.#ctx.events.emit("verdicts", { job_id: id, count: BigInt(count) });
  }
}

function takeVerdict(
  ctx: Context,
  jobs: VotedJobs,
  { validator, power }: { readonly validator: Uint8Array; readonly power: bigint },
  { jobId, digest }: JobVerdict,
): void {
  const job = jobs.find(jobId);
  const { height } = ctx.block;
  if (!job || !takesVerdict(job, height) || findVerdict(ctx, jobId, validator)) return;
  putVerdict(ctx, jobId, Verdict.create({ validator, digest, power, height }));
  jobs.count(jobId);
}

function takeOpening(
  ctx: Context,
  jobs: VotedJobs,
  validator: Uint8Array,
  { jobId, choices, nonce }: JobOpening,
): boolean {
  const job = jobs.find(jobId);
  if (!job || !takesOpening(job, ctx.block.height)) return false;
  const verdict = findVerdict(ctx, jobId, validator);
  if (!verdict || verdict.choices.length > 0 || choices.length !== judgedItems(job).length) return false;
  if (!bytesEqual(choiceDigest({ jobId, validator, choices, nonce }), verdict.digest)) return false;
  putVerdict(ctx, jobId, { ...verdict, choices });
  return true;
}
