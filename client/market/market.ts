/** The compute market: operators compute what is too much for a block, validators verify it (ADR-0160). */
import { decodeTensors, encodeTensors, type NamedTensor, NO_LIMITS } from "../../chain/engine/tensor.ts";
import type { Coin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import {
  type Job,
  MsgCancelJob,
  MsgChallenge,
  MsgPostJob,
  MsgPostJobResponse,
  type Offer,
  type Operator,
  type QueryItemProofResponse,
  type QueryJobResponse,
  type QueryQuoteResponse,
  Verification,
} from "../../proto/gen/opg.compute.v1.ts";
import { OpgError } from "../opg/errors.ts";
import { messageResponse } from "../opg/responses.ts";
import type { Transactor, TxOptions } from "../opg/transactor.ts";
import type { WaitOptions } from "../opg/wait.ts";
import { pages, type Queries } from "../query/index.ts";
import type { TxResult } from "../rpc/index.ts";
import { pack } from "../tx/index.ts";
import { MarketError } from "./errors.ts";
import { isClosed, statusName } from "./status.ts";

export interface PostJobRequest {
  readonly modelId: bigint;
  /** Inputs, one entry an item; an item has a batch of 1. */
  readonly items: readonly (readonly NamedTensor[])[];
  /** Default: exact, by the canonical engine. Tolerance: within the bounds that the model declares. */
  readonly verification?: number;
  /** The most that may be paid; what is not used is given back. Default: twice the lowest price that is offered now. */
  readonly maxPrice?: Coin;
  /** Blocks that an operator has. Default: as many as the chain allows. */
  readonly deadlineBlocks?: number;
  /** If any are named, only these may compute. */
  readonly allowedOperators?: readonly string[];
  readonly excludedOperators?: readonly string[];
  /** The application on whose behalf this is asked. */
  readonly app?: string;
  readonly options?: TxOptions & WaitOptions;
}

export interface PostedJob {
  readonly jobId: bigint;
  readonly maxPrice: Coin;
  readonly txHash: string;
  readonly height: bigint;
}

export interface WaitForJobOptions {
  /** Come back with these too, before the end: such as JOB_STATUS_VERIFIED, when the answer is known and open to challenges. */
  readonly until?: readonly number[];
  /** Default 600,000 ms. */
  readonly timeoutMs?: number;
  /** Between two looks; grows up to four times. Default 500 ms. */
  readonly intervalMs?: number;
  /** Told of every status that is seen. */
  readonly onStatus?: (job: Job) => void;
}

/** Of a quote's lowest price: more would be taken by nobody but the dear. */
const HEADROOM = 2n;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class Market {
  readonly #query: Queries;
  readonly #transactor: Transactor | undefined;

  /** @param transactor of the account that asks; without one, only reading is possible */
  constructor(query: Queries, transactor?: Transactor) {
    this.#query = query;
    this.#transactor = transactor;
  }

  get #sender(): Transactor {
    if (!this.#transactor)
      throw new OpgError("no_signer", "this client only reads: connect with a signer to use the market");
    return this.#transactor;
  }

  /** What a job would cost now, who could take it, and how long it would take. */
  quote(
    modelId: bigint,
    items = 1,
    verification: number = Verification.VERIFICATION_EXACT,
  ): Promise<QueryQuoteResponse> {
    return this.#query.compute.quote({ modelId, items, verification });
  }

  /**
   * Posts a job and waits for its block. One transaction may carry thousands of items.
   * @throws MarketError no_offer, invalid_job; TxFailedError if the chain refuses it
   */
  async postJob(request: PostJobRequest): Promise<PostedJob> {
    const { modelId, items, verification = Verification.VERIFICATION_EXACT, options = {} } = request;
    if (items.length === 0) throw new MarketError("invalid_job", "items: a job needs at least one");
    const transactor = this.#sender;
    const maxPrice = request.maxPrice ?? (await this.#defaultPrice(modelId, items.length, verification));
    const message = pack(MsgPostJob, {
      requester: transactor.signer.address,
      modelId,
      verification,
      items: items.map((inputs) => encodeTensors(inputs)),
      maxPrice,
      deadlineBlocks: request.deadlineBlocks ?? 0,
      allowedOperators: [...(request.allowedOperators ?? [])],
      excludedOperators: [...(request.excludedOperators ?? [])],
      app: request.app ?? "",
    });
    const tx = await transactor.execute([message], options);
    const { jobId } = messageResponse(tx, MsgPostJobResponse);
    return { jobId, maxPrice, txHash: tx.hash, height: tx.height };
  }

  async #defaultPrice(modelId: bigint, items: number, verification: number): Promise<Coin> {
    const { operators, lowestPrice, highestPrice } = await this.quote(modelId, items, verification);
    if (operators === 0) {
      throw new MarketError(
        "no_offer",
        `no operator takes ${items} items for model ${modelId} now; try fewer items, another verification, or give max_price and let the job wait`,
      );
    }
    const [lowest, highest] = [BigInt(lowestPrice.amount), BigInt(highestPrice.amount)];
    const amount = lowest * HEADROOM < highest ? lowest * HEADROOM : highest;
    return { denom: lowestPrice.denom, amount: amount.toString() };
  }

  /** Takes a job back that no operator has yet. */
  cancelJob(jobId: bigint, options: TxOptions & WaitOptions = {}): Promise<TxResult> {
    const message = pack(MsgCancelJob, { requester: this.#sender.signer.address, jobId });
    return this.#sender.execute([message], options);
  }

  /** Calls the referee on a verified job; the deposit is lost if its answers are right. */
  challenge(jobId: bigint, options: TxOptions & WaitOptions = {}): Promise<TxResult> {
    const message = pack(MsgChallenge, { challenger: this.#sender.signer.address, jobId });
    return this.#sender.execute([message], options);
  }

  /** A job as the node says it is; prove it with verifyItem or verifyJob. @throws QueryError if there is none, or it is pruned */
  async job(jobId: bigint): Promise<Job> {
    return (await this.jobAnswer(jobId)).job;
  }

  /** With its split once it is settled, and whether its operator's next message would be taken. */
  jobAnswer(jobId: bigint): Promise<QueryJobResponse> {
    return this.#query.compute.job({ jobId });
  }

  /**
   * Waits for a job's end, whatever it is, or for a status that is asked for.
   * @throws MarketError still_open after the timeout: the job goes on
   */
  async waitForJob(jobId: bigint, options: WaitForJobOptions = {}): Promise<Job> {
    const { until = [], timeoutMs = 600_000, intervalMs = 500, onStatus } = options;
    const deadline = Date.now() + timeoutMs;
    let seen: number | undefined;
    for (let wait = intervalMs; ; wait = Math.min(wait * 1.25, intervalMs * 4)) {
      const job = await this.job(jobId);
      if (job.status !== seen) onStatus?.(job);
      seen = job.status;
      if (isClosed(job) || until.includes(job.status)) return job;
      if (Date.now() + wait > deadline) {
        throw new MarketError(
          "still_open",
          `job ${jobId} is ${statusName(job.status)} after ${timeoutMs} ms; its next step is due at height ${job.dueHeight}`,
          job,
        );
      }
      await sleep(wait);
    }
  }

  /** Waits until a job is paid, and gives its answers: undefined where the model could not run. @throws MarketError not_settled */
  async result(
    jobId: bigint,
    options: WaitForJobOptions = {},
  ): Promise<readonly (readonly NamedTensor[] | undefined)[]> {
    const job = await this.waitForJob(jobId, options);
    const name = statusName(job.status);
    if (name !== "settled" && !(options.until ?? []).includes(job.status))
      throw new MarketError(
        "not_settled",
        `job ${jobId} is ${name}; what was held for it is given back`,
        job,
      );
    return this.outputs(jobId);
  }

  /** Answers of a job that were opened, as the node says; undefined where the model could not run. */
  async outputs(jobId: bigint): Promise<readonly (readonly NamedTensor[] | undefined)[]> {
    const { items } = await this.#query.compute.jobOutputs({ jobId });
    return items.map((bytes) => (bytes.length === 0 ? undefined : decodeTensors(bytes, NO_LIMITS)));
  }

  /** What was asked, while the job is open. */
  async inputs(jobId: bigint): Promise<readonly (readonly NamedTensor[])[]> {
    const { items } = await this.#query.compute.jobInputs({ jobId });
    return items.map((bytes) => decodeTensors(bytes, NO_LIMITS));
  }

  /** Keep it: with it verifyItem proves the item for ever, also when job and outputs are pruned. */
  itemProof(jobId: bigint, index: number): Promise<QueryItemProofResponse> {
    return this.#query.compute.itemProof({ jobId, index });
  }

  /** Jobs by at most one of requester, operator and model, and by status. */
  async jobs(
    by: {
      readonly requester?: string;
      readonly operator?: string;
      readonly modelId?: bigint;
      readonly status?: number;
    } = {},
  ): Promise<readonly Job[]> {
    const all: Job[] = [];
    for await (const page of pages((pagination) => this.#query.compute.jobs({ ...by, pagination })))
      all.push(...page.jobs);
    return all;
  }

  async operator(address: string): Promise<Operator> {
    return (await this.#query.compute.operator({ operator: address })).operator;
  }

  async operators(): Promise<readonly Operator[]> {
    const all: Operator[] = [];
    for await (const page of pages((pagination) => this.#query.compute.operators({ pagination })))
      all.push(...page.operators);
    return all;
  }

  /** Offers of one operator, or for one model, or all. */
  async offers(
    by: { readonly operator?: string; readonly modelId?: bigint } = {},
  ): Promise<readonly Offer[]> {
    const all: Offer[] = [];
    for await (const page of pages((pagination) => this.#query.compute.offers({ ...by, pagination })))
      all.push(...page.offers);
    return all;
  }
}
