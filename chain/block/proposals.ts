/**
 * Proposals of this node and of others: signatures are handed to threads first, then chain/block/propose.ts chooses or
 * judges. What this node chose itself it need not judge again: the rule is the same, and so is the state (ADR-0017).
 */
import type { RequestPrepareProposal, RequestProcessProposal } from "../../proto/gen/tendermint.abci.ts";
import type { ConsensusKeeper } from "../modules/consensus/index.ts";
import type { InferenceKeeper } from "../modules/inference/index.ts";
import { bytesEqual } from "../runtime/bytes.ts";
import type { BlockInfo, Context, Mode } from "../runtime/context.ts";
import type { DecodedTx } from "../tx/decode.ts";
import type { TxDeps } from "../tx/pipeline.ts";
import { checkAhead } from "../tx/signatures.ts";
import { chooseTxs, decoded, judgeTxs, type ProposalLimits } from "./propose.ts";
import type { States } from "./states.ts";

export interface ProposalsDeps {
  readonly states: States;
  readonly tx: TxDeps;
  readonly consensus: Pick<ConsensusKeeper, "params">;
  readonly inference: Pick<InferenceKeeper, "params">;
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
    this.#checkAhead(ctx, request.txs);
    const txs = chooseTxs(ctx, request.txs, this.#limits(ctx, request.maxTxBytes), this.#deps.tx);
    const { height, time, proposerAddress } = request;
    this.#made = { height, time, proposerAddress, txs };
    return txs;
  }

  /** @returns why the proposal must be refused, or undefined if it is good */
  judge(request: RequestProcessProposal): string | undefined {
    if (this.#made && isSame(this.#made, request)) return undefined;
    const ctx = this.#context("process", request, request.hash);
    this.#checkAhead(ctx, request.txs);
    // The bytes of a block are CometBFT's to judge.
    return judgeTxs(ctx, request.txs, this.#limits(ctx, -1n), this.#deps.tx);
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
    const { consensus, inference } = this.#deps;
    const maxGas = consensus.params(ctx).block?.maxGas ?? -1n;
    return { maxGas, maxBytes, computeBudget: inference.params(ctx).blockComputeBudget };
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
