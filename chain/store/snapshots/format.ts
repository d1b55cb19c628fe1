/**
 * Snapshot format 1 (ADR-0014): one stream of records, cut into chunks wherever the size is reached.
 *
 *     1 name                    a store begins
 *     2 version key value       a leaf
 *     3 version                 an inner node over the two subtrees before it
 *     4 bytes                   a blob
 *     5                         the end
 *
 * Nodes come in post-order. Hashes, heights, sizes and inner keys are left out: the reader makes them, and so checks them.
 * Numbers are unsigned varints, bytes stand behind their length.
 */

import { MAX_BLOB_BYTES } from "../blobtable.ts";
import { StoreError } from "../errors.ts";
import { type ByteWriter, readUvarint } from "../iavl/varint.ts";

export const SNAPSHOT_FORMAT = 1;

/** 4 MiB: CometBFT carries chunks of up to 16 MB. */
export const CHUNK_BYTES = 4 * 1024 * 1024;

/** A record longer than this is no record: the largest blob, and room for its frame. */
const MAX_RECORD_BYTES = MAX_BLOB_BYTES + 1024;

export interface SnapshotInfo {
  readonly height: bigint;
  readonly format: number;
  readonly chunks: number;
  /** SHA-256 of `metadata`. */
  readonly hash: Uint8Array;
  /** SHA-256 of every chunk, one after another. */
  readonly metadata: Uint8Array;
}

export type SnapshotRecord =
  | { readonly type: "store"; readonly name: string }
  | { readonly type: "leaf"; readonly version: number; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "inner"; readonly version: number }
  | { readonly type: "blob"; readonly bytes: Uint8Array }
  | { readonly type: "end" };

const Tag = { store: 1, leaf: 2, inner: 3, blob: 4, end: 5 } as const;

export function writeRecord(record: SnapshotRecord, writer: ByteWriter): void {
  writer.byte(Tag[record.type]);
  if (record.type === "store") writer.bytes(new TextEncoder().encode(record.name));
  else if (record.type === "leaf") writer.uvarint(record.version).bytes(record.key).bytes(record.value);
  else if (record.type === "inner") writer.uvarint(record.version);
  else if (record.type === "blob") writer.bytes(record.bytes);
}

/** Takes chunks as they come and gives the records that are whole. Holds at most one unfinished record. */
export class RecordReader {
  #rest = new Uint8Array(0);

  /** Bytes of an unfinished record. */
  get pending(): number {
    return this.#rest.length;
  }

  /** @throws StoreError SNAPSHOT if the bytes are no records. */
  *read(chunk: Uint8Array): Generator<SnapshotRecord, void, undefined> {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    let start = 0;
    for (;;) {
      const at = { offset: start };
      const record = readRecord(bytes, at);
      if (record === undefined) break;
      start = at.offset;
      yield record;
    }
    this.#rest = bytes.slice(start);
    if (this.#rest.length > MAX_RECORD_BYTES) {
      throw new StoreError(
        "SNAPSHOT",
        `record of more than ${MAX_RECORD_BYTES} bytes: take another snapshot`,
      );
    }
  }
}

/** The next record, or undefined if its end is not there yet. */
function readRecord(bytes: Uint8Array, at: { offset: number }): SnapshotRecord | undefined {
  const tag = bytes[at.offset];
  if (tag === undefined) return undefined;
  at.offset++;
  switch (tag) {
    case Tag.store: {
      const name = readField(bytes, at);
      return name && { type: "store", name: new TextDecoder().decode(name) };
    }
    case Tag.leaf: {
      const version = readNumber(bytes, at);
      const key = version === undefined ? undefined : readField(bytes, at);
      const value = key && readField(bytes, at);
      return value && { type: "leaf", version: version!, key: key!, value };
    }
    case Tag.inner: {
      const version = readNumber(bytes, at);
      return version === undefined ? undefined : { type: "inner", version };
    }
    case Tag.blob: {
      const blob = readField(bytes, at);
      return blob && { type: "blob", bytes: blob };
    }
    case Tag.end:
      return { type: "end" };
    default:
      throw new StoreError("SNAPSHOT", `record of unknown type ${tag}: take another snapshot`);
  }
}

/** Undefined if the number may go on in the next chunk. */
function readNumber(bytes: Uint8Array, at: { offset: number }): number | undefined {
  for (let i = at.offset; i < bytes.length && i < at.offset + 8; i++) {
    if (bytes[i]! < 0x80) return readUvarint(bytes, at);
  }
  if (bytes.length - at.offset >= 8)
    throw new StoreError("SNAPSHOT", "number above 2^53: take another snapshot");
  return undefined;
}

function readField(bytes: Uint8Array, at: { offset: number }): Uint8Array | undefined {
  const length = readNumber(bytes, at);
  if (length === undefined) return undefined;
  if (length > MAX_RECORD_BYTES) {
    throw new StoreError(
      "SNAPSHOT",
      `field of ${length} bytes: at most ${MAX_RECORD_BYTES}, take another snapshot`,
    );
  }
  if (bytes.length - at.offset < length) return undefined;
  const field = bytes.slice(at.offset, at.offset + length);
  at.offset += length;
  return field;
}
