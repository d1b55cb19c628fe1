/** Votes with extensions, signed as CometBFT's validators sign them. */
import { ed25519 } from "@noble/curves/ed25519.js";
import type { App } from "../../chain/app.ts";
import type { VoterOptions } from "../../chain/block/voter.ts";
import { extensionSignBytes } from "../../chain/block/votes.ts";
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../proto/gen/tendermint.types.ts";

export interface VoteSigner {
  readonly address: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** @param words what validators say, by their place in `signers`; the others say nothing */
export function extendedVotes(
  { chainId, height }: { readonly chainId: string; readonly height: bigint },
  votes: readonly abci.VoteInfo[],
  signers: readonly VoteSigner[],
  words: ReadonlyMap<number, Uint8Array>,
): abci.ExtendedCommitInfo {
  const extended = votes.map((vote) => {
    const index = signers.findIndex(({ address }) => bytesEqual(address, vote.validator.address));
    const signer = signers[index];
    if (!signer || vote.blockIdFlag !== BlockIDFlag.BLOCK_ID_FLAG_COMMIT)
      return abci.ExtendedVoteInfo.create({ ...vote });
    const voteExtension = words.get(index) ?? new Uint8Array(0);
    const signBytes = extensionSignBytes({ chainId, height, round: 0, extension: voteExtension });
    const extensionSignature = ed25519.sign(signBytes, signer.secretKey);
    return abci.ExtendedVoteInfo.create({ ...vote, voteExtension, extensionSignature });
  });
  return { round: 0, votes: extended };
}

/** The same without what validators said. */
export function plainVotes({ round, votes }: abci.ExtendedCommitInfo): abci.CommitInfo {
  return { round, votes: votes.map(({ validator, blockIdFlag }) => ({ validator, blockIdFlag })) };
}

/** The first of `validators` votes by the application under test. */
export function voterOf(secret: string, [first]: readonly VoteSigner[]): VoterOptions {
  return { validator: first!.address, secret: sha256(new TextEncoder().encode(secret)) };
}

/** What the application attaches to its vote for a block, which it must accept itself. */
export function ownWords(
  app: App,
  head: Pick<abci.RequestExtendVote, "height" | "time">,
  txs: readonly Uint8Array[],
): Uint8Array {
  const { voteExtension } = app.extendVote(abci.RequestExtendVote.create({ ...head, txs }));
  const { status } = app.verifyVoteExtension(abci.RequestVerifyVoteExtension.create({ voteExtension }));
  if (status !== abci.ResponseVerifyVoteExtension_VerifyStatus.ACCEPT)
    throw new TypeError("own vote extension was refused");
  return voteExtension;
}
