/**
 * Blobs beside the trees, addressed by SHA-256. A blob is there in intervals of versions: [born, gone), gone 0 while it
 * lasts. Its bytes go when no kept version has it.
 */
import { copyBytes } from "./bytes.ts";
import type { Batch, Database } from "./db/database.ts";
import { blobKey, blobVersionsKey, droppedKey } from "./db/layout.ts";
import { StoreError } from "./errors.ts";
import { ByteWriter, readUvarint } from "./iavl/varint.ts";
import { hashString, sha256 } from "./sha256.ts";
import type { Blobs } from "./types.ts";

/** Blobs are read and written whole; what is larger comes in chunks. */
export const MAX_BLOB_BYTES = 64 * 1024 * 1024;

/** Versions in which a blob is there: born and gone, in turn. */
export type Intervals = number[];

export function encodeIntervals(intervals: Intervals): Uint8Array {
  const writer = new ByteWriter(32);
  for (const version of intervals) writer.uvarint(version);
  return writer.finish();
}

export function decodeIntervals(bytes: Uint8Array): Intervals {
  const at = { offset: 0 };
  const intervals: Intervals = [];
  while (at.offset < bytes.length) intervals.push(readUvarint(bytes, at));
  return intervals;
}

export function aliveAt(intervals: Intervals, version: number): boolean {
  for (let i = 0; i + 1 < intervals.length; i += 2) {
    const gone = intervals[i + 1]!;
    if (intervals[i]! <= version && (gone === 0 || gone > version)) return true;
  }
  return false;
}

export function readIntervals(database: Database, hash: Uint8Array): Intervals {
  const bytes = database.get(blobVersionsKey(hash));
  return bytes === undefined ? [] : decodeIntervals(bytes);
}

/** The bytes of a blob. @throws StoreError CORRUPT if they are missing though some version has them. */
export function readBlob(database: Database, hash: Uint8Array): Uint8Array {
  const bytes = database.get(blobKey(hash));
  if (bytes === undefined)
    throw new StoreError("CORRUPT", "bytes of a blob are missing: restore from a snapshot");
  return bytes;
}

/** Blobs in the working state: those of the latest version, and what the running block puts and deletes. */
export class BlobTable implements Blobs {
  readonly #database: Database;
  readonly #changes = new Map<string, { readonly hash: Uint8Array; readonly bytes: Uint8Array | null }>();

  constructor(database: Database) {
    this.#database = database;
  }

  get dirty(): boolean {
    return this.#changes.size > 0;
  }

  #committed(hash: Uint8Array): boolean {
    return readIntervals(this.#database, hash).at(-1) === 0;
  }

  has(hash: Uint8Array): boolean {
    const change = this.#changes.get(hashString(hash));
    return change === undefined ? this.#committed(hash) : change.bytes !== null;
  }

  get(hash: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.get(hashString(hash));
    if (change !== undefined) return change.bytes ?? undefined;
    return this.#committed(hash) ? readBlob(this.#database, hash) : undefined;
  }

  put(bytes: Uint8Array): Uint8Array {
    if (bytes.length > MAX_BLOB_BYTES) {
      throw new StoreError(
        "VALUE_TOO_LARGE",
        `blob has ${bytes.length} bytes: at most ${MAX_BLOB_BYTES}, use chunks`,
      );
    }
    const hash = sha256(bytes);
    const name = hashString(hash);
    if (this.#committed(hash)) this.#changes.delete(name);
    else this.#changes.set(name, { hash, bytes });
    return hash;
  }

  delete(hash: Uint8Array): void {
    const name = hashString(hash);
    if (this.#committed(hash)) this.#changes.set(name, { hash: copyBytes(hash), bytes: null });
    else this.#changes.delete(name);
  }

  save(batch: Batch, version: number): void {
    for (const { hash, bytes } of this.#changes.values()) {
      const intervals = readIntervals(this.#database, hash);
      if (bytes === null) {
        intervals[intervals.length - 1] = version;
        batch.put(droppedKey(version, hash), new Uint8Array(0));
      } else {
        if (intervals.length === 0) batch.put(blobKey(hash), bytes);
        intervals.push(version, 0);
      }
      batch.put(blobVersionsKey(hash), encodeIntervals(intervals));
    }
  }

  /** After a commit or to discard: nothing is changed any more. */
  clear(): void {
    this.#changes.clear();
  }
}
