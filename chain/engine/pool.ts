/**
 * Engine threads and the queue before them. Requests of a block go before those made ahead of need; requests for one model
 * travel together.
 *
 * What makes an outcome the same everywhere, whatever a thread did before: every run starts from the same memory
 * (ADR-0029), and what the engine answers from there, an output, an error or a trap, counts (ADR-0034). A run that fails in
 * any other way is repeated in a thread that has done nothing else, and only that answer counts (ADR-0027).
 */
import { hashString } from "../store/sha256.ts";
import { EngineError } from "./errors.ts";
import type { RunResult } from "./instance.ts";
import type { Job, PoolRequest, RunReply } from "./job.ts";
import { type CompiledOrt, compileOrt } from "./ort.ts";
import { packBytes, unpackBytes } from "./pack.ts";
import { JobQueue, type Priority } from "./queue.ts";
import { EngineThread, ThreadDied, type Timer } from "./thread.ts";
import type { RunsReply } from "./worker.ts";

export type { PoolModel, PoolRequest, RunReply } from "./job.ts";
export type { Priority } from "./queue.ts";

export interface PoolOptions {
  /** Runs at the same time. */
  readonly threads: number;
  /** Instances at most, each with one model open; more than `threads` saves opening models again. Default 4 or `threads`. */
  readonly instances?: number;
  /** Bytes of model files that are kept open, over all instances. */
  readonly sessionBytes: number;
}

export interface PoolDeps {
  /** Lets a watchdog end threads that hang; without it none does. */
  readonly timer?: Timer | undefined;
}

const DEFAULT_INSTANCES = 4;
/** Models remembered as evicted. */
const MAX_EVICTED = 256;
/** A run whose thread dies is tried again so often: more is a broken machine. */
const MAX_DEATHS = 3;
/** Memory that an instance has touched is not given back: one that held a model file so large ends with it. */
const LARGE_MODEL = 64 * 1024 * 1024;
/** What the watchdog waits at least, in milliseconds: to open the deepest admitted model takes two seconds. */
const PATIENCE_MS = 60_000;
/** 100 ns a unit, 300 times what one takes (ADR-0022); doubled with each death, so that a slow machine is not given up on. */
const UNITS_PER_MS = 10_000n;

export class EnginePool {
  readonly #options: PoolOptions;
  readonly #deps: PoolDeps;
  readonly #compiled: CompiledOrt;
  /** The one used last stands last. */
  readonly #idle: EngineThread[] = [];
  readonly #all = new Set<EngineThread>();
  readonly #queue = new JobQueue();
  /** Models that had to make way for others. */
  readonly #evicted = new Set<string>();
  #busy = 0;
  #instances: number;
  #isGrowing = false;
  #stopped = false;
  #broken: unknown;

  private constructor(options: PoolOptions, deps: PoolDeps, compiled: CompiledOrt) {
    this.#options = options;
    this.#deps = deps;
    this.#compiled = compiled;
    this.#instances = Math.max(options.threads, options.instances ?? DEFAULT_INSTANCES);
  }

  static async start(options: PoolOptions, deps: PoolDeps = {}): Promise<EnginePool> {
    const pool = new EnginePool(options, deps, await compileOrt());
    const threads = await Promise.all(Array.from({ length: options.threads }, () => pool.#newThread()));
    pool.#idle.push(...threads);
    return pool;
  }

  /** Runs that wait for a thread. */
  get backlog(): number {
    return this.#queue.size;
  }

  /** Compute units of the runs that wait, as far as they are known. */
  get backlogUnits(): bigint {
    return this.#queue.units;
  }

  /** @throws EngineError if threads die again and again: a fault of this machine */
  run(request: PoolRequest, priority: Priority): Promise<RunReply> {
    if (this.#stopped) throw new EngineError("engineFailure", "the engine is stopped");
    if (this.#broken !== undefined) throw this.#broken;
    return new Promise((resolve, reject) => {
      const hash = hashString(request.model.hash);
      this.#queue.push({ ...request, hash, isAlone: false, deaths: 0, resolve, reject }, priority);
      // Runs that are asked for in one turn of the event loop travel together.
      queueMicrotask(() => this.#next());
    });
  }

  /** Moves a run that waits behind `priority` among those of it. */
  promote(request: PoolRequest, priority: Priority): void {
    this.#queue.promote(request, priority);
    queueMicrotask(() => this.#next());
  }

  /** Begins what waits for company. */
  hurry(): void {
    this.#queue.hurry();
    queueMicrotask(() => this.#next());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const job of this.#queue.clear())
      job.reject(new EngineError("engineFailure", "the engine was stopped"));
    await Promise.all([...this.#all].map((thread) => thread.stop()));
  }

  async #newThread(): Promise<EngineThread> {
    const thread = await EngineThread.start(this.#compiled, this.#deps.timer);
    this.#all.add(thread);
    if (this.#stopped) await this.#discard(thread);
    return thread;
  }

  async #discard(thread: EngineThread): Promise<void> {
    this.#all.delete(thread);
    await thread.stop();
  }

  /** Hands work to idle threads. */
  #next(): void {
    while (!this.#stopped && this.#busy < this.#options.threads && this.#idle.length > 0) {
      const jobs = this.#queue.take();
      if (jobs.length === 0) return;
      this.#busy++;
      void this.#work(this.#choose(jobs[0]!.hash), jobs);
    }
  }

  /** An idle thread that has the model open, else one without a model, else the one used longest ago. */
  #choose(hash: string): EngineThread {
    let index = this.#idle.findIndex(({ model }) => model?.hash === hash);
    if (index < 0) index = this.#idle.findIndex(({ model }) => model === undefined);
    if (index < 0) {
      index = 0;
      if (this.#evicted.size >= MAX_EVICTED) this.#evicted.clear();
      this.#evicted.add(this.#idle[0]!.model!.hash);
      // Models that come once are no reason for another instance; those that come again are.
      if (this.#evicted.delete(hash)) this.#grow();
    }
    return this.#idle.splice(index, 1)[0]!;
  }

  /** Starts an instance for models to come. */
  #grow(): void {
    if (this.#isGrowing || this.#all.size >= this.#instances) return;
    this.#isGrowing = true;
    this.#newThread()
      .then(
        (thread) => {
          if (thread.isAlive) this.#idle.unshift(thread);
        },
        // The machine has no room for more: fewer serve as well.
        () => {
          this.#instances = this.#all.size;
        },
      )
      .finally(() => {
        this.#isGrowing = false;
        this.#next();
      });
  }

  /** Answers `jobs`, which are of one model, or puts some of them back. */
  async #work(first: EngineThread, jobs: readonly Job[]): Promise<void> {
    const held = { thread: first };
    try {
      await this.#answer(held, jobs);
    } catch (error) {
      // The file could not be read, or threads die: either way the next job gets a thread that lives.
      jobs[0]!.reject(error);
      this.#queue.putBack(jobs.slice(1));
    }
    if (this.#stopped) {
      for (const job of jobs) job.reject(new EngineError("engineFailure", "the engine was stopped"));
      return;
    }
    try {
      if (!held.thread.isAlive) held.thread = await this.#replace(held.thread);
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#busy--;
    this.#idle.push(held.thread);
    this.#next();
  }

  /**
   * Runs a batch; those that it does not answer are put back. `held.thread` is the thread that is held at the end.
   * @throws whatever is the fault of the first job, or of the machine
   */
  async #answer(held: { thread: EngineThread }, jobs: readonly Job[]): Promise<void> {
    const [first] = jobs as readonly [Job];
    for (;;) {
      const { isFresh } = held.thread;
      let reply: BatchReply;
      try {
        reply = await this.#attempt(held, jobs);
      } catch (error) {
        first.deaths++;
        if (!(error instanceof ThreadDied) || this.#stopped || first.deaths > MAX_DEATHS) throw error;
        held.thread = await this.#replace(held.thread);
        // Nobody knows which of them it was.
        if (jobs.length > 1) return this.#putBackAlone(jobs);
        continue;
      }
      if (reply.kind === "done") {
        for (const [index, job] of jobs.entries()) job.resolve(replyOf(reply.results[index]!));
        return;
      }
      if (reply.kind === "refused") {
        held.thread.model = undefined;
        for (const job of jobs) job.resolve({ kind: "failed", reason: reply.reason });
        return;
      }
      // The instance may be damaged; and the failure counts only if nothing ran in it before.
      held.thread = await this.#replace(held.thread);
      if (isFresh && reply.kind === "unopened") {
        for (const job of jobs) job.resolve({ kind: "failed", reason: reply.reason });
        return;
      }
      if (isFresh && jobs.length === 1) return first.resolve({ kind: "failed", reason: reply.reason });
      if (jobs.length > 1 && reply.kind === "failed") return this.#putBackAlone(jobs);
    }
  }

  #putBackAlone(jobs: readonly Job[]): void {
    for (const job of jobs) job.isAlone = true;
    this.#queue.putBack(jobs);
  }

  /** No thread can be started any more: whoever waits is told, rather than left waiting. */
  #break(error: unknown): void {
    this.#broken = error;
    for (const job of this.#queue.clear()) job.reject(error);
  }

  async #replace(old: EngineThread): Promise<EngineThread> {
    await this.#discard(old);
    return this.#newThread();
  }

  async #attempt(held: { thread: EngineThread }, jobs: readonly Job[]): Promise<BatchReply> {
    const [{ hash, model, deaths }] = jobs as readonly [Job];
    const patience = (units: bigint) => (PATIENCE_MS + Number(units / UNITS_PER_MS)) * 2 ** deaths;
    if (held.thread.model?.hash !== hash) {
      const bytes = model.bytes();
      await this.#makeRoom(held, bytes.length);
      held.thread.model = { hash, bytes: bytes.length };
      const reply = await held.thread.ask({ kind: "open", bytes }, patience(0n));
      if (reply.kind === "refused") return reply;
      if (reply.kind === "failed") return { kind: "unopened", reason: reply.reason };
    }
    const units = jobs.reduce((sum, job) => sum + (job.units ?? 0n), 0n);
    const reply = await held.thread.ask(
      { kind: "run", batch: packBytes(jobs.map(({ inputs }) => inputs)) },
      patience(units),
    );
    if (reply.kind === "failed") return reply;
    if (reply.kind === "done") return { kind: "done", results: resultsOf(reply) };
    throw new ThreadDied(`it answered ${reply.kind} to a run`);
  }

  /** Ends instances of other models until `bytes` more are within the limit. */
  async #makeRoom(held: { thread: EngineThread }, bytes: number): Promise<void> {
    const before = held.thread.model;
    if (before && before.bytes > LARGE_MODEL) held.thread = await this.#replace(held.thread);
    held.thread.model = undefined;
    let open = bytes;
    for (const thread of this.#all) open += thread.model?.bytes ?? 0;
    while (open > this.#options.sessionBytes) {
      const index = this.#idle.findIndex(({ model }) => model !== undefined);
      if (index < 0) return;
      const [thread] = this.#idle.splice(index, 1) as [EngineThread];
      open -= thread.model!.bytes;
      const isSpare = this.#all.size > this.#options.threads;
      await this.#discard(thread);
      if (!isSpare) this.#idle.push(await this.#newThread());
    }
  }
}

function resultsOf({ names, results, reasons }: RunsReply): readonly RunResult[] {
  const parts = unpackBytes(results);
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    const reason = reasons.get(index);
    return reason === undefined
      ? { names, bytes: parts[2 * index]!, hash: parts[2 * index + 1]! }
      : { reason };
  });
}

function replyOf(result: RunResult): RunReply {
  return "reason" in result ? { kind: "failed", reason: result.reason } : { kind: "done", ...result };
}

type BatchReply =
  | { readonly kind: "done"; readonly results: readonly RunResult[] }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly index: number; readonly reason: string }
  | { readonly kind: "unopened"; readonly reason: string };
