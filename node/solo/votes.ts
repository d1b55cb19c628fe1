/** The one validator's votes as the application sees them, with the bytes that it attaches to them. */
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Application } from "../../abci/index.ts";
import { concatBytes } from "../../chain/runtime/bytes.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import {
  type Block,
  type BlockID,
  BlockIDFlag,
  CanonicalVoteExtension,
  type Commit,
  type ConsensusParams,
} from "../../proto/gen/tendermint.types.ts";
import { Writer } from "../../proto/wire.ts";
import type { ConsensusKey } from "../comet/keys.ts";
import type { BlockStore } from "./store.ts";

const SEED_BYTES = 32;

/** Whether votes of a height carry extensions (CometBFT types/params.go). */
export function isExtended({ abci: votes }: ConsensusParams, height: bigint): boolean {
  const from = votes?.voteExtensionsEnableHeight ?? 0n;
  return from > 0n && height >= from;
}

/** Who signed a commit; nobody at the first height. */
export async function votesOf(commit: Commit | undefined, store: BlockStore): Promise<abci.VoteInfo[]> {
  if (!commit || commit.signatures.length === 0) return [];
  const { validators } = (await store.validators(commit.height))!;
  return validators.map(({ address, votingPower }) =>
    abci.VoteInfo.create({
      validator: { address, power: votingPower },
      blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
    }),
  );
}

/** The same with extensions, for PrepareProposal. */
export async function extendedVotesOf(commit: Commit, store: BlockStore): Promise<abci.ExtendedVoteInfo[]> {
  const extension = await store.extension(commit.height);
  return (await votesOf(commit, store)).map((vote) =>
    abci.ExtendedVoteInfo.create({
      ...vote,
      voteExtension: extension?.voteExtension ?? new Uint8Array(0),
      extensionSignature: extension?.extensionSignature ?? new Uint8Array(0),
    }),
  );
}

/** Asks the application what to attach to the vote for a block, and signs it. */
export async function extendVote(
  { block, id, votes }: { readonly block: Block; readonly id: BlockID; readonly votes: abci.VoteInfo[] },
  app: Application,
  key: ConsensusKey,
): Promise<abci.ExtendedVoteInfo> {
  const { height, time, chainId, nextValidatorsHash, proposerAddress } = block.header;
  const { voteExtension } = await app.extendVote(
    abci.RequestExtendVote.create({
      hash: id.hash,
      height,
      time,
      txs: block.data.txs,
      proposedLastCommit: { round: 0, votes },
      nextValidatorsHash,
      proposerAddress,
    }),
  );
  const canonical = CanonicalVoteExtension.encode({ extension: voteExtension, height, round: 0n, chainId });
  const signBytes = concatBytes(new Writer().uint32(canonical.length).finish(), canonical);
  const extensionSignature = ed25519.sign(signBytes, key.priv.slice(0, SEED_BYTES));
  return abci.ExtendedVoteInfo.create({ voteExtension, extensionSignature });
}
