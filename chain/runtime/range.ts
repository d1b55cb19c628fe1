/** Ranges of a store by the prefix of their keys. */
import type { Range, ReadonlyKVStore } from "../store/types.ts";
import { prefixEnd } from "./bytes.ts";

/** All keys that start with `prefix`. */
export function prefixRange(prefix: Uint8Array): Range {
  const end = prefixEnd(prefix);
  return end ? { start: prefix, end } : { start: prefix };
}

/** Entries under a prefix. Work is linear in them. */
export function countUnder(store: ReadonlyKVStore, prefix: Uint8Array): number {
  let count = 0;
  for (const _ of store.iterate(prefixRange(prefix))) count++;
  return count;
}
