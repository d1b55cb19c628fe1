/**
 * What the rest of the chain knows of the store: key-value stores, branches over them, and views of committed versions.
 * The multistore that provides them is multistore.ts.
 */
import type { CommitInfo } from "../../proto/gen/cosmos.store.v1beta1.ts";
import type { ProofOp } from "../../proto/gen/tendermint.crypto.ts";

/** Keys from `start` (included) to `end` (excluded), in byte order, or backwards. Open where a bound is left out. */
export interface Range {
  readonly start?: Uint8Array;
  readonly end?: Uint8Array;
  readonly reverse?: boolean;
}

/**
 * Keys and values in byte order of the keys. Bytes that come out belong to the store: never change them.
 *
 * An iterator sees the state as it was when `iterate` was called: whatever is written afterwards, to this store or to
 * one below it, is neither seen nor harmful.
 */
export interface ReadonlyKVStore {
  get(key: Uint8Array): Uint8Array | undefined;
  has(key: Uint8Array): boolean;
  iterate(range?: Range): IterableIterator<readonly [key: Uint8Array, value: Uint8Array]>;
}

/** A store that can be written. Bytes that go in belong to the store from then on. */
export interface KVStore extends ReadonlyKVStore {
  /** @throws StoreError if the key is empty, or key or value is larger than the limits in limits.ts. */
  set(key: Uint8Array, value: Uint8Array): void;
  /** Removes a key; one that is absent is no error. */
  delete(key: Uint8Array): void;
}

/** Bytes addressed by their SHA-256. */
export interface ReadonlyBlobs {
  get(hash: Uint8Array): Uint8Array | undefined;
  has(hash: Uint8Array): boolean;
}

export interface Blobs extends ReadonlyBlobs {
  /** Keeps the bytes and returns their SHA-256. The same bytes twice are kept once. */
  put(bytes: Uint8Array): Uint8Array;
  /** Lets the blob go with this block; versions that had it keep it until they are pruned. Absent is no error. */
  delete(hash: Uint8Array): void;
}

/** Changes on top of a parent, which the parent does not see until `write`. */
export interface Branch {
  /** @throws StoreError if the multistore has no store of that name. */
  store(name: string): KVStore;
  readonly blobs: Blobs;
  branch(): Branch;
  /** Applies the changes to the parent, store by store and key by key in byte order. Once: the branch is spent then. */
  write(): void;
}

export interface Proof {
  /** The value, or undefined when the proof is one of absence. */
  readonly value: Uint8Array | undefined;
  /** `ics23:iavl` from the key to the store's root, then `ics23:simple` from that root to the app hash. */
  readonly ops: ProofOp[];
}

export interface ExportedNode {
  readonly version: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** One committed version. It stays readable, whatever is committed or pruned meanwhile, until it is released. */
export interface View {
  readonly version: bigint;
  readonly appHash: Uint8Array;
  /** The roots of all stores, which the app hash is made from. */
  readonly info: CommitInfo;
  store(name: string): ReadonlyKVStore;
  readonly blobs: ReadonlyBlobs;
  /** @throws StoreError if the store holds nothing: ICS-23 has no proof of absence in an empty tree. */
  prove(store: string, key: Uint8Array): Proof;
  /** All nodes of a store in post-order, for snapshots: leaves have a value, inner nodes have none. */
  nodes(store: string): IterableIterator<ExportedNode>;
  /** Hashes of the blobs that are there, in byte order. */
  blobHashes(): AsyncIterableIterator<Uint8Array>;
  /** A scratch branch over this version, for CheckTx, simulation and queries. It cannot be written back. */
  branch(): Branch;
  release(): void;
}

/** How many versions are kept, named and valued as Cosmos's `pruning` setting. */
export type PruningOptions =
  | { readonly strategy: "default" }
  | { readonly strategy: "everything" }
  | { readonly strategy: "nothing" }
  | { readonly strategy: "custom"; readonly keepRecent: bigint; readonly interval: bigint };
