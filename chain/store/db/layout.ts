/**
 * Keys of the level database. The first byte is the kind; numbers are big-endian, so that byte order is their order.
 *
 *     n store(2) version(8) nonce(4)   a node, as iavl stores it; nonce 1 is the root: the node, `s` and the key of the
 *                                      node it equals, or nothing for an empty tree
 *     f store(2) key                   the value of a key in the latest version
 *     o version(8) store(2) part(4)    nodes of older versions that `version` no longer has
 *     c version(8)                     cosmos.store.v1beta1.CommitInfo of a version
 *     b hash(32)                       a blob
 *     i hash(32)                       the versions in which the blob is there
 *     d version(8) hash(32)            a blob that `version` no longer has
 *     m name                           about the database itself
 */
import { StoreError } from "../errors.ts";
import { ByteWriter, readUvarint } from "../iavl/varint.ts";

export const Kind = {
  blob: 0x62,
  commit: 0x63,
  dropped: 0x64,
  flat: 0x66,
  blobVersions: 0x69,
  meta: 0x6d,
  node: 0x6e,
  orphans: 0x6f,
} as const;

// Level copies a key before it returns, so that one buffer serves all of them. Every key below is valid until the next.
const scratch = new ByteWriter(512);

export function nodeKey(store: number, version: number, nonce: number): Uint8Array {
  scratch
    .reset()
    .byte(Kind.node)
    .byte(store >>> 8)
    .byte(store);
  return scratch.uint64(version).uint32(nonce).view();
}

export function flatKey(store: number, key: Uint8Array): Uint8Array {
  scratch
    .reset()
    .byte(Kind.flat)
    .byte(store >>> 8)
    .byte(store);
  return scratch.raw(key).view();
}

export function orphansKey(version: number, store: number, part: number): Uint8Array {
  scratch.reset().byte(Kind.orphans).uint64(version);
  return scratch
    .byte(store >>> 8)
    .byte(store)
    .uint32(part)
    .view();
}

export function commitKey(version: number): Uint8Array {
  return scratch.reset().byte(Kind.commit).uint64(version).view();
}

export function blobKey(hash: Uint8Array): Uint8Array {
  return scratch.reset().byte(Kind.blob).raw(hash).view();
}

export function blobVersionsKey(hash: Uint8Array): Uint8Array {
  return scratch.reset().byte(Kind.blobVersions).raw(hash).view();
}

export function droppedKey(version: number, hash: Uint8Array): Uint8Array {
  return scratch.reset().byte(Kind.dropped).uint64(version).raw(hash).view();
}

function metaKey(name: string): Uint8Array {
  return Uint8Array.from([Kind.meta, ...new TextEncoder().encode(name)]);
}

export const STATE_KEY = metaKey("state");
/** There while a snapshot is being restored: what else is in the database is half of it. */
export const RESTORING_KEY = metaKey("restoring");
export const STORES_KEY = metaKey("stores");

/** 1: the layout above. Another number is refused at opening. */
export const FORMAT = 1;

/** Which versions there are. `latest` 0: none yet. */
export interface DatabaseState {
  readonly earliest: number;
  readonly latest: number;
}

export function encodeState(state: DatabaseState): Uint8Array {
  return new ByteWriter(32).uvarint(FORMAT).uvarint(state.earliest).uvarint(state.latest).finish();
}

export function decodeState(bytes: Uint8Array): DatabaseState {
  const at = { offset: 0 };
  const format = readUvarint(bytes, at);
  if (format !== FORMAT) {
    throw new StoreError(
      "CORRUPT",
      `database has format ${format}, this program reads ${FORMAT}: use the program that wrote it`,
    );
  }
  return { earliest: readUvarint(bytes, at), latest: readUvarint(bytes, at) };
}

/** Names of stores; a name's place is the store's number in keys, and stays taken when the store is dropped. */
export function encodeStores(names: readonly string[]): Uint8Array {
  const writer = new ByteWriter(256).uvarint(names.length);
  for (const name of names) writer.bytes(new TextEncoder().encode(name));
  return writer.finish();
}

export function decodeStores(bytes: Uint8Array): string[] {
  const at = { offset: 0 };
  const names: string[] = [];
  for (let left = readUvarint(bytes, at); left > 0; left--) {
    const length = readUvarint(bytes, at);
    names.push(new TextDecoder().decode(bytes.subarray(at.offset, at.offset + length)));
    at.offset += length;
  }
  return names;
}

/** Ids of nodes as (version, nonce) pairs in one flat list, twelve bytes a pair. */
export function encodeNodeIds(ids: readonly number[], start: number, end: number): Uint8Array {
  const writer = new ByteWriter((end - start) * 6);
  for (let i = start; i < end; i += 2) writer.uint64(ids[i]!).uint32(ids[i + 1]!);
  return writer.finish();
}

export function decodeNodeIds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ids: number[] = [];
  for (let at = 0; at + 12 <= bytes.length; at += 12) {
    ids.push(view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4), view.getUint32(at + 8));
  }
  return ids;
}

/** Reads the eight bytes of a version inside a key. */
export function readVersion(key: Uint8Array, offset: number): number {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  return view.getUint32(offset) * 0x1_0000_0000 + view.getUint32(offset + 4);
}
