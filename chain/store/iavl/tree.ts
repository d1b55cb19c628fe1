/**
 * A mutable IAVL tree over immutable saved nodes. Shape, and so every hash, equals that of Go iavl v1.2.8
 * (mutable_tree.go): where a key goes, when and how a node rotates, which nodes are new in a version.
 */
import { compareBytes } from "../bytes.ts";
import { EMPTY_HASH, type HashString } from "../sha256.ts";
import { hashNode, hashOf, Node } from "./node.ts";

/** Where saved nodes come from. */
export interface NodeSource {
  /** @throws StoreError CORRUPT if there is no such node. */
  load(version: number, nonce: number): Node;
  /** A loaded node was tied to its parent, and so stays in memory. */
  kept(node: Node): void;
  /** Whether readers may keep what they load. */
  roomy(): boolean;
}

export function leftOf(node: Node, source: NodeSource): Node {
  let child = node.left;
  if (child === undefined) {
    child = source.load(node.leftVersion, node.leftNonce);
    node.left = child;
    source.kept(child);
  }
  return child;
}

export function rightOf(node: Node, source: NodeSource): Node {
  let child = node.right;
  if (child === undefined) {
    child = source.load(node.rightVersion, node.rightNonce);
    node.right = child;
    source.kept(child);
  }
  return child;
}

/** The leaf of `key` under `root`, or undefined. Cost: one comparison a level, and a load where not in memory. */
export function findLeaf(root: Node | undefined, key: Uint8Array, source: NodeSource): Node | undefined {
  let node = root;
  if (node === undefined) return undefined;
  while (node.height > 0) {
    node = compareBytes(key, node.key) < 0 ? leftOf(node, source) : rightOf(node, source);
  }
  return compareBytes(key, node.key) === 0 ? node : undefined;
}

/** The saved nodes that the next version no longer has, as (version, nonce) pairs in one flat list. */
export type Orphans = number[];

export class Tree {
  readonly #source: NodeSource;
  #root: Node | undefined;
  #epoch = 1;
  #orphans: Orphans = [];
  /** Set by the recursive steps: whether a leaf was replaced, so that no size changed. */
  #replaced = false;
  /** Set by removal: the smallest key of a right side that lost its smallest leaf. */
  #newKey: Uint8Array | undefined;

  constructor(source: NodeSource, root: Node | undefined) {
    this.#source = source;
    this.#root = root;
  }

  /** The working root. Whoever keeps it must call `freeze` first. */
  get root(): Node | undefined {
    return this.#root;
  }

  get size(): number {
    return this.#root?.size ?? 0;
  }

  get height(): number {
    return this.#root?.height ?? 0;
  }

  get orphans(): Orphans {
    return this.#orphans;
  }

  /** From now on changes copy every node that exists: iterators and views can walk the present root undisturbed. */
  freeze(): Node | undefined {
    this.#epoch++;
    return this.#root;
  }

  /** Starts anew from a saved root, forgetting all changes. */
  reset(root: Node | undefined): void {
    this.#root = root;
    this.#epoch++;
    this.#orphans = [];
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return findLeaf(this.#root, key, this.#source)?.value;
  }

  /** Returns whether the key was there before. Setting an equal value makes a new leaf all the same, as in Go. */
  set(key: Uint8Array, value: Uint8Array): boolean {
    if (this.#root === undefined) {
      this.#root = new Node(key, value, 0, 1, this.#epoch);
      return false;
    }
    this.#replaced = false;
    this.#root = this.#set(this.#root, key, value);
    return this.#replaced;
  }

  /** Returns whether the key was there. */
  remove(key: Uint8Array): boolean {
    const root = this.#root;
    if (root === undefined || findLeaf(root, key, this.#source) === undefined) return false;
    this.#newKey = undefined;
    this.#root = this.#remove(root, key);
    return true;
  }

  /** The root hash if the working tree is saved at `version`. Hashes only what changed. */
  hash(version: number): HashString {
    if (this.#root === undefined) return EMPTY_HASH;
    return this.#hash(this.#root, version);
  }

  #hash(node: Node, version: number): HashString {
    if (node.hash !== undefined) return node.hash;
    if (node.version !== 0) return hashOf(node);
    if (node.height > 0) {
      this.#hash(leftOf(node, this.#source), version);
      this.#hash(rightOf(node, this.#source), version);
    }
    node.hash = hashNode(node, version);
    return node.hash;
  }

  #orphan(node: Node): void {
    if (node.version !== 0) this.#orphans.push(node.version, node.nonce);
  }

  /** `node` if it may be changed in place, otherwise a copy that may. */
  #own(node: Node): Node {
    if (node.version === 0 && node.epoch === this.#epoch) {
      node.hash = undefined;
      return node;
    }
    this.#orphan(node);
    const copy = new Node(node.key, undefined, node.height, node.size, this.#epoch);
    copy.left = node.left;
    copy.leftVersion = node.leftVersion;
    copy.leftNonce = node.leftNonce;
    copy.right = node.right;
    copy.rightVersion = node.rightVersion;
    copy.rightNonce = node.rightNonce;
    return copy;
  }

  #join(key: Uint8Array, left: Node, right: Node): Node {
    const node = new Node(key, undefined, 1, 2, this.#epoch);
    setLeft(node, left);
    setRight(node, right);
    return node;
  }

  #set(node: Node, key: Uint8Array, value: Uint8Array): Node {
    const order = compareBytes(key, node.key);
    if (node.height === 0) {
      const leaf = new Node(key, value, 0, 1, this.#epoch);
      if (order < 0) return this.#join(node.key, leaf, node);
      if (order > 0) return this.#join(key, node, leaf);
      this.#replaced = true;
      this.#orphan(node);
      return leaf;
    }
    const self = this.#own(node);
    if (order < 0) setLeft(self, this.#set(leftOf(self, this.#source), key, value));
    else setRight(self, this.#set(rightOf(self, this.#source), key, value));
    return this.#replaced ? self : this.#balance(this.#measure(self));
  }

  /** Removes a key that is there. Undefined when nothing is left of `node`. */
  #remove(node: Node, key: Uint8Array): Node | undefined {
    if (node.height === 0) {
      this.#orphan(node);
      return undefined;
    }
    const self = this.#own(node);
    if (compareBytes(key, self.key) < 0) {
      const left = this.#remove(leftOf(self, this.#source), key);
      if (left === undefined) {
        // The smallest key of what stays is now this node's.
        this.#newKey = self.key;
        return rightOf(self, this.#source);
      }
      setLeft(self, left);
      return this.#balance(this.#measure(self));
    }
    const right = this.#remove(rightOf(self, this.#source), key);
    if (right === undefined) return leftOf(self, this.#source);
    setRight(self, right);
    if (this.#newKey !== undefined) {
      self.key = this.#newKey;
      this.#newKey = undefined;
    }
    return this.#balance(this.#measure(self));
  }

  #measure(node: Node): Node {
    const left = leftOf(node, this.#source);
    const right = rightOf(node, this.#source);
    node.height = Math.max(left.height, right.height) + 1;
    node.size = left.size + right.size;
    return node;
  }

  #lean(node: Node): number {
    return leftOf(node, this.#source).height - rightOf(node, this.#source).height;
  }

  #balance(node: Node): Node {
    const lean = this.#lean(node);
    if (lean > 1) {
      const left = leftOf(node, this.#source);
      if (this.#lean(left) < 0) setLeft(node, this.#rotateLeft(this.#own(left)));
      return this.#rotateRight(node);
    }
    if (lean < -1) {
      const right = rightOf(node, this.#source);
      if (this.#lean(right) > 0) setRight(node, this.#rotateRight(this.#own(right)));
      return this.#rotateLeft(node);
    }
    return node;
  }

  /** Both rotations take a node that may be changed in place. */
  #rotateRight(node: Node): Node {
    const top = this.#own(leftOf(node, this.#source));
    setLeft(node, rightOf(top, this.#source));
    setRight(top, this.#measure(node));
    return this.#measure(top);
  }

  #rotateLeft(node: Node): Node {
    const top = this.#own(rightOf(node, this.#source));
    setRight(node, leftOf(top, this.#source));
    setLeft(top, this.#measure(node));
    return this.#measure(top);
  }

  /**
   * Numbers the unsaved nodes (version, 1…) from the root down, left before right, and hands each, hashed, to `save`
   * after its children. Afterwards the tree is saved at `version`; returns what it orphaned.
   */
  save(version: number, save: (node: Node) => void): Orphans {
    this.hash(version);
    let nonce = 0;
    const enter = (node: Node): void => {
      node.version = version;
      node.nonce = ++nonce;
      node.used = version;
      if (node.height > 0) {
        const left = node.left!;
        const right = node.right!;
        if (left !== undefined && left.version === 0) enter(left);
        if (right !== undefined && right.version === 0) enter(right);
        if (left !== undefined) setLeft(node, left);
        if (right !== undefined) setRight(node, right);
      }
      save(node);
    };
    if (this.#root !== undefined && this.#root.version === 0) enter(this.#root);
    const orphans = this.#orphans;
    this.#orphans = [];
    this.#epoch++;
    return orphans;
  }
}

function setLeft(node: Node, child: Node): void {
  node.left = child;
  node.leftVersion = child.version;
  node.leftNonce = child.nonce;
}

function setRight(node: Node, child: Node): void {
  node.right = child;
  node.rightVersion = child.version;
  node.rightNonce = child.nonce;
}
