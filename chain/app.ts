/**
 * The application: one method an ABCI call, in the order in which a block lives. What a call does is in chain/block,
 * chain/tx, chain/query and the modules; which state it works on is decided here, of those in chain/block/states.ts.
 */
import type { Application } from "../abci/application.ts";
import { baseApplication } from "../abci/base.ts";
import {
  CheckTxType,
  ResponseProcessProposal_ProposalStatus as ProposalStatus,
  type RequestApplySnapshotChunk,
  type RequestCheckTx,
  type RequestExtendVote,
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
import { type AppDeps, AppFault, type AppOptions } from "./app-options.ts";
import { BlockCompute } from "./block/compute.ts";
import { type BlockDeps, executeBlock } from "./block/finalize.ts";
import { Proposals } from "./block/proposals.ts";
import { NO_TIME, States } from "./block/states.ts";
import { createVoter, type Voter } from "./block/voter.ts";
import { readVotesTx, Votes } from "./block/votes.ts";
import {
  type AppState,
  agreeOnValidators,
  brokenInvariants,
  exportGenesis,
  initGenesis,
  parseAppState,
} from "./genesis.ts";
import { extensionFault } from "./modules/compute/extension.ts";
import { answerQuery } from "./query.ts";
import { AddressCodec } from "./runtime/address.ts";
import { bytesEqual } from "./runtime/bytes.ts";
import { type BlockInfo, Context, type Mode } from "./runtime/context.ts";
import { ChainError } from "./runtime/errors.ts";
import type { ZeroHeight } from "./runtime/module.ts";
import { prefixOf } from "./runtime/prefix.ts";
import type { Router } from "./runtime/router.ts";
import type { Branch, View } from "./store/types.ts";
import { checkTx, failedTx, runTx, type TxOutcome } from "./tx/run.ts";
import { checkAhead } from "./tx/signatures.ts";

export class App implements Application {
  readonly #options: AppOptions;
  readonly #deps: AppDeps;
  readonly #router: Router;
  readonly #blockCompute: BlockCompute;
  readonly #states: States;
  readonly #votes: Votes;
  readonly #voter: Voter | undefined;
  readonly #proposals: Proposals;
  #addresses: AddressCodec | undefined;
  /** The block between FinalizeBlock and Commit. */
  #finalized: { readonly block: BlockInfo; readonly response: ResponseFinalizeBlock } | undefined;

  constructor(options: AppOptions, deps: AppDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#router = deps.tx.router;
    this.#blockCompute = new BlockCompute(deps.engine);
    this.#states = new States(options, deps);
    const { consensus, inference, compute, staking, beginOrder } = deps.modules;
    this.#votes = new Votes({
      compute,
      consensusParams: (ctx) => consensus.params(ctx),
      consensusKey: (ctx, address) => staking.consensusKey(ctx, address),
    });
    this.#proposals = new Proposals({
      states: this.#states,
      tx: deps.tx,
      consensus,
      inference,
      votes: this.#votes,
      modules: beginOrder,
      context: (mode, block) => this.#context(this.#states.base(), mode, block),
    });
    this.#voter =
      options.voter &&
      createVoter(options.voter, {
        ...deps.modules,
        engine: deps.engine,
        log: deps.log,
        context: () => this.#checkContext(),
      });
    if (deps.store.version > 0n) this.#resume();
  }

  /** Takes up a chain that has blocks: its settings, and the engine that it demands. @throws ChainError */
  #resume(): void {
    const { modules, store, engine } = this.#deps;
    const parts = {
      block: this.#states.checkBlock,
      mode: "query",
      state: store.branch(),
      compute: this.#blockCompute,
    } as const;
    // Reading the prefix needs no address codec; a placeholder stands in for the one it makes.
    const unread = new Context({ ...parts, addresses: new AddressCodec("unread") });
    this.#addresses = new AddressCodec(modules.auth.bech32Prefix(unread));
    const ctx = new Context({ ...parts, addresses: this.#addresses });
    if (!modules.upgrade.bringsEngine(ctx)) modules.inference.assertEngine(ctx, engine);
  }

  // ── Start ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The protocol version of the chain's parameters, which is what its headers carry: CometBFT refuses a snapshot whose
   * application says another (statesync/syncer.go verifyApp). 0 before the first block: then InitChain's answer decides.
   */
  #appVersion(): bigint {
    if (this.#deps.store.version === 0n) return 0n;
    const view = this.#states.view(0n);
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
    const ctx = this.#context(genesis, "genesis", this.#states.blockAt(request.initialHeight, request.time));
    if (request.consensusParams) modules.consensus.init(ctx, request.consensusParams);
    const named = initGenesis(ctx, appState, modules.all, this.#router.types);
    const validators = agreeOnValidators(request.validators, named);
    if (this.#options.checkInvariants) this.#assertInvariants(ctx);
    this.#states.begin(genesis, request.initialHeight, request.time);
    this.#proposals.forget();
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
    const { check, checkBlock } = this.#states;
    const outcome = this.#checkOne(request.tx, this.#context(check, mode, checkBlock));
    const { code, codespace, log, gasWanted, gasUsed, events } = outcome;
    return ResponseCheckTx.create({ code, codespace, log, gasWanted, gasUsed, events });
  }

  #checkOne(bytes: Uint8Array, ctx: Context): TxOutcome {
    try {
      const tx = this.#deps.tx.decoded.decode(bytes, ctx.addresses);
      if (ctx.mode === "check") checkAhead(ctx, [tx], this.#deps.tx);
      return checkTx(ctx, tx, this.#deps.tx);
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
    return ResponsePrepareProposal.create({ txs: this.#proposals.make(request) });
  }

  processProposal(request: RequestProcessProposal): ResponseProcessProposal {
    const fault = this.#proposals.judge(request);
    if (fault === undefined) return ResponseProcessProposal.create({ status: ProposalStatus.ACCEPT });
    this.#deps.log.warn({ height: request.height, fault }, "refused a proposal");
    return ResponseProcessProposal.create({ status: ProposalStatus.REJECT });
  }

  /** What is ready is said, and nothing is waited for. */
  extendVote({ height, time, txs }: RequestExtendVote): ResponseExtendVote {
    const ctx = this.#context(this.#states.base(), "process", this.#states.blockAt(height, time));
    const voteExtension = this.#voter?.extend(ctx, txs[0] && readVotesTx(txs[0]));
    return ResponseExtendVote.create({ voteExtension: voteExtension ?? new Uint8Array(0) });
  }

  /** What this node says in votes; undefined if it is no validator's. */
  get voter(): Voter | undefined {
    return this.#voter;
  }

  /** By its bytes alone: what honest nodes may see differently must not part them. */
  verifyVoteExtension({ voteExtension }: RequestVerifyVoteExtension): ResponseVerifyVoteExtension {
    const isGood = extensionFault(voteExtension) === undefined;
    return ResponseVerifyVoteExtension.create({ status: isGood ? VerifyStatus.ACCEPT : VerifyStatus.REJECT });
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
    this.#proposals.forget();
    const state = this.#states.base();
    const block: BlockInfo = {
      ...this.#states.blockAt(request.height, request.time),
      hash: request.hash,
      proposerAddress: request.proposerAddress,
      lastCommit: request.decidedLastCommit,
      misbehavior: request.misbehavior,
      nextValidatorsHash: request.nextValidatorsHash,
      lastAppHash: store.appHash,
    };
    const ctx = this.#context(state, "deliver", block);
    const result = await executeBlock(ctx, request.txs, this.#blockDeps());
    if (this.#options.checkInvariants) this.#assertInvariants(ctx);
    this.#states.write(state);
    const response = ResponseFinalizeBlock.create({ ...result, appHash: store.workingHash() });
    this.#finalized = { block, response };
    log.info({ height: request.height, txs: request.txs.length }, "finalized a block");
    return response;
  }

  /** @throws AppFault unless `height` is that of the block after the last committed one, and none is in between. */
  #assertNext(height: bigint): void {
    if (this.#finalized) {
      throw new AppFault(
        `block ${this.#finalized.block.height} is executed and not committed: another cannot be, at height ${height}; restart the node`,
      );
    }
    const next = this.#states.nextHeight;
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
    await store.commit(this.#finalized.block.time);
    this.#deps.stateSync.afterCommit(store.version);
    this.#blockCompute.release();
    const { height, time } = this.#finalized.block;
    this.#states.resetCheck(this.#states.blockAt(height, time));
    this.#finalized = undefined;
    this.#voter?.afterCommit(this.#checkContext());
    return ResponseCommit.create({ retainHeight: this.#retainHeight() });
  }

  #blockDeps(): BlockDeps {
    const { modules, tx } = this.#deps;
    return {
      beginOrder: modules.beginOrder,
      endOrder: modules.endOrder,
      tx,
      consensusParams: (ctx) => modules.consensus.params(ctx),
      deliverVotes: (ctx, bytes) => this.#votes.deliver(ctx, bytes),
      compute: (request, next) => this.#blockCompute.compute(request, next),
      ready: (messages) => this.#blockCompute.ready(messages),
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
      view: (height) => this.#states.view(height),
      context: (view) => this.#viewContext(view),
      simulate: (bytes) => this.#simulate(bytes),
    });
  }

  /**
   * The state at `height` (0: the latest) as app_state of a genesis file; with `zero` of one that starts at height 1.
   * @throws ChainError if it is not kept
   */
  exportGenesis(height: bigint, zero?: ZeroHeight): AppState {
    const view = this.#states.view(height);
    try {
      return exportGenesis(this.#viewContext(view), this.#deps.modules.all, this.#router.types, zero);
    } finally {
      view.release();
    }
  }

  /** Invariants that do not hold in the latest committed state; empty if all hold. */
  brokenInvariants(): readonly string[] {
    const view = this.#states.view(0n);
    try {
      return brokenInvariants(this.#viewContext(view), this.#deps.modules.all);
    } finally {
      view.release();
    }
  }

  /** On the state after the last block. */
  #checkContext(): Context {
    return this.#context(this.#states.base(), "query", this.#states.checkBlock);
  }

  #viewContext(view: View): Context {
    return this.#context(view.branch(), "query", this.#states.blockOf(view));
  }

  /** On the check state, as the SDK: a sender whose transactions are still pending simulates the one after them. */
  async #simulate(bytes: Uint8Array): Promise<TxOutcome> {
    const compute = new BlockCompute(this.#deps.engine);
    const { check, checkBlock } = this.#states;
    const ctx = this.#context(check.branch(), "simulate", checkBlock, compute);
    const tx = this.#deps.tx.decoded.decode(bytes, ctx.addresses);
    return runTx(ctx, tx, this.#deps.tx, (request) => compute.compute(request));
  }

  // ── Snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly listSnapshots = (): Promise<ResponseListSnapshots> => this.#deps.stateSync.list();

  readonly loadSnapshotChunk = (request: RequestLoadSnapshotChunk): Promise<ResponseLoadSnapshotChunk> =>
    this.#deps.stateSync.load(request);

  readonly offerSnapshot = (request: RequestOfferSnapshot): Promise<ResponseOfferSnapshot> =>
    this.#deps.stateSync.offer(request);

  applySnapshotChunk(request: RequestApplySnapshotChunk): Promise<ResponseApplySnapshotChunk> {
    return this.#deps.stateSync.apply(request, () => {
      this.#states.resetCheck(this.#states.blockAt(this.#deps.store.version, NO_TIME));
      this.#proposals.forget();
      this.#resume();
    });
  }

  // ── Contexts ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #context(state: Branch, mode: Mode, block: BlockInfo, compute = this.#blockCompute): Context {
    return new Context({ block, mode, state, addresses: this.#addressCodec(), compute });
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
}
