import { ByteMap } from "../bytemap.ts";

/** What a map entry takes beside key and value, in bytes (measured on Node 20). */
const ENTRY_BYTES = 260;

/** A committed value, `null` for a key that is known to be absent. */
export type Cached = Uint8Array | null;

/**
 * Latest committed values in memory, in two generations: what is read or written is in the young one; when that has
 * half the cap, it becomes the old one and the old one is dropped. What is used within a generation stays.
 */
export class ValueCache {
  readonly #half: number;
  #young: ByteMap<Cached>[] = [];
  #old: ByteMap<Cached>[] = [];
  #bytes = 0;

  constructor(capBytes: number) {
    this.#half = capBytes / 2;
  }

  /** Undefined when nothing is known of the key. */
  get(store: number, key: Uint8Array): Cached | undefined {
    const value = this.#young[store]?.get(key);
    if (value !== undefined) return value;
    const old = this.#old[store]?.get(key);
    if (old !== undefined) this.set(store, key, old);
    return old;
  }

  set(store: number, key: Uint8Array, value: Cached): void {
    let map = this.#young[store];
    if (map === undefined) {
      map = new ByteMap();
      this.#young[store] = map;
    }
    if (map.set(key, value)) this.#bytes += ENTRY_BYTES + key.length + (value?.length ?? 0);
    if (this.#bytes > this.#half) {
      this.#old = this.#young;
      this.#young = [];
      this.#bytes = 0;
    }
  }

  clear(): void {
    this.#young = [];
    this.#old = [];
    this.#bytes = 0;
  }
}
