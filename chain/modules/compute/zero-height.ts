/** The market of a chain that starts again at height 1: no job is open, and no height is one of the old chain. */
import { type GenesisState, type Job, JobStatus, type Operator } from "../../../proto/gen/opg.compute.v1.ts";
import type { Context } from "../../runtime/context.ts";
import { undecide, withdraw } from "./close.ts";
import type { ComputeDeps } from "./deps.ts";
import { Payouts } from "./payouts.ts";
import { allJobs, isOpen } from "./state.ts";

/** Ends every open job as if nobody had decided it: requesters, bonds and deposits have what was theirs. */
export function settleJobs(ctx: Context, deps: ComputeDeps): void {
  const payouts = new Payouts(ctx, deps);
  for (const job of [...allJobs(ctx)].filter(isOpen)) {
    if (job.status === JobStatus.JOB_STATUS_POSTED) withdraw(ctx, payouts, job, JobStatus.JOB_STATUS_EXPIRED);
    else undecide(ctx, payouts, job);
  }
  payouts.settle();
}

/** @param height of the last block of the old chain */
export function restartMarket(genesis: GenesisState, height: bigint): GenesisState {
  return {
    ...genesis,
    operators: genesis.operators.map((operator) => restartOperator(operator, height)),
    jobs: genesis.jobs.map(restartJob),
    verdicts: genesis.verdicts.map(({ jobId, verdicts }) => ({
      jobId,
      verdicts: verdicts.map((verdict) => ({ ...verdict, height: 0n })),
    })),
    beacon: genesis.beacon.map((commitment) => ({ ...commitment, height: 0n })),
    beaconMissed: 0,
  };
}

/** What unbonds is paid after as many blocks as were left, and in the order in which it would have been. */
function restartOperator(operator: Operator, height: bigint): Operator {
  let before = 0n;
  const unbonding = operator.unbonding.map((part) => {
    const left = part.dueHeight - height;
    before = left > before ? left : before + 1n;
    return { ...part, dueHeight: before };
  });
  return { ...operator, unbonding, registeredHeight: 0n };
}

/** All that is left is over; it is kept from the first block on as long as the parameters say. */
function restartJob(job: Job): Job {
  return {
    ...job,
    postedHeight: 0n,
    assignedHeight: 0n,
    committedHeight: 0n,
    revealedHeight: 0n,
    closedHeight: 1n,
  };
}
