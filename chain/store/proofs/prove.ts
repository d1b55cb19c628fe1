/** ICS-23 proofs, as cosmos.ics23.v1.CommitmentProof bytes equal to those of Go iavl v1.2.8 and the SDK. */
import { Writer } from "../../../proto/wire.ts";
import { compareBytes } from "../bytes.ts";
import { StoreError } from "../errors.ts";
import type { Node } from "../iavl/node.ts";
import type { NodeSource } from "../iavl/tree.ts";
import { ByteWriter } from "../iavl/varint.ts";
import { peekLeft, peekRight } from "../iavl/walk.ts";
import { type MapEntry, mapLeaves, merklePath } from "../merkle.ts";
import { type HashString, hashBytes } from "../sha256.ts";

/** An inner node on the way down, the side taken, and the hash of the other side. */
interface Step {
  readonly node: Node;
  readonly wentLeft: boolean;
  readonly sibling: HashString;
}

interface Path {
  readonly steps: readonly Step[];
  readonly leaf: Node;
}

export interface KeyProof {
  readonly value: Uint8Array | undefined;
  /** CommitmentProof: existence if there is a value, otherwise non-existence. */
  readonly proof: Uint8Array;
}

/**
 * Proof of `key` or of its absence under `root`. Cost grows with the height of the tree.
 * @throws StoreError EMPTY_TREE if there is nothing to prove absence with.
 */
export function proveKey(root: Node | undefined, key: Uint8Array, source: NodeSource): KeyProof {
  if (root === undefined) {
    throw new StoreError("EMPTY_TREE", "the store is empty: ICS-23 has no proof of absence in an empty tree");
  }
  const path = descend([], root, source, (node) => compareBytes(key, node.key) < 0);
  const order = compareBytes(key, path.leaf.key);
  if (order === 0) return { value: path.leaf.value!, proof: encodeExistence(path) };
  const left = order > 0 ? path : neighbour(path, "left", source);
  const right = order > 0 ? neighbour(path, "right", source) : path;
  return { value: undefined, proof: encodeAbsence(key, left, right) };
}

function descend(
  above: readonly Step[],
  from: Node,
  source: NodeSource,
  goLeft: (node: Node) => boolean,
): Path {
  const steps = above.slice();
  let node = from;
  while (node.height > 0) {
    const wentLeft = goLeft(node);
    const left = peekLeft(node, source);
    const right = peekRight(node, source);
    steps.push({ node, wentLeft, sibling: wentLeft ? right.hash! : left.hash! });
    node = wentLeft ? left : right;
  }
  return { steps, leaf: node };
}

/** The path to the leaf next to `path`'s on the given side; undefined at the edge of the tree. */
function neighbour(path: Path, side: "left" | "right", source: NodeSource): Path | undefined {
  const cameFromLeft = side === "right";
  for (let i = path.steps.length - 1; i >= 0; i--) {
    const { node, wentLeft } = path.steps[i]!;
    if (wentLeft !== cameFromLeft) continue;
    const left = peekLeft(node, source);
    const right = peekRight(node, source);
    const turn: Step = { node, wentLeft: !wentLeft, sibling: wentLeft ? left.hash! : right.hash! };
    const below = wentLeft ? right : left;
    return descend([...path.steps.slice(0, i), turn], below, source, () => side === "right");
  }
  return undefined;
}

// CommitmentProof by hand rather than by table: a proof is made for every query, and its fields never change.
function encodeExistence(path: Path): Uint8Array {
  return new Writer(1024).tag(1, 2).bytes(existence(path)).finish();
}

function encodeAbsence(key: Uint8Array, left: Path | undefined, right: Path | undefined): Uint8Array {
  const absence = new Writer(2048).tag(1, 2).bytes(key);
  if (left !== undefined) absence.tag(2, 2).bytes(existence(left));
  if (right !== undefined) absence.tag(3, 2).bytes(existence(right));
  return new Writer(2048).tag(2, 2).bytes(absence.finish()).finish();
}

const scratch = new ByteWriter(128);
/** HashOp SHA256, as every op of both trees has it. */
const SHA256 = 1;

function existence({ steps, leaf }: Path): Uint8Array {
  const prefix = scratch.reset().zigzag(0).zigzag(1).zigzag(leaf.version).finish();
  const proof = startExistence(leaf.key, leaf.value!, prefix);
  for (let i = steps.length - 1; i >= 0; i--) {
    const { node, wentLeft, sibling } = steps[i]!;
    scratch.reset().zigzag(node.height).zigzag(node.size).zigzag(node.version);
    if (!wentLeft) scratch.hash(sibling);
    scratch.byte(32);
    const before = scratch.finish();
    writeInnerOp(proof, before, wentLeft ? scratch.reset().hash(sibling).finish() : undefined);
  }
  return proof.finish();
}

function startExistence(key: Uint8Array, value: Uint8Array, prefix: Uint8Array): Writer {
  const leafOp = new Writer(32).tag(1, 0).uint32(SHA256).tag(3, 0).uint32(SHA256).tag(4, 0).uint32(1);
  leafOp.tag(5, 2).bytes(prefix);
  const proof = new Writer(1024);
  if (key.length > 0) proof.tag(1, 2).bytes(key);
  if (value.length > 0) proof.tag(2, 2).bytes(value);
  return proof.tag(3, 2).bytes(leafOp.finish());
}

function writeInnerOp(proof: Writer, prefix: Uint8Array, suffix: Uint8Array | undefined): void {
  const size = 2 + 2 + prefix.length + (suffix === undefined ? 0 : 2 + suffix.length);
  proof.tag(4, 2).uint32(size).tag(1, 0).uint32(SHA256).tag(2, 2).bytes(prefix);
  if (suffix !== undefined) proof.tag(3, 2).bytes(suffix);
}

/** Proof that `name` has its value in the map whose root is the app hash. @throws StoreError UNKNOWN_STORE. */
export function proveEntry(entries: readonly MapEntry[], name: string): Uint8Array {
  const { names, leaves } = mapLeaves(entries);
  const index = names.indexOf(name);
  if (index < 0) throw new StoreError("UNKNOWN_STORE", `no store ${name}; there are ${names.join(", ")}`);
  const value = entries.find((entry) => entry.name === name)!.value;
  const proof = startExistence(new TextEncoder().encode(name), value, Uint8Array.of(0));
  for (const { sibling, side } of merklePath(leaves, index)) {
    const hash = hashBytes(sibling);
    if (side === "left") writeInnerOp(proof, Uint8Array.of(1, ...hash), undefined);
    else writeInnerOp(proof, Uint8Array.of(1), hash);
  }
  return new Writer(1024).tag(1, 2).bytes(proof.finish()).finish();
}
