/** A naive store that is obviously right: a Map of hex keys, sorted when it is read. */
import type { KVStore, Range } from "../../../chain/store/types.ts";
import { toHex } from "./fixtures.ts";

export class ModelStore {
  readonly #entries: Map<string, string>;

  constructor(entries: Iterable<readonly [string, string]> = []) {
    this.#entries = new Map(entries);
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#entries.set(toHex(key), toHex(value));
  }

  delete(key: Uint8Array): void {
    this.#entries.delete(toHex(key));
  }

  get(key: Uint8Array): string | undefined {
    return this.#entries.get(toHex(key));
  }

  copy(): ModelStore {
    return new ModelStore(this.#entries);
  }

  entries(range: Range = {}): [string, string][] {
    const start = range.start && toHex(range.start);
    const end = range.end && toHex(range.end);
    const inside = [...this.#entries].filter(
      ([key]) => (start === undefined || key >= start) && (end === undefined || key < end),
    );
    inside.sort(([a], [b]) => (a < b ? -1 : 1));
    return range.reverse === true ? inside.reverse() : inside;
  }
}

export function entriesOf(store: Pick<KVStore, "iterate">, range: Range = {}): [string, string][] {
  return [...store.iterate(range)].map(([key, value]) => [toHex(key), toHex(value)]);
}

/** Short keys over few bytes, so that ranges, prefixes and neighbours all occur. */
export function randomKey(below: (n: number) => number): Uint8Array {
  const bytes = [0x00, 0x01, 0x7f, 0x80, 0xff];
  return Uint8Array.from({ length: 1 + below(4) }, () => bytes[below(bytes.length)]!);
}

export function randomRange(below: (n: number) => number): Range {
  return {
    ...(below(3) > 0 && { start: randomKey(below) }),
    ...(below(3) > 0 && { end: randomKey(below) }),
    reverse: below(2) === 0,
  };
}
