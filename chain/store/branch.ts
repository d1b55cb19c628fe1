/** Changes over a parent: a byte map of what was written, and merged iteration. SDK counterpart: store/cachekv. */
import { ByteMap } from "./bytemap.ts";
import { compareBytes } from "./bytes.ts";
import { StoreError } from "./errors.ts";
import type { Entry } from "./iavl/walk.ts";
import { assertKey, assertValue } from "./limits.ts";
import { hashString, sha256 } from "./sha256.ts";
import type { Blobs, Branch, KVStore, Range } from "./types.ts";

/** What a branch is over: the working state, a view, or another branch. */
export interface BranchParent {
  store(name: string): KVStore;
  readonly blobs: Blobs;
}

/** A value that was set, or null where the key was deleted. */
type Change = Uint8Array | null;

export class BranchStore implements KVStore {
  readonly #parent: KVStore;
  readonly #changes = new ByteMap<Change>();
  /** Changed keys in byte order; kept from the first iteration on, so that branches never iterated pay nothing. */
  #sorted: Uint8Array[] | undefined;

  constructor(parent: KVStore) {
    this.#parent = parent;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#changes.size > 0) {
      const change = this.#changes.get(key);
      if (change !== undefined) return change ?? undefined;
    }
    return this.#parent.get(key);
  }

  has(key: Uint8Array): boolean {
    return this.get(key) !== undefined;
  }

  set(key: Uint8Array, value: Uint8Array): void {
    assertKey(key);
    assertValue(value);
    this.#change(key, value);
  }

  delete(key: Uint8Array): void {
    assertKey(key);
    this.#change(key, null);
  }

  #change(key: Uint8Array, change: Change): void {
    const isNew = this.#changes.set(key, change);
    if (isNew && this.#sorted !== undefined) this.#sorted.splice(lowerBound(this.#sorted, key), 0, key);
  }

  /** Cost beside the parent's: linear in the changes within the range; sorting them once, at the first iteration. */
  iterate(range: Range = {}): IterableIterator<Entry> {
    const below = this.#parent.iterate(range);
    const changes = this.#changesWithin(range);
    return changes.length === 0 ? below : merge(below, changes, range.reverse === true);
  }

  /** The changes as they are now, in the range's direction. */
  #changesWithin({ start, end, reverse }: Range): readonly (readonly [Uint8Array, Change])[] {
    if (this.#changes.size === 0) return [];
    this.#sorted ??= this.#changes.keys.slice().sort(compareBytes);
    const from = start === undefined ? 0 : lowerBound(this.#sorted, start);
    const to = end === undefined ? this.#sorted.length : lowerBound(this.#sorted, end);
    const changes: (readonly [Uint8Array, Change])[] = [];
    for (let i = from; i < to; i++) changes.push([this.#sorted[i]!, this.#changes.get(this.#sorted[i]!)!]);
    return reverse === true ? changes.reverse() : changes;
  }

  /** Applies the changes to the parent in byte order of the keys: a tree's shape depends on the order. */
  write(): void {
    const { keys, values } = this.#changes;
    const order = keys.map((_, i) => i).sort((a, b) => compareBytes(keys[a]!, keys[b]!));
    for (const i of order) {
      const value = values[i]!;
      if (value === null) this.#parent.delete(keys[i]!);
      else this.#parent.set(keys[i]!, value);
    }
  }
}

/** Index of the first of the sorted keys that is not below `key`. */
function lowerBound(sorted: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(sorted[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* merge(
  below: Iterator<Entry>,
  changes: readonly (readonly [Uint8Array, Change])[],
  reverse: boolean,
): Generator<Entry, void, undefined> {
  let at = 0;
  let next = below.next();
  while (at < changes.length) {
    const [key, change] = changes[at]!;
    const order = next.done === true ? 1 : compareBytes(next.value[0], key) * (reverse ? -1 : 1);
    if (order < 0) {
      yield next.value as Entry;
      next = below.next();
      continue;
    }
    if (order === 0) next = below.next();
    if (change !== null) yield [key, change];
    at++;
  }
  while (next.done !== true) {
    yield next.value;
    next = below.next();
  }
}

class BranchBlobs implements Blobs {
  readonly #parent: Blobs;
  /** By hash: the bytes that were put, or null where the blob was deleted. Put in the order of first change. */
  readonly #changes = new Map<string, { readonly hash: Uint8Array; readonly bytes: Uint8Array | null }>();

  constructor(parent: Blobs) {
    this.#parent = parent;
  }

  get(hash: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.get(hashString(hash));
    return change === undefined ? this.#parent.get(hash) : (change.bytes ?? undefined);
  }

  has(hash: Uint8Array): boolean {
    const change = this.#changes.get(hashString(hash));
    return change === undefined ? this.#parent.has(hash) : change.bytes !== null;
  }

  put(bytes: Uint8Array): Uint8Array {
    const hash = sha256(bytes);
    this.#changes.set(hashString(hash), { hash, bytes });
    return hash;
  }

  delete(hash: Uint8Array): void {
    this.#changes.set(hashString(hash), { hash, bytes: null });
  }

  write(): void {
    for (const { hash, bytes } of this.#changes.values()) {
      if (bytes === null) this.#parent.delete(hash);
      else this.#parent.put(bytes);
    }
  }
}

/** A branch over all stores. Making one costs two objects; a store's changes cost when it is first written. */
export class MultiBranch implements Branch {
  readonly #parent: BranchParent;
  readonly #stores = new Map<string, BranchStore>();
  #blobs: BranchBlobs | undefined;
  #spent = false;

  constructor(parent: BranchParent) {
    this.#parent = parent;
  }

  store(name: string): KVStore {
    let store = this.#stores.get(name);
    if (store === undefined) {
      store = new BranchStore(this.#parent.store(name));
      this.#stores.set(name, store);
    }
    return store;
  }

  get blobs(): Blobs {
    this.#blobs ??= new BranchBlobs(this.#parent.blobs);
    return this.#blobs;
  }

  branch(): Branch {
    return new MultiBranch(this);
  }

  write(): void {
    if (this.#spent) throw new StoreError("BRANCH_SPENT", "branch was written already: take a new one");
    if (this.#parent instanceof MultiBranch && this.#parent.#spent) {
      throw new StoreError(
        "BRANCH_SPENT",
        "the branch below was written already: what is written to it would be lost",
      );
    }
    this.#spent = true;
    for (const name of [...this.#stores.keys()].sort()) this.#stores.get(name)!.write();
    this.#blobs?.write();
  }
}
