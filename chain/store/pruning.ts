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
  const { keepRecent, interval } = settingsOf(pruning);
  if (latest % interval !== 0n || latest <= keepRecent) return undefined;
  return latest - keepRecent;
}

/** How many versions stay beside the latest, whenever pruning happens; undefined if all do. */
export function keptBesideLatest(pruning: PruningOptions): bigint | undefined {
  return pruning.strategy === "nothing" ? undefined : settingsOf(pruning).keepRecent;
}

function settingsOf(pruning: Exclude<PruningOptions, { readonly strategy: "nothing" }>): {
  readonly keepRecent: bigint;
  readonly interval: bigint;
} {
  return pruning.strategy === "custom" ? pruning : PRESETS[pruning.strategy];
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

/** What the pruner reads and changes of the multistore. */
export interface PrunerTarget {
  readonly database: Database;
  readonly state: DatabaseState;
  setState(state: DatabaseState): void;
  /** The lowest version that somebody reads. */
  lowestHeld(): number | undefined;
}

/** Nodes that one step removes at least; it grows with what a block replaces. */
const STEP_BUDGET = 2000;

/** Prunes in the background, a step after each commit. Whoever writes to the database waits for `settled` first. */
export class Pruner {
  readonly #options: PruningOptions;
  readonly #target: PrunerTarget;
  #earliest = 0;
  #step: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(options: PruningOptions, target: PrunerTarget) {
    this.#options = options;
    this.#target = target;
  }

  /** After a commit that put `puts` entries. A step removes at least as many, so that it keeps up. */
  committed(version: bigint, puts: number): void {
    const due = firstToKeep(this.#options, version);
    if (due !== undefined) this.#earliest = Math.max(this.#earliest, Number(due));
    if (this.#earliest === 0) return;
    const target = this.#bounded(this.#earliest);
    this.#step = this.#run(target, Math.max(STEP_BUDGET, puts)).then(
      () => {},
      (error: unknown) => {
        this.#failure = error;
      },
    );
  }

  #bounded(target: number): number {
    return Math.min(target, this.#target.state.latest, this.#target.lowestHeld() ?? target);
  }

  async #run(target: number, budget: number): Promise<boolean> {
    const { database, state } = this.#target;
    const { done } = await pruneStep(database, state, target, budget, (next) => this.#target.setState(next));
    return done;
  }

  /** Waits for the step under way. @throws what made it fail. */
  async settled(): Promise<void> {
    await this.#step;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Removes all versions below `version` now, but for held ones and what they need. */
  async pruneTo(version: number): Promise<void> {
    await this.settled();
    const target = this.#bounded(version);
    while (!(await this.#run(target, 20_000)));
  }
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
