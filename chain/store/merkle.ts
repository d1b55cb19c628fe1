/**
 * The simple Merkle tree of CometBFT (RFC 6962) and the map over it that the Cosmos SDK makes the app hash from.
 * Source: CometBFT spec/core/data_structures.md (MerkleRoot); SDK store/internal/maps.
 */
import { compareBytes } from "./bytes.ts";
import { EMPTY_HASH, type HashString, hashBytes, sha256String } from "./sha256.ts";

const LEAF = 0;
const INNER = 1;

export function hashLeaf(bytes: Uint8Array): HashString {
  const preimage = new Uint8Array(bytes.length + 1);
  preimage[0] = LEAF;
  preimage.set(bytes, 1);
  return sha256String(preimage);
}

export function hashInner(left: HashString, right: HashString): HashString {
  const preimage = new Uint8Array(65);
  preimage[0] = INNER;
  preimage.set(hashBytes(left), 1);
  preimage.set(hashBytes(right), 33);
  return sha256String(preimage);
}

/** How many of `count` leaves go left: the largest power of two below `count`. */
function split(count: number): number {
  let left = 1;
  while (left * 2 < count) left *= 2;
  return left;
}

/** One step from a leaf to the root: the hash of the sibling, and the side on which it is. */
export interface MerkleStep {
  readonly sibling: HashString;
  readonly side: "left" | "right";
}

/** The root over hashed leaves; of none it is the SHA-256 of nothing. */
export function merkleRoot(leaves: readonly HashString[]): HashString {
  if (leaves.length === 0) return EMPTY_HASH;
  if (leaves.length === 1) return leaves[0]!;
  const left = split(leaves.length);
  return hashInner(merkleRoot(leaves.slice(0, left)), merkleRoot(leaves.slice(left)));
}

/** Root over items as bytes: what CometBFT calls HashFromByteSlices. */
export function hashItems(items: readonly Uint8Array[]): Uint8Array {
  return hashBytes(merkleRoot(items.map(hashLeaf)));
}

/** The steps from leaf `index` up to the root. */
export function merklePath(leaves: readonly HashString[], index: number): MerkleStep[] {
  if (leaves.length <= 1) return [];
  const left = split(leaves.length);
  if (index < left) {
    const path = merklePath(leaves.slice(0, left), index);
    path.push({ sibling: merkleRoot(leaves.slice(left)), side: "right" });
    return path;
  }
  const path = merklePath(leaves.slice(left), index - left);
  path.push({ sibling: merkleRoot(leaves.slice(0, left)), side: "left" });
  return path;
}

/** A name and the bytes it stands for (a store and its root). */
export interface MapEntry {
  readonly name: string;
  readonly value: Uint8Array;
}

/** The leaves of the map in order of their names: (length, name, 32, sha256(value)) each. */
export function mapLeaves(entries: readonly MapEntry[]): {
  readonly names: string[];
  readonly leaves: HashString[];
} {
  const encoder = new TextEncoder();
  const sorted = entries
    .map(({ name, value }) => ({ name, key: encoder.encode(name), value }))
    .sort((a, b) => compareBytes(a.key, b.key));
  return {
    names: sorted.map(({ name }) => name),
    leaves: sorted.map(({ key, value }) => mapLeaf(key, value)),
  };
}

function mapLeaf(key: Uint8Array, value: Uint8Array): HashString {
  // Names of stores are short: their length is one byte of varint.
  const bytes = new Uint8Array(key.length + 34);
  bytes[0] = key.length;
  bytes.set(key, 1);
  bytes[key.length + 1] = 32;
  bytes.set(hashBytes(sha256String(value)), key.length + 2);
  return hashLeaf(bytes);
}

export function hashMap(entries: readonly MapEntry[]): Uint8Array {
  return hashBytes(merkleRoot(mapLeaves(entries).leaves));
}
