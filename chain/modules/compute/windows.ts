/**
 * In which blocks a job takes verdicts and openings. Pure: chain, node and operators go by it (ADR-0160).
 *
 *   c  commitment, or decoys shown            height c
 *   c+1  seed of the judged items             validators begin to compute
 *   c+2 … c+verdict_blocks                    blocks that take verdicts
 *   the two blocks after                      TOLERANCE: blocks that take openings
 */
import { type Job, Verification } from "../../../proto/gen/opg.compute.v1.ts";

/** First and last height whose blocks take something. */
export interface Window {
  readonly from: bigint;
  readonly until: bigint;
}

/** Blocks that take openings: more than one, so that a proposer who leaves votes out takes nobody's word. */
const OPENING_BLOCKS = 2n;

export function verdictWindow(
  job: Pick<Job, "verification" | "committedHeight" | "revealedHeight" | "terms">,
): Window {
  const isExact = job.verification === Verification.VERIFICATION_EXACT;
  const since = isExact ? job.committedHeight : job.revealedHeight;
  return { from: since + 2n, until: since + BigInt(job.terms.verdictBlocks) };
}

export function openingWindow(job: Parameters<typeof verdictWindow>[0]): Window {
  const { until } = verdictWindow(job);
  return { from: until + 1n, until: until + OPENING_BLOCKS };
}

export function isWithin({ from, until }: Window, height: bigint): boolean {
  return height >= from && height <= until;
}
