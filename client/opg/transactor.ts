/** From messages to a transaction in a block: gas, fee, sequence, signature, broadcast, result. */
import { SimulateRequest } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any, Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { type Queries, QueryError } from "../query/index.ts";
import type { RpcClient, TxResult } from "../rpc/index.ts";
import {
  type Signer,
  type SignerPlace,
  type SigningAccount,
  signRequest,
  signTx,
  type TxContent,
  type TxFee,
  txBytes,
  txHash,
} from "../tx/index.ts";
import { OpgError, TxFailedError } from "./errors.ts";
import { adjustGas, feeOf, type GasPrice, parseGasPrice } from "./fees.ts";
import { expectedSequence, SequenceCounter } from "./sequence.ts";
import { type WaitOptions, waitForTx } from "./wait.ts";

export interface TxOptions {
  readonly memo?: string;
  /** Default "auto": simulated, times the adjustment. */
  readonly gas?: bigint | "auto";
  /** What simulated gas is multiplied by. Default 1.3. */
  readonly gasAdjustment?: number;
  /** Such as `0.025uopg`. Default: the client's, else the node's minimum. */
  readonly gasPrice?: string;
  /** The whole fee, instead of gas times price. */
  readonly fee?: TxFee["amount"];
  readonly timeoutHeight?: bigint;
  /** The last block time at which it may be included. */
  readonly timeoutTimestamp?: Timestamp;
  readonly feeGranter?: string;
}

export interface TransactorOptions {
  readonly chainId: string;
  readonly rpc: RpcClient;
  readonly query: Queries;
  readonly registry: TypeRegistry;
  readonly signer: Signer;
  readonly gasPrice?: string;
  readonly gasAdjustment?: number;
}

const DEFAULT_ADJUSTMENT = 1.3;

/** The application's answer to a query that failed, as the failure of a transaction. */
function simulationFailure(error: unknown): unknown {
  return error instanceof QueryError ? new TxFailedError("simulate", error) : error;
}

/** The sequence that a refusal says would be right. */
function wantedSequence(error: unknown): bigint | undefined {
  return error instanceof TxFailedError && error.wrongSequence ? expectedSequence(error.log) : undefined;
}

/** Sends the transactions of one account. */
export class Transactor {
  readonly #options: TransactorOptions;
  readonly #sequence: SequenceCounter;
  #accountNumber: bigint | undefined;
  #nodePrice: Promise<GasPrice | undefined> | undefined;

  constructor(options: TransactorOptions) {
    this.#options = options;
    this.#sequence = new SequenceCounter(() => this.#fetchSequence());
  }

  get signer(): Signer {
    return this.#options.signer;
  }

  async #fetchSequence(): Promise<bigint> {
    const { query, signer } = this.#options;
    try {
      const { info } = await query.auth.accountInfo({ address: signer.address });
      if (info) {
        this.#accountNumber = info.accountNumber;
        return info.sequence;
      }
    } catch (error) {
      if (!(error instanceof QueryError) || !error.notFound) throw error;
    }
    throw new OpgError(
      "no_account",
      `${signer.address} does not exist on ${this.#options.chainId} yet; send it some coins first`,
    );
  }

  #account(sequence: bigint): SigningAccount {
    return { chainId: this.#options.chainId, accountNumber: this.#accountNumber ?? 0n, sequence };
  }

  /** Gas that the messages use now, by the chain's simulation. @throws TxFailedError if they would fail */
  async simulate(messages: readonly Any[], options: TxOptions = {}): Promise<bigint> {
    return this.#sequence.peek(
      (sequence) => this.#simulate(messages, options, sequence),
      (error) => this.#resync(error),
    );
  }

  /** What `broadcast` would say, but not signed: with gas and fee as the options ask. @throws as simulate */
  async content(messages: readonly Any[], options: TxOptions = {}): Promise<TxContent> {
    return this.#sequence.peek(
      async (sequence) => this.#content(messages, options, await this.#fee(messages, options, sequence)),
      (error) => this.#resync(error),
    );
  }

  async #simulate(
    messages: readonly Any[],
    options: TxOptions,
    sequence: bigint,
    again = true,
  ): Promise<bigint> {
    const { signer, registry, query } = this.#options;
    const place: SignerPlace = { publicKey: signer.publicKey, sequence, mode: "direct" };
    const content = this.#content(messages, options, { amount: await this.#someFee(options), gasLimit: 0n });
    const { bodyBytes, authInfoBytes } = signRequest(
      content,
      [place],
      this.#account(sequence),
      "direct",
      registry,
    );
    const request = SimulateRequest.create({
      txBytes: txBytes(bodyBytes, authInfoBytes, [new Uint8Array(0)]),
    });
    try {
      const { gasInfo } = await query.tx.simulate(request);
      if (!gasInfo) throw new OpgError("unexpected_response", "the simulation answered no gas");
      return gasInfo.gasUsed;
    } catch (error) {
      const failure = simulationFailure(error);
      const expected = wantedSequence(failure);
      // A node may simulate on its last block, which knows nothing of what waits in the mempool. That the sequence is
      // another there says nothing of the one to sign with.
      if (!again || expected === undefined) throw failure;
      return this.#simulate(messages, options, expected, false);
    }
  }

  /** Paying takes gas too, whatever the amount: a simulation without a fee would answer too little. */
  async #someFee(options: TxOptions): Promise<TxFee["amount"]> {
    if (options.fee) return options.fee;
    const price = await this.#price(options);
    return price && price.price > 0n ? [{ denom: price.denom, amount: "1" }] : [];
  }

  #content(messages: readonly Any[], options: TxOptions, fee: TxFee): TxContent {
    return {
      messages,
      fee: options.feeGranter === undefined ? fee : { ...fee, granter: options.feeGranter },
      memo: options.memo ?? "",
      timeoutHeight: options.timeoutHeight ?? 0n,
      ...(options.timeoutTimestamp ? { timeoutTimestamp: options.timeoutTimestamp } : {}),
    };
  }

  async #price(options: TxOptions): Promise<GasPrice | undefined> {
    const text = options.gasPrice ?? this.#options.gasPrice;
    if (text !== undefined) return parseGasPrice(text);
    this.#nodePrice ??= this.#options.query.node.config().then(
      ({ minimumGasPrice }) => (minimumGasPrice === "" ? undefined : parseGasPrice(minimumGasPrice)),
      // A node need not tell; then the fee is nothing unless the caller says.
      () => undefined,
    );
    return this.#nodePrice;
  }

  async #fee(messages: readonly Any[], options: TxOptions, sequence: bigint): Promise<TxFee> {
    const { gas = "auto" } = options;
    const adjustment = options.gasAdjustment ?? this.#options.gasAdjustment ?? DEFAULT_ADJUSTMENT;
    const gasLimit =
      gas === "auto" ? adjustGas(await this.#simulate(messages, options, sequence), adjustment) : gas;
    if (options.fee) return { amount: options.fee, gasLimit };
    const price = await this.#price(options);
    return { amount: price ? feeOf(gasLimit, price) : [], gasLimit };
  }

  /**
   * Signs and sends, and returns once the node has admitted it to its mempool.
   * @returns the hash, in upper-case hex
   * @throws TxFailedError if simulation or admission fail; OpgError if the account does not exist
   */
  async broadcast(messages: readonly Any[], options: TxOptions = {}): Promise<string> {
    const { signer, registry, rpc } = this.#options;
    return this.#sequence.use(
      async (sequence) => {
        const fee = await this.#fee(messages, options, sequence);
        const content = this.#content(messages, options, fee);
        const bytes = await signTx(content, [{ ...this.#account(sequence), signer }], registry);
        const answer = await rpc.broadcastTxSync(bytes);
        if (answer.code !== 0) throw new TxFailedError("check", { ...answer, hash: txHash(bytes) });
        return txHash(bytes);
      },
      (error) => this.#resync(error),
    );
  }

  #resync(error: unknown): bigint | "ask" | undefined {
    if (!(error instanceof TxFailedError) || !error.wrongSequence) return undefined;
    return expectedSequence(error.log) ?? "ask";
  }

  /**
   * Sends, and waits for the block.
   * @throws TxFailedError also if the messages fail in the block; OpgError not_in_block after the timeout
   */
  async execute(messages: readonly Any[], options: TxOptions & WaitOptions = {}): Promise<TxResult> {
    return this.confirm(await this.broadcast(messages, options), options);
  }

  /** Waits for a transaction that was sent, and throws if it failed. */
  async confirm(hash: string, options: WaitOptions = {}): Promise<TxResult> {
    try {
      const tx = await waitForTx(this.#options.rpc, hash, options);
      const { code, codespace, log } = tx.result;
      if (code !== 0) throw new TxFailedError("execute", { code, codespace, log, hash });
      return tx;
    } catch (error) {
      if (error instanceof OpgError) this.#sequence.forget();
      throw error;
    }
  }
}
