/** Which versions are kept, and the removal of those that are not: in steps between commits, so much a step. */
import { decodeIntervals, encodeIntervals } from "./blobtable.ts";
import { copyBytes } from "./bytes.ts";
import type { Database } from "./db/database.ts";
import {
  blobKey,
  blobVersionsKey,
  commitKey,
  type DatabaseState,
  decodeNodeIds,
  droppedKey,
  encodeState,
  Kind,
  nodeKey,
  orphansKey,
  readVersion,
  STATE_KEY,
} from "./db/layout.ts";
import { StoreError } from "./errors.ts";
import type { PruningOptions } from "./types.ts";

/** Versions to keep beside the latest, and every how many versions to prune. SDK store/pruning/types/options.go. */
const PRESETS = {
  default: { keepRecent: 362_880n, interval: 10n },
  everything: { keepRecent: 2n, interval: 10n },
} as const;

/** Versions whose commit infos go in one step: pruning that is switched on late catches up over many blocks. */
const VERSIONS_A_STEP = 1000;

/**
 * The first version to keep once `latest` is committed, or undefined when nothing is due.
 * @throws StoreError OPTIONS if custom settings are out of bounds.
 */
export function firstToKeep(pruning: PruningOptions, latest: bigint): bigint | undefined {
  if (pruning.strategy === "nothing") return undefined;
  const { keepRecent, interval } = pruning.strategy === "custom" ? pruning : PRESETS[pruning.strategy];
  if (latest % interval !== 0n || latest <= keepRecent) return undefined;
  return latest - keepRecent;
}

/** @throws StoreError OPTIONS. SDK: at least two recent versions, so that proofs for the header before stay possible. */
export function assertPruning(pruning: PruningOptions): void {
  if (pruning.strategy !== "custom") return;
  if (pruning.keepRecent < 2n) {
    throw new StoreError("OPTIONS", `pruning-keep-recent is ${pruning.keepRecent}: at least 2`);
  }
  if (pruning.interval < 1n)
    throw new StoreError("OPTIONS", `pruning-interval is ${pruning.interval}: at least 1`);
}

export interface PruneStep {
  readonly state: DatabaseState;
  /** Nothing is left to remove below `state.earliest`, and `target` is reached. */
  readonly done: boolean;
}

/**
 * One bounded step towards `target` as the earliest version: at most about `budget` nodes. Whatever a crash leaves is
 * removed by a later step. `announce` is told the new earliest version before anything of older ones goes.
 */
export async function pruneStep(
  database: Database,
  state: DatabaseState,
  target: number,
  budget: number,
  announce: (state: DatabaseState) => void,
): Promise<PruneStep> {
  const earliest = Math.max(state.earliest, Math.min(target, state.earliest + VERSIONS_A_STEP));
  const next = { earliest, latest: state.latest };
  announce(next);
  const batch = database.batch();
  for (let version = state.earliest; version < earliest; version++) batch.delete(commitKey(version));
  if (earliest !== state.earliest) batch.put(STATE_KEY, encodeState(next));
  const orphansLeft = await removeOrphans(database, batch, earliest, budget);
  const blobsLeft = await removeBlobs(database, batch, earliest, budget);
  if (batch.length === 0) await batch.close();
  else await batch.write({ sync: false });
  return { state: next, done: earliest >= target && !orphansLeft && !blobsLeft };
}

type Removals = Pick<ReturnType<Database["batch"]>, "delete" | "put">;

/** Nodes that versions up to `earliest` replaced: no kept version has them. Returns whether some are left. */
async function removeOrphans(
  db: Database,
  batch: Removals,
  earliest: number,
  budget: number,
): Promise<boolean> {
  let removed = 0;
  const start = copyBytes(orphansKey(0, 0, 0));
  for await (const [key, value] of db.scan(start, orphansKey(earliest + 1, 0, 0))) {
    if (removed >= budget) return true;
    const store = (key[9]! << 8) | key[10]!;
    const ids = decodeNodeIds(value);
    for (let i = 0; i < ids.length; i += 2) batch.delete(nodeKey(store, ids[i]!, ids[i + 1]!));
    batch.delete(copyBytes(key));
    removed += ids.length / 2;
  }
  return false;
}

async function removeBlobs(
  db: Database,
  batch: Removals,
  earliest: number,
  budget: number,
): Promise<boolean> {
  const start = Uint8Array.of(Kind.dropped);
  const keys = await db.keys(start, droppedKey(earliest + 1, new Uint8Array(0)), budget);
  // A blob that was dropped more than once in this step has its intervals cut once.
  const seen = new Map<string, Uint8Array>();
  for (const key of keys) {
    if (readVersion(key, 1) > earliest) continue;
    batch.delete(copyBytes(key));
    const hash = copyBytes(key, 9);
    seen.set(hash.join(), hash);
  }
  for (const hash of seen.values()) {
    const stored = db.get(blobVersionsKey(hash));
    if (stored === undefined) continue;
    const intervals = decodeIntervals(stored);
    while (intervals.length > 0 && intervals[1] !== 0 && intervals[1]! <= earliest) intervals.splice(0, 2);
    if (intervals.length > 0) {
      batch.put(blobVersionsKey(hash), encodeIntervals(intervals));
    } else {
      batch.delete(blobVersionsKey(hash));
      batch.delete(blobKey(hash));
    }
  }
  return keys.length >= budget;
}
