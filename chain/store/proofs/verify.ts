/**
 * Verification of ICS-23 proofs for the two trees of a Cosmos chain. Runs in browsers. As strict as cosmos/ics23 go
 * v0.11 with IavlSpec and TendermintSpec: batch and compressed proofs, which nothing here makes, are refused.
 * Source: ICS-23, https://github.com/cosmos/ics23
 */
import {
  CommitmentProof,
  type ExistenceProof,
  HashOp,
  type InnerOp,
  type LeafOp,
  LengthOp,
  type NonExistenceProof,
} from "../../../proto/gen/cosmos.ics23.v1.ts";
import type { ProofOp } from "../../../proto/gen/tendermint.crypto.ts";
import { WireError } from "../../../proto/wire.ts";
import { compareBytes, equalBytes } from "../bytes.ts";
import { sha256 } from "../sha256.ts";

/** How a tree hashes: only what differs between the two. Both are binary, with SHA-256 throughout. */
export interface ProofSpec {
  readonly name: string;
  /** Bytes of one child within an inner node's preimage. */
  readonly childSize: number;
  /** Bytes before the children in an inner node's preimage. */
  readonly minPrefix: number;
  readonly maxPrefix: number;
  /** Inner and leaf prefixes carry height, size and version as IAVL writes them. */
  readonly iavl: boolean;
}

/** A child is its hash behind a length byte. ics23 go: IavlSpec. */
export const IAVL_SPEC: ProofSpec = { name: "iavl", childSize: 33, minPrefix: 4, maxPrefix: 12, iavl: true };

/** ics23 go: TendermintSpec. */
export const TENDERMINT_SPEC: ProofSpec = {
  name: "tendermint",
  childSize: 32,
  minPrefix: 1,
  maxPrefix: 1,
  iavl: false,
};

/** Steps of a path at most; ics23's bound when a spec has none. */
const MAX_DEPTH = 128;
const LEAF_PREFIX = 0;

export type Verdict = { readonly valid: true } | { readonly valid: false; readonly reason: string };

const VALID: Verdict = { valid: true };

/** A proof that does not hold; never leaves this file. */
class Refusal extends Error {}

function refuse(reason: string): never {
  throw new Refusal(reason);
}

function judge(check: () => void): Verdict {
  try {
    check();
    return VALID;
  } catch (error) {
    if (error instanceof Refusal) return { valid: false, reason: error.message };
    if (error instanceof WireError)
      return { valid: false, reason: `not a CommitmentProof: ${error.message}` };
    throw error;
  }
}

/** Whether `proof` (CommitmentProof bytes) shows that `key` has `value` under `root`. */
export function verifyMembership(
  spec: ProofSpec,
  root: Uint8Array,
  proof: Uint8Array,
  key: Uint8Array,
  value: Uint8Array,
): Verdict {
  return judge(() => {
    const { exist } = CommitmentProof.decode(proof, { strict: true });
    if (exist === undefined) refuse("no existence proof");
    checkExistence(spec, root, exist, key, value);
  });
}

/** Whether `proof` (CommitmentProof bytes) shows that `key` is absent under `root`. */
export function verifyNonMembership(
  spec: ProofSpec,
  root: Uint8Array,
  proof: Uint8Array,
  key: Uint8Array,
): Verdict {
  return judge(() => {
    const { nonexist } = CommitmentProof.decode(proof, { strict: true });
    if (nonexist === undefined) refuse("no non-existence proof");
    checkAbsence(spec, root, nonexist, key);
  });
}

/**
 * Whether the two proofs of a store query lead from `key` to `appHash`: `ics23:iavl` to the root of `store`, then
 * `ics23:simple` to the app hash. `value` undefined asks for absence.
 */
export function verifyStoreProof(
  appHash: Uint8Array,
  ops: readonly ProofOp[],
  store: string,
  key: Uint8Array,
  value: Uint8Array | undefined,
): Verdict {
  return judge(() => {
    const [tree, map, ...more] = ops;
    if (tree === undefined || map === undefined || more.length > 0)
      refuse(`${ops.length} proof operators: must be 2`);
    if (tree.type !== "ics23:iavl" || map.type !== "ics23:simple")
      refuse(`operators ${tree.type} and ${map.type}`);
    const name = new TextEncoder().encode(store);
    if (!equalBytes(tree.key, key) || !equalBytes(map.key, name))
      refuse("operators are for another key or store");
    const root = calculateRoot(tree.data);
    const step = (verdict: Verdict, which: string) => {
      if (!verdict.valid) refuse(`${which}: ${verdict.reason}`);
    };
    if (value === undefined) step(verifyNonMembership(IAVL_SPEC, root, tree.data, key), "store");
    else step(verifyMembership(IAVL_SPEC, root, tree.data, key, value), "store");
    step(verifyMembership(TENDERMINT_SPEC, appHash, map.data, name, root), "app hash");
  });
}

/** The root that a proof leads to, of itself; whether it is the right one is for the caller to check. */
function calculateRoot(proof: Uint8Array): Uint8Array {
  const { exist, nonexist } = CommitmentProof.decode(proof, { strict: true });
  const existence = exist ?? nonexist?.left ?? nonexist?.right;
  if (existence === undefined) refuse("neither an existence nor a non-existence proof");
  return rootOf(existence);
}

function checkExistence(
  spec: ProofSpec,
  root: Uint8Array,
  proof: ExistenceProof,
  key: Uint8Array,
  value: Uint8Array,
): void {
  checkLeaf(spec, proof.leaf);
  if (proof.path.length > MAX_DEPTH) refuse(`path has ${proof.path.length} steps: at most ${MAX_DEPTH}`);
  for (const [i, op] of proof.path.entries()) checkInner(spec, op, i + 1);
  if (!equalBytes(proof.key, key)) refuse("proof is for another key");
  if (!equalBytes(proof.value, value)) refuse("proof is for another value");
  if (!equalBytes(rootOf(proof), root)) refuse("proof leads to another root");
}

function checkLeaf(spec: ProofSpec, leaf: LeafOp | undefined): void {
  if (leaf === undefined) refuse("leaf operator is missing");
  const asSpecified =
    leaf.hash === HashOp.SHA256 &&
    leaf.prehashKey === HashOp.NO_HASH &&
    leaf.prehashValue === HashOp.SHA256 &&
    leaf.length === LengthOp.VAR_PROTO;
  if (!asSpecified) refuse("leaf operator hashes in another way");
  if (leaf.prefix[0] !== LEAF_PREFIX) refuse("leaf prefix does not start with 0");
  if (spec.iavl && iavlRest(leaf.prefix, 0) !== 0) refuse("leaf prefix is not height, size and version");
}

function checkInner(spec: ProofSpec, op: InnerOp, layer: number): void {
  if (op.hash !== HashOp.SHA256) refuse("inner operator hashes in another way");
  if (spec.iavl) {
    // A length byte, or the left child behind its own and then a length byte.
    const rest = iavlRest(op.prefix, layer);
    if (rest !== 1 && rest !== 34) refuse("inner prefix is not height, size, version and children");
  }
  if (op.prefix[0] === LEAF_PREFIX) refuse("inner prefix starts as a leaf's does");
  if (op.prefix.length < spec.minPrefix) refuse(`inner prefix has ${op.prefix.length} bytes: too few`);
  if (op.prefix.length > spec.maxPrefix + spec.childSize)
    refuse(`inner prefix has ${op.prefix.length} bytes: too many`);
  if (op.suffix.length % spec.childSize !== 0) refuse(`inner suffix has ${op.suffix.length} bytes`);
}

/** Reads height, size and version, none negative, the height at least `layer`; returns how many bytes follow them. */
function iavlRest(prefix: Uint8Array, layer: number): number {
  let offset = 0;
  for (let i = 0; i < 3; i++) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = prefix[offset++];
      if (byte === undefined || shift > 63n || (shift === 63n && byte > 1))
        refuse("IAVL prefix has a bad varint");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if ((value & 1n) === 1n) refuse("IAVL prefix has a negative number");
    if (i === 0 && value >> 1n < BigInt(layer)) refuse(`IAVL height is below its layer ${layer}`);
  }
  return prefix.length - offset;
}

function rootOf(proof: ExistenceProof): Uint8Array {
  if (proof.leaf === undefined) refuse("leaf operator is missing");
  if (proof.key.length === 0) refuse("key is empty");
  if (proof.value.length === 0) refuse("value is empty");
  let hash = sha256(concat(proof.leaf.prefix, withLength(proof.key), withLength(sha256(proof.value))));
  for (const op of proof.path) hash = sha256(concat(op.prefix, hash, op.suffix));
  return hash;
}

function withLength(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  length.push(rest);
  return concat(Uint8Array.from(length), bytes);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function checkAbsence(spec: ProofSpec, root: Uint8Array, proof: NonExistenceProof, key: Uint8Array): void {
  const { left, right } = proof;
  if (!equalBytes(proof.key, key)) refuse("proof is for another key");
  if (left !== undefined) {
    checkExistence(spec, root, left, left.key, left.value);
    if (compareBytes(left.key, key) >= 0) refuse("left neighbour is not left of the key");
  }
  if (right !== undefined) {
    checkExistence(spec, root, right, right.key, right.value);
    if (compareBytes(key, right.key) >= 0) refuse("right neighbour is not right of the key");
  }
  if (left === undefined && right === undefined) refuse("both neighbours are missing");
  if (left === undefined) {
    if (!right!.path.every((op) => isOnSide(spec, op, "left")))
      refuse("right neighbour is not the leftmost key");
  } else if (right === undefined) {
    if (!left.path.every((op) => isOnSide(spec, op, "right")))
      refuse("left neighbour is not the rightmost key");
  } else if (!areNeighbours(spec, left.path, right.path)) {
    refuse("left and right keys are not neighbours");
  }
}

/** Whether the path comes from the given side of this inner node: the other child is then in the suffix or prefix. */
function isOnSide(spec: ProofSpec, op: InnerOp, side: "left" | "right"): boolean {
  const before = side === "left" ? 0 : spec.childSize;
  const after = side === "left" ? spec.childSize : 0;
  const { length } = op.prefix;
  return length >= before + spec.minPrefix && length <= before + spec.maxPrefix && op.suffix.length === after;
}

function areNeighbours(spec: ProofSpec, left: readonly InnerOp[], right: readonly InnerOp[]): boolean {
  let l = left.length - 1;
  let r = right.length - 1;
  while (l >= 0 && r >= 0 && sameOp(left[l]!, right[r]!)) {
    l--;
    r--;
  }
  if (l < 0 || r < 0) return false;
  return (
    isOnSide(spec, left[l]!, "left") &&
    isOnSide(spec, right[r]!, "right") &&
    left.slice(0, l).every((op) => isOnSide(spec, op, "right")) &&
    right.slice(0, r).every((op) => isOnSide(spec, op, "left"))
  );
}

function sameOp(a: InnerOp, b: InnerOp): boolean {
  return equalBytes(a.prefix, b.prefix) && equalBytes(a.suffix, b.suffix);
}
