/** The database of a home whose node is stopped: rolled back, pruned, kept in snapshots. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { Level } from "level";
import { createModules } from "../../chain/modules/index.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import {
  MultiStore,
  type PruningOptions,
  SnapshotFolder,
  type SnapshotInfo,
  StoreError,
} from "../../chain/store/index.ts";
import { keptBesideLatest } from "../../chain/store/pruning.ts";
import { type FindOptions, findComet } from "../comet/index.ts";
import { assertHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { soloHeight } from "../solo/index.ts";
import { isHeld } from "./held.ts";

/** Runs `work`, which opens the home's database. @throws NodeError if another process has it */
export async function withDatabase<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isHeld(error)) throw error;
    throw new NodeError(
      "running",
      `home ${home} is in use by another process: stop that node first, or name another home with --home`,
    );
  }
}

/** @throws NodeError if a node runs on the home */
export async function assertStopped(home: string): Promise<void> {
  const { database } = assertHome(home);
  if (!existsSync(database)) return;
  await withDatabase(home, async () => {
    const db = new Level(database);
    await db.open();
    await db.close();
  });
}

/** Gives `work` the store of a home, and closes it. Nothing is pruned by itself. */
async function withStore<T>(home: string, work: (store: MultiStore) => Promise<T>): Promise<T> {
  const { database } = assertHome(home);
  return withDatabase(home, async () => {
    const store = await MultiStore.open({
      path: database,
      stores: createModules().all.flatMap((module) => module.stores),
      pruning: { strategy: "nothing" },
    });
    try {
      if (store.version === 0n)
        throw new NodeError("home", `home ${home} has no blocks yet: start its node first`);
      return await work(store);
    } finally {
      await store.close();
    }
  });
}

export interface RolledBack {
  readonly height: string;
  readonly app_hash: string;
}

/**
 * Makes `height` the application's latest again. CometBFT stays as it is: at the next start it gives the blocks after
 * `height` again, from its own store. Snapshots of later heights go.
 * @throws NodeError if the height is not below the latest, or not kept
 */
export async function rollBackApp(home: string, height: bigint): Promise<RolledBack> {
  return withStore(home, async (store) => {
    assertKept(store, height);
    return rollBack(home, store, height);
  });
}

function assertKept(store: MultiStore, height: bigint): void {
  const { earliest, latest } = store.versions();
  if (height < earliest || height >= latest)
    throw new NodeError(
      "usage",
      earliest === latest
        ? `rollback to height ${height}: only the state of height ${latest} is kept`
        : `rollback to height ${height}: name one from ${earliest} to ${latest - 1n}, which are kept`,
    );
}

async function rollBack(home: string, store: MultiStore, height: bigint): Promise<RolledBack> {
  await store.rollback(height);
  const folder = new SnapshotFolder({ path: assertHome(home).snapshots });
  for (const snapshot of await folder.list())
    if (snapshot.height > height) await folder.remove(snapshot.height);
  return { height: `${height}`, app_hash: toHex(store.appHash) };
}

/**
 * Takes one block back on both sides: CometBFT's state first, then the application's; of the embedded engine only the
 * application's, to which the next start gives the block again.
 * A crash between the two does no harm: the next start's handshake gives the block again.
 * @param hard remove the block too, so that it is fetched again from peers; else it is executed again at the next start.
 *   A validator whose peers lack the block would stand still for ever: it does not sign a height twice.
 * @throws NodeError
 */
export async function rollBackBlock(
  home: string,
  { hard, ...find }: FindOptions & { readonly hard: boolean },
): Promise<RolledBack> {
  return withStore(home, async (store) => {
    const latest = store.version;
    assertKept(store, latest - 1n);
    if ((await soloHeight(home)) > 0n) {
      if (hard)
        throw new NodeError(
          "usage",
          "--hard: the embedded engine's block is signed, and another at its height would be a double signature; roll back without --hard, or to --height",
        );
      return rollBack(home, store, latest - 1n);
    }
    const height = await rollBackComet(home, hard, find);
    // An earlier attempt may have got this far, or CometBFT had not yet kept what the application has.
    if (height === latest) return { height: `${height}`, app_hash: toHex(store.appHash) };
    if (height !== latest - 1n)
      throw new NodeError(
        "failed",
        `CometBFT is at height ${height} now, the application at ${latest}: give the height to go to with --height`,
      );
    return rollBack(home, store, height);
  });
}

/** @returns the height that CometBFT's state is at */
async function rollBackComet(home: string, hard: boolean, find: FindOptions): Promise<bigint> {
  const binary = await findComet(find);
  if (!binary)
    throw new NodeError("running", "CometBFT is not there: install it or Go, or name it in COMETBFT_BIN");
  const args = ["rollback", "--home", home, ...(hard ? ["--hard"] : [])];
  let output: string;
  try {
    output = (await promisify(execFile)(binary.path, args, { env: { ...find.env } })).stdout;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const reason = (stderr || message).trim().split("\n")[0];
    throw new NodeError(
      "failed",
      `cometbft rollback failed, and the application was left as it is: ${reason}`,
    );
  }
  const [, height] = /to height (\d+)/.exec(output) ?? [];
  if (height === undefined)
    throw new NodeError(
      "failed",
      `cometbft rollback did not say its height: ${JSON.stringify(output.trim())}; see where it is, then give --height`,
    );
  return BigInt(height);
}

export interface Pruned {
  readonly earliest_height: string;
  readonly latest_height: string;
}

/** Removes, now and whole, the versions that the settings do not keep. */
export async function pruneHome(home: string, pruning: PruningOptions): Promise<Pruned> {
  return withStore(home, async (store) => {
    const kept = keptBesideLatest(pruning);
    if (kept !== undefined && store.version > kept) await store.pruneTo(store.version - kept);
    const { earliest, latest } = store.versions();
    return { earliest_height: `${earliest}`, latest_height: `${latest}` };
  });
}

/** Snapshots of a home, newest first; its node may run. */
export async function listSnapshots(home: string): Promise<readonly SnapshotInfo[]> {
  return new SnapshotFolder({ path: assertHome(home).snapshots }).list();
}

/** Makes a snapshot of a height that is kept; of the latest if none is named. */
export async function createSnapshot(home: string, height?: bigint): Promise<SnapshotInfo> {
  return withStore(home, async (store) => {
    const view = viewOf(store, height ?? store.version);
    try {
      return await new SnapshotFolder({ path: assertHome(home).snapshots }).create(view);
    } finally {
      view.release();
    }
  });
}

function viewOf(store: MultiStore, height: bigint): ReturnType<MultiStore["at"]> {
  try {
    return store.at(height);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { earliest, latest } = store.versions();
    throw new NodeError("usage", `--height ${height}: the state is kept from ${earliest} to ${latest}`);
  }
}

/** @throws NodeError if there is no such snapshot */
export async function deleteSnapshot(home: string, height: bigint): Promise<void> {
  const folder = new SnapshotFolder({ path: assertHome(home).snapshots });
  const heights = (await folder.list()).map((snapshot) => snapshot.height);
  if (!heights.includes(height))
    throw new NodeError(
      "usage",
      `there is no snapshot of height ${height} (there: ${heights.join(", ") || "none"})`,
    );
  await folder.remove(height);
}
