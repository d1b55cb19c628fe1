/**
 * What an operator does for its jobs (ADR-0170): compute, bind itself, commit, reveal, open. `look` is called for every block;
 * it asks the chain what is to be done and never trusts what it did before, except for what the journal says it is bound to.
 */
import { randomBytes } from "node:crypto";
import { boundsOf } from "../../chain/modules/compute/bounds.ts";
import { commitmentOf, inputRootOf, leavesOf, resultRootOf } from "../../chain/modules/compute/hashes.ts";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { pack, statusName } from "../../client/index.ts";
import {
  type Job,
  JobStatus,
  MsgCommit,
  MsgOpen,
  MsgReveal,
  Verification,
} from "../../proto/gen/opg.compute.v1.ts";
import { NodeError } from "../errors.ts";
import { type Chain, WAITING } from "./chain.ts";
import { withDecoys } from "./decoy.ts";
import type { Answer, Journal } from "./journal.ts";
import type { OperatorMetrics } from "./metrics.ts";
import type { ModelCache } from "./models.ts";
import type { RunJob } from "./run.ts";
import { type Outgoing, Sender } from "./send.ts";

export interface DaemonOptions {
  readonly operator: string;
  readonly hotAddress: string;
  /** Jobs that are computed at one time. */
  readonly parallelJobs: number;
  readonly maxTxBytes: number;
}

export interface DaemonLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface DaemonDeps {
  readonly chain: Chain;
  readonly journal: Journal;
  readonly models: ModelCache;
  readonly run: RunJob;
  readonly metrics: OperatorMetrics;
  readonly log: DaemonLog;
  /** Called when there is something to send before the next block. */
  readonly onWork: () => void;
}

export interface DaemonStatus {
  readonly chain: string;
  readonly operator: string;
  readonly hot_address: string;
  readonly height: bigint;
  readonly jobs: readonly {
    readonly id: bigint;
    readonly model_id: bigint;
    readonly items: number;
    readonly status: string;
    readonly due_height: bigint;
    readonly doing: "computing" | "sending" | "waiting";
  }[];
  /** Jobs that it is bound to an answer for. */
  readonly bound: readonly bigint[];
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #deps: DaemonDeps;
  readonly #sender: Sender;
  readonly #address: ReturnType<AddressCodec["parse"]>;
  readonly #computing = new Map<bigint, Promise<void>>();
  /** Jobs of which it was said that their answer is not here. */
  readonly #told = new Set<bigint>();
  #jobs: readonly Job[] = [];
  #height = 0n;

  constructor(options: DaemonOptions, deps: DaemonDeps) {
    this.#options = options;
    this.#deps = deps;
    const { operator } = options;
    this.#address = new AddressCodec(operator.slice(0, operator.lastIndexOf("1"))).parse(
      operator,
      "operator",
    );
    const { chain, log, metrics } = deps;
    this.#sender = new Sender(options, {
      chain,
      log,
      onSent: ({ step }) => metrics.messages.inc({ step, result: "ok" }),
      onFailed: ({ step }) => metrics.messages.inc({ step, result: "failed" }),
    });
  }

  /** Looks at the chain, and does what is to be done. @throws RpcError, QueryError if the node does not answer */
  async look(height: bigint): Promise<void> {
    const { chain, journal, metrics } = this.#deps;
    const jobs = [...(await chain.openJobs(this.#options.operator))];
    jobs.sort((a, b) => (a.dueHeight === b.dueHeight ? 0 : a.dueHeight < b.dueHeight ? -1 : 1));
    this.#jobs = jobs;
    this.#height = height;
    await this.#forget(jobs, height);
    const messages: Outgoing[] = [];
    for (const job of jobs) {
      const message = await this.#next(job, height);
      if (message) messages.push(message);
    }
    this.#sender.send(messages, height);
    metrics.height.set(Number(height));
    metrics.openJobs.set(jobs.length);
    metrics.bound.set(journal.open.length);
  }

  /** Until nothing is computed and nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#computing.size > 0) await Promise.all(this.#computing.values());
    await this.#sender.settled();
  }

  get status(): DaemonStatus {
    const { operator, hotAddress } = this.#options;
    return {
      chain: this.#deps.chain.chainId,
      operator,
      hot_address: hotAddress,
      height: this.#height,
      jobs: this.#jobs.map(({ id, modelId, items, status, dueHeight }) => ({
        id,
        model_id: modelId,
        items,
        status: statusName(status),
        due_height: dueHeight,
        doing: this.#computing.has(id) ? "computing" : this.#sender.isUnderWay(id) ? "sending" : "waiting",
      })),
      bound: this.#deps.journal.open,
    };
  }

  /** Forgets answers of jobs that wait for nothing more from us. */
  async #forget(jobs: readonly Job[], height: bigint): Promise<void> {
    const { chain, journal, log } = this.#deps;
    const waiting = new Set(jobs.map(({ id }) => id));
    for (const id of journal.open) {
      // A node that is behind may not know the job yet: that is not its end.
      if (waiting.has(id) || height <= journal.answer(id)!.height) continue;
      const state = await chain.job(id);
      const isOurs = state?.job.operator === this.#options.operator;
      if (state && isOurs && WAITING.includes(state.job.status)) continue;
      log.info({ job: id, status: state ? statusName(state.job.status) : "gone" }, "done with a job");
      journal.done(id);
    }
  }

  /** The job's next message, if it is time for it; or begins to compute it. */
  async #next(job: Job, height: bigint): Promise<Outgoing | undefined> {
    const { chain, journal } = this.#deps;
    if (this.#sender.isUnderWay(job.id) || this.#computing.has(job.id)) return undefined;
    const answer = journal.answer(job.id);
    if (job.status === JobStatus.JOB_STATUS_ASSIGNED) {
      if (answer) return this.#commit(answer);
      if (this.#computing.size < this.#options.parallelJobs) this.#compute(job, height);
      return undefined;
    }
    if (!answer || !bytesEqual(answer.commitment, job.commitment)) {
      this.#tellLost(job, answer ? "it is another answer's" : "no answer is kept here");
      return undefined;
    }
    const state = await chain.job(job.id);
    if (!state?.ready || state.job.status !== job.status) return undefined;
    if (job.status === JobStatus.JOB_STATUS_REVEALED) return this.#open(answer);
    try {
      return this.#reveal(job, answer);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      this.#tellLost(job, error.message);
      return undefined;
    }
  }

  #commit({ jobId, commitment }: Answer): Outgoing {
    const { hotAddress } = this.#options;
    return { jobId, step: "commit", message: pack(MsgCommit, { hotAddress, jobId, commitment }) };
  }

  /** @throws NodeError if the answers are gone or damaged */
  #reveal(job: Job, { jobId, salt }: Answer): Outgoing {
    const { hotAddress } = this.#options;
    const answers = this.#deps.journal.items(jobId);
    const message =
      job.verification === Verification.VERIFICATION_EXACT
        ? pack(MsgReveal, { hotAddress, jobId, salt, items: answers })
        : pack(MsgReveal, {
            hotAddress,
            jobId,
            items: withDecoys(answers, { jobId, salt }, boundsOf(job.tolerance!)),
          });
    return { jobId, step: "reveal", message };
  }

  #open({ jobId, salt }: Answer): Outgoing {
    const { hotAddress } = this.#options;
    return { jobId, step: "open", message: pack(MsgOpen, { hotAddress, jobId, salt }) };
  }

  /** Says once that a job will be lost. */
  #tellLost({ id, dueHeight }: Job, reason: string): void {
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.#deps.log.error(
      { job: id, due_height: dueHeight, reason },
      "the chain has a commitment of this operator that cannot be opened from this home: bring the home that made it, or its collateral is slashed",
    );
  }

  #compute(job: Job, height: bigint): void {
    const { log, metrics, onWork } = this.#deps;
    const began = performance.now();
    const work = this.#bind(job, height)
      .then(() => {
        const seconds = (performance.now() - began) / 1000;
        metrics.seconds.observe(seconds);
        log.info({ job: job.id, items: job.items, seconds }, "computed a job");
      })
      .catch((error: unknown) => {
        metrics.failures.inc();
        log.error(
          { job: job.id, reason: error instanceof Error ? error.message : String(error) },
          "a job could not be computed; it is tried again",
        );
        return "failed";
      })
      .then((end) => {
        this.#computing.delete(job.id);
        metrics.computing.set(this.#computing.size);
        // After a failure the next block is soon enough.
        if (end !== "failed") onWork();
      });
    this.#computing.set(job.id, work);
    metrics.computing.set(this.#computing.size);
  }

  /** Computes a job and binds the operator to what comes out. */
  async #bind(job: Job, height: bigint): Promise<void> {
    const { chain, journal, models, run, metrics } = this.#deps;
    const [inputs, model] = await Promise.all([chain.inputs(job.id), models.get(job.modelId, job.modelHash)]);
    const hashes = inputs.map((input) => sha256(input));
    if (!bytesEqual(inputRootOf(hashes), job.inputRoot))
      throw new NodeError("failed", `the node gives other inputs than job ${job.id} has; use another node`);
    const { items, by } = await run(job, model, inputs);
    for (const [engine, count] of Object.entries(by)) metrics.items.inc({ engine }, count);
    const root = resultRootOf(leavesOf(items, hashes));
    const salt = new Uint8Array(randomBytes(32));
    const commitment = commitmentOf({ jobId: job.id, operator: this.#address, root, salt });
    journal.bind({ jobId: job.id, height, salt, root, commitment }, items);
  }
}
