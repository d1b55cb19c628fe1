/**
 * Threads that check signatures ahead of need. What they answer, and whether they answer, changes nothing but time: a
 * check that is not done when it is needed is taken back and computed by whoever needs it (ADR-0015).
 */
import type { Worker } from "node:worker_threads";
import { startThread } from "../worker-thread.ts";
import type { SignatureCheck } from "./secp256k1.ts";
import { SignatureRing, SLOTS, SlotState } from "./signature-ring.ts";
import type { SignatureWorkerStart } from "./signature-worker.ts";

export interface SignaturePoolOptions {
  /** Threads; at least 1. */
  readonly threads: number;
}

export interface SignaturePoolDeps {
  /** Told of a thread that failed: its checks are computed where they are needed. */
  readonly onFailure: (error: unknown) => void;
}

/** Looks at a check that a thread is at before it is computed here as well: about as long as a native check takes. */
const MAX_LOOKS = 4_000;

export class SignaturePool {
  readonly #ring = new SignatureRing();
  readonly #workers: readonly Worker[];
  readonly #ended: Promise<unknown>;
  /** Slots by key of what was offered and not asked for yet, and the keys by slot. */
  readonly #slots = new Map<string, number>();
  readonly #keys = new Array<string | undefined>(SLOTS).fill(undefined);
  #alive: number;
  #stopped = false;

  constructor(options: SignaturePoolOptions, deps: SignaturePoolDeps) {
    this.#workers = Array.from({ length: options.threads }, () => this.#start(deps));
    this.#alive = this.#workers.length;
    this.#ended = Promise.all(
      this.#workers.map((worker) => new Promise<void>((resolve) => worker.once("exit", () => resolve()))),
    );
  }

  #start({ onFailure }: SignaturePoolDeps): Worker {
    const worker = startThread("./signature-worker", import.meta.url, { name: "signatures" });
    worker.on("error", onFailure);
    worker.once("exit", () => {
      this.#alive--;
    });
    worker.postMessage({ memory: this.#ring.memory } satisfies SignatureWorkerStart);
    // A node that ends for another reason does not wait for them.
    worker.unref();
    return worker;
  }

  /** Threads that live. */
  get alive(): number {
    return this.#stopped ? 0 : this.#alive;
  }

  /**
   * Leaves a check to the threads; `wake` must follow. `onSettled` is told of an older answer that nobody asked for.
   * @returns false if there is no room, or the check is with them already
   */
  offer(
    key: string,
    check: SignatureCheck,
    onSettled: (key: string, valid: boolean) => void = () => undefined,
  ): boolean {
    if (this.alive === 0 || this.#slots.has(key)) return false;
    // A thread that died may have left a slot taken for good: such are passed over.
    for (let tries = 0; tries <= this.#workers.length; tries++) {
      const slot = this.#ring.next;
      const state = this.#ring.state(slot);
      if (state === SlotState.waiting) return false;
      if (state === SlotState.taken) {
        this.#ring.skip();
        continue;
      }
      const old = this.#keys[slot];
      if (old !== undefined) {
        this.#slots.delete(old);
        if (state !== SlotState.free) onSettled(old, state === SlotState.valid);
      }
      this.#keys[slot] = key;
      this.#slots.set(key, slot);
      this.#ring.fill(check);
      return true;
    }
    return false;
  }

  /** Whether a thread has answered a check that was offered and not taken. */
  isSettled(key: string): boolean {
    const slot = this.#slots.get(key);
    const state = slot === undefined ? SlotState.free : this.#ring.state(slot);
    return state === SlotState.valid || state === SlotState.invalid;
  }

  /** Wakes as many threads as so many checks need. */
  wake(checks: number): void {
    this.#ring.wake(Math.min(checks, this.#workers.length));
  }

  /** The threads' answer; undefined if there is none, and then there will be none. */
  take(key: string): boolean | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#slots.delete(key);
    this.#keys[slot] = undefined;
    if (this.#ring.takeBack(slot)) return undefined;
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const state = this.#ring.state(slot);
      if (state === SlotState.taken) continue;
      this.#ring.free(slot);
      return state === SlotState.valid;
    }
    // The slot stays with the thread, and is used again when that is done.
    return undefined;
  }

  /** Ends the threads and waits for them. */
  async close(): Promise<void> {
    this.#stopped = true;
    for (const worker of this.#workers) worker.ref();
    this.#ring.stop();
    await this.#ended;
  }
}
