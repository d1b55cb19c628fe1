/** The compute market as other code sees it: what blocks do with it, and what voters and the referee are asked. */
import type { Job, MsgVoteExtensions, Params } from "../../../proto/gen/opg.compute.v1.ts";
import type { ComputeRequest } from "../../runtime/compute.ts";
import type { Context } from "../../runtime/context.ts";
import { isReady } from "./deliver.ts";
import type { ComputeDeps } from "./deps.ts";
import { endJobs } from "./due.ts";
import { payUnbonded } from "./operators.ts";
import { Referee } from "./referee.ts";
import { openJobsOfModel, paramsOf, takePendingParams } from "./state.ts";
import { applyVotes } from "./votes.ts";

export class ComputeKeeper {
  readonly deps: ComputeDeps;
  readonly #referee: Referee;

  constructor(deps: ComputeDeps) {
    this.deps = deps;
    this.#referee = new Referee(deps);
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

  /** What is to be run of a job that waits for verdicts: the judged items, in their order. */
  judgedRuns(ctx: Context, job: Job): readonly ComputeRequest[] {
    return this.#referee.judged(ctx, job);
  }

  /** Whether the block of `ctx` takes the operator's next message for a job. */
  isReady(ctx: Context, job: Job): boolean {
    return isReady(ctx, this.deps, job);
  }

  /** What the referee will run in the block, by the state before it. */
  due(ctx: Context): readonly ComputeRequest[] {
    return this.#referee.due(ctx);
  }

  beginBlock(ctx: Context): void {
    this.#referee.beginBlock(ctx);
  }

  endBlock(ctx: Context): void {
    payUnbonded(ctx, this.deps);
    endJobs(ctx, this.deps);
    takePendingParams(ctx);
  }
}
