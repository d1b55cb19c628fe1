import { equalBytes } from "./bytes.ts";

// Where an entry lies in the table is never seen from outside; a secret seed keeps others from choosing keys that collide.
const seed = globalThis.crypto.getRandomValues(new Uint32Array(1))[0]! | 0;

function hash(key: Uint8Array): number {
  let h = seed ^ key.length;
  for (let i = 0; i < key.length; i++) {
    h = Math.imul(h ^ key[i]!, 0x5bd1e995);
    h ^= h >>> 15;
  }
  return h | 0;
}

/**
 * A map from bytes to values that needs no string for a key. Entries stay in the order in which their keys were first
 * set. Keys are kept, not copied: do not change them. Cost of `get` and `set`: one pass over the key.
 */
export class ByteMap<V> {
  /** Slots hold entry index + 1; 0 is free. The length is a power of two, at most half full. */
  #slots = new Int32Array(16);
  #hashes: number[] = [];
  readonly keys: Uint8Array[] = [];
  readonly values: V[] = [];

  get size(): number {
    return this.keys.length;
  }

  /** Index of the entry in `keys` and `values`, or -1. */
  indexOf(key: Uint8Array): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const h = hash(key);
    for (let at = h & mask; ; at = (at + 1) & mask) {
      const entry = slots[at]! - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === h && equalBytes(this.keys[entry]!, key)) return entry;
    }
  }

  get(key: Uint8Array): V | undefined {
    const entry = this.indexOf(key);
    return entry < 0 ? undefined : this.values[entry];
  }

  /** Returns whether the key is new. */
  set(key: Uint8Array, value: V): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const h = hash(key);
    let at = h & mask;
    for (; ; at = (at + 1) & mask) {
      const entry = slots[at]! - 1;
      if (entry < 0) break;
      if (this.#hashes[entry] === h && equalBytes(this.keys[entry]!, key)) {
        this.values[entry] = value;
        return false;
      }
    }
    this.#hashes.push(h);
    this.keys.push(key);
    this.values.push(value);
    slots[at] = this.keys.length;
    if (this.keys.length * 2 > slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.#hashes.length; entry++) {
      let at = this.#hashes[entry]! & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = entry + 1;
    }
    this.#slots = slots;
  }
}
