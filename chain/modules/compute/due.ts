/** What the end of a block does with jobs: steps that are due, assignments, and pruning (ADR-0160). */
import { type Job, JobStatus } from "../../../proto/gen/opg.compute.v1.ts";
import { joinBytes, utf8 } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { sha256 } from "../../store/sha256.ts";
import { assignWaiting } from "./assign.ts";
import { beaconValue, closeBeacon } from "./beacon.ts";
import { late, refute, settle, withdraw } from "./close.ts";
import type { ComputeDeps } from "./deps.ts";
import { emitJob } from "./events.ts";
import { MAX_STEPS_PER_BLOCK } from "./params.ts";
import { Payouts } from "./payouts.ts";
import {
  dropJob,
  dropOutputs,
  jobsClosed,
  jobsClosedWithOutputs,
  jobsDue,
  paramsOf,
  putJob,
  verdictsOf,
} from "./state.ts";
import { lastHeight } from "./window.ts";

export function endJobs(ctx: Context, deps: ComputeDeps): void {
  const payouts = new Payouts(ctx, deps);
  for (const job of jobsDue(ctx, ctx.block.height, MAX_STEPS_PER_BLOCK)) step(ctx, payouts, job);
  assignWaiting(ctx, deps, payouts);
  payouts.settle();
  prune(ctx);
  closeBeacon(ctx);
}

/** What happens to a job whose time is over. */
function step(ctx: Context, payouts: Payouts, job: Job): void {
  const { status } = job;
  if (status === JobStatus.JOB_STATUS_POSTED) withdraw(ctx, payouts, job, JobStatus.JOB_STATUS_EXPIRED);
  else if (status === JobStatus.JOB_STATUS_ASSIGNED) passOn(ctx, payouts, job);
  else if (status === JobStatus.JOB_STATUS_COMMITTED && job.sampleSeed.length === 0) drawSample(ctx, job);
  else if (status === JobStatus.JOB_STATUS_VERIFIED) {
    const right = verdictsOf(ctx, job.id).filter(({ agrees }) => agrees);
    settle(ctx, payouts, job, right);
  } else refute(ctx, payouts, job, { reason: "unrevealed", right: [] });
}

/** Gives a job of an operator that is late back to those who wait, or ends it. */
function passOn(ctx: Context, payouts: Payouts, before: Job): void {
  late(ctx, payouts, before);
  const { assignBlocks, maxAttempts } = paramsOf(ctx);
  const job: Job = {
    ...before,
    status: JobStatus.JOB_STATUS_POSTED,
    operator: "",
    collateral: "0",
    excludedOperators: [...before.excludedOperators, before.operator],
    dueHeight: ctx.block.height + BigInt(assignBlocks),
  };
  if (job.attempts >= maxAttempts) {
    withdraw(ctx, payouts, job, JobStatus.JOB_STATUS_EXPIRED);
    return;
  }
  putJob(ctx, job);
  emitJob(ctx, job, { expires: job.dueHeight });
}

const SEED_TAG = utf8("opg/compute/seed");

/** Fixes what is judged, by what nobody knew when the operator bound itself. */
function drawSample(ctx: Context, before: Job): void {
  const sampleSeed = beaconValue(ctx) ?? sha256(joinBytes([SEED_TAG, ctx.block.hash]));
  const job = { ...before, sampleSeed };
  putJob(ctx, { ...job, dueHeight: lastHeight(job) });
}

/** Lets go of outputs, and of jobs, that were kept long enough; some of them a block. */
function prune(ctx: Context): void {
  const { outputRetentionBlocks, jobRetentionBlocks } = paramsOf(ctx);
  const before = (blocks: bigint) => (ctx.block.height > blocks ? ctx.block.height - blocks : 0n);
  for (const job of jobsClosedWithOutputs(ctx, before(outputRetentionBlocks), MAX_STEPS_PER_BLOCK))
    dropOutputs(ctx, job);
  for (const job of jobsClosed(ctx, before(jobRetentionBlocks), MAX_STEPS_PER_BLOCK)) dropJob(ctx, job);
}
