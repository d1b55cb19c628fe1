/** Model files of an operator: fetched from the chain in chunks, checked by their SHA-256, kept in the home. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { bytesEqual, joinBytes, toHex } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { NodeError } from "../errors.ts";
import { makeFolder, writeFileSafely } from "../files.ts";

/** Where files come from. */
export interface ModelSource {
  /** The file of a model, in parts. */
  fetchModel(modelId: bigint): Promise<readonly Uint8Array[]>;
}

export interface ModelFile {
  readonly hash: Uint8Array;
  readonly path: string;
  readonly bytes: () => Uint8Array;
}

export class ModelCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #source: ModelSource;
  readonly #fetching = new Map<string, Promise<ModelFile>>();
  /** The file that was read last: most jobs in a row are for one model. */
  #last: { readonly path: string; readonly bytes: Uint8Array } | undefined;

  /** @param maxBytes of all files together; the one that is in use stays whatever it has */
  constructor(folder: string, maxBytes: number, source: ModelSource) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#source = source;
    makeFolder(folder);
  }

  /** The file with this hash. @throws NodeError if what the node gives is another */
  get(modelId: bigint, hash: Uint8Array): Promise<ModelFile> {
    const name = toHex(hash);
    const known = this.#fetching.get(name);
    if (known) return known;
    const file = this.#get(modelId, hash, join(this.#folder, `${name}.onnx`));
    this.#fetching.set(name, file);
    const done = () => this.#fetching.delete(name);
    file.then(done, done);
    return file;
  }

  async #get(modelId: bigint, hash: Uint8Array, path: string): Promise<ModelFile> {
    if (!this.#isWhole(path, hash)) {
      const bytes = joinBytes(await this.#source.fetchModel(modelId));
      if (!bytesEqual(sha256(bytes), hash))
        throw new NodeError(
          "failed",
          `model ${modelId}: the node gives a file with SHA-256 ${toHex(sha256(bytes))}, not ${toHex(hash)}; use another node`,
        );
      writeFileSafely(path, bytes);
      this.#last = { path, bytes };
    }
    const now = new Date();
    utimesSync(path, now, now);
    this.#makeRoom(path);
    return { hash, path, bytes: () => this.#read(path) };
  }

  /** A file that a disk has damaged is fetched again. */
  #isWhole(path: string, hash: Uint8Array): boolean {
    if (this.#last?.path === path) return existsSync(path);
    return existsSync(path) && bytesEqual(sha256(this.#read(path)), hash);
  }

  #read(path: string): Uint8Array {
    if (this.#last?.path !== path) this.#last = { path, bytes: new Uint8Array(readFileSync(path)) };
    return this.#last.bytes;
  }

  /** Removes the files that were used least lately. */
  #makeRoom(used: string): void {
    const files = readdirSync(this.#folder)
      .map((name) => join(this.#folder, name))
      .map((path) => ({ path, size: statSync(path).size, at: statSync(path).mtimeMs }))
      .sort((a, b) => b.at - a.at);
    let total = 0;
    for (const { path, size } of files) {
      total += size;
      if (total > this.#maxBytes && path !== used) rmSync(path, { force: true });
    }
  }
}
