/**
 * The memory that the main thread shares with the threads that check signatures: a ring of slots, each with one check and
 * its state. Nobody waits for anybody: a slot belongs to whoever moves its state from WAITING.
 *
 *     FREE → WAITING           main thread, after it wrote the check
 *     WAITING → TAKEN          a thread, which then writes VALID or INVALID
 *     WAITING → FREE           main thread, which needs the answer now and computes it itself
 *     VALID, INVALID → FREE    main thread, which has the answer
 */
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, type SignatureCheck } from "./secp256k1.ts";

/** A power of two: more checks than a block of 4 MiB of transfers holds. */
export const SLOTS = 16_384;
const SLOT_BYTES = PUBLIC_KEY_BYTES + DIGEST_BYTES + SIGNATURE_BYTES;

export const SlotState = { free: 0, waiting: 1, taken: 2, valid: 3, invalid: 4 } as const;

/** Words before the states: the next slot to take, the next to fill, and whether the threads shall end. */
const HEAD = 0;
const TAIL = 1;
const STOP = 2;
const WORDS = 3;

export class SignatureRing {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #states: Int32Array;
  readonly #checks: Uint8Array;

  constructor(memory = new SharedArrayBuffer(4 * (WORDS + SLOTS) + SLOT_BYTES * SLOTS)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#states = new Int32Array(memory, 4 * WORDS, SLOTS);
    this.#checks = new Uint8Array(memory, 4 * (WORDS + SLOTS));
  }

  // ── Main thread ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** The slot that is filled next. */
  get next(): number {
    return Atomics.load(this.#words, TAIL) & (SLOTS - 1);
  }

  state(slot: number): number {
    return Atomics.load(this.#states, slot);
  }

  /** Puts a check into the next slot, which must be neither waiting nor taken. Threads see it once `wake` is called. */
  fill({ publicKey, digest, signature }: SignatureCheck): void {
    const slot = this.next;
    const at = slot * SLOT_BYTES;
    this.#checks.set(publicKey, at);
    this.#checks.set(digest, at + PUBLIC_KEY_BYTES);
    this.#checks.set(signature, at + PUBLIC_KEY_BYTES + DIGEST_BYTES);
    Atomics.store(this.#states, slot, SlotState.waiting);
    this.skip();
  }

  /** Passes the next slot over. */
  skip(): void {
    Atomics.add(this.#words, TAIL, 1);
  }

  wake(threads: number): void {
    Atomics.notify(this.#words, TAIL, threads);
  }

  /** Takes a waiting check back. @returns false if a thread was quicker */
  takeBack(slot: number): boolean {
    const { waiting, free } = SlotState;
    return Atomics.compareExchange(this.#states, slot, waiting, free) === waiting;
  }

  /** Frees a slot whose answer was read. */
  free(slot: number): void {
    Atomics.store(this.#states, slot, SlotState.free);
  }

  /** Ends the threads, each after the check it is at. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
    // A thread about to sleep sees that the tail moved.
    this.skip();
    Atomics.notify(this.#words, TAIL);
  }

  // ── Threads ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Waits for a check and takes it. @returns its slot; undefined when the threads shall end. Blocks the thread. */
  take(): number | undefined {
    for (;;) {
      const tail = Atomics.load(this.#words, TAIL);
      if (Atomics.load(this.#words, STOP) !== 0) return undefined;
      const head = Atomics.load(this.#words, HEAD);
      if (head === tail) {
        Atomics.wait(this.#words, TAIL, tail);
        continue;
      }
      if (Atomics.compareExchange(this.#words, HEAD, head, (head + 1) | 0) !== head) continue;
      const slot = head & (SLOTS - 1);
      const { waiting, taken } = SlotState;
      if (Atomics.compareExchange(this.#states, slot, waiting, taken) === waiting) return slot;
    }
  }

  /** A copy of a taken slot's check. */
  check(slot: number): SignatureCheck {
    const bytes = this.#checks.slice(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
    return {
      publicKey: bytes.slice(0, PUBLIC_KEY_BYTES),
      digest: bytes.slice(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES + DIGEST_BYTES),
      signature: bytes.slice(PUBLIC_KEY_BYTES + DIGEST_BYTES),
    };
  }

  settle(slot: number, valid: boolean): void {
    Atomics.store(this.#states, slot, valid ? SlotState.valid : SlotState.invalid);
  }
}
