/** A worker thread with an engine in it, as the pool sees it: one request at a time, and which model it holds. */
import type { Worker } from "node:worker_threads";
import { startThread } from "../worker-thread.ts";
import { EngineError } from "./errors.ts";
import type { CompiledOrt } from "./ort.ts";
import { memoryOf } from "./pack.ts";
import type { WorkerReply, WorkerRequest, WorkerStart } from "./worker.ts";

/**
 * Stack of a thread in MiB, the same on every machine: 32 times what the deepest admitted chain of nodes needs to load
 * and run (measured, ADR-0027).
 */
const STACK_MIB = 16;

/**
 * Heap of a thread, fixed where Node would choose by the machine's memory. Texts are all that it holds much of: 2 GiB at
 * most, as the static bound counts them (EngineLimits.maxTotalBytes).
 */
const HEAP_MIB = 4096;

/** To start a thread takes a second or less; a machine that needs a hundred times as long cannot take part. */
export const START_MS = 100_000;

/**
 * Calls `due` once, after so many milliseconds, unless what it returned is called before. chain/ has no clock: the node
 * gives one, and nothing that a block holds depends on it.
 */
export type Timer = (milliseconds: number, due: () => void) => () => void;

/** The thread itself died: a fault of this machine, and never an outcome. */
export class ThreadDied extends EngineError {
  constructor(reason: string) {
    super("engineFailure", `an engine thread died: ${reason}`);
  }
}

export class EngineThread {
  readonly #worker: Worker;
  readonly #timer: Timer | undefined;
  #settle: { resolve: (reply: WorkerReply) => void; reject: (error: ThreadDied) => void } | undefined;
  #died: ThreadDied | undefined;
  #isFresh = true;
  /** The model that is open, and the bytes of its file. */
  model: { readonly hash: string; readonly bytes: number } | undefined;

  private constructor(timer: Timer | undefined) {
    this.#timer = timer;
    this.#worker = startThread("./worker", import.meta.url, {
      name: "opg-engine",
      resourceLimits: { stackSizeMb: STACK_MIB, maxOldGenerationSizeMb: HEAP_MIB },
    });
    this.#worker.on("message", (reply: WorkerReply) => this.#take()?.resolve(reply));
    this.#worker.on("error", (error) => this.#die(String(error)));
    this.#worker.on("exit", (code) => this.#die(`exit code ${code}`));
  }

  /** Starts a thread and waits until its engine is loaded. @throws ThreadDied */
  static async start(compiled: CompiledOrt, timer?: Timer): Promise<EngineThread> {
    const thread = new EngineThread(timer);
    thread.#worker.postMessage({ compiled } satisfies WorkerStart);
    await thread.#reply(START_MS);
    // An idle pool must not keep a process alive that has nothing else to do.
    thread.#worker.unref();
    return thread;
  }

  get isAlive(): boolean {
    return this.#died === undefined;
  }

  /** Whether it was asked nothing yet. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /**
   * @param milliseconds after which a thread that has not answered is ended, if there is a timer
   * @throws ThreadDied
   */
  async ask(request: WorkerRequest, milliseconds: number): Promise<WorkerReply> {
    if (this.#died) throw this.#died;
    this.#isFresh = false;
    this.#worker.ref();
    this.#worker.postMessage(request, request.kind === "run" ? [memoryOf(request.batch)] : []);
    try {
      return await this.#reply(milliseconds);
    } finally {
      this.#worker.unref();
    }
  }

  async stop(): Promise<void> {
    this.#died ??= new ThreadDied("it was stopped");
    await this.#worker.terminate();
  }

  async #reply(milliseconds: number): Promise<WorkerReply> {
    const cancel = this.#timer?.(milliseconds, () => {
      this.#die(`the watchdog ended it: it did not answer within ${milliseconds / 1_000} s`);
      void this.#worker.terminate();
    });
    try {
      return await new Promise<WorkerReply>((resolve, reject) => {
        this.#settle = { resolve, reject };
      });
    } finally {
      cancel?.();
    }
  }

  #take() {
    const settle = this.#settle;
    this.#settle = undefined;
    return settle;
  }

  #die(reason: string): void {
    this.#died ??= new ThreadDied(reason);
    this.#take()?.reject(this.#died);
  }
}
