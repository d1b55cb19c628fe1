/** One store of the multistore: its tree, what the running block wrote, and its latest committed values. */
import { ByteMap } from "./bytemap.ts";
import { copyBytes } from "./bytes.ts";
import type { NodeCache } from "./cache/nodes.ts";
import type { Cached, ValueCache } from "./cache/values.ts";
import type { Batch, Database } from "./db/database.ts";
import { encodeNodeIds, flatKey, nodeKey, orphansKey } from "./db/layout.ts";
import { StoreError } from "./errors.ts";
import { encodeNode, type Node, nodeFootprint } from "./iavl/node.ts";
import { type NodeSource, Tree } from "./iavl/tree.ts";
import { ByteWriter } from "./iavl/varint.ts";
import { type Entry, walk } from "./iavl/walk.ts";
import { assertKey, assertValue } from "./limits.ts";
import { hashBytes } from "./sha256.ts";
import type { KVStore, Range } from "./types.ts";

/** First byte of a root entry that names another node; no node starts with it (as a varint it is a negative height). */
const REFERENCE = 0x73;

/** Ids of orphans in one database entry. */
const ORPHANS_A_PART = 1024;

const NODE_RECORD = new ByteWriter(4096);

export interface TreeStoreDeps {
  readonly database: Database;
  readonly nodes: NodeCache;
  readonly values: ValueCache;
}

/** The root of a store at a version: undefined for an empty tree. */
export function loadRoot(
  database: Database,
  store: number,
  version: number,
  source: NodeSource,
): Node | undefined {
  const bytes = database.get(nodeKey(store, version, 1));
  if (bytes === undefined) {
    throw new StoreError("CORRUPT", `root ${version} of store ${store} is missing: restore from a snapshot`);
  }
  if (bytes.length === 0) return undefined;
  if (bytes[0] !== REFERENCE) return source.load(version, 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return source.load(view.getUint32(1) * 0x1_0000_0000 + view.getUint32(5), view.getUint32(9));
}

/** The working state of one store: what modules' branches are written to. */
export class TreeStore implements KVStore {
  readonly name: string;
  /** The store's number in database keys. */
  readonly id: number;
  readonly source: NodeSource;
  readonly #deps: TreeStoreDeps;
  readonly #tree: Tree;
  #saved: Node | undefined = undefined;
  /** The latest version's root entry is not a node of its own, so that the next version orphans it. */
  #borrowedRoot = false;
  #pending = new ByteMap<Cached>();

  constructor(name: string, id: number, version: number | undefined, deps: TreeStoreDeps) {
    this.name = name;
    this.id = id;
    this.#deps = deps;
    this.source = deps.nodes.source(id);
    this.#tree = new Tree(this.source, undefined);
    this.load(version);
  }

  /** Starts from a committed version; with undefined from an empty tree that no version has yet. */
  load(version: number | undefined): void {
    const root =
      version === undefined ? undefined : loadRoot(this.#deps.database, this.id, version, this.source);
    if (root !== undefined) this.#deps.nodes.add(nodeFootprint(root));
    this.#saved = root;
    this.#borrowedRoot = version !== undefined && (root?.version !== version || root.nonce !== 1);
    this.discard();
  }

  /** Root of the latest committed version. */
  get savedRoot(): Node | undefined {
    return this.#saved;
  }

  get dirty(): boolean {
    return this.#pending.size > 0;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#pending.size > 0) {
      const written = this.#pending.get(key);
      if (written !== undefined) return written ?? undefined;
    }
    return this.committed(key);
  }

  has(key: Uint8Array): boolean {
    return this.get(key) !== undefined;
  }

  /** The value in the latest committed version: from memory, or one read of the flat index. */
  committed(key: Uint8Array): Uint8Array | undefined {
    const { values, database } = this.#deps;
    const cached = values.get(this.id, key);
    if (cached !== undefined) return cached ?? undefined;
    const value = database.get(flatKey(this.id, key));
    values.set(this.id, copyBytes(key), value ?? null);
    return value;
  }

  set(key: Uint8Array, value: Uint8Array): void {
    assertKey(key);
    assertValue(value);
    this.#tree.set(key, value);
    this.#pending.set(key, value);
  }

  delete(key: Uint8Array): void {
    assertKey(key);
    if (this.#tree.remove(key)) this.#pending.set(key, null);
  }

  iterate(range: Range = {}): IterableIterator<Entry> {
    return walk(this.#tree.freeze(), range, this.source);
  }

  /** The root hash that the store has if the working state is saved at `version`. */
  hash(version: number): Uint8Array {
    return hashBytes(this.#tree.hash(version));
  }

  /** Puts everything that changed since `previous` into the batch. `settle` makes it the latest once it is written. */
  save(batch: Batch, version: number, previous: number): void {
    this.#saveNodes(batch, version, previous);
    const { keys, values } = this.#pending;
    for (let i = 0; i < keys.length; i++) {
      const value = values[i]!;
      if (value === null) batch.delete(flatKey(this.id, keys[i]!));
      else batch.put(flatKey(this.id, keys[i]!), value);
    }
  }

  #saveNodes(batch: Batch, version: number, previous: number): void {
    let count = 0;
    let bytes = 0;
    const orphans = this.#tree.save(version, (node) => {
      count++;
      bytes += nodeFootprint(node);
      encodeNode(node, NODE_RECORD.reset());
      batch.put(nodeKey(this.id, version, node.nonce), NODE_RECORD.view());
    });
    const gone = orphans.length / 2;
    if (count > 0) this.#deps.nodes.add(bytes - (gone * bytes) / count);
    const root = this.#tree.root;
    if (this.#borrowedRoot) orphans.push(previous, 1);
    this.#borrowedRoot = root === undefined || root.version !== version;
    if (root === undefined) batch.put(nodeKey(this.id, version, 1), new Uint8Array(0));
    else if (root.version !== version) batch.put(nodeKey(this.id, version, 1), referenceTo(root));
    for (let part = 0; part * ORPHANS_A_PART * 2 < orphans.length; part++) {
      const start = part * ORPHANS_A_PART * 2;
      const ids = encodeNodeIds(orphans, start, Math.min(orphans.length, start + ORPHANS_A_PART * 2));
      batch.put(orphansKey(version, this.id, part), ids);
    }
  }

  /** The batch of `save` is on the disk: the working state is the latest version. */
  settle(): void {
    const { keys, values } = this.#pending;
    for (let i = 0; i < keys.length; i++) this.#deps.values.set(this.id, keys[i]!, values[i]!);
    this.#pending = new ByteMap();
    this.#saved = this.#tree.root;
  }

  /** Forgets what was written since the last commit. */
  discard(): void {
    this.#pending = new ByteMap();
    this.#tree.reset(this.#saved);
  }
}

/** A root entry that names another node. */
export function referenceTo(node: Node): Uint8Array {
  return new ByteWriter(13).byte(REFERENCE).uint64(node.version).uint32(node.nonce).finish();
}
