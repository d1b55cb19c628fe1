/** Committed versions for readers: queries, proofs, scratch branches. */
import type { CommitInfo } from "../../proto/gen/cosmos.store.v1beta1.ts";
import { aliveAt, decodeIntervals, readBlob, readIntervals } from "./blobtable.ts";
import { type BranchParent, MultiBranch } from "./branch.ts";
import { copyBytes } from "./bytes.ts";
import { hasStore, rootsOf } from "./commitinfo.ts";
import type { Database } from "./db/database.ts";
import { Kind } from "./db/layout.ts";
import { StoreError } from "./errors.ts";
import type { Node } from "./iavl/node.ts";
import type { NodeSource } from "./iavl/tree.ts";
import { type Entry, lookUp, postOrder, walk } from "./iavl/walk.ts";
import { proveEntry, proveKey } from "./proofs/prove.ts";
import type {
  Blobs,
  Branch,
  ExportedNode,
  KVStore,
  Proof,
  Range,
  ReadonlyBlobs,
  ReadonlyKVStore,
  View,
} from "./types.ts";

/** What a view needs of the multistore. */
export interface ViewSource {
  readonly database: Database;
  readonly info: CommitInfo;
  readonly appHash: Uint8Array;
  /** Root of a store at the view's version, and where its nodes come from. */
  root(store: string): { readonly root: Node | undefined; readonly source: NodeSource };
  /** The value from the flat index; may be used while `isLatest`. */
  latest(store: string, key: Uint8Array): Uint8Array | undefined;
  isLatest(): boolean;
  release(): void;
}

function readOnly(what: string): never {
  throw new StoreError(
    "READ_ONLY",
    `${what}: a committed version cannot be written, take a branch of the working state`,
  );
}

class ViewStore implements KVStore {
  readonly #name: string;
  readonly #view: ViewSource;
  readonly #alive: () => void;
  #tree: { readonly root: Node | undefined; readonly source: NodeSource } | undefined;

  constructor(name: string, view: ViewSource, alive: () => void) {
    this.#name = name;
    this.#view = view;
    this.#alive = alive;
  }

  tree(): { readonly root: Node | undefined; readonly source: NodeSource } {
    this.#alive();
    this.#tree ??= this.#view.root(this.#name);
    return this.#tree;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#alive();
    if (this.#view.isLatest()) return this.#view.latest(this.#name, key);
    const { root, source } = this.tree();
    return lookUp(root, key, source);
  }

  has(key: Uint8Array): boolean {
    return this.get(key) !== undefined;
  }

  iterate(range: Range = {}): IterableIterator<Entry> {
    const { root, source } = this.tree();
    return walk(root, range, source);
  }

  set(): never {
    return readOnly("set");
  }

  delete(): never {
    return readOnly("delete");
  }
}

class ViewBlobs implements Blobs {
  readonly #database: Database;
  readonly #version: number;
  readonly #alive: () => void;

  constructor(database: Database, version: number, alive: () => void) {
    this.#database = database;
    this.#version = version;
    this.#alive = alive;
  }

  has(hash: Uint8Array): boolean {
    this.#alive();
    return aliveAt(readIntervals(this.#database, hash), this.#version);
  }

  get(hash: Uint8Array): Uint8Array | undefined {
    return this.has(hash) ? readBlob(this.#database, hash) : undefined;
  }

  put(): never {
    return readOnly("put");
  }

  delete(): never {
    return readOnly("delete");
  }
}

export class MultiView implements View {
  readonly version: bigint;
  readonly appHash: Uint8Array;
  readonly info: CommitInfo;
  readonly #source: ViewSource;
  readonly #stores = new Map<string, ViewStore>();
  readonly #blobs: ViewBlobs;
  /** From a store's root to the app hash: the same for all its keys. */
  readonly #entryProofs = new Map<string, Uint8Array>();
  #released = false;

  constructor(source: ViewSource) {
    this.#source = source;
    this.info = source.info;
    this.version = source.info.version;
    this.appHash = source.appHash;
    this.#blobs = new ViewBlobs(source.database, Number(this.version), () => this.#assertHeld());
  }

  #assertHeld(): void {
    if (this.#released)
      throw new StoreError("CLOSED", `view of version ${this.version} was released: take a new one`);
  }

  #store(name: string): ViewStore {
    this.#assertHeld();
    let store = this.#stores.get(name);
    if (store === undefined) {
      if (!hasStore(this.info, name)) {
        throw new StoreError("UNKNOWN_STORE", `version ${this.version} has no store ${name}`);
      }
      store = new ViewStore(name, this.#source, () => this.#assertHeld());
      this.#stores.set(name, store);
    }
    return store;
  }

  store(name: string): ReadonlyKVStore {
    return this.#store(name);
  }

  get blobs(): ReadonlyBlobs {
    return this.#blobs;
  }

  prove(store: string, key: Uint8Array): Proof {
    const { root, source } = this.#store(store).tree();
    const { value, proof } = proveKey(root, key, source);
    let entry = this.#entryProofs.get(store);
    if (entry === undefined) {
      entry = proveEntry(rootsOf(this.info), store);
      this.#entryProofs.set(store, entry);
    }
    return {
      value,
      ops: [
        { type: "ics23:iavl", key, data: proof },
        { type: "ics23:simple", key: new TextEncoder().encode(store), data: entry },
      ],
    };
  }

  *nodes(store: string): Generator<ExportedNode, void, undefined> {
    const { root, source } = this.#store(store).tree();
    for (const node of postOrder(root, source)) {
      this.#assertHeld();
      yield node;
    }
  }

  async *blobHashes(): AsyncGenerator<Uint8Array> {
    const [start, end] = [Uint8Array.of(Kind.blobVersions), Uint8Array.of(Kind.blobVersions + 1)];
    for await (const [key, value] of this.#source.database.scan(start, end)) {
      if (aliveAt(decodeIntervals(value), Number(this.version))) yield copyBytes(key, 1);
    }
  }

  branch(): Branch {
    const parent: BranchParent = { store: (name) => this.#store(name), blobs: this.#blobs };
    return new MultiBranch(parent);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#source.release();
  }
}
