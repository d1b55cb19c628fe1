/** A snapshot becomes a version: every node is hashed on the way, and the app hash at the end decides. */
import type { CommitInfo } from "../../../proto/gen/cosmos.store.v1beta1.ts";
import { encodeIntervals } from "../blobtable.ts";
import { compareBytes, equalBytes, toHex } from "../bytes.ts";
import { appHashOf, makeCommitInfo } from "../commitinfo.ts";
import type { Batch, Database } from "../db/database.ts";
import { blobKey, blobVersionsKey, flatKey, nodeKey } from "../db/layout.ts";
import { StoreError } from "../errors.ts";
import { encodeNode, hashNode, Node } from "../iavl/node.ts";
import { ByteWriter } from "../iavl/varint.ts";
import { assertKey, assertValue } from "../limits.ts";
import type { MapEntry } from "../merkle.ts";
import { EMPTY_HASH, hashBytes, sha256 } from "../sha256.ts";
import { referenceTo } from "../treestore.ts";
import { RecordReader, SNAPSHOT_FORMAT, type SnapshotInfo, type SnapshotRecord } from "./format.ts";

/** What the multistore gives a restorer, and what it is told at the end. */
export interface RestoreTarget {
  readonly database: Database;
  /** The store's number in keys. @throws StoreError UNKNOWN_STORE. */
  numberOf(name: string): number;
  readonly stores: readonly string[];
  /** Makes the restored version the latest, in the given batch. */
  adopt(info: CommitInfo, batch: Batch): Promise<void>;
  /** Forgets what was restored so far. */
  abandon(): Promise<void>;
}

/** Puts gathered before a batch is written. */
const PUTS_A_BATCH = 20_000;

function refuse(why: string): never {
  throw new StoreError("SNAPSHOT", `snapshot refused: ${why}; take another one`);
}

/** A finished subtree: its root, whose children are not needed any more, and its smallest key. */
interface Subtree {
  readonly node: Node;
  readonly first: Uint8Array;
}

export class SnapshotRestorer {
  readonly #target: RestoreTarget;
  readonly #info: SnapshotInfo;
  readonly #appHash: Uint8Array;
  readonly #reader = new RecordReader();
  readonly #version: number;
  readonly #roots: MapEntry[] = [];
  #next = 0;
  #batch: Batch;
  #store: { readonly id: number; readonly name: string } | undefined;
  #open: Subtree[] = [];
  #lastKey: Uint8Array | undefined;
  /** Nonces given so far, by version. 1 is kept for the root. */
  #nonces = new Map<number, number>();
  #ended = false;
  #abandoned = false;
  readonly #writer = new ByteWriter(4096);

  /** `appHash` must come from a header that is trusted. @throws StoreError SNAPSHOT. */
  constructor(target: RestoreTarget, info: SnapshotInfo, appHash: Uint8Array) {
    if (info.format !== SNAPSHOT_FORMAT)
      refuse(`format ${info.format}, this program reads ${SNAPSHOT_FORMAT}`);
    if (info.height < 1n || info.height > BigInt(Number.MAX_SAFE_INTEGER)) refuse(`height ${info.height}`);
    if (info.metadata.length !== info.chunks * 32 || info.chunks === 0)
      refuse(`${info.chunks} chunks and other metadata`);
    if (!equalBytes(sha256(info.metadata), info.hash)) refuse("metadata do not have the snapshot's hash");
    this.#target = target;
    this.#info = info;
    this.#appHash = appHash;
    this.#version = Number(info.height);
    this.#batch = target.database.batch();
  }

  /** Index of the chunk that is wanted next. */
  get next(): number {
    return this.#next;
  }

  get complete(): boolean {
    return this.#next === this.#info.chunks;
  }

  /**
   * Takes the next chunk. After the last one the version is there, or everything is refused.
   * @throws StoreError BLOB_MISMATCH if the chunk has another hash: fetch it from another peer. SNAPSHOT if the content
   * is wrong: the snapshot is worthless.
   */
  async apply(index: number, chunk: Uint8Array): Promise<void> {
    if (this.#abandoned) refuse("it was given up");
    if (index !== this.#next) refuse(`chunk ${index} came, ${this.#next} is wanted`);
    const expected = this.#info.metadata.subarray(index * 32, index * 32 + 32);
    if (!equalBytes(sha256(chunk), expected)) {
      throw new StoreError(
        "BLOB_MISMATCH",
        `chunk ${index} does not have its hash: fetch it from another peer`,
      );
    }
    try {
      for (const record of this.#reader.read(chunk)) {
        this.#take(record);
        if (this.#batch.length >= PUTS_A_BATCH) await this.#flush();
      }
      this.#next++;
      if (this.complete) await this.#finish();
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /** Gives up: the store is empty again, and free for another snapshot or for genesis. */
  async abandon(): Promise<void> {
    if (this.#abandoned) return;
    this.#abandoned = true;
    await this.#batch.close();
    await this.#target.abandon();
  }

  async #flush(): Promise<void> {
    await this.#batch.write({ sync: false });
    this.#batch = this.#target.database.batch();
  }

  #take(record: SnapshotRecord): void {
    if (this.#ended) refuse("records after the end");
    if (record.type === "store") this.#beginStore(record.name);
    else if (record.type === "leaf") this.#takeLeaf(record.version, record.key, record.value);
    else if (record.type === "inner") this.#takeInner(record.version);
    else if (record.type === "blob") this.#takeBlob(record.bytes);
    else {
      this.#endStore();
      this.#ended = true;
    }
  }

  #beginStore(name: string): void {
    this.#endStore();
    const last = this.#roots.at(-1);
    if (last !== undefined && last.name >= name) refuse(`store ${name} after ${last.name}`);
    this.#store = { id: this.#target.numberOf(name), name };
  }

  #takeVersion(version: number): void {
    if (version < 1 || version > this.#version)
      refuse(`node of version ${version} in version ${this.#version}`);
  }

  #takeLeaf(version: number, key: Uint8Array, value: Uint8Array): void {
    if (this.#store === undefined) refuse("leaf outside of a store");
    this.#takeVersion(version);
    assertKey(key);
    assertValue(value);
    if (this.#lastKey !== undefined && compareBytes(this.#lastKey, key) >= 0)
      refuse(`key ${toHex(key)} out of order`);
    this.#lastKey = key;
    const node = new Node(key, value, 0, 1, 0);
    node.version = version;
    node.hash = hashNode(node, version);
    this.#open.push({ node, first: key });
    this.#batch.put(flatKey(this.#store.id, key), value);
  }

  #takeInner(version: number): void {
    const right = this.#open.pop();
    const left = this.#open.pop();
    if (left === undefined || right === undefined) refuse("inner node without two subtrees");
    this.#takeVersion(version);
    if (Math.abs(left.node.height - right.node.height) > 1) refuse("tree out of balance");
    const height = Math.max(left.node.height, right.node.height) + 1;
    const node = new Node(right.first, undefined, height, left.node.size + right.node.size, 0);
    node.version = version;
    this.#saveChild(left.node);
    this.#saveChild(right.node);
    node.left = left.node;
    node.right = right.node;
    node.hash = hashNode(node, version);
    node.left = undefined;
    node.right = undefined;
    [node.leftVersion, node.leftNonce] = [left.node.version, left.node.nonce];
    [node.rightVersion, node.rightNonce] = [right.node.version, right.node.nonce];
    this.#open.push({ node, first: left.first });
  }

  /** Now it is known not to be the root, so that it gets a nonce from 2 on. */
  #saveChild(node: Node): void {
    const nonce = (this.#nonces.get(node.version) ?? 1) + 1;
    this.#nonces.set(node.version, nonce);
    this.#save(node, nonce);
  }

  #save(node: Node, nonce: number): void {
    node.nonce = nonce;
    encodeNode(node, this.#writer.reset());
    this.#batch.put(nodeKey(this.#store!.id, node.version, nonce), this.#writer.view());
  }

  #endStore(): void {
    if (this.#store === undefined) return;
    const { id, name } = this.#store;
    if (this.#open.length > 1) refuse(`store ${name} ends with ${this.#open.length} subtrees`);
    const root = this.#open[0]?.node;
    if (root === undefined) {
      this.#batch.put(nodeKey(id, this.#version, 1), new Uint8Array(0));
    } else {
      this.#save(root, 1);
      if (root.version !== this.#version) this.#batch.put(nodeKey(id, this.#version, 1), referenceTo(root));
    }
    this.#roots.push({ name, value: hashBytes(root?.hash ?? EMPTY_HASH) });
    this.#store = undefined;
    this.#open = [];
    this.#lastKey = undefined;
    this.#nonces = new Map();
  }

  #takeBlob(bytes: Uint8Array): void {
    this.#endStore();
    const hash = sha256(bytes);
    this.#batch.put(blobKey(hash), bytes);
    this.#batch.put(blobVersionsKey(hash), encodeIntervals([this.#version, 0]));
  }

  async #finish(): Promise<void> {
    if (!this.#ended || this.#reader.pending > 0) refuse("it has no end");
    const info = makeCommitInfo(this.#info.height, this.#roots);
    if (!equalBytes(appHashOf(info), this.#appHash)) {
      refuse(`app hash is ${toHex(appHashOf(info))}, the header says ${toHex(this.#appHash)}`);
    }
    const missing = this.#target.stores.filter((name) => !this.#roots.some((root) => root.name === name));
    if (missing.length > 0) refuse(`stores ${missing.join(", ")} are not in it`);
    await this.#target.adopt(info, this.#batch);
  }
}
