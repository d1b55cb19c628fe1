/**
 * The multistore: IAVL trees under one app hash, blobs, one level database, one atomic batch a commit.
 *
 * A block's life here: `branch()` and its `write()` into the working state, `workingHash()` for FinalizeBlock's answer,
 * `commit()`. Queries take a view with `at(version)`. SDK counterpart: store/rootmulti.
 */
import { CommitInfo } from "../../proto/gen/cosmos.store.v1beta1.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import { type AuditReport, auditLatest } from "./audit.ts";
import { BlobTable } from "./blobtable.ts";
import { MultiBranch } from "./branch.ts";
import { NodeCache } from "./cache/nodes.ts";
import { ValueCache } from "./cache/values.ts";
import { appHashOf, hasStore, makeCommitInfo, timeOf } from "./commitinfo.ts";
import type { Database } from "./db/database.ts";
import {
  commitKey,
  type DatabaseState,
  encodeState,
  flatKey,
  RESTORING_KEY,
  STATE_KEY,
} from "./db/layout.ts";
import { StoreError } from "./errors.ts";
import { guardBlobs, guardStore } from "./guard.ts";
import { assertRoots, clearState, type Head, keptVersion, readHead, readInfo } from "./head.ts";
import { type HeldVersions, holdVersions } from "./held.ts";
import {
  assertOptions,
  DEFAULT_CACHE_BYTES,
  type MultiStoreDeps,
  type MultiStoreOptions,
  NODE_PERCENT,
  openDatabase,
} from "./options.ts";
import { Pruner, type PrunerTarget } from "./pruning.ts";
import { rollBack } from "./rollback.ts";
import type { SnapshotInfo } from "./snapshots/format.ts";
import { type RestoreTarget, SnapshotRestorer } from "./snapshots/restore.ts";
import { loadRoot, TreeStore } from "./treestore.ts";
import type { Branch, KVStore, View } from "./types.ts";
import { MultiView } from "./view.ts";

export class MultiStore {
  readonly #database: Database;
  readonly #sync: boolean;
  readonly #nodes: NodeCache;
  readonly #values: ValueCache;
  readonly #held: HeldVersions = holdVersions();
  /** Every store the database knows, by number; `undefined` where this version does not have it. */
  readonly #names: readonly string[];
  readonly #stores: ReadonlyMap<string, TreeStore>;
  readonly #blobs: BlobTable;
  #state: DatabaseState;
  #info: CommitInfo;
  #appHash: Uint8Array;
  #initialVersion: bigint;
  #busy: "no" | "committing" | "restoring" | "failed" | "closed" = "no";
  readonly #pruner: Pruner;

  private constructor(database: Database, options: MultiStoreOptions, opened: Head) {
    const cacheBytes = options.cacheBytes ?? DEFAULT_CACHE_BYTES;
    this.#database = database;
    this.#sync = options.sync ?? true;
    this.#initialVersion = options.initialVersion ?? 1n;
    this.#state = opened.state;
    this.#info = opened.info;
    this.#appHash = appHashOf(opened.info);
    this.#names = opened.names;
    this.#nodes = new NodeCache(database, (cacheBytes / 100) * NODE_PERCENT);
    this.#values = new ValueCache((cacheBytes / 100) * (100 - NODE_PERCENT));
    this.#blobs = new BlobTable(database);
    this.#pruner = new Pruner(options.pruning ?? { strategy: "default" }, this.#pruned());
    const had = new Set(opened.info.storeInfos.map(({ name }) => name));
    const deps = { database, nodes: this.#nodes, values: this.#values };
    this.#stores = new Map(
      [...options.stores].sort().map((name) => {
        const version = had.has(name) ? opened.state.latest : undefined;
        return [name, new TreeStore(name, opened.names.indexOf(name), version, deps)];
      }),
    );
    this.#nodes.version = Number(this.#nextVersion());
    assertRoots(opened.info, this.#stores);
  }

  /**
   * Opens the database, or makes one.
   * @throws StoreError OPTIONS, STORES_DIFFER if the names differ from the last version's, CORRUPT.
   */
  static async open(options: MultiStoreOptions, deps: MultiStoreDeps = {}): Promise<MultiStore> {
    assertOptions(options);
    const database = await openDatabase(options.path, deps);
    try {
      return new MultiStore(database, options, await readHead(database, options));
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** The latest committed version; 0 before the first commit. */
  get version(): bigint {
    return this.#info.version;
  }

  /** App hash of the latest version. Before the first commit: the SHA-256 of nothing, as in the SDK. */
  get appHash(): Uint8Array {
    return this.#appHash.slice();
  }

  /** Time of the latest version's block, if it was committed with one. */
  get time(): Timestamp | undefined {
    return timeOf(this.#info);
  }

  versions(): { earliest: bigint; latest: bigint } {
    return { earliest: BigInt(this.#state.earliest), latest: BigInt(this.#state.latest) };
  }

  /** Bytes of tree nodes in memory, as the cache counts them. */
  get cachedBytes(): number {
    return this.#nodes.bytes;
  }

  /** SDK: SetInitialVersion at InitChain. @throws StoreError NOT_EMPTY once a version is committed. */
  setInitialVersion(version: bigint): void {
    if (this.version !== 0n) {
      throw new StoreError(
        "NOT_EMPTY",
        `initial version ${version}: version ${this.version} is committed already`,
      );
    }
    if (version < 1n) throw new StoreError("OPTIONS", `initial version is ${version}: at least 1`);
    this.#initialVersion = version;
  }

  #nextVersion(): bigint {
    return this.version === 0n ? this.#initialVersion : this.version + 1n;
  }

  /** A branch over the working state. */
  branch(): Branch {
    return new MultiBranch({
      store: (name) => this.#store(name),
      blobs: guardBlobs(this.#blobs, () => this.#assertIdle()),
    });
  }

  #store(name: string): KVStore {
    const store = this.#stores.get(name);
    if (store === undefined) {
      throw new StoreError(
        "UNKNOWN_STORE",
        `no store ${name}; there are ${[...this.#stores.keys()].join(", ")}`,
      );
    }
    return guardStore(store, () => this.#assertIdle());
  }

  #assertIdle(): void {
    if (this.#busy === "no") return;
    if (this.#busy === "committing") throw new StoreError("COMMITTING", "a commit is under way: wait for it");
    if (this.#busy === "closed") throw new StoreError("CLOSED", "the store is closed");
    if (this.#busy === "restoring")
      throw new StoreError("COMMITTING", "a snapshot is being restored: finish or abandon it");
    throw new StoreError("FAILED", "a commit failed: close the store and open it again");
  }

  #working(time?: Timestamp): CommitInfo {
    const version = this.#nextVersion();
    const roots = [...this.#stores].map(([name, store]) => ({ name, value: store.hash(Number(version)) }));
    return makeCommitInfo(version, roots, time);
  }

  /** The app hash that `commit` will give for the working state. Cost: hashing what changed, once. */
  workingHash(): Uint8Array {
    return appHashOf(this.#working());
  }

  /**
   * Makes the working state the next version: one batch over all stores and blobs, on the disk when this resolves.
   * @param time of the block, which is kept beside the state and is no part of it (ADR-0152)
   * @throws StoreError FAILED if the batch could not be written; the store must then be opened anew.
   */
  async commit(time?: Timestamp): Promise<{ version: bigint; appHash: Uint8Array }> {
    this.#assertIdle();
    this.#busy = "committing";
    let puts: number;
    try {
      await this.#pruner.settled();
      puts = await this.#write(time);
    } catch (cause) {
      this.#busy = "failed";
      throw new StoreError("FAILED", `commit of version ${this.#nextVersion()} failed: ${String(cause)}`, {
        cause,
      });
    }
    this.#busy = "no";
    this.#nodes.sweep([...this.#stores.values()].map((store) => store.savedRoot));
    this.#pruner.committed(this.version, puts);
    return { version: this.version, appHash: this.appHash };
  }

  /** Returns how many entries it wrote. */
  async #write(time: Timestamp | undefined): Promise<number> {
    const info = this.#working(time);
    const version = Number(info.version);
    const previous = this.#state.latest;
    const batch = this.#database.batch();
    for (const store of this.#stores.values()) store.save(batch, version, previous);
    this.#blobs.save(batch, version);
    const earliest = this.#state.latest === 0 ? version : this.#state.earliest;
    const state = { earliest, latest: version };
    batch.put(commitKey(version), CommitInfo.encode(info));
    batch.put(STATE_KEY, encodeState(state));
    const puts = batch.length;
    await batch.write({ sync: this.#sync });
    for (const store of this.#stores.values()) store.settle();
    this.#blobs.clear();
    this.#state = state;
    this.#info = info;
    this.#appHash = appHashOf(info);
    this.#nodes.version = version + 1;
    return puts;
  }

  /** Drops everything that was written since the last commit. */
  discard(): void {
    this.#assertIdle();
    for (const store of this.#stores.values()) store.discard();
    this.#blobs.clear();
  }

  /** Removes all versions below `version` now, but for held ones. For `opgd prune`. */
  async pruneTo(version: bigint): Promise<void> {
    this.#assertIdle();
    await this.#pruner.pruneTo(Number(version));
  }

  /**
   * Checks the latest version on the disk against its hashes; the flat index and blobs too. For `opgd doctor`.
   * @throws StoreError CORRUPT, naming what differs. Cost: all of the state.
   */
  async audit(): Promise<AuditReport> {
    this.#assertIdle();
    await this.settled();
    if (this.version === 0n) return { keys: 0, nodes: 0, blobs: 0 };
    const view = this.at(this.version);
    try {
      return await auditLatest(this.#database, this.#names, view);
    } finally {
      view.release();
    }
  }

  /** Waits for the pruning step that is under way. */
  async settled(): Promise<void> {
    await this.#pruner.settled();
  }

  /**
   * A committed version, held until `release`. Cost: one read for an older version.
   * @throws StoreError VERSION_NOT_KEPT, naming the versions that are.
   */
  at(version: bigint): View {
    if (this.#busy === "closed") throw new StoreError("CLOSED", "the store is closed");
    const number = keptVersion(this.#state, version);
    const { latest } = this.#state;
    const info = number === latest ? this.#info : readInfo(this.#database, number);
    const release = this.#held.hold(number);
    return new MultiView({
      database: this.#database,
      info,
      appHash: number === latest ? this.#appHash : appHashOf(info),
      root: (name) => this.#rootAt(name, number),
      latest: (name, key) =>
        // A store that an upgrade removes is in the latest version and not among the working ones.
        this.#stores.has(name)
          ? this.#stores.get(name)!.committed(key)
          : this.#database.get(flatKey(this.#names.indexOf(name), key)),
      isLatest: () => this.#state.latest === number && this.#busy === "no",
      release,
    });
  }

  #rootAt(name: string, version: number): ReturnType<ConstructorParameters<typeof MultiView>[0]["root"]> {
    const store = this.#stores.get(name);
    if (store !== undefined && version === this.#state.latest)
      return { root: store.savedRoot, source: store.source };
    const id = this.#names.indexOf(name);
    const source = store?.source ?? this.#nodes.source(id);
    return { root: loadRoot(this.#database, id, version, source), source };
  }

  /**
   * Makes `version` the latest again, for ever forgetting later ones. One batch.
   * @throws StoreError VERSION_NOT_KEPT, or VERSION_HELD while a later version is being read.
   */
  async rollback(version: bigint): Promise<void> {
    this.#assertIdle();
    const number = keptVersion(this.#state, version);
    const highest = this.#held.highest();
    if (highest !== undefined && highest > number) {
      throw new StoreError("VERSION_HELD", `version ${highest} is being read: release its views first`);
    }
    this.discard();
    this.#busy = "committing";
    try {
      await this.#pruner.settled();
      const info = readInfo(this.#database, number);
      const stores = this.#names.map((name, id) => ({
        id,
        was: hasStore(info, name),
        is: hasStore(this.#info, name),
      }));
      await rollBack({
        database: this.#database,
        nodes: this.#nodes,
        state: this.#state,
        target: number,
        stores,
      });
      this.#adopt({ earliest: this.#state.earliest, latest: number }, info);
      this.#busy = "no";
    } catch (cause) {
      this.#busy = "failed";
      throw new StoreError("FAILED", `rollback to version ${version} failed: ${String(cause)}`, { cause });
    }
  }

  #pruned(): PrunerTarget {
    const read = () => this.#state;
    return {
      database: this.#database,
      get state() {
        return read();
      },
      setState: (state) => {
        this.#state = state;
      },
      lowestHeld: () => this.#held.lowest(),
    };
  }

  /**
   * Begins to restore a snapshot; `appHash` must come from a trusted header. The store is as it was opened until the last
   * chunk is applied. One that was begun and not finished is forgotten.
   * @throws StoreError NOT_EMPTY once a version is committed, SNAPSHOT if the description is inconsistent.
   */
  async restore(snapshot: SnapshotInfo, appHash: Uint8Array): Promise<SnapshotRestorer> {
    this.#assertIdle();
    if (this.version !== 0n) {
      throw new StoreError(
        "NOT_EMPTY",
        `version ${this.version} is committed already: remove the data folder first`,
      );
    }
    const target = this.#restored();
    const restorer = new SnapshotRestorer(target, snapshot, appHash);
    const batch = this.#database.batch();
    batch.put(RESTORING_KEY, new Uint8Array(0));
    await batch.write({ sync: true });
    this.#busy = "restoring";
    await clearState(this.#database);
    return restorer;
  }

  #restored(): RestoreTarget {
    return {
      database: this.#database,
      stores: [...this.#stores.keys()],
      numberOf: (name) => {
        if (this.#stores.has(name)) return this.#names.indexOf(name);
        throw new StoreError("UNKNOWN_STORE", `snapshot has a store ${name}: this program does not`);
      },
      adopt: async (info, batch) => {
        const version = Number(info.version);
        const state = { earliest: version, latest: version };
        batch.put(commitKey(version), CommitInfo.encode(info));
        batch.put(STATE_KEY, encodeState(state));
        batch.delete(RESTORING_KEY);
        await batch.write({ sync: true });
        this.#adopt(state, info);
        this.#busy = "no";
      },
      abandon: async () => {
        await clearState(this.#database);
        const batch = this.#database.batch();
        batch.delete(RESTORING_KEY);
        await batch.write({ sync: true });
        this.#busy = "no";
      },
    };
  }

  /** Makes what the database has the state in memory. */
  #adopt(state: DatabaseState, info: CommitInfo): void {
    this.#state = state;
    this.#info = info;
    this.#appHash = appHashOf(info);
    this.#values.clear();
    for (const store of this.#stores.values())
      store.load(hasStore(info, store.name) ? state.latest : undefined);
    this.#nodes.version = state.latest + 1;
  }

  async close(): Promise<void> {
    if (this.#busy === "closed") return;
    this.#busy = "closed";
    try {
      await this.#pruner.settled();
    } finally {
      await this.#database.close();
    }
  }
}
