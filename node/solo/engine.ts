/**
 * The embedded engine: decides blocks for a chain of one validator, in this process (ADR-0080).
 * A block's life: chosen from the mempool → PrepareProposal → ProcessProposal → signed and stored → FinalizeBlock →
 * results stored → Commit → told to whoever listens. A process that ends anywhere in between goes on from what is stored.
 */

import type { Application } from "../../abci/index.ts";
import { compareBytes, toHex, utf8 } from "../../chain/runtime/bytes.ts";
import { voteSignBytes } from "../../client/light/commit.ts";
import { validatorsHash } from "../../client/light/hash.ts";
import type { GenesisDocument } from "../../genesis/index.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import { type Block, BlockID, Commit, type ConsensusParams } from "../../proto/gen/tendermint.types.ts";
import { type ConsensusKey, consensusAddress } from "../comet/keys.ts";
import { type BlockBase, blockIdOf, makeBlock, signCommit } from "./block.ts";
import { SoloError } from "./errors.ts";
import { txHash } from "./hash.ts";
import { DEFAULT_MEMPOOL_LIMITS, Mempool, type MempoolLimits } from "./mempool.ts";
import type { SignedState } from "./signed.ts";
import { genesisParams, genesisTime, updateParams, updateValidators } from "./start.ts";
import type { BlockStore } from "./store.ts";
import { extendedVotesOf, extendVote, isExtended, votesOf } from "./votes.ts";

export interface SoloOptions {
  readonly genesis: GenesisDocument;
  /** The home's validator key. */
  readonly key: ConsensusKey;
  /** Time between two empty blocks, in milliseconds; a waiting transaction gets a block at once. */
  readonly intervalMs: number;
  /** What CometBFT calls create_empty_blocks. False: an empty block only where the last one changed the app hash. Default true. */
  readonly emptyBlocks?: boolean;
  /** Without empty blocks, one all the same after so many milliseconds; 0 for never. Default 0. */
  readonly emptyIntervalMs?: number;
  readonly mempool?: MempoolLimits;
}

export interface SoloDeps {
  readonly app: Application;
  readonly store: BlockStore;
  /** What the key signed last, here or under CometBFT. */
  readonly signed: SignedState;
  readonly now: () => Timestamp;
}

/** Why a transaction was not even asked about, in CometBFT's words. */
export interface Refused {
  readonly refused: string;
}

/** A block that is committed. */
export interface CommittedBlock {
  readonly block: Block;
  readonly id: BlockID;
  readonly results: abci.ResponseFinalizeBlock;
}

/** Header, commit and whatever else of a block is not transactions: an upper bound for one validator. */
const BLOCK_OVERHEAD = 1_024n;
/** CometBFT's largest block, which max_bytes = -1 means. */
const MAX_BLOCK_BYTES = 104_857_600n;

export class SoloEngine {
  readonly #options: SoloOptions;
  readonly #deps: SoloDeps;
  readonly #address: Uint8Array;
  readonly #initialHeight: bigint;
  readonly mempool: Mempool;
  readonly #listeners = new Set<(committed: CommittedBlock) => void>();
  #height = 0n;
  /** Rejects when the engine can make no further block. */
  readonly halted: Promise<never>;
  #halt: (reason: unknown) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #making: Promise<void> | undefined;
  /** From `run` to `stop`. */
  #running = false;
  /** A transaction came while a block was under way. */
  #woken = false;
  /** Mempool calls and Commit, which must not overlap (ADR-0003), one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #genesisAppHash: Uint8Array = new Uint8Array(0);

  private constructor(options: SoloOptions, deps: SoloDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#address = consensusAddress(options.key.pub);
    this.#initialHeight = BigInt(options.genesis.initial_height);
    this.mempool = new Mempool(options.mempool ?? DEFAULT_MEMPOOL_LIMITS);
    this.halted = new Promise((_, reject) => {
      this.#halt = reject;
    });
    // Who does not wait for it is not to be ended by it.
    this.halted.catch(() => undefined);
  }

  /**
   * Brings application and block store to the same height. Makes no block yet; see `run`.
   * @throws SoloError not_alone, heights, genesis, signed, application
   */
  static async open(options: SoloOptions, deps: SoloDeps): Promise<SoloEngine> {
    const engine = new SoloEngine(options, deps);
    await engine.#handshake();
    return engine;
  }

  /** Height of the newest committed block; 0 if there is none. */
  get height(): bigint {
    return this.#height;
  }

  async #handshake(): Promise<void> {
    const { app, store } = this.#deps;
    const at = (await app.info(abci.RequestInfo.create())).lastBlockHeight;
    if (at > store.last) {
      throw new SoloError(
        "heights",
        `the application is at height ${at} and the embedded engine's blocks at ${store.last}: the home's data is CometBFT's or another chain's; run it with --comet managed, or start from a new home`,
      );
    }
    await this.#checkSigned();
    if (at === 0n) await this.#initChain();
    this.#height = at;
    const from = at === 0n ? store.first : at + 1n;
    if (store.last > 0n)
      for (let height = from; height <= store.last; height++)
        await this.#execute((await store.block(height))!);
  }

  /** The signing state may lag behind the stored blocks by one, after a crash; it must never be ahead. */
  async #checkSigned(): Promise<void> {
    const { store, signed } = this.#deps;
    const next = store.last === 0n ? this.#initialHeight : store.last + 1n;
    if (signed.height >= next) {
      throw new SoloError(
        "signed",
        `data/priv_validator_state.json says that the key signed height ${signed.height}, and the embedded engine's next block is ${next}: it would sign a height twice. Run the node that signed it (--comet managed), or start from a new home with a new key`,
      );
    }
    if (signed.height < store.last) await this.#recordSigned((await store.commit(store.last))!);
  }

  async #recordSigned(commit: Commit): Promise<void> {
    const [vote] = commit.signatures;
    const { chain_id: chainId } = this.#options.genesis;
    await this.#deps.signed.save(commit.height, vote!.signature, voteSignBytes(chainId, commit, vote!));
  }

  async #initChain(): Promise<void> {
    const { app, store } = this.#deps;
    const { genesis, key } = this.#options;
    const params = genesisParams(genesis);
    const response = await app.initChain(
      abci.RequestInitChain.create({
        chainId: genesis.chain_id,
        time: genesisTime(genesis),
        initialHeight: this.#initialHeight,
        appStateBytes: utf8(JSON.stringify(genesis.app_state)),
        consensusParams: params,
      }),
    );
    this.#genesisAppHash = response.appHash;
    const validators = updateValidators(undefined, response.validators, key.pub);
    await store.saveGenesis(this.#initialHeight, validators, updateParams(params, response.consensusParams));
  }

  // ── Mempool ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Asks the application whether it takes a transaction; if it does, a block follows at once. */
  async addTx(tx: Uint8Array): Promise<abci.ResponseCheckTx | Refused> {
    return this.#inTurn(async () => {
      const noRoom = this.mempool.refusal(tx);
      if (noRoom !== undefined) return { refused: noRoom };
      if (this.mempool.has(tx) || (await this.#deps.store.placeOf(txHash(tx))))
        return { refused: "tx already exists in cache" };
      const response = await this.#deps.app.checkTx(abci.RequestCheckTx.create({ tx }));
      if (response.code === 0) {
        this.mempool.add(tx);
        this.#woken = true;
        this.#schedule(0);
      }
      return response;
    });
  }

  /** What the application says of a transaction, which is not taken. */
  async checkTx(tx: Uint8Array): Promise<abci.ResponseCheckTx> {
    return this.#inTurn(async () => this.#deps.app.checkTx(abci.RequestCheckTx.create({ tx })));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #recheck(): Promise<void> {
    for (const tx of this.mempool.all()) {
      const request = abci.RequestCheckTx.create({ tx, type: abci.CheckTxType.RECHECK });
      if ((await this.#deps.app.checkTx(request)).code !== 0) this.mempool.remove(tx);
    }
  }

  // ── Blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes blocks from now on, until `stop`. */
  run(): void {
    this.#running = true;
    this.#making = this.#guard(async () => {
      const idleMs = await this.#idleMs();
      this.#making = undefined;
      this.#schedule(this.mempool.size > 0 ? 0 : idleMs);
    });
  }

  /** Calls `listener` for every block that is committed from now on, until what is returned is called. */
  onCommitted(listener: (committed: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param ms undefined: until something else schedules */
  #schedule(ms: number | undefined): void {
    if (!this.#running || this.#making || ms === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#making = this.#guard(() => this.#next());
    }, ms);
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#running = false;
      this.#halt(error);
    }
  }

  async #next(): Promise<void> {
    this.#woken = false;
    const block = await this.makeBlock();
    const idleMs = await this.#idleMs();
    this.#making = undefined;
    // What a block with room took none of waits for the clock, or this would spin.
    const busy = this.mempool.size > 0 && (this.#woken || block.data.txs.length > 0);
    this.#schedule(busy ? 0 : idleMs);
  }

  /** How long until a block without transactions; undefined if none is due. As CometBFT's needProofBlock has it. */
  async #idleMs(): Promise<number | undefined> {
    const { intervalMs, emptyBlocks = true, emptyIntervalMs = 0 } = this.#options;
    const { store } = this.#deps;
    if (store.last === 0n) return 0;
    if (emptyBlocks) return intervalMs;
    const [block, results] = await Promise.all([store.block(store.last), store.results(store.last)]);
    if (compareBytes(block!.header.appHash, results!.appHash) !== 0) return intervalMs;
    return emptyIntervalMs > 0 ? emptyIntervalMs : undefined;
  }

  /** Decides, executes and commits one block. Not while `run` is at it. @throws SoloError */
  async makeBlock(): Promise<Block> {
    const { app, store, now } = this.#deps;
    const base = await this.#base();
    const { height, time } = base;
    const common = { height, time, proposerAddress: this.#address };
    const limit = base.params.block?.maxBytes ?? -1n;
    const maxTxBytes = (limit < 0n ? MAX_BLOCK_BYTES : limit) - BLOCK_OVERHEAD;
    const { txs } = await app.prepareProposal(
      abci.RequestPrepareProposal.create({
        ...common,
        maxTxBytes,
        txs: this.mempool.take(maxTxBytes),
        nextValidatorsHash: validatorsHash(base.nextValidators.validators),
        localLastCommit: { round: 0, votes: await extendedVotesOf(base.lastCommit, store) },
      }),
    );
    const block = makeBlock(base, txs);
    const { nextValidatorsHash } = block.header;
    const id = blockIdOf(block);
    const votes = await votesOf(base.lastCommit, store);
    const judged = await app.processProposal(
      abci.RequestProcessProposal.create({
        ...common,
        txs,
        hash: id.hash,
        nextValidatorsHash,
        proposedLastCommit: { round: 0, votes },
      }),
    );
    if (judged.status !== abci.ResponseProcessProposal_ProposalStatus.ACCEPT) {
      throw new SoloError("application", `the application refuses its own proposal at height ${height}`);
    }
    const { key } = this.#options;
    const extension = isExtended(base.params, height)
      ? await extendVote({ block, id, votes }, app, key)
      : undefined;
    const commit = signCommit(block, id, key, now());
    // The block first: what is signed must be there after a crash, or another would be signed at its height (ADR-0081).
    await store.saveBlock(block, commit, id.hash, extension);
    await this.#recordSigned(commit);
    await this.#execute(block);
    return block;
  }

  async #base(): Promise<BlockBase> {
    const { store } = this.#deps;
    const { genesis } = this.#options;
    const height = store.last === 0n ? this.#initialHeight : store.last + 1n;
    const common = {
      chainId: genesis.chain_id,
      height,
      params: (await store.params(height))!,
      validators: (await store.validators(height))!,
      nextValidators: (await store.validators(height + 1n))!,
      proposerAddress: this.#address,
    };
    if (store.last === 0n) {
      const none = { lastBlockId: BlockID.create(), lastCommit: Commit.create(), lastResults: [] };
      return { ...common, ...none, time: genesisTime(genesis), appHash: this.#genesisAppHash };
    }
    const lastCommit = (await store.commit(store.last))!;
    const { txResults, appHash } = (await store.results(store.last))!;
    return {
      ...common,
      lastBlockId: lastCommit.blockId,
      lastCommit,
      lastResults: txResults,
      // The median of one vote's time (CometBFT's BFT time).
      time: lastCommit.signatures[0]!.timestamp,
      appHash,
    };
  }

  /** Executes a stored block, and makes it durable. */
  async #execute(block: Block): Promise<void> {
    const { app, store } = this.#deps;
    const { header, data } = block;
    const { height } = header;
    const id = (await store.commit(height))!.blockId;
    const results = await app.finalizeBlock(
      abci.RequestFinalizeBlock.create({
        height,
        time: header.time,
        txs: data.txs,
        hash: id.hash,
        proposerAddress: header.proposerAddress,
        nextValidatorsHash: header.nextValidatorsHash,
        decidedLastCommit: { round: 0, votes: await votesOf(block.lastCommit, store) },
      }),
    );
    const known = await store.results(height);
    if (known && compareBytes(known.appHash, results.appHash) !== 0) {
      throw new SoloError(
        "application",
        `block ${height} came to the app hash ${toHex(results.appHash)}, and before to ${toHex(known.appHash)}: the software has changed what blocks mean; run the version that made the block`,
      );
    }
    const params: ConsensusParams = (await store.params(height))!;
    const validators = updateValidators(
      await store.validators(height + 1n),
      results.validatorUpdates,
      this.#options.key.pub,
    );
    await store.saveExecuted({
      block,
      results,
      params: updateParams(params, results.consensusParamUpdates),
      validators,
    });
    await this.#inTurn(async () => {
      await app.commit(abci.RequestCommit.create());
      this.#height = height;
      for (const tx of data.txs) this.mempool.remove(tx);
      await this.#recheck();
    });
    for (const listener of this.#listeners) listener({ block, id, results });
  }

  /** Ends after the block that is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#making;
    await this.#turn;
  }
}
