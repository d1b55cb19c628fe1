/** What a database says of its latest version when it is opened. */
import { CommitInfo } from "../../proto/gen/cosmos.store.v1beta1.ts";
import { equalBytes, prefixEnd } from "./bytes.ts";
import { hasStore, makeCommitInfo, rootsOf } from "./commitinfo.ts";
import type { Database } from "./db/database.ts";
import {
  commitKey,
  type DatabaseState,
  decodeState,
  decodeStores,
  encodeStores,
  flatKey,
  Kind,
  RESTORING_KEY,
  STATE_KEY,
  STORES_KEY,
} from "./db/layout.ts";
import { StoreError } from "./errors.ts";
import type { TreeStore } from "./treestore.ts";

export interface Head {
  readonly state: DatabaseState;
  /** Of the latest version; version 0 and no stores before the first commit. */
  readonly info: CommitInfo;
  /** Every store the database has ever had, by its number in keys. */
  readonly names: readonly string[];
}

export interface ExpectedStores {
  readonly stores: readonly string[];
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
}

/** @throws StoreError VERSION_NOT_KEPT or CORRUPT. */
export function readInfo(database: Database, version: number): CommitInfo {
  const bytes = database.get(commitKey(version));
  if (bytes === undefined) {
    throw new StoreError("CORRUPT", `commit info of version ${version} is missing: restore from a snapshot`);
  }
  return CommitInfo.decode(bytes);
}

/** The version as a number. @throws StoreError VERSION_NOT_KEPT, naming the versions that are. */
export function keptVersion({ earliest, latest }: DatabaseState, version: bigint): number {
  const number = Number(version);
  if (version < 1n || number < earliest || number > latest) {
    throw new StoreError(
      "VERSION_NOT_KEPT",
      `version ${version} is not kept: choose from ${earliest} to ${latest}`,
    );
  }
  return number;
}

/** @throws StoreError CORRUPT if a store's root is not the one that its commit names. */
export function assertRoots(info: CommitInfo, stores: ReadonlyMap<string, TreeStore>): void {
  for (const { name, value } of rootsOf(info)) {
    const store = stores.get(name);
    if (store === undefined || equalBytes(store.hash(Number(info.version)), value)) continue;
    throw new StoreError("CORRUPT", `root of store ${name} is not its commit's: restore from a snapshot`);
  }
}

/** Removes all state, but for the numbers of stores: before a snapshot is restored, and after one that was not finished. */
export async function clearState(database: Database): Promise<void> {
  await database.clear(new Uint8Array(0), Uint8Array.of(Kind.meta));
  await database.clear(Uint8Array.of(Kind.meta + 1), Uint8Array.of(0xff));
}

/** Reads the head, and numbers stores that are new. @throws StoreError STORES_DIFFER, CORRUPT. */
export async function readHead(database: Database, expected: ExpectedStores): Promise<Head> {
  if (database.get(RESTORING_KEY) !== undefined) await clearState(database);
  const stored = database.get(STATE_KEY);
  const state = stored === undefined ? { earliest: 0, latest: 0 } : decodeState(stored);
  const known = database.get(STORES_KEY);
  const names = known === undefined ? [] : decodeStores(known);
  const info = state.latest === 0 ? makeCommitInfo(0n, []) : readInfo(database, state.latest);
  if (state.latest > 0) assertSameStores(info, expected);
  // A name that an earlier upgrade removed starts empty: its values of then are still in the flat index.
  const again = (expected.added ?? []).filter((name) => names.includes(name) && !hasStore(info, name));
  for (const name of again) {
    const prefix = flatKey(names.indexOf(name), new Uint8Array(0)).slice();
    await database.clear(prefix, prefixEnd(prefix)!);
  }
  const unknown = [...expected.stores].sort().filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    names.push(...unknown);
    const batch = database.batch();
    batch.put(STORES_KEY, encodeStores(names));
    await batch.write({ sync: true });
  }
  return { state, info, names };
}

function assertSameStores(info: CommitInfo, { stores, added = [], removed = [] }: ExpectedStores): void {
  const had = info.storeInfos.map(({ name }) => name);
  const expected = [
    ...had.filter((name) => !removed.includes(name)),
    ...added.filter((name) => !had.includes(name)),
  ];
  const differ = expected
    .filter((n) => !stores.includes(n))
    .concat(stores.filter((n) => !expected.includes(n)));
  if (differ.length > 0) {
    throw new StoreError(
      "STORES_DIFFER",
      `stores ${differ.join(", ")} differ from version ${info.version}'s (${had.join(", ")}): name what an upgrade adds and removes`,
    );
  }
}
