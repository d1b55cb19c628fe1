/** The compute market as other code sees it: what blocks do with it, and what voters and the referee are asked. */
import {
  type Job,
  JobStatus,
  type MsgVoteExtensions,
  type Params,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";
import type { ComputeRequest } from "../../runtime/compute.ts";
import type { Context } from "../../runtime/context.ts";
import { closeBeacon } from "./beacon.ts";
import type { ComputeDeps } from "./deps.ts";
import { payUnbonded } from "./operators.ts";
import { jobsByStatus, openJobsOfModel, paramsOf, takePendingParams } from "./state.ts";
import { applyVotes } from "./votes.ts";

export class ComputeKeeper {
  readonly deps: ComputeDeps;

  constructor(deps: ComputeDeps) {
    this.deps = deps;
  }

  params(ctx: Context): Params {
    return paramsOf(ctx);
  }

  /** Whether open jobs run in a model: then its file must stay. */
  isHeld(ctx: Context, modelId: bigint): boolean {
    return openJobsOfModel(ctx, modelId) > 0n;
  }

  /** Records what the votes of the last block said (ADR-0161). What does not fit is passed over, never an error. */
  applyVotes(ctx: Context, msg: MsgVoteExtensions): void {
    applyVotes(ctx, msg);
  }

  /** Jobs that wait for verdicts, in the order of their ids. */
  jobsToJudge(ctx: Context): readonly Job[] {
    const committed = [...jobsByStatus(ctx, JobStatus.JOB_STATUS_COMMITTED)].filter(
      ({ verification }) => verification === Verification.VERIFICATION_EXACT,
    );
    const revealed = [...jobsByStatus(ctx, JobStatus.JOB_STATUS_REVEALED)];
    return [...committed, ...revealed].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What the referee will run in the block, by the state before it. */
  due(_ctx: Context): readonly ComputeRequest[] {
    return [];
  }

  /** Units that those runs take of the block's budget. */
  dueUnits(ctx: Context): bigint {
    return this.due(ctx).reduce((sum, { units }) => sum + units, 0n);
  }

  beginBlock(_ctx: Context): void {}

  endBlock(ctx: Context): void {
    payUnbonded(ctx, this.deps);
    takePendingParams(ctx);
    closeBeacon(ctx);
  }
}
