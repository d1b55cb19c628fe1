/** How a multistore is opened. */
import { Database } from "./db/database.ts";
import { StoreError } from "./errors.ts";
import { assertPruning } from "./pruning.ts";
import type { PruningOptions } from "./types.ts";

export interface MultiStoreOptions {
  /** Folder of the level database; made if it is not there. */
  readonly path: string;
  /** Names of the stores. Those of the last version, but for what `added` and `removed` say. */
  readonly stores: readonly string[];
  /** Stores that the last version does not have: an upgrade brings them. Their first version is the next. */
  readonly added?: readonly string[];
  /** Stores of the last version that an upgrade ends. Older versions keep them. */
  readonly removed?: readonly string[];
  /** Default: the strategy "default". */
  readonly pruning?: PruningOptions;
  /** Memory for nodes and values, in bytes. Default 256 MiB; level's own block cache is beside it. */
  readonly cacheBytes?: number;
  /** Version of the first commit; default 1. SDK: initial_height. */
  readonly initialVersion?: bigint;
  /** False leaves it to the operating system when a commit reaches the disk. For tests and benchmarks only. */
  readonly sync?: boolean;
}

export interface MultiStoreDeps {
  readonly openDatabase?: (path: string) => Promise<Database>;
}

export const DEFAULT_CACHE_BYTES = 256 * 1024 * 1024;
/** Percent of the cache that is for nodes; the rest is for values. */
export const NODE_PERCENT = 75;

/** @throws StoreError OPTIONS if something is out of bounds. */
export function assertOptions(options: MultiStoreOptions): void {
  assertPruning(options.pruning ?? { strategy: "default" });
  if (new Set(options.stores).size !== options.stores.length) {
    throw new StoreError("OPTIONS", `a store is named twice in ${options.stores.join(", ")}`);
  }
  const tooLong = options.stores.find((name) => name.length === 0 || name.length > 100);
  if (tooLong !== undefined)
    throw new StoreError("OPTIONS", `store name "${tooLong}" must have 1 to 100 characters`);
}

export function openDatabase(path: string, deps: MultiStoreDeps): Promise<Database> {
  return deps.openDatabase === undefined ? Database.open({ path }) : deps.openDatabase(path);
}
