/** The whole truth about a database: every hash made again, the flat index against the trees, no node too many. */
import { decodeIntervals } from "./blobtable.ts";
import { compareBytes, copyBytes, equalBytes, toHex } from "./bytes.ts";
import { NodeCache } from "./cache/nodes.ts";
import { rootsOf } from "./commitinfo.ts";
import type { Database } from "./db/database.ts";
import { blobKey, flatKey, Kind, nodeKey, orphansKey } from "./db/layout.ts";
import { StoreError } from "./errors.ts";
import { hashNode, hashOf, type Node } from "./iavl/node.ts";
import { leftOf, type NodeSource, rightOf } from "./iavl/tree.ts";
import { EMPTY_HASH, type HashString, hashString, sha256 } from "./sha256.ts";
import { loadRoot } from "./treestore.ts";
import type { View } from "./types.ts";

export interface AuditReport {
  /** Keys of the audited version, over all stores. */
  readonly keys: number;
  readonly nodes: number;
  readonly blobs: number;
}

/**
 * Reads the version of `view`, which must be the latest, from the disk alone: recomputes every hash, checks the order of
 * keys, sizes and balance, compares the flat index entry by entry, and hashes every blob. Cost: all of the state.
 * @throws StoreError CORRUPT, naming what differs.
 */
export async function auditLatest(
  database: Database,
  names: readonly string[],
  view: View,
): Promise<AuditReport> {
  let keys = 0;
  let nodes = 0;
  const version = Number(view.version);
  for (const { name, value } of rootsOf(view.info)) {
    const id = names.indexOf(name);
    // A cache without room: nodes come from the disk and go again.
    const source = new NodeCache(database, 0).source(id);
    const root = loadRoot(database, id, version, source);
    const leaves = root === undefined ? [] : collect(root, source);
    const hash: HashString = leaves.length === 0 ? EMPTY_HASH : hashOf(root!);
    if (hash !== hashString(value)) corrupt(`root of store ${name}`, hash);
    nodes += leaves.length === 0 ? 0 : leaves.length * 2 - 1;
    keys += leaves.length;
    await compareFlat(database, id, name, leaves);
  }
  return { keys, nodes, blobs: await auditBlobs(database) };
}

function corrupt(what: string, detail: string): never {
  throw new StoreError(
    "CORRUPT",
    `${what} is not what its version says (${detail}): restore from a snapshot`,
  );
}

/** Leaves below `node`, in order, every hash on the way made again. */
function collect(node: Node, source: NodeSource): Node[] {
  const leaves: Node[] = [];
  const visit = (at: Node): void => {
    const stored = at.hash;
    if (at.height === 0) {
      const last = leaves.at(-1);
      if (last !== undefined && compareBytes(last.key, at.key) >= 0) corrupt("order of keys", toHex(at.key));
      leaves.push(at);
    } else {
      const left = leftOf(at, source);
      const right = rightOf(at, source);
      visit(left);
      const first = leaves.length;
      visit(right);
      hashOf(left);
      hashOf(right);
      if (!equalBytes(leaves[first]!.key, at.key)) corrupt("key of an inner node", toHex(at.key));
      if (at.size !== left.size + right.size) corrupt("size of a node", `${at.size}`);
      if (at.height !== Math.max(left.height, right.height) + 1) corrupt("height of a node", `${at.height}`);
      if (Math.abs(left.height - right.height) > 1)
        corrupt("balance of a node", `${left.height}, ${right.height}`);
      if (hashNode(at, at.version) !== stored) corrupt("hash of a node", `${at.version}, ${at.nonce}`);
      at.left = undefined;
      at.right = undefined;
    }
  };
  visit(node);
  return leaves;
}

async function compareFlat(
  database: Database,
  id: number,
  name: string,
  leaves: readonly Node[],
): Promise<void> {
  let at = 0;
  const end = copyBytes(flatKey(id + 1, new Uint8Array(0)));
  for await (const [key, value] of database.scan(copyBytes(flatKey(id, new Uint8Array(0))), end)) {
    const leaf = leaves[at++];
    const same =
      leaf !== undefined && equalBytes(leaf.key, copyBytes(key, 3)) && equalBytes(leaf.value!, value);
    if (!same) corrupt(`flat index of store ${name}`, `key ${toHex(copyBytes(key, 3))}`);
  }
  if (at !== leaves.length)
    corrupt(`flat index of store ${name}`, `${at} keys, the tree has ${leaves.length}`);
}

async function auditBlobs(database: Database): Promise<number> {
  let count = 0;
  const [start, end] = [Uint8Array.of(Kind.blobVersions), Uint8Array.of(Kind.blobVersions + 1)];
  for await (const [key, value] of database.scan(start, end)) {
    const hash = copyBytes(key, 1);
    const bytes = database.get(blobKey(hash));
    if (decodeIntervals(value).length === 0) corrupt("list of a blob's versions", toHex(hash));
    if (bytes === undefined || !equalBytes(sha256(bytes), hash)) corrupt("blob", toHex(hash));
    count++;
  }
  return count;
}

/**
 * How many stored nodes no version from `earliest` to `latest` reaches and no orphan list names: 0, unless pruning leaks.
 * Cost: all nodes of all kept versions.
 */
export async function countLeaked(
  database: Database,
  stores: readonly number[],
  earliest: number,
  latest: number,
): Promise<number> {
  const known = new Set<string>();
  for (const id of stores) {
    const source = new NodeCache(database, 0).source(id);
    for (let version = earliest; version <= latest; version++) {
      if (database.peek(nodeKey(id, version, 1)) === undefined) continue;
      known.add(`${id} ${version} 1`);
      const root = loadRoot(database, id, version, source);
      if (root !== undefined) reach(root, id, source, known);
    }
  }
  for await (const [key, value] of database.scan(
    copyBytes(orphansKey(0, 0, 0)),
    Uint8Array.of(Kind.orphans + 1),
  )) {
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    const id = (key[9]! << 8) | key[10]!;
    for (let at = 0; at < value.length; at += 12) {
      known.add(
        `${id} ${view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4)} ${view.getUint32(at + 8)}`,
      );
    }
  }
  let leaked = 0;
  for await (const [key] of database.scan(Uint8Array.of(Kind.node), Uint8Array.of(Kind.node + 1))) {
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    const version = view.getUint32(3) * 0x1_0000_0000 + view.getUint32(7);
    if (!known.has(`${view.getUint16(1)} ${version} ${view.getUint32(11)}`)) leaked++;
  }
  return leaked;
}

function reach(node: Node, id: number, source: NodeSource, known: Set<string>): void {
  const name = `${id} ${node.version} ${node.nonce}`;
  if (known.has(name) && node.nonce !== 1) return;
  known.add(name);
  if (node.height === 0) return;
  reach(leftOf(node, source), id, source, known);
  reach(rightOf(node, source), id, source, known);
}
