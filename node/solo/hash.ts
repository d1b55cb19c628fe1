/**
 * The hashes that a header carries, but for those of client/light.
 * Source: types/block.go, types/params.go, types/part_set.go and types/results.go of CometBFT v0.40.
 */
import { concatBytes } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { merkleRoot } from "../../client/light/hash.ts";
import { ExecTxResult } from "../../proto/gen/tendermint.abci.ts";
import {
  Block,
  type Commit,
  CommitSig,
  type ConsensusParams,
  HashedParams,
  type PartSetHeader,
} from "../../proto/gen/tendermint.types.ts";

/** Blocks travel, and are hashed, in parts of 64 KiB. */
const PART_BYTES = 65_536;

/** A transaction's own hash, 32 bytes. */
export const txHash = (tx: Uint8Array): Uint8Array => sha256(tx);

export function dataHash(txs: readonly Uint8Array[]): Uint8Array {
  return merkleRoot(txs.map(txHash));
}

export function commitHash(commit: Commit): Uint8Array {
  return merkleRoot(commit.signatures.map((each) => CommitSig.encode(each)));
}

/** Over what every node computes alike: code, data and gas, without logs and events. */
export function resultsHash(results: readonly ExecTxResult[]): Uint8Array {
  return merkleRoot(
    results.map(({ code, data, gasWanted, gasUsed }) =>
      ExecTxResult.encode(ExecTxResult.create({ code, data, gasWanted, gasUsed })),
    ),
  );
}

/** Of the parameters, only the limits of a block are hashed. */
export function consensusHash({ block }: ConsensusParams): Uint8Array {
  return sha256(
    HashedParams.encode({ blockMaxBytes: block?.maxBytes ?? 0n, blockMaxGas: block?.maxGas ?? 0n }),
  );
}

/** What a header says of a block without evidence. */
export const NO_EVIDENCE_HASH = merkleRoot([]);

/** Cost: linear in the block's bytes. */
export function partSetHeader(block: Block): PartSetHeader {
  const bytes = Block.encode(block);
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += PART_BYTES)
    parts.push(bytes.subarray(from, from + PART_BYTES));
  return { total: parts.length, hash: merkleRoot(parts) };
}

/** That a leaf is the `index`-th of `total`. */
export interface MerkleProof {
  readonly total: number;
  readonly index: number;
  readonly leafHash: Uint8Array;
  /** Siblings, from the leaf to the root. */
  readonly aunts: readonly Uint8Array[];
}

/** Cost: linear in the number of leaves. */
export function merkleProof(leaves: readonly Uint8Array[], index: number): MerkleProof {
  const leafHash = sha256(concatBytes(Uint8Array.of(0), leaves[index]!));
  return { total: leaves.length, index, leafHash, aunts: auntsOf(leaves, index) };
}

function auntsOf(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length <= 1) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...auntsOf(left, index), merkleRoot(right)]
    : [...auntsOf(right, index - split), merkleRoot(left)];
}
