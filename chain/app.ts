/**
 * The application: one method an ABCI call, in the order in which a block lives. What a call does is in chain/block,
 * chain/tx, chain/query and the modules; which state it works on is decided here:
 *
 *   committed ── check branch        CheckTx, kept from commit to commit, so that a sender's transactions may queue up
 *       │ └───── proposal branch     PrepareProposal and ProcessProposal, dropped after the call
 *       └─────── block branch        FinalizeBlock, written into the working state, made durable by Commit
 *
 * Before block 1 the state of genesis stands on a branch of its own, below all of these.
 */
import type { Application } from "../abci/application.ts";
import { baseApplication } from "../abci/base.ts";
import {
  CheckTxType,
  CommitInfo,
  ResponseProcessProposal_ProposalStatus as ProposalStatus,
  type RequestApplySnapshotChunk,
  type RequestCheckTx,
  type RequestFinalizeBlock,
  type RequestInitChain,
  type RequestLoadSnapshotChunk,
  type RequestOfferSnapshot,
  type RequestPrepareProposal,
  type RequestProcessProposal,
  type RequestQuery,
  type RequestVerifyVoteExtension,
  type ResponseApplySnapshotChunk,
  ResponseCheckTx,
  ResponseCommit,
  ResponseExtendVote,
  ResponseFinalizeBlock,
  ResponseInfo,
  ResponseInitChain,
  type ResponseListSnapshots,
  type ResponseLoadSnapshotChunk,
  type ResponseOfferSnapshot,
  ResponsePrepareProposal,
  ResponseProcessProposal,
  type ResponseQuery,
  ResponseVerifyVoteExtension,
  ResponseVerifyVoteExtension_VerifyStatus as VerifyStatus,
} from "../proto/gen/tendermint.abci.ts";
import { BlockCompute, type ComputeEngine } from "./block/compute.ts";
import { type BlockDeps, executeBlock } from "./block/finalize.ts";
import { chooseTxs, judgeTxs, type ProposalLimits } from "./block/propose.ts";
import type { StateSync } from "./block/state-sync.ts";
import {
  type AppState,
  agreeOnValidators,
  brokenInvariants,
  exportGenesis,
  initGenesis,
  parseAppState,
} from "./genesis.ts";
import type { Modules } from "./modules/index.ts";
import { answerQuery } from "./query.ts";
import { AddressCodec } from "./runtime/address.ts";
import { bytesEqual } from "./runtime/bytes.ts";
import { type BlockInfo, Context, type Mode } from "./runtime/context.ts";
import { ChainError, SdkError } from "./runtime/errors.ts";
import { prefixOf } from "./runtime/prefix.ts";
import type { Router } from "./runtime/router.ts";
import type { MultiStore } from "./store/multistore.ts";
import type { Branch, View } from "./store/types.ts";
import { decodeTx } from "./tx/decode.ts";
import type { TxDeps } from "./tx/pipeline.ts";
import { checkTx, failedTx, runTx, type TxOutcome } from "./tx/run.ts";

/** Told what happens, never asked: nothing in the chain depends on it. */
export interface AppLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface AppOptions {
  readonly chainId: string;
  /** Version of the software, for `info`. */
  readonly version: string;
  /** Check every invariant after every block; a broken one halts the node. Work is linear in the state. */
  readonly checkInvariants?: boolean;
  /** FinalizeBlock of a higher block is refused: the operator stops the node at a height. */
  readonly haltHeight?: bigint;
  /** Blocks that CometBFT is told to keep; 0 keeps all. */
  readonly minRetainBlocks?: bigint;
}

export interface AppDeps {
  readonly store: MultiStore;
  readonly engine: ComputeEngine;
  readonly modules: Modules;
  readonly tx: TxDeps;
  readonly stateSync: StateSync;
  readonly log: AppLog;
}

/** A fault that the node must stop for: it would answer wrongly, or differently from others. */
export class AppFault extends Error {
  override readonly name = "AppFault";
}

const NO_COMMIT = CommitInfo.create();
const NO_TIME = { seconds: 0n, nanos: 0 };

export class App implements Application {
  readonly #options: AppOptions;
  readonly #deps: AppDeps;
  readonly #router: Router;
  readonly #blockCompute: BlockCompute;
  #addresses: AddressCodec | undefined;
  /** State of genesis, from InitChain until block 1 takes it in. */
  #genesis: Branch | undefined;
  #check: Branch;
  #checkBlock: BlockInfo;
  /** The block between FinalizeBlock and Commit. */
  #finalized: { readonly block: BlockInfo; readonly response: ResponseFinalizeBlock } | undefined;
  /** Height of the first block, once InitChain has said it. */
  #initialHeight: bigint | undefined;

  constructor(options: AppOptions, deps: AppDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#router = deps.tx.router;
    this.#blockCompute = new BlockCompute(deps.engine);
    this.#check = deps.store.branch();
    this.#checkBlock = this.#blockAt(deps.store.version, NO_TIME);
    if (deps.store.version > 0n) this.#resume();
  }

  /** Takes up a chain that has blocks: its settings, and the engine that it demands. @throws ChainError */
  #resume(): void {
    const { modules, store, engine } = this.#deps;
    const parts = {
      block: this.#checkBlock,
      mode: "query",
      state: store.branch(),
      compute: this.#blockCompute,
    } as const;
    // Reading the prefix needs no address codec; a placeholder stands in for the one it makes.
    const unread = new Context({ ...parts, addresses: new AddressCodec("unread") });
    this.#addresses = new AddressCodec(modules.auth.bech32Prefix(unread));
    modules.inference.assertEngine(new Context({ ...parts, addresses: this.#addresses }), engine);
  }

  // ── Start ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The protocol version of the chain's parameters, which is what its headers carry: CometBFT refuses a snapshot whose
   * application says another (statesync/syncer.go verifyApp). 0 before the first block: then InitChain's answer decides.
   */
  #appVersion(): bigint {
    if (this.#deps.store.version === 0n) return 0n;
    const view = this.#view(0n);
    try {
      return this.#deps.modules.consensus.params(this.#viewContext(view)).version?.app ?? 0n;
    } finally {
      view.release();
    }
  }

  info(): ResponseInfo {
    const { store } = this.#deps;
    return ResponseInfo.create({
      data: "opg",
      version: this.#options.version,
      appVersion: this.#appVersion(),
      lastBlockHeight: store.version,
      lastBlockAppHash: store.version === 0n ? new Uint8Array(0) : store.appHash,
    });
  }

  initChain(request: RequestInitChain): ResponseInitChain {
    const { modules, store } = this.#deps;
    if (request.chainId !== this.#options.chainId) {
      throw new AppFault(
        `chain id ${request.chainId} of the genesis is not ${this.#options.chainId}, which this node runs`,
      );
    }
    const appState = parseAppState(request.appStateBytes);
    this.#addresses = new AddressCodec(prefixOf(appState));
    store.setInitialVersion(request.initialHeight);
    const genesis = store.branch();
    const block = this.#blockAt(request.initialHeight, request.time);
    const ctx = this.#context(genesis, "genesis", block);
    if (request.consensusParams) modules.consensus.init(ctx, request.consensusParams);
    const named = initGenesis(ctx, appState, modules.all, this.#router.types);
    const validators = agreeOnValidators(request.validators, named);
    if (this.#options.checkInvariants) this.#assertInvariants(ctx);
    this.#genesis = genesis;
    this.#initialHeight = request.initialHeight;
    this.#resetCheck(this.#blockAt(request.initialHeight - 1n, request.time));
    return ResponseInitChain.create({
      consensusParams: modules.consensus.params(ctx),
      validators,
      // The state of genesis is committed with the first block: until then there is none.
      appHash: store.appHash,
    });
  }

  // ── Mempool ──────────────────────────────────────────────────────────────────────────────────────────────────────

  checkTx(request: RequestCheckTx): ResponseCheckTx {
    const mode = request.type === CheckTxType.RECHECK ? "recheck" : "check";
    const outcome = this.#checkOne(request.tx, this.#context(this.#check, mode, this.#checkBlock));
    const { code, codespace, log, gasWanted, gasUsed, events } = outcome;
    return ResponseCheckTx.create({ code, codespace, log, gasWanted, gasUsed, events });
  }

  #checkOne(bytes: Uint8Array, ctx: Context): TxOutcome {
    try {
      return checkTx(ctx, decodeTx(bytes, this.#router, ctx.addresses, this.#deps.tx.limits), this.#deps.tx);
    } catch (error) {
      if (error instanceof ChainError) return failedTx(error);
      throw error;
    }
  }

  /** CometBFT's own mempool is used, so it has nothing to insert or reap here. */
  readonly insertTx = baseApplication.insertTx;
  readonly reapTxs = baseApplication.reapTxs;

  // ── Proposals and votes ──────────────────────────────────────────────────────────────────────────────────────────

  prepareProposal(request: RequestPrepareProposal): ResponsePrepareProposal {
    const ctx = this.#context(this.#base(), "prepare", {
      ...this.#blockAt(request.height, request.time),
      proposerAddress: request.proposerAddress,
    });
    const limits = this.#proposalLimits(ctx, request.maxTxBytes);
    return ResponsePrepareProposal.create({ txs: chooseTxs(ctx, request.txs, limits, this.#deps.tx) });
  }

  processProposal(request: RequestProcessProposal): ResponseProcessProposal {
    const ctx = this.#context(this.#base(), "process", {
      ...this.#blockAt(request.height, request.time),
      proposerAddress: request.proposerAddress,
      hash: request.hash,
    });
    // The bytes of a block are CometBFT's to judge.
    const fault = judgeTxs(ctx, request.txs, this.#proposalLimits(ctx, -1n), this.#deps.tx);
    if (fault === undefined) return ResponseProcessProposal.create({ status: ProposalStatus.ACCEPT });
    this.#deps.log.warn({ height: request.height, fault }, "refused a proposal");
    return ResponseProcessProposal.create({ status: ProposalStatus.REJECT });
  }

  #proposalLimits(ctx: Context, maxBytes: bigint): ProposalLimits {
    const { modules } = this.#deps;
    const maxGas = modules.consensus.params(ctx).block?.maxGas ?? -1n;
    return { maxGas, maxBytes, computeBudget: modules.inference.params(ctx).blockComputeBudget };
  }

  extendVote(): ResponseExtendVote {
    return ResponseExtendVote.create();
  }

  /** Votes carry no extension yet, so any is refused. */
  verifyVoteExtension(request: RequestVerifyVoteExtension): ResponseVerifyVoteExtension {
    const status = request.voteExtension.length === 0 ? VerifyStatus.ACCEPT : VerifyStatus.REJECT;
    return ResponseVerifyVoteExtension.create({ status });
  }

  // ── Blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  async finalizeBlock(request: RequestFinalizeBlock): Promise<ResponseFinalizeBlock> {
    const { store, log } = this.#deps;
    const { haltHeight } = this.#options;
    if (haltHeight && request.height > haltHeight) {
      throw new AppFault(`halted at height ${haltHeight}, as halt-height says; raise or remove it to go on`);
    }
    const done = this.#finalized;
    // A CometBFT that was started again while this process lived asks again for what it has not committed.
    if (done?.block.height === request.height && bytesEqual(done.block.hash, request.hash))
      return done.response;
    this.#assertNext(request.height);
    const state = this.#base();
    const block: BlockInfo = {
      ...this.#blockAt(request.height, request.time),
      hash: request.hash,
      proposerAddress: request.proposerAddress,
      lastCommit: request.decidedLastCommit,
      misbehavior: request.misbehavior,
    };
    const ctx = this.#context(state, "deliver", block);
    const result = await executeBlock(ctx, request.txs, this.#blockDeps());
    if (this.#options.checkInvariants) this.#assertInvariants(ctx);
    state.write();
    if (this.#genesis) {
      this.#genesis.write();
      this.#genesis = undefined;
      // The check branch stood on it.
      this.#resetCheck(this.#checkBlock);
    }
    const response = ResponseFinalizeBlock.create({ ...result, appHash: store.workingHash() });
    this.#finalized = { block, response };
    log.info({ height: request.height, txs: request.txs.length }, "finalized a block");
    return response;
  }

  /** @throws AppFault unless `height` is that of the block after the last committed one, and none is in between. */
  #assertNext(height: bigint): void {
    const { version } = this.#deps.store;
    if (this.#finalized) {
      throw new AppFault(
        `block ${this.#finalized.block.height} is executed and not committed: another cannot be, at height ${height}; restart the node`,
      );
    }
    const next = version > 0n ? version + 1n : this.#initialHeight;
    if (height === next) return;
    throw new AppFault(
      next === undefined
        ? `FinalizeBlock of height ${height} before InitChain`
        : `FinalizeBlock of height ${height}, where ${next} is next: this state and CometBFT's blocks do not belong together`,
    );
  }

  async commit(): Promise<ResponseCommit> {
    const { store } = this.#deps;
    if (!this.#finalized) throw new AppFault("Commit without FinalizeBlock");
    await store.commit();
    this.#deps.stateSync.afterCommit(store.version);
    this.#blockCompute.release();
    const { height, time } = this.#finalized.block;
    this.#resetCheck(this.#blockAt(height, time));
    this.#finalized = undefined;
    return ResponseCommit.create({ retainHeight: this.#retainHeight() });
  }

  #blockDeps(): BlockDeps {
    const { modules, tx } = this.#deps;
    return {
      beginOrder: modules.beginOrder,
      endOrder: modules.endOrder,
      tx,
      consensusParams: (ctx) => modules.consensus.params(ctx),
      compute: (request) => this.#blockCompute.compute(request),
    };
  }

  #retainHeight(): bigint {
    const keep = this.#options.minRetainBlocks ?? 0n;
    const height = this.#deps.store.version - keep + 1n;
    return keep > 0n && height > 0n ? height : 0n;
  }

  // ── Queries ──────────────────────────────────────────────────────────────────────────────────────────────────────

  query(request: RequestQuery): Promise<ResponseQuery> {
    return answerQuery(request, {
      version: this.#options.version,
      router: this.#router,
      latestHeight: () => this.#deps.store.version,
      view: (height) => this.#view(height),
      context: (view) => this.#viewContext(view),
      simulate: (bytes) => this.#simulate(bytes),
    });
  }

  /** The state at `height` (0: the latest) as app_state of a genesis file. @throws ChainError if it is not kept */
  exportGenesis(height: bigint): AppState {
    const view = this.#view(height);
    try {
      return exportGenesis(this.#viewContext(view), this.#deps.modules.all, this.#router.types);
    } finally {
      view.release();
    }
  }

  /** Invariants that do not hold in the latest committed state; empty if all hold. */
  brokenInvariants(): readonly string[] {
    const view = this.#view(0n);
    try {
      return brokenInvariants(this.#viewContext(view), this.#deps.modules.all);
    } finally {
      view.release();
    }
  }

  #view(height: bigint): View {
    const { store } = this.#deps;
    if (height < 0n) throw SdkError.invalidHeight(`height: ${height} is negative`);
    if (store.version === 0n)
      throw SdkError.invalidHeight("height: the chain has no block yet; ask again after the first");
    return store.at(height === 0n ? store.version : height);
  }

  #viewContext(view: View): Context {
    // Of older blocks the time is not kept: queries that need it are asked of the latest.
    const time = view.version === this.#checkBlock.height ? this.#checkBlock.time : NO_TIME;
    return this.#context(view.branch(), "query", this.#blockAt(view.version, time));
  }

  /** On the check state, as the SDK: a sender whose transactions are still pending simulates the one after them. */
  async #simulate(bytes: Uint8Array): Promise<TxOutcome> {
    const compute = new BlockCompute(this.#deps.engine);
    const ctx = new Context({
      block: this.#checkBlock,
      mode: "simulate",
      state: this.#check.branch(),
      addresses: this.#addressCodec(),
      compute,
    });
    const tx = decodeTx(bytes, this.#router, ctx.addresses, this.#deps.tx.limits);
    return runTx(ctx, tx, this.#deps.tx, (request) => compute.compute(request));
  }

  // ── Snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────

  listSnapshots(): Promise<ResponseListSnapshots> {
    return this.#deps.stateSync.list();
  }

  loadSnapshotChunk(request: RequestLoadSnapshotChunk): Promise<ResponseLoadSnapshotChunk> {
    return this.#deps.stateSync.load(request);
  }

  offerSnapshot(request: RequestOfferSnapshot): Promise<ResponseOfferSnapshot> {
    return this.#deps.stateSync.offer(request);
  }

  applySnapshotChunk(request: RequestApplySnapshotChunk): Promise<ResponseApplySnapshotChunk> {
    return this.#deps.stateSync.apply(request, () => {
      this.#resetCheck(this.#blockAt(this.#deps.store.version, NO_TIME));
      this.#resume();
    });
  }

  // ── States ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A branch of the state that the next block starts from. */
  #base(): Branch {
    return this.#genesis ? this.#genesis.branch() : this.#deps.store.branch();
  }

  #resetCheck(block: BlockInfo): void {
    this.#check = this.#base();
    this.#checkBlock = block;
  }

  #context(state: Branch, mode: Mode, block: BlockInfo): Context {
    return new Context({ block, mode, state, addresses: this.#addressCodec(), compute: this.#blockCompute });
  }

  #addressCodec(): AddressCodec {
    if (!this.#addresses) throw new AppFault("no genesis yet: InitChain comes first");
    return this.#addresses;
  }

  #assertInvariants(ctx: Context): void {
    const broken = brokenInvariants(ctx, this.#deps.modules.all);
    if (broken.length > 0)
      throw new AppFault(`invariants are broken at height ${ctx.block.height}: ${broken.join("; ")}`);
  }

  #blockAt(height: bigint, time: BlockInfo["time"]): BlockInfo {
    return {
      chainId: this.#options.chainId,
      height,
      time,
      hash: new Uint8Array(0),
      proposerAddress: new Uint8Array(0),
      lastCommit: NO_COMMIT,
      misbehavior: [],
    };
  }
}
