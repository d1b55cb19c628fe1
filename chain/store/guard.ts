/** The working state as branches see it: written only while no commit is under way. */
import type { Blobs, KVStore } from "./types.ts";

/** `assertIdle` throws where writing is not allowed. */
export function guardStore(store: KVStore, assertIdle: () => void): KVStore {
  return {
    get: (key) => store.get(key),
    has: (key) => store.has(key),
    iterate: (range) => store.iterate(range),
    set: (key, value) => {
      assertIdle();
      store.set(key, value);
    },
    delete: (key) => {
      assertIdle();
      store.delete(key);
    },
  };
}

export function guardBlobs(blobs: Blobs, assertIdle: () => void): Blobs {
  return {
    get: (hash) => blobs.get(hash),
    has: (hash) => blobs.has(hash),
    put: (bytes) => {
      assertIdle();
      return blobs.put(bytes);
    },
    delete: (hash) => {
      assertIdle();
      blobs.delete(hash);
    },
  };
}
