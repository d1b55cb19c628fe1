/** Native runs in child processes: what takes too long, takes too much memory or crashes costs a child and nothing else. */
import { ChildDied, type ChildLimits, NativeProcess } from "./process.ts";

export interface NativeOptions extends ChildLimits {
  readonly processes: number;
  /** Threads of one run. */
  readonly threads: number;
  /** onnxruntime's names, in order of preference. */
  readonly providers: readonly string[];
}

export interface NativeDeps {
  readonly log: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Items that travel together: enough that messages weigh little, few enough that a child that dies loses little. */
const CHUNK_ITEMS = 32;
const CHUNK_BYTES = 4 * 1024 * 1024;

export class NativePool {
  readonly #options: NativeOptions;
  readonly #deps: NativeDeps;
  readonly #idle: NativeProcess[] = [];
  readonly #waiting: ((child: NativeProcess) => void)[] = [];
  #children = 0;
  readonly #all = new Set<NativeProcess>();
  #stopped = false;

  constructor(options: NativeOptions, deps: NativeDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Children that were started and have not ended. */
  get children(): number {
    return this.#all.size;
  }

  /**
   * Runs a model on every item.
   * @param items canonical tensors @returns canonical tensors; undefined where there is no answer: the run failed, or its
   * child died of it
   */
  async run(path: string, items: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const answers = await Promise.all(chunksOf(items).map((chunk) => this.#runChunk(path, chunk)));
    return answers.flat();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#all].map((child) => child.stop()));
    this.#all.clear();
  }

  async #runChunk(path: string, items: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    try {
      return await this.#ask(path, items);
    } catch (error) {
      if (!(error instanceof ChildDied) || this.#stopped) throw error;
      this.#deps.log(
        { reason: error.message, items: items.length },
        "a child process ended while it ran a model",
      );
      if (items.length === 1) return [undefined];
    }
    // One of them did it: each by itself, so that the others have their answers.
    const answers: (Uint8Array | undefined)[] = [];
    for (const item of items) answers.push(...(await this.#runChunk(path, [item])));
    return answers;
  }

  async #ask(path: string, items: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const child = await this.#take();
    try {
      if (child.model !== path) {
        const { threads, providers } = this.#options;
        child.model = undefined;
        const opened = await child.ask({ type: "open", path, threads, providers });
        if (opened.type === "failed") {
          this.#deps.log({ reason: opened.reason, path }, "a model does not open natively");
          return items.map(() => undefined);
        }
        child.model = path;
      }
      const reply = await child.ask({ type: "run", items });
      return reply.type === "ran" ? [...reply.items] : items.map(() => undefined);
    } finally {
      await this.#give(child);
    }
  }

  async #take(): Promise<NativeProcess> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#children < this.#options.processes) {
      this.#children++;
      return this.#start();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #start(): NativeProcess {
    const child = new NativeProcess(this.#options);
    this.#all.add(child);
    return child;
  }

  async #give(child: NativeProcess): Promise<void> {
    if (!child.isAlive) {
      this.#all.delete(child);
      await child.stop();
    }
    const next = this.#waiting.shift();
    if (next) next(child.isAlive ? child : this.#start());
    else if (child.isAlive) this.#idle.push(child);
    else this.#children--;
  }
}

function chunksOf(items: readonly Uint8Array[]): Uint8Array[][] {
  const chunks: Uint8Array[][] = [];
  let [chunk, bytes]: [Uint8Array[], number] = [[], 0];
  for (const item of items) {
    if (chunk.length === CHUNK_ITEMS || (chunk.length > 0 && bytes + item.length > CHUNK_BYTES)) {
      chunks.push(chunk);
      [chunk, bytes] = [[], 0];
    }
    chunk.push(item);
    bytes += item.length;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
