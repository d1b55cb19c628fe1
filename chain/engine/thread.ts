/** A worker thread with an engine in it, as the pool sees it: one request at a time, and what it has loaded. */
import type { Worker } from "node:worker_threads";
import { startThread } from "../worker-thread.ts";
import { EngineError } from "./errors.ts";
import type { CompiledOrt } from "./ort.ts";
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

/** The thread itself died: a fault of this machine, and never an outcome. */
export class ThreadDied extends EngineError {
  constructor(reason: string) {
    super("engineFailure", `an engine thread died: ${reason}`);
  }
}

export class EngineThread {
  readonly #worker: Worker;
  #settle: { resolve: (reply: WorkerReply) => void; reject: (error: ThreadDied) => void } | undefined;
  #died: ThreadDied | undefined;
  #isFresh = true;
  /** Bytes of the models that are loaded, by hash; the one used last stands last. */
  readonly loaded = new Map<string, number>();

  private constructor() {
    this.#worker = startThread("./worker", import.meta.url, {
      name: "opg-engine",
      resourceLimits: { stackSizeMb: STACK_MIB, maxOldGenerationSizeMb: HEAP_MIB },
    });
    this.#worker.on("message", (reply: WorkerReply) => this.#take()?.resolve(reply));
    this.#worker.on("error", (error) => this.#die(String(error)));
    this.#worker.on("exit", (code) => this.#die(`exit code ${code}`));
  }

  /** Starts a thread and waits until its engine is loaded. @throws ThreadDied */
  static async start(compiled: CompiledOrt): Promise<EngineThread> {
    const thread = new EngineThread();
    thread.#worker.postMessage({ compiled } satisfies WorkerStart);
    await thread.#reply();
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

  /** @throws ThreadDied */
  async ask(request: WorkerRequest): Promise<WorkerReply> {
    if (this.#died) throw this.#died;
    this.#isFresh = false;
    this.#worker.ref();
    this.#worker.postMessage(request);
    try {
      return await this.#reply();
    } finally {
      this.#worker.unref();
    }
  }

  async stop(): Promise<void> {
    this.#died ??= new ThreadDied("it was stopped");
    await this.#worker.terminate();
  }

  #reply(): Promise<WorkerReply> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
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
