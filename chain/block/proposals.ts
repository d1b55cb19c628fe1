/**
 * Proposals of this node and of others: signatures are handed to threads first, then chain/block/propose.ts chooses or
 * judges. What this node chose itself it need not judge again: the rule is the same, and so is the state (ADR-0017).
 */
import { txSizeInBlock } from "../../abci/proposal.ts";
import type { RequestPrepareProposal, RequestProcessProposal } from "../../proto/gen/tendermint.abci.ts";
import type { ConsensusKeeper } from "../modules/consensus/index.ts";
import type { InferenceKeeper } from "../modules/inference/index.ts";
import { bytesEqual } from "../runtime/bytes.ts";
import type { BlockInfo, Context, Mode } from "../runtime/context.ts";
import type { Module } from "../runtime/module.ts";
import type { DecodedTx } from "../tx/decode.ts";
import type { TxDeps } from "../tx/pipeline.ts";
import { checkAhead } from "../tx/signatures.ts";
import { dueOf, unitsOf } from "./due.ts";
import { chooseTxs, decoded, judgeTxs, type ProposalLimits } from "./propose.ts";
import type { States } from "./states.ts";
import { readVotesTx, type Votes } from "./votes.ts";

/** Part of a proposal's bytes that votes may take: 1 / 2. */
const VOTES_SHARE = 2n;

export interface ProposalsDeps {
  readonly states: States;
  readonly tx: TxDeps;
  readonly consensus: Pick<ConsensusKeeper, "params">;
  readonly inference: Pick<InferenceKeeper, "params">;
  readonly votes: Votes;
  /** Whose begin block may need the engine. */
  readonly modules: readonly Module[];
  /** A context on `states.base()`. */
  readonly context: (mode: Mode, block: BlockInfo) => Context;
}

/** What a verdict depends on beside the state. */
type Proposal = Pick<RequestProcessProposal, "height" | "time" | "proposerAddress" | "txs">;

export class Proposals {
  readonly #deps: ProposalsDeps;
  /** The last proposal that was made here, on the state as it is. */
  #made: Proposal | undefined;

  constructor(deps: ProposalsDeps) {
    this.#deps = deps;
  }

  /** The transactions for a proposal. */
  make(request: RequestPrepareProposal): readonly Uint8Array[] {
    const ctx = this.#context("prepare", request, new Uint8Array(0));
    const { maxTxBytes: most } = request;
    const votes = this.#deps.votes.make(ctx, request.localLastCommit, most < 0n ? most : most / VOTES_SHARE);
    const room = most < 0n || !votes ? most : most - BigInt(txSizeInBlock(votes));
    this.#checkAhead(ctx, request.txs);
    const chosen = chooseTxs(ctx, request.txs, this.#limits(ctx, room), this.#deps.tx);
    const txs = votes ? [votes, ...chosen] : chosen;
    const { height, time, proposerAddress } = request;
    this.#made = { height, time, proposerAddress, txs };
    return txs;
  }

  /** @returns why the proposal must be refused, or undefined if it is good */
  judge(request: RequestProcessProposal): string | undefined {
    if (this.#made && isSame(this.#made, request)) return undefined;
    const ctx = this.#context("process", request, request.hash);
    const [first, ...others] = request.txs;
    const votes = first && readVotesTx(first);
    const fault = votes && this.#deps.votes.fault(ctx, votes, first, request.proposedLastCommit);
    if (fault !== undefined) return `transaction 0: ${fault}`;
    const txs = votes ? others : request.txs;
    this.#checkAhead(ctx, txs);
    // The bytes of a block are CometBFT's to judge.
    return judgeTxs(ctx, txs, this.#limits(ctx, -1n), this.#deps.tx, votes ? 1 : 0);
  }

  /** To be called when the state changes that the next block starts from. */
  forget(): void {
    this.#made = undefined;
  }

  #context(mode: Mode, { height, time, proposerAddress }: Omit<Proposal, "txs">, hash: Uint8Array): Context {
    const block = this.#deps.states.blockAt(height, time);
    return this.#deps.context(mode, { ...block, proposerAddress, hash });
  }

  #limits(ctx: Context, maxBytes: bigint): ProposalLimits {
    const { consensus, inference, modules } = this.#deps;
    const maxGas = consensus.params(ctx).block?.maxGas ?? -1n;
    const due = dueOf(ctx, modules);
    for (const request of due) ctx.compute.warm(request);
    return { maxGas, maxBytes, computeBudget: inference.params(ctx).blockComputeBudget - unitsOf(due) };
  }

  #checkAhead(ctx: Context, txs: readonly Uint8Array[]): void {
    const { tx } = this.#deps;
    if (!tx.signatures.hasThreads) return;
    const read = txs.map((bytes) => decoded(ctx, bytes, tx));
    const ready = read.filter((each): each is DecodedTx => typeof each !== "string");
    checkAhead(ctx, ready, tx);
  }
}

function isSame(a: Proposal, b: Proposal): boolean {
  return (
    a.height === b.height &&
    a.time?.seconds === b.time?.seconds &&
    a.time?.nanos === b.time?.nanos &&
    bytesEqual(a.proposerAddress, b.proposerAddress) &&
    a.txs.length === b.txs.length &&
    a.txs.every((tx, index) => bytesEqual(tx, b.txs[index]!))
  );
}
