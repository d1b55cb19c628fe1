/** Snapshots on the disk: made from views, listed and served in chunks. One folder a height; half-made ones have no name. */
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ByteWriter } from "../iavl/varint.ts";
import { sha256 } from "../sha256.ts";
import type { View } from "../types.ts";
import {
  CHUNK_BYTES,
  SNAPSHOT_FORMAT,
  type SnapshotInfo,
  type SnapshotRecord,
  writeRecord,
} from "./format.ts";

/** Bytes that are gathered before they go to the file; between two writes other work gets its turn. */
const PIECE_BYTES = 128 * 1024;

export interface SnapshotFolderOptions {
  readonly path: string;
  readonly chunkBytes?: number;
}

export class SnapshotFolder {
  readonly #path: string;
  readonly #chunkBytes: number;

  constructor(options: SnapshotFolderOptions) {
    this.#path = options.path;
    this.#chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
  }

  /**
   * Writes the snapshot of a view, which is held meanwhile and left to the caller to release. Blocks go on beside it.
   * Cost: all of the version's state, once.
   */
  async create(view: View): Promise<SnapshotInfo> {
    const unnamed = join(this.#path, `.making-${view.version}`);
    await rm(unnamed, { recursive: true, force: true });
    await mkdir(unnamed, { recursive: true });
    const hashes = await this.#writeChunks(unnamed, view);
    const metadata = new Uint8Array(hashes.length * 32);
    for (const [i, hash] of hashes.entries()) metadata.set(hash, i * 32);
    await writeFile(join(unnamed, "metadata"), metadata);
    const named = join(this.#path, `${view.version}`);
    await rm(named, { recursive: true, force: true });
    await rename(unnamed, named);
    return describe(view.version, metadata);
  }

  async #writeChunks(folder: string, view: View): Promise<Uint8Array[]> {
    const hashes: Uint8Array[] = [];
    let chunk = new ByteWriter(PIECE_BYTES);
    const finish = async (bytes: Uint8Array) => {
      const file = await open(join(folder, `${hashes.length}`), "w");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      hashes.push(sha256(bytes));
    };
    let records = 0;
    for await (const record of recordsOf(view)) {
      writeRecord(record, chunk);
      // A file-system call is where other work gets its turn; there are no timers in the chain.
      if (++records % 2000 === 0) await readdir(folder);
      if (chunk.length < this.#chunkBytes) continue;
      const bytes = chunk.finish();
      let start = 0;
      for (; bytes.length - start >= this.#chunkBytes; start += this.#chunkBytes) {
        await finish(bytes.subarray(start, start + this.#chunkBytes));
      }
      chunk = new ByteWriter(this.#chunkBytes + PIECE_BYTES);
      chunk.raw(bytes.subarray(start));
    }
    if (chunk.length > 0) await finish(chunk.finish());
    return hashes;
  }

  /** Newest first. */
  async list(): Promise<SnapshotInfo[]> {
    const infos: SnapshotInfo[] = [];
    for (const name of await this.#names()) {
      infos.push(describe(BigInt(name), new Uint8Array(await readFile(join(this.#path, name, "metadata")))));
    }
    return infos.sort((a, b) => (a.height < b.height ? 1 : -1));
  }

  async #names(): Promise<string[]> {
    await mkdir(this.#path, { recursive: true });
    return (await readdir(this.#path)).filter((name) => /^[1-9][0-9]*$/.test(name));
  }

  /** Undefined if there is no such chunk. */
  async chunk(height: bigint, format: number, index: number): Promise<Uint8Array | undefined> {
    if (format !== SNAPSHOT_FORMAT || !Number.isSafeInteger(index) || index < 0) return undefined;
    try {
      return new Uint8Array(await readFile(join(this.#path, `${height}`, `${index}`)));
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async remove(height: bigint): Promise<void> {
    await rm(join(this.#path, `${height}`), { recursive: true, force: true });
  }

  /** Removes all but the newest `count`. */
  async keepRecent(count: number): Promise<void> {
    for (const { height } of (await this.list()).slice(count)) await this.remove(height);
  }
}

function describe(height: bigint, metadata: Uint8Array): SnapshotInfo {
  return { height, format: SNAPSHOT_FORMAT, chunks: metadata.length / 32, hash: sha256(metadata), metadata };
}

async function* recordsOf(view: View): AsyncGenerator<SnapshotRecord> {
  const names = view.info.storeInfos.map(({ name }) => name).sort();
  for (const name of names) {
    yield { type: "store", name };
    for (const { version, key, value } of view.nodes(name)) {
      yield value === undefined ? { type: "inner", version } : { type: "leaf", version, key, value };
    }
  }
  for await (const hash of view.blobHashes()) yield { type: "blob", bytes: view.blobs.get(hash)! };
  yield { type: "end" };
}
