/** The SDK in one object: connect, pay, ask a model, and read what happened. */
import { type Coin as Amount, coinFromProto } from "../../chain/runtime/coins.ts";
import { MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import type { Coin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import type { QueryQuoteResponse, Receipt } from "../../proto/gen/opg.inference.v1.ts";
import { type Model, ModelStatus } from "../../proto/gen/opg.models.v1.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { type PublicKey, publicKeyFromAny } from "../keys/index.ts";
import { Market } from "../market/market.ts";
import { pages, type Queries, QueryError, queriesOf } from "../query/index.ts";
import { RpcClient, type RpcOptions, type TxResult } from "../rpc/index.ts";
import { defaultRegistry, pack, type Signer } from "../tx/index.ts";
import { OpgError } from "./errors.ts";
import { type InferRequest, type InferResult, infer } from "./infer.ts";
import { Transactor, type TxOptions } from "./transactor.ts";
import { type UploadRequest, uploadModel } from "./upload.ts";
import { type WaitOptions, waitForTx } from "./wait.ts";

export interface ConnectOptions {
  /** Who signs. Without one, only reading is possible. */
  readonly signer?: Signer;
  /** Refuse a node of another chain. */
  readonly chainId?: string;
  /** Such as `0.025uopg`. Default: what the node asks for. */
  readonly gasPrice?: string;
  /** Default 1.3. */
  readonly gasAdjustment?: number;
  readonly rpc?: RpcOptions;
  /** Message types beyond the chain's own. */
  readonly registry?: TypeRegistry;
}

export interface Account {
  readonly address: string;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
  /** Known once the account has signed. */
  readonly publicKey: PublicKey | undefined;
}

export class OpgClient {
  readonly chainId: string;
  readonly rpc: RpcClient;
  readonly query: Queries;
  readonly registry: TypeRegistry;
  readonly #transactor: Transactor | undefined;

  private constructor(chainId: string, rpc: RpcClient, options: ConnectOptions) {
    this.chainId = chainId;
    this.rpc = rpc;
    this.query = queriesOf(rpc);
    this.registry = options.registry ?? defaultRegistry();
    if (!options.signer) return;
    const { signer, gasPrice, gasAdjustment } = options;
    this.#transactor = new Transactor({
      chainId,
      rpc,
      query: this.query,
      registry: this.registry,
      signer,
      ...(gasPrice === undefined ? {} : { gasPrice }),
      ...(gasAdjustment === undefined ? {} : { gasAdjustment }),
    });
  }

  /**
   * @param url of a node's RPC, such as `http://127.0.0.1:26657`
   * @throws RpcError if the node cannot be reached; OpgError if it is of another chain
   */
  static async connect(url: string, options: ConnectOptions = {}): Promise<OpgClient> {
    const rpc = new RpcClient(url, options.rpc);
    const { chainId } = await rpc.status();
    if (options.chainId !== undefined && options.chainId !== chainId) {
      throw new OpgError("wrong_chain", `${url} is a node of ${chainId}, not of ${options.chainId}`);
    }
    return new OpgClient(chainId, rpc, options);
  }

  /** Sends messages of this client's signer. @throws OpgError if it has none */
  get transactor(): Transactor {
    if (!this.#transactor) {
      throw new OpgError("no_signer", "this client only reads: connect with a signer to send transactions");
    }
    return this.#transactor;
  }

  /** The signer's address. @throws OpgError if there is none */
  get address(): string {
    return this.transactor.signer.address;
  }

  /** The compute market: jobs for models too big, or too many, for a block. */
  get market(): Market {
    return new Market(this.query, this.#transactor);
  }

  /** Undefined if it has never received anything. Default: the signer's. */
  async account(address = this.address): Promise<Account | undefined> {
    try {
      const { info } = await this.query.auth.accountInfo({ address });
      if (!info) return undefined;
      const { accountNumber, sequence, pubKey } = info;
      return { address, accountNumber, sequence, publicKey: pubKey ? publicKeyFromAny(pubKey) : undefined };
    } catch (error) {
      if (error instanceof QueryError && error.notFound) return undefined;
      throw error;
    }
  }

  /** How much of `denom` (such as `uopg`) an account has. */
  async balance(denom: string, address = this.address): Promise<bigint> {
    const { balance } = await this.query.bank.balance({ address, denom });
    return balance ? coinFromProto(balance, "balance").amount : 0n;
  }

  /** All that an account has. */
  async balances(address = this.address): Promise<readonly Amount[]> {
    const all: Amount[] = [];
    for await (const page of pages((pagination) => this.query.bank.allBalances({ address, pagination }))) {
      all.push(...page.balances.map((coin) => coinFromProto(coin, "balance")));
    }
    return all;
  }

  /** Sends messages and waits for their block. @throws TxFailedError, OpgError, RpcError */
  execute(messages: readonly Any[], options: TxOptions & WaitOptions = {}): Promise<TxResult> {
    return this.transactor.execute(messages, options);
  }

  /** Sends coins. */
  send(toAddress: string, amount: readonly Coin[], options: TxOptions & WaitOptions = {}): Promise<TxResult> {
    const sorted = [...amount].sort((a, b) => (a.denom < b.denom ? -1 : 1));
    return this.execute([pack(MsgSend, { fromAddress: this.address, toAddress, amount: sorted })], options);
  }

  /** What one run of a model would cost in the next block. */
  quote(modelId: bigint, batch = 1n): Promise<QueryQuoteResponse> {
    return this.query.inference.quote({ modelId, batch });
  }

  /** Runs a model on every validator, and waits for the answer and its receipt. */
  infer(request: InferRequest): Promise<InferResult> {
    return infer(this.transactor, this.query, request);
  }

  async model(modelId: bigint): Promise<Model> {
    return (await this.query.models.model({ modelId })).model;
  }

  /** Models that may be called; of one owner, if given. */
  async models(owner = "", status: number = ModelStatus.MODEL_STATUS_PUBLISHED): Promise<readonly Model[]> {
    const all: Model[] = [];
    for await (const page of pages((pagination) => this.query.models.models({ owner, status, pagination }))) {
      all.push(...page.models);
    }
    return all;
  }

  /** What the node says the receipt is; prove it with verifyReceipt. */
  async receipt(receiptId: bigint): Promise<Receipt> {
    return (await this.query.inference.receipt({ receiptId })).receipt;
  }

  /** Creates, uploads and publishes a model; goes on where an interrupted upload stopped. @returns the model's id */
  uploadModel(request: UploadRequest): Promise<bigint> {
    return uploadModel(this.transactor, this.query, request);
  }

  /** The result of a transaction once it is in a block, whatever its code. */
  waitForTx(hash: string, options: WaitOptions = {}): Promise<TxResult> {
    return waitForTx(this.rpc, hash, options);
  }

  /** Ends subscriptions. */
  close(): void {
    this.rpc.close();
  }
}
