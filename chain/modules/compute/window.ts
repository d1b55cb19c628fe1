/**
 * In which blocks a job takes what. Pure: chain, node and operators go by it (ADR-0160).
 *
 *   c                             commitment (EXACT), or answers shown among decoys (TOLERANCE)
 *   c+1                           at its end the judged items are known: validators begin to compute
 *   c+2 … c+verdict_blocks        blocks that take verdicts
 *   the three blocks after        TOLERANCE: blocks that take openings
 *   reveal_blocks more            until their end the operator may open its answer
 */
import { type Job, JobStatus, Verification } from "../../../proto/gen/opg.compute.v1.ts";

/** First and last height whose blocks take something. */
export interface Window {
  readonly from: bigint;
  readonly until: bigint;
}

type Timed = Pick<Job, "verification" | "committedHeight" | "revealedHeight" | "terms">;
type Judged = Timed & Pick<Job, "status" | "sampleSeed">;

/** Blocks that take openings: more than one, so that a proposer who leaves votes out takes nobody's word. */
const OPENING_BLOCKS = 3n;

export function isExact({ verification }: Pick<Job, "verification">): boolean {
  return verification === Verification.VERIFICATION_EXACT;
}

/** What an entry of an answer takes in a message beside its own bytes, at most. */
export const ENTRY_BYTES = 4n;

/** Entries that an item's answer has when it is shown: beside a decoy two. */
export function entriesOf(verification: number): 1 | 2 {
  return verification === Verification.VERIFICATION_EXACT ? 1 : 2;
}

export function verdictWindow(job: Timed): Window {
  const since = isExact(job) ? job.committedHeight : job.revealedHeight;
  return { from: since + 2n, until: since + BigInt(job.terms.verdictBlocks) };
}

/** Of TOLERANCE jobs alone. */
export function openingWindow(job: Timed): Window {
  const { until } = verdictWindow(job);
  return { from: until + 1n, until: until + OPENING_BLOCKS };
}

/** Whether validators are to compute the job: what they judge is fixed, and their word is not too late. */
export function isJudged(job: Judged, height: bigint): boolean {
  const waits = isExact(job) ? JobStatus.JOB_STATUS_COMMITTED : JobStatus.JOB_STATUS_REVEALED;
  return job.status === waits && job.sampleSeed.length > 0 && height <= verdictWindow(job).until;
}

/** Whether the block at `height` takes verdicts of the job. */
export function takesVerdict(job: Judged, height: bigint): boolean {
  return isJudged(job, height) && height >= verdictWindow(job).from;
}

/** Whether the block at `height` takes openings of the job's verdicts. */
export function takesOpening(job: Judged, height: bigint): boolean {
  if (isExact(job) || job.status !== JobStatus.JOB_STATUS_REVEALED) return false;
  const { from, until } = openingWindow(job);
  return height >= from && height <= until;
}

/** Last height at which the operator's next message is taken; at its end the job is late. Of jobs that have an operator. */
export function lastHeight(job: Timed & Pick<Job, "status" | "assignedHeight" | "deadlineBlocks">): bigint {
  const reveal = BigInt(job.terms.revealBlocks);
  if (job.status === JobStatus.JOB_STATUS_ASSIGNED) return job.assignedHeight + BigInt(job.deadlineBlocks);
  if (job.status === JobStatus.JOB_STATUS_REVEALED) return openingWindow(job).until + reveal;
  // A TOLERANCE answer is shown once it is known what is judged.
  return isExact(job) ? verdictWindow(job).until + reveal : job.committedHeight + 1n + reveal;
}
