/**
 * CometBFT's hashes of headers and validator sets: Merkle roots (RFC 6962) over protobuf-encoded parts.
 * Source: types/block.go, types/validator_set.go and crypto/merkle of CometBFT v0.40.
 */
import { concatBytes } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { Timestamp } from "../../proto/gen/google.protobuf.ts";
import { BlockID, type Header, SimpleValidator, type Validator } from "../../proto/gen/tendermint.types.ts";
import { Consensus } from "../../proto/gen/tendermint.version.ts";
import { Writer } from "../../proto/wire.ts";

const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

/** Root of the tree whose left half is the largest power of two. No leaves: the hash of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return sha256(concatBytes(LEAF, leaves[0]!));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(concatBytes(INNER, merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split))));
}

/**
 * The root that a leaf and its siblings (from leaf to root) lead to, if there are `total` leaves and it is the
 * `index`-th.
 * @returns undefined if the siblings are too many or too few for that place
 */
export function merklePathRoot(
  leaf: Uint8Array,
  index: number,
  total: number,
  aunts: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!Number.isInteger(index) || index < 0 || index >= total) return undefined;
  if (total === 1) return aunts.length === 0 ? sha256(concatBytes(LEAF, leaf)) : undefined;
  const aunt = aunts.at(-1);
  if (!aunt) return undefined;
  let split = 1;
  while (split * 2 < total) split *= 2;
  const rest = aunts.slice(0, -1);
  if (index < split) {
    const left = merklePathRoot(leaf, index, split, rest);
    return left && sha256(concatBytes(INNER, left, aunt));
  }
  const right = merklePathRoot(leaf, index - split, total - split, rest);
  return right && sha256(concatBytes(INNER, aunt, right));
}

/** A value as field 1 of a message, as Go's wrapper types have it; nothing for a default. */
function wrapBytes(value: Uint8Array): Uint8Array {
  return value.length === 0 ? value : new Writer().tag(1, 2).bytes(value).finish();
}

function wrapText(value: string): Uint8Array {
  return wrapBytes(new TextEncoder().encode(value));
}

function wrapInt(value: bigint): Uint8Array {
  return value === 0n ? new Uint8Array(0) : new Writer().tag(1, 0).int64(value).finish();
}

/** 32 bytes: what a commit signs, and what the next header names as its parent. */
export function headerHash(header: Header): Uint8Array {
  return merkleRoot([
    Consensus.encode(header.version),
    wrapText(header.chainId),
    wrapInt(header.height),
    Timestamp.encode(header.time),
    BlockID.encode(header.lastBlockId),
    wrapBytes(header.lastCommitHash),
    wrapBytes(header.dataHash),
    wrapBytes(header.validatorsHash),
    wrapBytes(header.nextValidatorsHash),
    wrapBytes(header.consensusHash),
    wrapBytes(header.appHash),
    wrapBytes(header.lastResultsHash),
    wrapBytes(header.evidenceHash),
    wrapBytes(header.proposerAddress),
  ]);
}

/** The hash that headers carry of a validator set: keys and powers, in the set's order. */
export function validatorsHash(validators: readonly Validator[]): Uint8Array {
  return merkleRoot(
    validators.map(({ pubKey, votingPower }) => SimpleValidator.encode({ pubKey, votingPower })),
  );
}
