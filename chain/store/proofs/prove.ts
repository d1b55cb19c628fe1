/** ICS-23 proofs, as cosmos.ics23.v1.CommitmentProof bytes equal to those of Go iavl v1.2.8 and the SDK. */
import { compareBytes } from "../bytes.ts";
import { StoreError } from "../errors.ts";
import { hashOf, type Node } from "../iavl/node.ts";
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
    steps.push({ node, wentLeft, sibling: hashOf(wentLeft ? right : left) });
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
    const turn: Step = { node, wentLeft: !wentLeft, sibling: hashOf(wentLeft ? left : right) };
    const below = wentLeft ? right : left;
    return descend([...path.steps.slice(0, i), turn], below, source, () => side === "right");
  }
  return undefined;
}

// CommitmentProof by hand rather than by table, into buffers that are used again: a proof is made for every query, and
// its fields never change. Tags are (field << 3 | wire type); 1 is HashOp SHA256 and LengthOp VAR_PROTO.

const body = new ByteWriter(4096);
const message = new ByteWriter(8192);

function encodeExistence(path: Path): Uint8Array {
  writeExistence(path, body.reset());
  return message.reset().byte(0x0a).bytes(body.view()).finish();
}

function encodeAbsence(key: Uint8Array, left: Path | undefined, right: Path | undefined): Uint8Array {
  message.reset();
  if (key.length > 0) message.byte(0x0a).bytes(key);
  if (left !== undefined) {
    writeExistence(left, body.reset());
    message.byte(0x12).bytes(body.view());
  }
  if (right !== undefined) {
    writeExistence(right, body.reset());
    message.byte(0x1a).bytes(body.view());
  }
  body.reset().byte(0x12).bytes(message.view());
  return body.finish();
}

function writeExistence({ steps, leaf }: Path, writer: ByteWriter): void {
  const versionSize = uvarintSize(leaf.version * 2);
  writeKeyValue(leaf.key, leaf.value!, writer);
  writeLeafOp(2 + versionSize, writer)
    .byte(0)
    .byte(2)
    .zigzag(leaf.version);
  for (let i = steps.length - 1; i >= 0; i--) {
    const { node, wentLeft, sibling } = steps[i]!;
    const numbers = 1 + uvarintSize(node.size * 2) + uvarintSize(node.version * 2);
    // The child's length byte, and what is beside the child behind its own.
    const prefixSize = numbers + (wentLeft ? 1 : 34);
    writeInnerOp(prefixSize, wentLeft ? 33 : 0, writer);
    writer.zigzag(node.height).zigzag(node.size).zigzag(node.version);
    if (!wentLeft) writer.hash(sibling);
    writer.byte(32);
    if (wentLeft) writer.byte(0x1a).byte(33).hash(sibling);
  }
}

function uvarintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeKeyValue(key: Uint8Array, value: Uint8Array, writer: ByteWriter): void {
  if (key.length > 0) writer.byte(0x0a).bytes(key);
  if (value.length > 0) writer.byte(0x12).bytes(value);
}

/** Everything of the leaf operator up to its prefix, which the caller appends. */
function writeLeafOp(prefixSize: number, writer: ByteWriter): ByteWriter {
  writer.byte(0x1a).byte(8 + prefixSize);
  writer.byte(0x08).byte(1).byte(0x18).byte(1).byte(0x20).byte(1);
  return writer.byte(0x2a).byte(prefixSize);
}

/** Everything of an inner operator up to its prefix. The caller appends prefix and, if it has any bytes, suffix. */
function writeInnerOp(prefixSize: number, suffixSize: number, writer: ByteWriter): void {
  writer.byte(0x22).byte(4 + prefixSize + (suffixSize === 0 ? 0 : 2 + suffixSize));
  writer.byte(0x08).byte(1).byte(0x12).byte(prefixSize);
}

/** Proof that `name` has its value in the map whose root is the app hash. @throws StoreError UNKNOWN_STORE. */
export function proveEntry(entries: readonly MapEntry[], name: string): Uint8Array {
  const { names, leaves } = mapLeaves(entries);
  const index = names.indexOf(name);
  if (index < 0) throw new StoreError("UNKNOWN_STORE", `no store ${name}; there are ${names.join(", ")}`);
  const value = entries.find((entry) => entry.name === name)!.value;
  body.reset();
  writeKeyValue(new TextEncoder().encode(name), value, body);
  writeLeafOp(1, body).byte(0);
  for (const { sibling, side } of merklePath(leaves, index)) {
    const bytes = hashBytes(sibling);
    if (side === "left") {
      writeInnerOp(33, 0, body);
      body.byte(1).raw(bytes);
    } else {
      writeInnerOp(1, 32, body);
      body.byte(1).byte(0x1a).bytes(bytes);
    }
  }
  return message.reset().byte(0x0a).bytes(body.view()).finish();
}
