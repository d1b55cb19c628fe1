/**
 * Extensions of the last commit's votes, as the first transaction of a block (ADR-0161): made by the proposer, judged by
 * everybody else, applied before all other transactions. Without fee and signature: its votes are signed.
 */
import { AuthInfo, Fee, TxBody, TxRaw } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { ExtendedVote, MsgVoteExtensions } from "../../proto/gen/opg.compute.v1.ts";
import type { CommitInfo, ExtendedCommitInfo, ExtendedVoteInfo } from "../../proto/gen/tendermint.abci.ts";
import {
  BlockIDFlag,
  CanonicalVoteExtension,
  type ConsensusParams,
} from "../../proto/gen/tendermint.types.ts";
import { WireError, Writer } from "../../proto/wire.ts";
import { ComputeError } from "../modules/compute/errors.ts";
import { MAX_EXTENSION_BYTES } from "../modules/compute/extension.ts";
import type { ComputeKeeper } from "../modules/compute/index.ts";
import { bytesEqual, concatBytes, toHex, utf8 } from "../runtime/bytes.ts";
import type { Context } from "../runtime/context.ts";
import { type VerifyEd25519, verifyEd25519 } from "../runtime/ed25519.ts";
import { type HashString, sha256String } from "../store/sha256.ts";
import { failedTx, passedTx, type TxOutcome } from "../tx/run.ts";

export interface VotesDeps {
  readonly compute: Pick<ComputeKeeper, "applyVotes">;
  readonly consensusParams: (ctx: Context) => ConsensusParams;
  /** The ed25519 key of a validator by its consensus address; undefined if the state has none any more. */
  readonly consensusKey: (ctx: Context, address: Uint8Array) => Uint8Array | undefined;
  readonly verify?: VerifyEd25519;
}

/** Messages whose signatures were found good, remembered: proposal and block bring the same bytes. */
const MAX_KNOWN = 16;

export class Votes {
  readonly #deps: VotesDeps;
  readonly #verify: VerifyEd25519;
  readonly #known = new Set<HashString>();

  constructor(deps: VotesDeps) {
    this.#deps = deps;
    this.#verify = deps.verify ?? verifyEd25519;
  }

  /** Whether votes for blocks of `height` carry extensions (CometBFT types/params.go). */
  areExtended(ctx: Context, height: bigint): boolean {
    const from = this.#deps.consensusParams(ctx).abci?.voteExtensionsEnableHeight ?? 0n;
    return from > 0n && height >= from;
  }

  /**
   * The transaction for a proposal; undefined if nobody says anything, or it would not be accepted. What has no room within
   * `maxBytes` is left blank, the longest first.
   */
  make(ctx: Context, commit: ExtendedCommitInfo, maxBytes: bigint): Uint8Array | undefined {
    const height = ctx.block.height - 1n;
    if (!this.areExtended(ctx, height)) return undefined;
    const voted = commit.votes.filter(({ blockIdFlag }) => isForBlock(blockIdFlag));
    const votes = voted.map((vote) => this.#carried(ctx, vote));
    for (;;) {
      if (votes.every(({ extension }) => extension.length === 0)) return undefined;
      const message = MsgVoteExtensions.create({ height, round: commit.round, votes });
      const tx = votesTx(message);
      if (maxBytes >= 0n && BigInt(tx.length) > maxBytes) {
        const longest = indexOfLongest(votes);
        votes[longest] = ExtendedVote.create({ validator: votes[longest]!.validator });
        continue;
      }
      return this.fault(ctx, message, tx, commit) === undefined ? tx : undefined;
    }
  }

  #carried(ctx: Context, vote: ExtendedVoteInfo): ExtendedVote {
    const validator = vote.validator.address;
    const { voteExtension: extension, extensionSignature: signature } = vote;
    const isCarried =
      extension.length > 0 &&
      extension.length <= MAX_EXTENSION_BYTES &&
      this.#deps.consensusKey(ctx, validator) !== undefined;
    return isCarried ? { validator, extension, signature } : ExtendedVote.create({ validator });
  }

  /** Why a block that follows `commit` must not hold `message`; undefined if it may. `tx` are the transaction's bytes. */
  fault(
    ctx: Context,
    message: MsgVoteExtensions,
    tx: Uint8Array,
    commit: Pick<CommitInfo, "round" | "votes">,
  ): string | undefined {
    const { height, round, votes } = message;
    const last = ctx.block.height - 1n;
    if (height !== last) return `height: ${height} is not that of the last commit, ${last}`;
    if (!this.areExtended(ctx, last)) return `votes of height ${last} carry no extensions`;
    if (round !== commit.round) return `round: ${round} is not that of the last commit, ${commit.round}`;
    const voted = commit.votes.filter(({ blockIdFlag }) => isForBlock(blockIdFlag));
    if (votes.length !== voted.length)
      return `votes: ${votes.length} are given; ${voted.length} are in the last commit`;
    const strange = votes.findIndex(
      ({ validator }, index) => !bytesEqual(validator, voted[index]!.validator.address),
    );
    if (strange >= 0) {
      const given = toHex(votes[strange]!.validator);
      return `votes[${strange}]: ${given} is not the last commit's ${toHex(voted[strange]!.validator.address)}`;
    }
    if (votes.every(({ extension }) => extension.length === 0)) return "votes: nobody says anything";
    return this.#signatureFault(ctx, message, tx);
  }

  /** Delivers `tx` if it is votes; undefined if it is not. Nothing is kept of what the block must not hold. */
  deliver(ctx: Context, tx: Uint8Array): TxOutcome | undefined {
    const message = readVotesTx(tx);
    if (!message) return undefined;
    const fault = this.fault(ctx, message, tx, ctx.block.lastCommit);
    if (fault !== undefined) return failedTx(ComputeError.notATransaction(`vote extensions: ${fault}`));
    const branch = ctx.branch();
    this.#deps.compute.applyVotes(branch.ctx, message);
    branch.write();
    return passedTx(branch.ctx.events.all);
  }

  #signatureFault(ctx: Context, { height, round, votes }: MsgVoteExtensions, tx: Uint8Array) {
    const hash = sha256String(tx);
    const isKnown = this.#known.has(hash);
    for (const [index, { validator, extension, signature }] of votes.entries()) {
      if (extension.length === 0) {
        if (signature.length > 0) return `votes[${index}]: a signature of nothing; leave it out`;
        continue;
      }
      if (extension.length > MAX_EXTENSION_BYTES)
        return `votes[${index}]: extension of ${extension.length} bytes; ${MAX_EXTENSION_BYTES} are allowed`;
      const key = this.#deps.consensusKey(ctx, validator);
      if (!key) return `votes[${index}]: there is no validator ${toHex(validator)}`;
      // An address is the hash of its key, so whether a signature is good is fixed by the bytes.
      if (isKnown) continue;
      const { chainId } = ctx.block;
      if (!this.#verify(key, extensionSignBytes({ chainId, height, round, extension }), signature))
        return `votes[${index}]: the signature is not validator ${toHex(validator)}'s of this extension`;
    }
    if (!isKnown) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.add(hash);
    }
    return undefined;
  }
}

function isForBlock(blockIdFlag: number): boolean {
  return blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
}

function indexOfLongest(votes: readonly ExtendedVote[]): number {
  let longest = 0;
  for (const [index, { extension }] of votes.entries())
    if (extension.length > votes[longest]!.extension.length) longest = index;
  return longest;
}

/** What a validator signs of its extension. Source: types/canonical.go of CometBFT v0.40, with a length before it. */
export function extensionSignBytes(parts: {
  readonly chainId: string;
  readonly height: bigint;
  readonly round: number;
  readonly extension: Uint8Array;
}): Uint8Array {
  const { chainId, height, round, extension } = parts;
  const canonical = CanonicalVoteExtension.encode({ extension, height, round: BigInt(round), chainId });
  return concatBytes(new Writer().uint32(canonical.length).finish(), canonical);
}

// ── The transaction ────────────────────────────────────────────────────────────────────────────────────────────────

/** With an empty fee, which others' software asks for in every transaction. */
const AUTH_INFO = AuthInfo.encode(AuthInfo.create({ fee: Fee.create() }));
const TYPE_URL = utf8(MsgVoteExtensions.typeUrl);

export function votesTx(message: MsgVoteExtensions): Uint8Array {
  const any = { typeUrl: MsgVoteExtensions.typeUrl, value: MsgVoteExtensions.encode(message) };
  const bodyBytes = TxBody.encode(TxBody.create({ messages: [any] }));
  return TxRaw.encode({ bodyBytes, authInfoBytes: AUTH_INFO, signatures: [] });
}

/** The message, if these are the only bytes that it has as a transaction; undefined for every other transaction. Never throws. */
export function readVotesTx(tx: Uint8Array): MsgVoteExtensions | undefined {
  if (!startsLikeVotes(tx)) return undefined;
  try {
    const { bodyBytes } = TxRaw.decode(tx);
    const [any] = TxBody.decode(bodyBytes).messages;
    if (any?.typeUrl !== MsgVoteExtensions.typeUrl) return undefined;
    const message = MsgVoteExtensions.decode(any.value, { strict: true });
    return bytesEqual(votesTx(message), tx) ? message : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Where the type of a first message stands, after three tags and their lengths, which are varints. */
function startsLikeVotes(tx: Uint8Array): boolean {
  let at = 0;
  for (let depth = 0; depth < 3; depth++) {
    if (tx[at++] !== 0x0a) return false;
    while ((tx[at] ?? 0) >= 0x80) at++;
    at++;
  }
  return bytesEqual(tx.subarray(at, at + TYPE_URL.length), TYPE_URL);
}
