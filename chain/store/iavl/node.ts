/**
 * IAVL nodes and the pure operations on them: hash, encode, decode. Bytes equal those of Go iavl v1.2.8 (node.go).
 *
 * Versions are `number` in here, not bigint: they are heights below 2^53 and are compared in every loop. The store's
 * interface has bigint (ADR-0010).
 */
import { copyBytes } from "../bytes.ts";
import { StoreError } from "../errors.ts";
import { HASH_BYTES, type HashString, hashStringAt, sha256String } from "../sha256.ts";
import { ByteWriter, readUvarint, readZigzag } from "./varint.ts";

/**
 * A leaf (height 0) holds a value; an inner node holds the smallest key of its right side and two children.
 * `version` is 0 until the node is saved. A saved node never changes, but for `left` and `right`: they are only what is
 * in memory of its children, and (leftVersion, leftNonce), (rightVersion, rightNonce) is where those are stored.
 */
export class Node {
  key: Uint8Array;
  value: Uint8Array | undefined;
  /** Undefined until it is needed; read it by `hashOf`. */
  hash: HashString | undefined = undefined;
  height: number;
  /** Number of leaves below, itself included. */
  size: number;
  version = 0;
  nonce = 0;
  left: Node | undefined = undefined;
  right: Node | undefined = undefined;
  leftVersion = 0;
  leftNonce = 0;
  rightVersion = 0;
  rightNonce = 0;
  /** Tree.epoch in which the node was made: an unsaved node of the running epoch may be changed in place. */
  epoch: number;
  /** Version at which the node came into memory; the cache lets the oldest go first. */
  used = 0;

  constructor(key: Uint8Array, value: Uint8Array | undefined, height: number, size: number, epoch: number) {
    this.key = key;
    this.value = value;
    this.height = height;
    this.size = size;
    this.epoch = epoch;
  }
}

const scratch = new ByteWriter(512);

/**
 * The hash of a node that is saved at `version`; children of an inner node must be in memory and hashed.
 * Leaf: sha256(0 1 version key sha256(value)); inner: sha256(height size version left right). Source: iavl docs, node.md.
 */
export function hashNode(node: Node, version: number): HashString {
  scratch.reset();
  scratch.zigzag(node.height).zigzag(node.size).zigzag(version);
  if (node.height === 0) {
    const valueHash = sha256String(node.value!);
    scratch.bytes(node.key).hash(valueHash);
  } else {
    scratch.hash(node.left!.hash!).hash(node.right!.hash!);
  }
  return sha256String(scratch.view());
}

/** The hash of a saved node. A leaf's is not stored, and most leaves are read for their value: it is made when asked for. */
export function hashOf(node: Node): HashString {
  node.hash ??= hashNode(node, node.version);
  return node.hash;
}

/** What is stored of a hashed node. Appends to `writer`. */
export function encodeNode(node: Node, writer: ByteWriter): void {
  writer.zigzag(node.height).zigzag(node.size).bytes(node.key);
  if (node.height === 0) {
    writer.bytes(node.value!);
  } else {
    writer.hash(node.hash!);
    // Mode 0: both children are named by (version, nonce), not by the hashes of iavl before v1.
    writer.zigzag(0);
    writer.zigzag(node.leftVersion).zigzag(node.leftNonce);
    writer.zigzag(node.rightVersion).zigzag(node.rightNonce);
  }
}

/** The node that was stored as `bytes` under (version, nonce). @throws StoreError CORRUPT if they are not a node. */
export function decodeNode(bytes: Uint8Array, version: number, nonce: number): Node {
  const at = { offset: 0 };
  const height = readZigzag(bytes, at);
  const size = readZigzag(bytes, at);
  const key = readBytes(bytes, at);
  const valid = height >= 0 && height < 128 && (height === 0 ? size === 1 : size > 1);
  if (!valid) throw corruptNode(version, nonce, `height ${height} and size ${size}`);
  const node = new Node(key, undefined, height, size, 0);
  node.version = version;
  node.nonce = nonce;
  if (height === 0) {
    node.value = readBytes(bytes, at);
  } else {
    const length = readUvarint(bytes, at);
    const start = at.offset;
    at.offset += length;
    const mode = readZigzag(bytes, at);
    if (length !== HASH_BYTES || mode !== 0) throw corruptNode(version, nonce, `mode ${mode}`);
    node.hash = hashStringAt(bytes, start);
    node.leftVersion = readZigzag(bytes, at);
    node.leftNonce = readZigzag(bytes, at);
    node.rightVersion = readZigzag(bytes, at);
    node.rightNonce = readZigzag(bytes, at);
  }
  if (at.offset !== bytes.length)
    throw corruptNode(version, nonce, `${bytes.length - at.offset} bytes too many`);
  return node;
}

function readBytes(bytes: Uint8Array, at: { offset: number }): Uint8Array {
  const length = readUvarint(bytes, at);
  const start = at.offset;
  if (length > bytes.length - start)
    throw new StoreError("CORRUPT", `node ends inside a field of ${length} bytes`);
  at.offset += length;
  return copyBytes(bytes, start, at.offset);
}

function corruptNode(version: number, nonce: number, why: string): StoreError {
  return new StoreError(
    "CORRUPT",
    `node (${version}, ${nonce}) is not readable: ${why}; restore from a snapshot`,
  );
}

/** Roughly what a node takes in memory, in bytes (measured on Node 20: two typed arrays and an object). */
export function nodeFootprint(node: Node): number {
  return 420 + node.key.length + (node.value === undefined ? 0 : node.value.length + 120);
}
