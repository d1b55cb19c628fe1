/** Reading a tree without changing it: lookups, and iteration both ways from a root that is not going to change. */
import { compareBytes } from "../bytes.ts";
import type { Range } from "../types.ts";
import type { Node } from "./node.ts";
import { leftOf, type NodeSource, rightOf } from "./tree.ts";

/** The left child; it stays in memory only where there is room, so that a long scan does not fill it. */
export function peekLeft(node: Node, source: NodeSource): Node {
  if (node.left !== undefined) return node.left;
  return source.roomy() ? leftOf(node, source) : source.load(node.leftVersion, node.leftNonce);
}

export function peekRight(node: Node, source: NodeSource): Node {
  if (node.right !== undefined) return node.right;
  return source.roomy() ? rightOf(node, source) : source.load(node.rightVersion, node.rightNonce);
}

/** The value of `key` under `root`. Cost: a comparison a level, and a read where a node is not in memory. */
export function lookUp(root: Node | undefined, key: Uint8Array, source: NodeSource): Uint8Array | undefined {
  let node = root;
  if (node === undefined) return undefined;
  while (node.height > 0) {
    node = compareBytes(key, node.key) < 0 ? peekLeft(node, source) : peekRight(node, source);
  }
  return compareBytes(key, node.key) === 0 ? node.value : undefined;
}

export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** Leaves of `root` within `range`, in its direction. Cost: the height of the tree, then constant a leaf. */
export function* walk(
  root: Node | undefined,
  range: Range,
  source: NodeSource,
): Generator<Entry, void, undefined> {
  const { start, end } = range;
  const reverse = range.reverse === true;
  /** Inner nodes whose second side is still to be walked. */
  const open: Node[] = [];
  let node = root;
  while (node !== undefined) {
    while (node.height > 0) {
      // Left of node.key everything is below it, right of it nothing is.
      const left: boolean = start === undefined || compareBytes(start, node.key) < 0;
      const right: boolean = end === undefined || compareBytes(end, node.key) > 0;
      if (left && right) open.push(node);
      const goLeft: boolean = reverse ? left && !right : left;
      node = goLeft ? peekLeft(node, source) : peekRight(node, source);
    }
    const { key } = node;
    const inside =
      (start === undefined || compareBytes(key, start) >= 0) &&
      (end === undefined || compareBytes(key, end) < 0);
    if (inside) yield [key, node.value!];
    const next = open.pop();
    if (next === undefined) return;
    node = reverse ? peekLeft(next, source) : peekRight(next, source);
  }
}

/** All nodes below `root`, children before parents, left before right. Holds one node a level. */
export function* postOrder(root: Node | undefined, source: NodeSource): Generator<Node, void, undefined> {
  if (root === undefined) return;
  if (root.height > 0) {
    yield* postOrder(peekLeft(root, source), source);
    yield* postOrder(peekRight(root, source), source);
  }
  yield root;
}
