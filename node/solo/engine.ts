/**
 * The embedded engine: decides blocks for a chain of one validator, in this process (ADR-0080).
 * A block's life: chosen from the mempool → PrepareProposal → ProcessProposal → signed and stored → FinalizeBlock →
 * results stored → Commit. A process that ends anywhere in between goes on from what is stored.
 */

import type { Application } from "../../abci/index.ts";
import { compareBytes, toHex, utf8 } from "../../chain/runtime/bytes.ts";
import type { GenesisDocument } from "../../genesis/index.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import {
  type Block,
  BlockID,
  BlockIDFlag,
  Commit,
  type ConsensusParams,
} from "../../proto/gen/tendermint.types.ts";
import { type ConsensusKey, consensusAddress } from "../comet/keys.ts";
import { type BlockBase, blockIdOf, makeBlock, signCommit } from "./block.ts";
import { SoloError } from "./errors.ts";
import { txHash } from "./hash.ts";
import { Mempool } from "./mempool.ts";
import { genesisParams, genesisTime, updateParams, updateValidators } from "./start.ts";
import type { BlockStore } from "./store.ts";

export interface SoloOptions {
  readonly genesis: GenesisDocument;
  /** The home's validator key. */
  readonly key: ConsensusKey;
  /** Longest time between two blocks, in milliseconds; a waiting transaction gets a block at once. */
  readonly intervalMs: number;
}

export interface SoloDeps {
  readonly app: Application;
  readonly store: BlockStore;
  readonly now: () => Timestamp;
}

/** Why a transaction was not even asked about. */
export type Refusal = "known" | "full";

/** Header, commit and whatever else of a block is not transactions: an upper bound for one validator. */
const BLOCK_OVERHEAD = 1_024n;
/** CometBFT's largest block, which max_bytes = -1 means. */
const MAX_BLOCK_BYTES = 104_857_600n;

export class SoloEngine {
  readonly #options: SoloOptions;
  readonly #deps: SoloDeps;
  readonly #address: Uint8Array;
  readonly #initialHeight: bigint;
  readonly mempool = new Mempool();
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
    this.halted = new Promise((_, reject) => {
      this.#halt = reject;
    });
    // Who does not wait for it is not to be ended by it.
    this.halted.catch(() => undefined);
  }

  /**
   * Brings application and block store to the same height. Makes no block yet; see `run`.
   * @throws SoloError not_alone, heights, genesis
   */
  static async open(options: SoloOptions, deps: SoloDeps): Promise<SoloEngine> {
    const engine = new SoloEngine(options, deps);
    await engine.#handshake();
    return engine;
  }

  async #handshake(): Promise<void> {
    const { app, store } = this.#deps;
    const at = (await app.info(abci.RequestInfo.create())).lastBlockHeight;
    const before = store.last === this.#initialHeight ? 0n : store.last - 1n;
    if (store.last !== at && (store.last === 0n || before !== at)) {
      throw new SoloError(
        "heights",
        `the application is at height ${at} and the embedded engine's blocks at ${store.last}: the home's data is of CometBFT or of another chain; run it with --comet managed, or start from a new home`,
      );
    }
    if (at === 0n) await this.#initChain();
    if (store.last !== at) await this.#execute((await store.block(store.last))!);
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
  async addTx(tx: Uint8Array): Promise<abci.ResponseCheckTx | Refusal> {
    if (this.mempool.has(tx) || (await this.#deps.store.placeOf(txHash(tx)))) return "known";
    if (!this.mempool.fits(tx)) return "full";
    return this.#inTurn(async () => {
      const response = await this.#deps.app.checkTx(abci.RequestCheckTx.create({ tx }));
      if (response.code === 0) {
        this.mempool.add(tx);
        this.#woken = true;
        this.#schedule(0);
      }
      return response;
    });
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
    this.#schedule(0);
  }

  #schedule(ms: number): void {
    if (!this.#running || this.#making) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#making = this.#next().catch((error: unknown) => {
        this.#running = false;
        this.#halt(error);
      });
    }, ms);
  }

  async #next(): Promise<void> {
    this.#woken = false;
    const block = await this.makeBlock();
    this.#making = undefined;
    // What a block with room took none of waits for the clock, or this would spin.
    const busy = this.mempool.size > 0 && (this.#woken || block.data.txs.length > 0);
    this.#schedule(busy ? 0 : this.#options.intervalMs);
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
      abci.RequestPrepareProposal.create({ ...common, maxTxBytes, txs: this.mempool.take(maxTxBytes) }),
    );
    const block = makeBlock(base, txs);
    const { nextValidatorsHash } = block.header;
    const id = blockIdOf(block);
    const judged = await app.processProposal(
      abci.RequestProcessProposal.create({
        ...common,
        txs,
        hash: id.hash,
        nextValidatorsHash,
        proposedLastCommit: await this.#lastVotes(block),
      }),
    );
    if (judged.status !== abci.ResponseProcessProposal_ProposalStatus.ACCEPT) {
      throw new SoloError("application", `the application refuses its own proposal at height ${height}`);
    }
    await store.saveBlock(block, signCommit(block, id, this.#options.key, now()), id.hash);
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

  async #lastVotes({ header, lastCommit }: Block): Promise<abci.CommitInfo> {
    if (!lastCommit || lastCommit.signatures.length === 0) return abci.CommitInfo.create();
    const { validators } = (await this.#deps.store.validators(header.height - 1n))!;
    return abci.CommitInfo.create({
      votes: validators.map(({ address, votingPower }) => ({
        validator: { address, power: votingPower },
        blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
      })),
    });
  }

  /** Executes a stored block, and makes it durable. */
  async #execute(block: Block): Promise<void> {
    const { app, store } = this.#deps;
    const { header, data } = block;
    const { height } = header;
    const results = await app.finalizeBlock(
      abci.RequestFinalizeBlock.create({
        height,
        time: header.time,
        txs: data.txs,
        hash: (await store.commit(height))!.blockId.hash,
        proposerAddress: header.proposerAddress,
        nextValidatorsHash: header.nextValidatorsHash,
        decidedLastCommit: await this.#lastVotes(block),
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
      for (const tx of data.txs) this.mempool.remove(tx);
      await this.#recheck();
    });
  }

  /** Ends after the block that is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#making;
    await this.#turn;
  }
}
