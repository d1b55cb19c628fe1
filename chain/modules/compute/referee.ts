/**
 * The referee: every validator runs the items of a disputed job inside blocks, oldest job first, within its part of the
 * block's budget (ADR-0160). It runs all of them, also when one was wrong: only then is it known whose verdict was right.
 */
import { type Job, JobStatus, type Verdict } from "../../../proto/gen/opg.compute.v1.ts";
import { bytesEqual, toHex } from "../../runtime/bytes.ts";
import type { ComputeRequest } from "../../runtime/compute.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, decFromWire, ONE } from "../../runtime/decimal.ts";
import { type CallableModel, ModelRuns, requestOf } from "../models/index.ts";
import { refute, settle } from "./close.ts";
import type { ComputeDeps } from "./deps.ts";
import { answerOf, judgedItems, leavesOf, resultRootOf } from "./hashes.ts";
import { MAX_STEPS_PER_BLOCK } from "./params.ts";
import { Payouts } from "./payouts.ts";
import { partOf } from "./price.ts";
import { inputsOf, jobsByStatus, outputsOf, paramsOf, putJob, putOutputs, verdictsOf } from "./state.ts";
import { isOfAnswer, votesOf } from "./tally.ts";

/** Runs of one block at most, however cheap: each takes its time beside its units. */
const MAX_RUNS = 1_000;

/** What the referee does of one job in a block. */
interface Turn {
  readonly job: Job;
  /** Items from `job.refereed` on. */
  readonly runs: readonly ComputeRequest[];
}

export class Referee {
  readonly #deps: ComputeDeps;
  readonly #runs: ModelRuns;

  constructor(deps: ComputeDeps) {
    this.#deps = deps;
    this.#runs = new ModelRuns(deps.models);
  }

  /** What it will ask of the engine in the block that begins, by the state before it. */
  due(ctx: Context): readonly ComputeRequest[] {
    return this.#turns(ctx).flatMap(({ runs }) => runs);
  }

  /** What validators are asked to compute of a job: the judged items, in order. */
  judged(ctx: Context, job: Job): readonly ComputeRequest[] {
    const callable = this.#deps.models.held(ctx, job.modelId);
    const inputs = inputsOf(ctx, job.id)!;
    return judgedItems(job).map((index) => this.#request(callable, job, inputs[index]!));
  }

  /** Runs what is due and decides what is done. @throws ComputePending if an outcome of `due` was not awaited */
  beginBlock(ctx: Context): void {
    const turns = this.#turns(ctx);
    if (turns.length === 0) return;
    const payouts = new Payouts(ctx, this.#deps);
    const wrong = new WrongVerdicts();
    for (const { job, runs } of turns) {
      const now = this.#run(ctx, job, runs);
      if (now.refereed < now.items) putJob(ctx, now);
      else this.#decide(ctx, payouts, now, wrong);
    }
    payouts.settle();
    wrong.slash(ctx, this.#deps);
  }

  #turns(ctx: Context): Turn[] {
    let left = partOf(this.#deps.inference.params(ctx).blockComputeBudget, paramsOf(ctx).refereeShare);
    let room = MAX_RUNS;
    const turns: Turn[] = [];
    for (const job of jobsByStatus(ctx, JobStatus.JOB_STATUS_DISPUTED)) {
      const units = unitsOf(job);
      const rest = job.items - job.refereed;
      const fit = units === 0n ? rest : Number(left / units);
      // One always, if it is the first: else a share that shrank would stop it for ever.
      const count = Math.min(rest, room, turns.length === 0 && fit === 0 ? 1 : fit);
      if (count === 0) break;
      const callable = this.#deps.models.held(ctx, job.modelId);
      const inputs = inputsOf(ctx, job.id)!.slice(job.refereed, job.refereed + count);
      turns.push({ job, runs: inputs.map((input) => this.#request(callable, job, input)) });
      left -= units * BigInt(inputs.length);
      room -= inputs.length;
      if (left <= 0n || room === 0 || turns.length === MAX_STEPS_PER_BLOCK) break;
    }
    return turns;
  }

  #request(callable: CallableModel, job: Job, input: Uint8Array): ComputeRequest {
    return requestOf(callable, this.#runs.inputs(input, input.length), unitsOf(job));
  }

  /** Corrects what was answered wrong. */
  #run(ctx: Context, job: Job, runs: readonly ComputeRequest[]): Job {
    const answers = outputsOf(ctx, job.id)!;
    const items = [...answers.items];
    let isChanged = false;
    for (const [index, request] of runs.entries()) {
      ctx.compute.meter.spend(request.units);
      const outcome = ctx.compute.outcome(request);
      const right = outcome.status === "ok" ? outcome.encoded : new Uint8Array(0);
      if (bytesEqual(items[job.refereed + index]!, right)) continue;
      items[job.refereed + index] = right;
      isChanged = true;
    }
    if (isChanged) putOutputs(ctx, job.id, { ...answers, items });
    return { ...job, refereed: job.refereed + runs.length };
  }

  #decide(ctx: Context, payouts: Payouts, job: Job, wrong: WrongVerdicts): void {
    const { items, inputHashes } = outputsOf(ctx, job.id)!;
    const leaves = leavesOf(items, inputHashes);
    const answer = answerOf(judgedItems(job).map((index) => leaves[index]!));
    // Read before the job ends.
    const said = verdictsOf(ctx, job.id);
    const { votes } = votesOf(ctx, this.#deps, job);
    const right = votes.flatMap(({ verdict }) => (isOfAnswer(job.id, verdict, answer) ? [verdict] : []));
    if (bytesEqual(resultRootOf(leaves), job.resultRoot)) settle(ctx, payouts, job, right);
    else refute(ctx, payouts, job, { reason: "wrong", right });
    for (const verdict of said) if (!isOfAnswer(job.id, verdict, answer)) wrong.add(job.id, verdict);
  }
}

/** Verdicts that the referee contradicts, by their validators: each is slashed once a block, as that costs work in all that unbonds from it. */
class WrongVerdicts {
  readonly #said = new Map<
    string,
    { validator: Uint8Array; height: bigint; power: bigint; jobs: bigint[] }
  >();

  add(jobId: bigint, verdict: Verdict): void {
    const { validator, height, power } = verdict;
    const known = this.#said.get(toHex(validator)) ?? { validator, height, power, jobs: [] };
    if (height < known.height) known.height = height;
    if (power > known.power) known.power = power;
    known.jobs.push(jobId);
    this.#said.set(toHex(validator), known);
  }

  /** Stake pays that was there at the first of them, wherever it is now. */
  slash(ctx: Context, { staking }: ComputeDeps): void {
    const part = decFromWire(paramsOf(ctx).slashVerdict, "slash_verdict");
    for (const { validator, height, power, jobs } of this.#said.values()) {
      const all = part * BigInt(jobs.length);
      const fraction = (all < ONE ? all : ONE) as Dec;
      const burnt = staking.slash(ctx, validator, height, power, fraction);
      ctx.events.emit("verdict_slashed", {
        job_ids: jobs.join(","),
        validator: ctx.addresses.consensus.format(validator),
        burnt,
      });
    }
  }
}

/** Of one item: all have the same shapes, and so the same cost. */
function unitsOf({ computeUnits, items }: Job): bigint {
  return computeUnits / BigInt(items);
}
