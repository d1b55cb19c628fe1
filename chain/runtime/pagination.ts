/**
 * Pages over a range of a store, as the Cosmos SDK's queries page.
 * Source: types/query/pagination.go: key and offset exclude each other; limit 0 is 100; count_total only with offset.
 */
import type { PageRequest, PageResponse } from "../../proto/gen/cosmos.base.query.v1beta1.ts";
import type { ReadonlyKVStore } from "../store/types.ts";
import { concatBytes, prefixEnd } from "./bytes.ts";
import { SdkError } from "./errors.ts";

const DEFAULT_LIMIT = 100n;
/** A page asks the node for work and memory: no page is longer. */
export const MAX_LIMIT = 10_000n;
/** Entries that one page looks at: those that an offset skips, a filter leaves out, or a total counts. */
const MAX_WALKED = 50_000;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly pagination: PageResponse;
}

/**
 * Reads one page of the entries under `prefix`, in key order. `read` gets the key without the prefix; what it answers
 * undefined for is filtered out and does not count.
 * Work grows with offset + limit, and with all entries if count_total is set, up to 50,000: a page ends there, even an empty
 * one, with the key of the next; and a total counts no further, so that it is the least there are.
 * @throws SdkError.invalidRequest if both key and offset are set, or a number is out of bounds
 */
export function paginate<Item>(
  store: ReadonlyKVStore,
  prefix: Uint8Array,
  request: PageRequest | undefined,
  read: (key: Uint8Array, value: Uint8Array) => Item | undefined,
): Page<Item> {
  const key = request?.key ?? new Uint8Array(0);
  const offset = request?.offset ?? 0n;
  const reverse = request?.reverse ?? false;
  const limit = request?.limit || DEFAULT_LIMIT;
  if (key.length > 0 && offset > 0n) {
    throw SdkError.invalidRequest("pagination: key and offset exclude each other; give one");
  }
  if (offset > BigInt(MAX_WALKED))
    throw SdkError.invalidRequest(`pagination.offset: ${offset} is over ${MAX_WALKED}; page by key`);
  const capped = limit > MAX_LIMIT ? MAX_LIMIT : limit;
  const countTotal = (request?.countTotal ?? request === undefined) && key.length === 0;

  const end = prefixEnd(prefix);
  const range = !reverse
    ? { start: concatBytes(prefix, key), ...(end ? { end } : {}) }
    : // A reverse page's key is the next entry to show, so the range ends just after it.
      {
        start: prefix,
        ...(key.length > 0 ? { end: concatBytes(prefix, key, Uint8Array.of(0)) } : end ? { end } : {}),
      };

  const items: Item[] = [];
  let matched = 0n;
  let nextKey = new Uint8Array(0);
  let walked = 0;
  for (const [fullKey, value] of store.iterate({ ...range, reverse })) {
    // Nobody pays for a query, and nothing else runs beside it: the rest is another page's.
    if (++walked > MAX_WALKED) {
      if (nextKey.length === 0) nextKey = fullKey.slice(prefix.length);
      break;
    }
    const item = read(fullKey.subarray(prefix.length), value);
    if (item === undefined) continue;
    matched += 1n;
    if (matched <= offset) continue;
    if (BigInt(items.length) < capped) {
      items.push(item);
      continue;
    }
    if (nextKey.length === 0) nextKey = fullKey.slice(prefix.length);
    if (!countTotal) break;
  }
  return { items, pagination: { nextKey, total: countTotal ? matched : 0n } };
}
