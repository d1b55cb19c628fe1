/** A chain in the test's own process: the real application on a real database, blocks made by calls. Invariants hold after every block. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { App } from "../../chain/app.ts";
import type { ComputeEngine } from "../../chain/block/compute.ts";
import type { AppState } from "../../chain/genesis.ts";
import { type OpenedApp, type OpenOptions, openApp } from "../../chain/open.ts";
import type { Router } from "../../chain/runtime/router.ts";
import {
  defaultRegistry,
  keySigner,
  PrivateKey,
  pack,
  type Signer,
  signTx,
  type TxFee,
} from "../../client/index.ts";
import { type GenesisContent, makeGenesis, PRESETS, sampleModels } from "../../genesis/index.ts";
import type { MessageType, Method } from "../../proto/codec.ts";
import { Query as AuthQuery, type BaseAccount } from "../../proto/gen/cosmos.auth.v1beta1.ts";
import type { Any, Timestamp } from "../../proto/gen/google.protobuf.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag, type ConsensusParams } from "../../proto/gen/tendermint.types.ts";
import { extendedVotes, ownWords, plainVotes, voterOf } from "./extended-votes.ts";

export const CHAIN_ID = "opg-test-1";
export const DENOM = "uopg";
/** What each test account starts with. */
export const FUNDS = 1_000_000_000_000n;

/** The same key for the same name, in every run. */
export function testKey(name: string): Uint8Array {
  return sha256(new TextEncoder().encode(`opg-test:${name}`));
}

const signers = new Map<string, Signer>();

export function testSigner(name: string): Signer {
  const known = signers.get(name) ?? keySigner(new PrivateKey(testKey(name)), "opg");
  signers.set(name, known);
  return known;
}

export interface TestValidator {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
  readonly address: Uint8Array;
  /** Account of its operator, who stakes `power` OPG. */
  readonly operator: string;
  readonly power: bigint;
}

export function testValidator(name: string, power = 10n): TestValidator {
  const secretKey = sha256(new TextEncoder().encode(`opg-validator:${name}`));
  const publicKey = ed25519.getPublicKey(secretKey);
  return {
    publicKey,
    secretKey,
    address: sha256(publicKey).slice(0, 20),
    operator: testSigner(`operator-${name}`).address,
    power,
  };
}

export interface TestChainOptions
  extends Partial<
    Pick<
      OpenOptions,
      | "minGasPrices"
      | "pruning"
      | "checkInvariants"
      | "haltHeight"
      | "snapshots"
      | "sync"
      | "storeCacheBytes"
      | "modelCacheBytes"
      | "txCacheBytes"
      | "signatureThreads"
      | "upgrade"
      | "more"
    >
  > {
  readonly engine: ComputeEngine;
  /** Height of the first block; default 1. */
  readonly initialHeight?: bigint;
  /** The first block tells who signed the one before, as that of a chain that goes on does. */
  readonly goesOn?: boolean;
  /** Names of funded accounts. Default: alice, bob and carol. */
  readonly accounts?: readonly string[];
  readonly validators?: readonly TestValidator[];
  readonly genesis?: Partial<GenesisContent>;
  /** Changes the state that the genesis begins with, or takes another in its place. */
  readonly appState?: (made: AppState) => AppState;
  /** Consensus parameters of the genesis, where they are not the tests' usual ones. */
  readonly consensus?: Partial<ConsensusParams>;
  /** Votes carry extensions, told by `say`, from the first block on: every block goes through PrepareProposal and ProcessProposal. */
  readonly extensions?: boolean;
  /** The application judges jobs and says in the first validator's votes what it found; a block waits until all is judged. */
  readonly votes?: "first secret" | "another secret";
  /** Folder to use, and to leave; default a new one that `close` removes. */
  readonly path?: string;
}

export interface BlockOptions {
  /** Index of the proposer. */
  readonly proposer?: number;
  /** Go through PrepareProposal and ProcessProposal first. */
  readonly propose?: boolean;
  /** Default: five seconds a block. */
  readonly time?: Timestamp;
  /** What CometBFT would say of the validators; default: all of the chain's sign, the one at `proposer` proposes. */
  readonly validators?: {
    readonly proposerAddress: Uint8Array;
    readonly votes: readonly abci.VoteInfo[];
    readonly misbehavior: readonly abci.Misbehavior[];
  };
}

/** Seconds since 1970 at which chains start. */
export const START = 1_700_000_000n;
export const GAS: TxFee = { amount: [{ denom: DENOM, amount: "5000" }], gasLimit: 2_000_000n };

export class TestChain {
  readonly validators: readonly TestValidator[];
  readonly path: string;
  #options: TestChainOptions;
  #opened: OpenedApp;
  #height: bigint;
  readonly appHashes: Uint8Array[] = [];
  /** What validators (by index) attach to their votes for the next block. */
  readonly #words = new Map<number, Uint8Array>();
  /** Votes for the last block, as the next proposer has them. */
  lastCommit: abci.ExtendedCommitInfo = abci.ExtendedCommitInfo.create();
  /** The validators that InitChain named. */
  initialValidators: readonly abci.ValidatorUpdate[] = [];

  private constructor(options: TestChainOptions, path: string, opened: OpenedApp) {
    this.#options = options;
    this.path = path;
    this.#opened = opened;
    this.validators = options.validators ?? [testValidator("v1")];
    this.#height = this.#first - 1n;
  }

  static async start(options: TestChainOptions): Promise<TestChain> {
    const path = options.path ?? mkdtempSync(join(tmpdir(), "opg-chain-"));
    const chain = new TestChain(options, path, await TestChain.#open(options, path));
    await chain.#init();
    return chain;
  }

  static #open(options: TestChainOptions, path: string): Promise<OpenedApp> {
    const { minGasPrices, pruning, checkInvariants = true, haltHeight, snapshots } = options;
    const { storeCacheBytes, modelCacheBytes, txCacheBytes, signatureThreads } = options;
    return openApp(
      {
        chainId: CHAIN_ID,
        version: "test",
        path: join(path, "db"),
        sync: options.sync ?? false,
        checkInvariants,
        ...(storeCacheBytes === undefined ? {} : { storeCacheBytes }),
        ...(modelCacheBytes === undefined ? {} : { modelCacheBytes }),
        ...(txCacheBytes === undefined ? {} : { txCacheBytes }),
        ...(signatureThreads === undefined ? {} : { signatureThreads }),
        ...(minGasPrices ? { minGasPrices } : {}),
        ...(pruning ? { pruning } : {}),
        ...(haltHeight ? { haltHeight } : {}),
        ...(snapshots ? { snapshots } : {}),
        ...(options.upgrade ? { upgrade: options.upgrade } : {}),
        ...(options.more ? { more: options.more } : {}),
        ...(options.votes
          ? { voter: voterOf(options.votes, options.validators ?? [testValidator("v1")]) }
          : {}),
      },
      { engine: options.engine, log: { info: () => undefined, warn: () => undefined } },
    );
  }

  get app(): App {
    return this.#opened.app;
  }

  get router(): Router {
    return this.#opened.router;
  }

  get #first(): bigint {
    return this.#options.initialHeight ?? 1n;
  }

  get height(): bigint {
    return this.#height;
  }

  async #init(): Promise<void> {
    const names = this.#options.accounts ?? ["alice", "bob", "carol"];
    const document = makeGenesis({
      chainId: CHAIN_ID,
      time: "2023-11-14T22:13:20Z",
      preset: PRESETS.test,
      accounts: names.map((name) => ({
        address: testSigner(name).address,
        coins: [{ denom: DENOM, amount: FUNDS }],
      })),
      validators: this.validators.map(({ publicKey, power, operator }, index) => ({
        moniker: `v${index + 1}`,
        consensusKey: publicKey,
        power,
        operator,
      })),
      models: { owner: testSigner("owner").address, samples: sampleModels() },
      ...this.#options.genesis,
    });
    const { appState = (made) => made } = this.#options;
    const block = { maxBytes: 4_194_304n, maxGas: 200_000_000n };
    const response = await this.initFrom(appState(document.app_state), block);
    this.initialValidators = response.validators;
  }

  async initFrom(
    appState: unknown,
    block: { maxBytes: bigint; maxGas: bigint },
  ): Promise<abci.ResponseInitChain> {
    return this.app.initChain(
      abci.RequestInitChain.create({
        chainId: CHAIN_ID,
        time: { seconds: START, nanos: 0 },
        initialHeight: this.#first,
        appStateBytes: new TextEncoder().encode(JSON.stringify(appState)),
        consensusParams: {
          block,
          evidence: {
            maxAgeNumBlocks: 100_000n,
            maxAgeDuration: { seconds: 172_800n, nanos: 0 },
            maxBytes: 1_000_000n,
          },
          validator: { pubKeyTypes: ["ed25519"] },
          version: { app: 0n },
          abci: { voteExtensionsEnableHeight: this.#options.extensions ? this.#first : 0n },
          authority: undefined,
          ...this.#options.consensus,
        },
      }),
    );
  }

  /** What the application would propose of these transactions, which it must accept itself. */
  propose(txs: readonly Uint8Array[], options: BlockOptions = {}): readonly Uint8Array[] {
    const prepare = abci.RequestPrepareProposal.create({
      ...this.#head(options),
      txs,
      maxTxBytes: 4_000_000n,
      localLastCommit: this.lastCommit,
    });
    const chosen = this.app.prepareProposal(prepare).txs;
    if (!this.accepts(chosen, options)) throw new TypeError("own proposal was refused");
    return chosen;
  }

  /** Whether ProcessProposal takes a block of these transactions, as they are. */
  accepts(txs: readonly Uint8Array[], options: BlockOptions = {}): boolean {
    const request = abci.RequestProcessProposal.create({
      ...this.#head(options),
      txs,
      proposedLastCommit: plainVotes(this.lastCommit),
    });
    return this.app.processProposal(request).status === abci.ResponseProcessProposal_ProposalStatus.ACCEPT;
  }

  /** Attaches bytes to a validator's (by index) vote for the next block. */
  say(validator: number, extension: Uint8Array): void {
    this.#words.set(validator, extension);
  }

  #head({ proposer = 0, time, validators }: BlockOptions) {
    const height = this.#height + 1n;
    return {
      height,
      time: time ?? { seconds: START + height * 5n, nanos: 0 },
      proposerAddress: validators?.proposerAddress ?? this.validators[proposer]!.address,
      misbehavior: validators?.misbehavior ?? [],
    };
  }

  /** Makes, executes and commits one block. */
  async block(
    txs: readonly Uint8Array[] = [],
    options: BlockOptions = {},
  ): Promise<abci.ResponseFinalizeBlock> {
    const head = this.#head(options);
    const { height } = head;
    const { extensions = false, goesOn } = this.#options;
    const votes = options.validators?.votes ?? this.validators.map(voteOf);
    const { propose = extensions } = options;
    const chosen = propose ? this.propose(txs, options) : txs;
    if (this.#options.votes && !this.#words.has(0)) this.#words.set(0, ownWords(this.app, head, chosen));
    const response = await this.app.finalizeBlock(
      abci.RequestFinalizeBlock.create({
        ...head,
        txs: chosen,
        hash: sha256(new TextEncoder().encode(`block ${height}`)),
        decidedLastCommit: extensions
          ? plainVotes(this.lastCommit)
          : { round: 0, votes: height === this.#first && !goesOn ? [] : votes },
      }),
    );
    await this.app.commit();
    if (extensions)
      this.lastCommit = extendedVotes({ chainId: CHAIN_ID, height }, votes, this.validators, this.#words);
    this.#words.clear();
    await this.app.voter?.settle();
    this.#height = height;
    this.appHashes.push(response.appHash);
    return response;
  }

  checkTx(tx: Uint8Array): abci.ResponseCheckTx {
    return this.app.checkTx(abci.RequestCheckTx.create({ tx }));
  }

  /** Asks a query as clients do, over ABCI. @throws QueryFailed with code and codespace */
  async query<Request, Response>(
    method: Method<Request, Response>,
    request: Partial<Request> = {},
    height = 0n,
  ): Promise<Response> {
    const data = method.request.encode(method.request.create(request));
    const answer = await this.app.query(abci.RequestQuery.create({ path: method.path, data, height }));
    if (answer.code !== 0) throw new QueryFailed(answer);
    return method.response.decode(answer.value);
  }

  async account(name: string): Promise<BaseAccount> {
    return (await this.query(AuthQuery.methods.AccountInfo, { address: testSigner(name).address })).info!;
  }

  /** Signs messages by one test account, with its present sequence plus `ahead`. */
  async sign(
    name: string,
    messages: readonly Any[],
    options: { readonly fee?: TxFee; readonly ahead?: bigint; readonly memo?: string } = {},
  ): Promise<Uint8Array> {
    const { accountNumber, sequence } = await this.account(name);
    const party = {
      signer: testSigner(name),
      chainId: CHAIN_ID,
      accountNumber,
      sequence: sequence + (options.ahead ?? 0n),
    };
    const content = { messages, fee: options.fee ?? GAS, ...(options.memo ? { memo: options.memo } : {}) };
    return signTx(content, [party], defaultRegistry());
  }

  /** Runs one message in a block of its own. */
  async run<T>(
    name: string,
    type: MessageType<T>,
    message: Partial<T>,
    options: { readonly fee?: TxFee } = {},
  ): Promise<abci.ExecTxResult> {
    const tx = await this.sign(name, [pack(type, message)], options);
    return (await this.block([tx])).txResults[0]!;
  }

  /** Waits for a snapshot that is being made. */
  settle(): Promise<void> {
    return this.#opened.settle();
  }

  /** Closes and opens again, as a restart does; `changes` are what another version of the program brings. */
  async reopen(
    changes: Partial<Pick<TestChainOptions, "upgrade" | "more" | "engine" | "votes">> = {},
  ): Promise<void> {
    await this.#opened.close();
    this.#options = { ...this.#options, ...changes };
    this.#opened = await TestChain.#open(this.#options, this.path);
  }

  async close(): Promise<void> {
    await this.#opened.close();
    if (this.#options.path === undefined) rmSync(this.path, { recursive: true, force: true });
  }
}

export class QueryFailed extends Error {
  readonly code: number;
  readonly codespace: string;
  constructor({ code, codespace, log }: abci.ResponseQuery) {
    super(log);
    this.code = code;
    this.codespace = codespace;
  }
}

function voteOf({ address, power }: TestValidator): abci.VoteInfo {
  return { validator: { address, power }, blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT };
}
