/** Ranges of a store by the prefix of their keys. */
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { Range, ReadonlyKVStore } from "../store/types.ts";
import { concatBytes, prefixEnd } from "./bytes.ts";
import { timeKey } from "./time.ts";

/** All keys that start with `prefix`. */
export function prefixRange(prefix: Uint8Array): Range {
  const end = prefixEnd(prefix);
  return end ? { start: prefix, end } : { start: prefix };
}

/** Everything of a queue, whose keys begin with the time at which it is due, that is due at `now` or before. */
export function dueRange(queue: Uint8Array, now: Timestamp): Range {
  return { start: queue, end: prefixEnd(concatBytes(queue, timeKey(now)))! };
}

/** Entries under a prefix. Work is linear in them. */
export function countUnder(store: ReadonlyKVStore, prefix: Uint8Array): number {
  let count = 0;
  for (const _ of store.iterate(prefixRange(prefix))) count++;
  return count;
}
