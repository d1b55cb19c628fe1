/** Making an older version the latest again. */
import { decodeIntervals, encodeIntervals } from "./blobtable.ts";
import { copyBytes } from "./bytes.ts";
import type { NodeCache } from "./cache/nodes.ts";
import type { Batch, Database } from "./db/database.ts";
import {
  blobKey,
  blobVersionsKey,
  commitKey,
  type DatabaseState,
  droppedKey,
  encodeState,
  flatKey,
  Kind,
  nodeKey,
  orphansKey,
  STATE_KEY,
} from "./db/layout.ts";
import type { Node } from "./iavl/node.ts";
import { leftOf, type NodeSource, rightOf } from "./iavl/tree.ts";
import { lookUp } from "./iavl/walk.ts";
import { loadRoot } from "./treestore.ts";

export interface Rollback {
  readonly database: Database;
  readonly nodes: NodeCache;
  readonly state: DatabaseState;
  readonly target: number;
  /** Stores by number, and whether the target and the latest version have them. */
  readonly stores: readonly { readonly id: number; readonly was: boolean; readonly is: boolean }[];
}

/**
 * Removes every trace of versions above `target` in one synced batch: nodes, orphan lists, commit infos, blobs, and the
 * flat index is set back. Cost, and memory for the batch, grow with what those versions changed.
 */
export async function rollBack(rollback: Rollback): Promise<void> {
  const { database, state, target, stores } = rollback;
  const batch = database.batch();
  for (const store of stores) {
    restoreFlat(rollback, store, batch);
    await removeRange(
      database,
      batch,
      copyBytes(nodeKey(store.id, target + 1, 0)),
      nodeKey(store.id + 1, 0, 0),
    );
  }
  await removeRange(
    database,
    batch,
    copyBytes(orphansKey(target + 1, 0, 0)),
    Uint8Array.of(Kind.orphans + 1),
  );
  await removeRange(database, batch, copyBytes(commitKey(target + 1)), Uint8Array.of(Kind.commit + 1));
  const droppedAfter = copyBytes(droppedKey(target + 1, new Uint8Array(0)));
  await removeRange(database, batch, droppedAfter, Uint8Array.of(Kind.dropped + 1));
  await restoreBlobs(database, batch, target);
  batch.put(STATE_KEY, encodeState({ earliest: state.earliest, latest: target }));
  await batch.write({ sync: true });
}

async function removeRange(
  database: Database,
  batch: Batch,
  start: Uint8Array,
  end: Uint8Array,
): Promise<void> {
  for await (const [key] of database.scan(start, copyBytes(end))) batch.delete(key);
}

function restoreFlat(rollback: Rollback, store: Rollback["stores"][number], batch: Batch): void {
  const { database, nodes, state, target } = rollback;
  const source = nodes.source(store.id);
  const now = store.is ? loadRoot(database, store.id, state.latest, source) : undefined;
  const then = store.was ? loadRoot(database, store.id, target, source) : undefined;
  // What later versions set: in the old version it has another value or is absent.
  eachLeaf(
    now,
    (node) => node.version > target,
    source,
    (leaf) => {
      const value = lookUp(then, leaf.key, source);
      if (value === undefined) batch.delete(flatKey(store.id, leaf.key));
      else batch.put(flatKey(store.id, leaf.key), value);
    },
  );
  // What they removed: leaves of the old version that the new one has neither as they are nor set anew.
  const shared = new Set<string>();
  eachNode(
    now,
    (node) => node.version > target,
    source,
    (node) => shared.add(`${node.version} ${node.nonce}`),
  );
  eachLeaf(
    then,
    (node) => !shared.has(`${node.version} ${node.nonce}`),
    source,
    (leaf) => {
      if (lookUp(now, leaf.key, source) === undefined) batch.put(flatKey(store.id, leaf.key), leaf.value!);
    },
  );
}

/** Visits the leaves that are reached by nodes which all satisfy `enter`. */
function eachLeaf(
  node: Node | undefined,
  enter: (node: Node) => boolean,
  source: NodeSource,
  visit: (leaf: Node) => void,
): void {
  if (node === undefined || !enter(node)) return;
  if (node.height === 0) {
    visit(node);
    return;
  }
  eachLeaf(leftOf(node, source), enter, source, visit);
  eachLeaf(rightOf(node, source), enter, source, visit);
}

/** Visits the nodes just outside of `enter`: the roots of what two versions share. */
function eachNode(
  node: Node | undefined,
  enter: (node: Node) => boolean,
  source: NodeSource,
  visit: (node: Node) => void,
): void {
  if (node === undefined) return;
  if (!enter(node)) {
    visit(node);
    return;
  }
  if (node.height === 0) return;
  eachNode(leftOf(node, source), enter, source, visit);
  eachNode(rightOf(node, source), enter, source, visit);
}

async function restoreBlobs(database: Database, batch: Batch, target: number): Promise<void> {
  for await (const [key, value] of database.scan(
    Uint8Array.of(Kind.blobVersions),
    Uint8Array.of(Kind.blobVersions + 1),
  )) {
    const hash = copyBytes(key, 1);
    const intervals = decodeIntervals(value);
    const before = intervals.length;
    while (intervals.length > 0 && intervals.at(-2)! > target) intervals.splice(-2);
    const reopened = intervals.length > 0 && intervals.at(-1)! > target;
    if (reopened) intervals[intervals.length - 1] = 0;
    if (intervals.length === before && !reopened) continue;
    if (intervals.length === 0) {
      batch.delete(blobVersionsKey(hash));
      batch.delete(blobKey(hash));
    } else {
      batch.put(blobVersionsKey(hash), encodeIntervals(intervals));
    }
  }
}
