/** The one level database of a node: synchronous reads, atomic batches, ordered scans. */
import { Level } from "level";
import { copyBytes } from "../bytes.ts";
import { StoreError } from "../errors.ts";

export interface DatabaseOptions {
  readonly path: string;
  /** Bytes that level itself may use for blocks of its files. Default 64 MiB. */
  readonly blockCacheBytes?: number;
}

/** Puts and deletes that become visible and durable together. Keys and values are copied at once. */
export interface Batch {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  readonly length: number;
  /** With `sync` it resolves when the operating system says that the bytes are on the disk. */
  write(options: { readonly sync: boolean }): Promise<void>;
  close(): Promise<void>;
}

type Bytes = Uint8Array<ArrayBufferLike>;

export class Database {
  readonly #level: Level<Bytes, Bytes>;

  private constructor(level: Level<Bytes, Bytes>) {
    this.#level = level;
  }

  /** @throws StoreError OPTIONS if the folder cannot be opened: another process has it, or it is no database. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const level = new Level<Bytes, Bytes>(options.path, {
      // "buffer" would wrap every key and value once more on its way in.
      keyEncoding: "view",
      valueEncoding: "view",
      cacheSize: options.blockCacheBytes ?? 64 * 1024 * 1024,
      writeBufferSize: 16 * 1024 * 1024,
      maxFileSize: 8 * 1024 * 1024,
    } as object);
    try {
      await level.open();
    } catch (cause) {
      const why = cause instanceof Error ? String(cause.cause ?? cause.message) : String(cause);
      throw new StoreError("OPTIONS", `database ${options.path} does not open: ${why}`, { cause });
    }
    return new Database(level);
  }

  /** A copy of the value, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#level.getSync(key);
    return value === undefined ? undefined : copyBytes(value);
  }

  /** The value in level's own buffer, for readers that decode it at once. */
  peek(key: Uint8Array): Uint8Array | undefined {
    return this.#level.getSync(key);
  }

  batch(): Batch {
    const chained = this.#level.batch();
    return {
      put: (key, value) => {
        chained.put(key, value);
      },
      delete: (key) => {
        chained.del(key);
      },
      get length() {
        return chained.length;
      },
      write: (options) => chained.write(options as object),
      close: () => chained.close(),
    };
  }

  /** Entries from `start` to `end` (excluded) in byte order, as of the call. */
  async *scan(start: Uint8Array, end: Uint8Array): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
    const iterator = this.#level.iterator({ gte: start, lt: end });
    try {
      for (;;) {
        const entries = await iterator.nextv(1000);
        if (entries.length === 0) return;
        for (const [key, value] of entries) yield [key, value];
      }
    } finally {
      await iterator.close();
    }
  }

  async keys(start: Uint8Array, end: Uint8Array, limit: number): Promise<Uint8Array[]> {
    return this.#level.keys({ gte: start, lt: end, limit }).all();
  }

  /** Removes everything from `start` to `end` (excluded). Not atomic. */
  async clear(start: Uint8Array, end: Uint8Array): Promise<void> {
    await this.#level.clear({ gte: start, lt: end });
  }

  async close(): Promise<void> {
    await this.#level.close();
  }
}
