/**
 * Which saved nodes stay in memory. They hang together by their child pointers; when they take more than the cap, the
 * pointers to those that came into memory longest ago are cut. A node that a write passes is made anew, so that age
 * since then is the age since its last use for writing.
 */
import type { Database } from "../db/database.ts";
import { nodeKey } from "../db/layout.ts";
import { StoreError } from "../errors.ts";
import { decodeNode, type Node, nodeFootprint } from "../iavl/node.ts";
import type { NodeSource } from "../iavl/tree.ts";

/** Percent of the cap that a sweep leaves, so that the next one is some blocks away. */
const KEEP_PERCENT = 60;

export class NodeCache {
  readonly #database: Database;
  readonly #cap: number;
  /** Bytes of the nodes that hang in memory: exact after a sweep, estimated in between. */
  #bytes = 0;
  /** Stamp for nodes that are loaded: the version being worked on. */
  version = 0;

  constructor(database: Database, capBytes: number) {
    this.#database = database;
    this.#cap = capBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nodes of the store with this number. */
  source(store: number): NodeSource {
    return {
      load: (version, nonce) => this.#load(store, version, nonce),
      kept: (node) => this.add(nodeFootprint(node)),
      roomy: () => this.#bytes < this.#cap,
    };
  }

  #load(store: number, version: number, nonce: number): Node {
    const bytes = this.#database.peek(nodeKey(store, version, nonce));
    if (bytes === undefined) {
      throw new StoreError(
        "CORRUPT",
        `node (${version}, ${nonce}) of store ${store} is missing: restore from a snapshot`,
      );
    }
    const node = decodeNode(bytes, version, nonce);
    node.used = this.version;
    return node;
  }

  /** Nodes came into memory (or went, if negative). */
  add(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes + bytes);
  }

  /** Cuts what is too much below the given roots. Cost: linear in the nodes in memory, when the cap is passed. */
  sweep(roots: readonly (Node | undefined)[]): void {
    if (this.#bytes <= this.#cap) return;
    const byAge = new Map<number, number>();
    let total = 0;
    for (const root of roots) {
      if (root === undefined) continue;
      eachInMemory(root, (node) => {
        const bytes = nodeFootprint(node);
        total += bytes;
        byAge.set(node.used, (byAge.get(node.used) ?? 0) + bytes);
      });
    }
    const target = (this.#cap / 100) * KEEP_PERCENT;
    this.#bytes = total;
    if (total <= target) return;
    const [oldest, room] = marginal(byAge, target);
    // Of the age that fits in part, the upper levels stay: with each level there are half as many nodes.
    let lowest = 1;
    for (let bytes = byAge.get(oldest) ?? 0; bytes > room && lowest < 64; bytes /= 2) lowest++;
    const stays = (node: Node) =>
      node.version === 0 || node.used > oldest || (node.used === oldest && node.height >= lowest);
    let kept = 0;
    for (const root of roots) if (root !== undefined) kept += cut(root, stays);
    this.#bytes = kept;
  }
}

/** The age of which only a part fits into `target` bytes, younger ones first, and how many bytes are left for it. */
function marginal(byAge: ReadonlyMap<number, number>, target: number): [age: number, room: number] {
  let room = target;
  const ages = [...byAge.keys()].sort((a, b) => b - a);
  for (const age of ages) {
    const bytes = byAge.get(age)!;
    if (bytes > room) return [age, room];
    room -= bytes;
  }
  return [-1, room];
}

function eachInMemory(node: Node, visit: (node: Node) => void): void {
  visit(node);
  if (node.left !== undefined) eachInMemory(node.left, visit);
  if (node.right !== undefined) eachInMemory(node.right, visit);
}

function cut(node: Node, stays: (node: Node) => boolean): number {
  let bytes = nodeFootprint(node);
  if (node.left !== undefined) {
    if (stays(node.left)) bytes += cut(node.left, stays);
    else node.left = undefined;
  }
  if (node.right !== undefined) {
    if (stays(node.right)) bytes += cut(node.right, stays);
    else node.right = undefined;
  }
  return bytes;
}
