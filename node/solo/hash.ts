/**
 * The hashes that a header carries, but for those of client/light.
 * Source: types/block.go, types/params.go, types/part_set.go and types/results.go of CometBFT v0.40.
 */
import { sha256 } from "@noble/hashes/sha2.js";
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
