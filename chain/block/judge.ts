/**
 * Judges market jobs in idle time (ADR-0162): runs their items behind everything that blocks need, one job after the other,
 * and keeps what they come to until nobody asks any more. What it finds is this node's word, and changes no state.
 */
import type { Job } from "../../proto/gen/opg.compute.v1.ts";
import type { Outcome } from "../engine/engine.ts";
import { isWithinTolerance, type ToleranceBounds } from "../engine/tolerance.ts";
import { boundsOf } from "../modules/compute/bounds.ts";
import { answerOf, judgedItems, leafOf } from "../modules/compute/hashes.ts";
import type { ComputeKeeper } from "../modules/compute/index.ts";
import { findJob, outputsOf } from "../modules/compute/state.ts";
import { isToVote } from "../modules/compute/votes.ts";
import { isExact } from "../modules/compute/window.ts";
import type { ComputeRequest } from "../runtime/compute.ts";
import type { Context } from "../runtime/context.ts";
import type { ComputeEngine } from "./compute.ts";

/** Runs that are asked for together. */
const MAX_BATCH = 64;
/** And what they may cost together: some 70 ms. */
const MAX_BATCH_UNITS = 200_000_000n;

/** Both answers are right, or neither; or the one that is right is no answer at all. */
const NEITHER = 2;

export interface JudgeDeps {
  readonly engine: ComputeEngine;
  readonly compute: Pick<ComputeKeeper, "judgedRuns">;
  /** On the state as it is now. */
  readonly context: () => Context;
  /** Told why a job could not be judged; it is tried again after the next block. */
  readonly onFailure: (jobId: bigint, error: unknown) => void;
}

export class Judge {
  readonly #deps: JudgeDeps;
  /** By job. EXACT: the answer's hash; TOLERANCE: the choices. */
  readonly #found = new Map<bigint, Uint8Array>();
  readonly #waiting = new Set<bigint>();
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: JudgeDeps) {
    this.#deps = deps;
  }

  /** Takes up `jobs` that it has not judged, and forgets all others. */
  consider(jobs: readonly Job[]): void {
    const wanted = new Set(jobs.map(({ id }) => id));
    for (const id of this.#found.keys()) if (!wanted.has(id)) this.#found.delete(id);
    this.#waiting.clear();
    for (const id of wanted) if (!this.#found.has(id)) this.#waiting.add(id);
    if (this.#waiting.size > 0 && !this.#stopped) this.#working ??= this.#work();
  }

  /** What a job came to, once it is known. EXACT: hash of the answer (32 bytes); TOLERANCE: a choice an item. */
  found(jobId: bigint): Uint8Array | undefined {
    return this.#found.get(jobId);
  }

  /** Waits until nothing is left to judge, or is being judged. */
  async settle(): Promise<void> {
    await this.#working;
  }

  /** Begins nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    for (const id of this.#ids()) {
      try {
        const found = await this.#judge(id);
        if (found) this.#found.set(id, found);
      } catch (error) {
        if (!this.#stopped) this.#deps.onFailure(id, error);
      }
    }
    this.#working = undefined;
  }

  /** What waits, oldest first, also what comes meanwhile. */
  *#ids(): IterableIterator<bigint> {
    for (;;) {
      const [id] = this.#waiting;
      if (id === undefined || this.#stopped) return;
      this.#waiting.delete(id);
      yield id;
    }
  }

  async #judge(id: bigint): Promise<Uint8Array | undefined> {
    const { compute, context } = this.#deps;
    const ctx = context();
    const job = findJob(ctx, id);
    if (!job || !isToVote(job, ctx.block.height)) return undefined;
    const items = judgedItems(job);
    const runs = compute.judgedRuns(ctx, job);
    const shown = isExact(job) ? [] : (outputsOf(ctx, id)?.items ?? []);
    const outcomes: Outcome[] = [];
    while (outcomes.length < runs.length) {
      if (this.#stopped) return undefined;
      outcomes.push(...(await this.#run(nextOf(runs, outcomes.length))));
    }
    if (!isExact(job)) return choicesOf(job, items, shown, outcomes);
    return answerOf(outcomes.map((outcome, at) => leafOf(items[at]!, runs[at]!.inputHash, hashOf(outcome))));
  }

  #run(requests: readonly ComputeRequest[]): Promise<Outcome[]> {
    return Promise.all(
      requests.map(({ modelHash, modelBytes, encoded, inputHash, units }) =>
        this.#deps.engine.run(
          { hash: modelHash, bytes: modelBytes },
          { bytes: encoded, hash: inputHash, units },
          { priority: "background" },
        ),
      ),
    );
  }
}

function hashOf(outcome: Outcome): Uint8Array {
  return outcome.status === "ok" ? outcome.outputHash : new Uint8Array(0);
}

function nextOf(runs: readonly ComputeRequest[], from: number): readonly ComputeRequest[] {
  let units = 0n;
  let to = from;
  while (to < runs.length && to - from < MAX_BATCH) {
    units += runs[to]!.units;
    if (to > from && units > MAX_BATCH_UNITS) break;
    to++;
  }
  return runs.slice(from, to);
}

/** @param shown two answers an item of the job, of which one is meant */
function choicesOf(
  { tolerance }: Job,
  items: readonly number[],
  shown: readonly Uint8Array[],
  outcomes: readonly Outcome[],
): Uint8Array {
  const bounds = boundsOf(tolerance!);
  return Uint8Array.from(items, (item, at) =>
    choiceOf([shown[2 * item], shown[2 * item + 1]], outcomes[at]!, bounds),
  );
}

/** Which of two answers is right: 0 or 1; 2 where it is not just one of them. Two empty ones mean a run that fails: 0 if it does. */
export function choiceOf(
  [first = new Uint8Array(0), second = new Uint8Array(0)]: readonly (Uint8Array | undefined)[],
  outcome: Outcome,
  bounds: ToleranceBounds,
): number {
  if (outcome.status !== "ok") return first.length === 0 && second.length === 0 ? 0 : NEITHER;
  const isRight = (answer: Uint8Array) =>
    answer.length > 0 && isWithinTolerance(answer, outcome.encoded, bounds);
  const [isFirst, isSecond] = [isRight(first), isRight(second)];
  if (isFirst === isSecond) return NEITHER;
  return isFirst ? 0 : 1;
}
