/**
 * Engine threads and the queue before them. Requests of a block go before those made ahead of need.
 *
 * What makes an outcome the same everywhere, whatever a thread did before: a run that succeeds has succeeded; a run that
 * fails is repeated in a thread that has done nothing else, and only that answer counts (ADR-0027).
 */
import { EngineError } from "./errors.ts";
import { toHexText } from "./id.ts";
import { type CompiledOrt, compileOrt } from "./ort.ts";
import type { NamedTensor } from "./tensor.ts";
import { EngineThread, ThreadDied } from "./thread.ts";

export interface PoolModel {
  /** SHA-256 of the file. */
  readonly hash: Uint8Array;
  readonly bytes: () => Uint8Array;
}

export type Priority = "block" | "background";

export type RunReply =
  | { readonly kind: "done"; readonly outputs: readonly NamedTensor[]; readonly outputHash: Uint8Array }
  | { readonly kind: "failed"; readonly reason: string };

export interface PoolOptions {
  readonly threads: number;
  /** Bytes of model files that one thread keeps loaded. */
  readonly sessionBytes: number;
}

interface Job {
  readonly model: PoolModel;
  readonly inputs: readonly NamedTensor[];
  readonly resolve: (reply: RunReply) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that dies while it runs is tried again so often: more is a broken machine. */
const MAX_DEATHS = 3;

export class EnginePool {
  readonly #options: PoolOptions;
  readonly #idle: EngineThread[] = [];
  readonly #all = new Set<EngineThread>();
  readonly #queues: Readonly<Record<Priority, Job[]>> = { block: [], background: [] };
  #stopped = false;
  #broken: unknown;

  readonly #compiled: CompiledOrt;

  private constructor(options: PoolOptions, compiled: CompiledOrt) {
    this.#options = options;
    this.#compiled = compiled;
  }

  static async start(options: PoolOptions): Promise<EnginePool> {
    const pool = new EnginePool(options, await compileOrt());
    await Promise.all(
      Array.from({ length: options.threads }, async () => pool.#free(await pool.#newThread())),
    );
    return pool;
  }

  /** Runs that wait for a thread. */
  get backlog(): number {
    return this.#queues.block.length + this.#queues.background.length;
  }

  /** @throws EngineError if threads die again and again: a fault of this machine */
  run(model: PoolModel, inputs: readonly NamedTensor[], priority: Priority): Promise<RunReply> {
    if (this.#stopped) throw new EngineError("engineFailure", "the engine is stopped");
    if (this.#broken !== undefined) throw this.#broken;
    return new Promise((resolve, reject) => {
      this.#queues[priority].push({ model, inputs, resolve, reject });
      this.#next();
    });
  }

  /** Moves a run that waits to the front of the block's queue. */
  promote(model: PoolModel, inputs: readonly NamedTensor[]): void {
    const { block, background } = this.#queues;
    const index = background.findIndex((job) => job.model.hash === model.hash && job.inputs === inputs);
    if (index >= 0) block.push(...background.splice(index, 1));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const waiting = [...this.#queues.block.splice(0), ...this.#queues.background.splice(0)];
    for (const job of waiting) job.reject(new EngineError("engineFailure", "the engine was stopped"));
    await Promise.all([...this.#all].map((thread) => thread.stop()));
  }

  async #newThread(): Promise<EngineThread> {
    const thread = await EngineThread.start(this.#compiled);
    this.#all.add(thread);
    if (this.#stopped) await this.#discard(thread);
    return thread;
  }

  async #discard(thread: EngineThread): Promise<void> {
    this.#all.delete(thread);
    await thread.stop();
  }

  #free(thread: EngineThread): void {
    this.#idle.push(thread);
    this.#next();
  }

  #next(): void {
    while (this.#idle.length > 0) {
      const job = this.#queues.block.shift() ?? this.#queues.background.shift();
      if (!job) return;
      void this.#work(this.#choose(job.model), job);
    }
  }

  /** An idle thread that has the model loaded, if there is one. */
  #choose(model: PoolModel): EngineThread {
    const hash = toHexText(model.hash);
    const index = Math.max(
      0,
      this.#idle.findIndex((thread) => thread.loaded.has(hash)),
    );
    return this.#idle.splice(index, 1)[0]!;
  }

  async #work(first: EngineThread, job: Job): Promise<void> {
    const held = { thread: first };
    try {
      job.resolve(await this.#answer(held, job));
    } catch (error) {
      // The file could not be read, or threads die: either way the next job gets a thread that lives.
      job.reject(error);
    }
    if (this.#stopped) return;
    try {
      if (!held.thread.isAlive) held.thread = await this.#replace(held.thread);
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#free(held.thread);
  }

  /** Runs a job until a thread answers; `held.thread` is the one that is held at the end. */
  async #answer(held: { thread: EngineThread }, job: Job): Promise<RunReply> {
    for (let deaths = 0; ; ) {
      const { isFresh } = held.thread;
      let reply: RunReply;
      try {
        reply = await this.#attempt(held.thread, job);
      } catch (error) {
        deaths++;
        if (!(error instanceof ThreadDied) || this.#stopped || deaths > MAX_DEATHS) throw error;
        held.thread = await this.#replace(held.thread);
        continue;
      }
      if (reply.kind === "done") return reply;
      // The instance may be damaged; and the failure counts only if nothing ran in it before.
      held.thread = await this.#replace(held.thread);
      if (isFresh) return reply;
    }
  }

  /** No thread can be started any more: whoever waits is told, rather than left waiting. */
  #break(error: unknown): void {
    this.#broken = error;
    for (const job of [...this.#queues.block.splice(0), ...this.#queues.background.splice(0)])
      job.reject(error);
  }

  async #replace(thread: EngineThread): Promise<EngineThread> {
    await this.#discard(thread);
    return this.#newThread();
  }

  async #attempt(thread: EngineThread, { model, inputs }: Job): Promise<RunReply> {
    const hash = toHexText(model.hash);
    const failure = await this.#load(thread, hash, model);
    if (failure) return failure;
    const reply = await thread.ask({ kind: "run", model: hash, inputs });
    if (reply.kind === "done" || reply.kind === "failed") return reply;
    throw new ThreadDied(`it answered ${reply.kind} to a run`);
  }

  async #load(thread: EngineThread, hash: string, model: PoolModel): Promise<RunReply | undefined> {
    const size = thread.loaded.get(hash);
    if (size !== undefined) {
      thread.loaded.delete(hash);
      thread.loaded.set(hash, size);
      return undefined;
    }
    const bytes = model.bytes();
    await this.#makeRoom(thread, bytes.length);
    const reply = await thread.ask({ kind: "load", model: hash, bytes });
    thread.loaded.set(hash, bytes.length);
    return reply.kind === "failed" ? reply : undefined;
  }

  async #makeRoom(thread: EngineThread, bytes: number): Promise<void> {
    let held = [...thread.loaded.values()].reduce((sum, size) => sum + size, 0);
    for (const [hash, size] of thread.loaded) {
      if (held + bytes <= this.#options.sessionBytes) return;
      const { kind } = await thread.ask({ kind: "drop", model: hash });
      // What cannot even be released is damaged: nothing more may run beside it.
      if (kind !== "dropped") throw new ThreadDied(`it answered ${kind} to a drop`);
      thread.loaded.delete(hash);
      held -= size;
    }
  }
}
