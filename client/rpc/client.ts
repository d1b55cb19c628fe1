/** A node's CometBFT RPC, typed. Every answer is checked before it is believed to be well formed; none is believed to be true. */
import { base64 } from "@scure/base";
import { fromHex, toHex } from "../../chain/runtime/bytes.ts";
import type { Validator } from "../../proto/gen/tendermint.types.ts";
import * as decode from "./decode.ts";
import { RpcError } from "./errors.ts";
import { decodeEvidence } from "./evidence.ts";
import { type HttpOptions, HttpTransport } from "./http.ts";
import type { Shape } from "./shape.ts";
import { EventSocket, type RpcEvent, type SubscribeOptions } from "./subscribe.ts";
import type {
  AbciQueryRequest,
  AbciQueryResponse,
  Block,
  BlockResults,
  BroadcastResponse,
  LightBlock,
  SignedHeader,
  Status,
  TxResult,
  TxSearchRequest,
  TxSearchResponse,
  ValidatorsAt,
} from "./types.ts";

export interface RpcOptions extends HttpOptions, SubscribeOptions {}

/** CometBFT's largest page. */
const PAGE_SIZE = 100;
/** CometBFT's own bound of a validator set. */
const MAX_VALIDATORS = 10_000;

export class RpcClient {
  readonly url: string;
  readonly #http: HttpTransport;
  readonly #options: RpcOptions;
  #events: EventSocket | undefined;

  /** @throws RpcError if `url` is none. No connection is made yet. */
  constructor(url: string, options: RpcOptions = {}) {
    this.#http = new HttpTransport(url, options);
    this.url = this.#http.url;
    this.#options = options;
  }

  /** Calls any method; for those that have no function here. */
  call(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Shape> {
    return this.#http.call(method, params);
  }

  async status(): Promise<Status> {
    return decode.decodeStatus(await this.call("status"));
  }

  async commit(height?: bigint): Promise<SignedHeader> {
    return decode.decodeSignedHeader(await this.call("commit", heightParam(height)));
  }

  async block(height?: bigint): Promise<Block> {
    const answer = await this.call("block", heightParam(height));
    const evidence = answer.at("block").at("evidence");
    return {
      ...decode.decodeBlock(answer),
      evidence: evidence.absent ? [] : evidence.at("evidence").list().map(decodeEvidence),
    };
  }

  async blockResults(height?: bigint): Promise<BlockResults> {
    return decode.decodeBlockResults(await this.call("block_results", heightParam(height)));
  }

  /** The whole validator set of a height, however many pages it takes. */
  async validators(height?: bigint): Promise<ValidatorsAt> {
    const validators: Validator[] = [];
    let at = height;
    for (let page = 1; ; page++) {
      const params = { ...heightParam(at), page: String(page), per_page: String(PAGE_SIZE) };
      const result = await this.call("validators", params);
      const total = result.at("total").integer();
      const found = result.at("validators").list().map(decode.decodeValidator);
      // Without a height, pages must not come from different ones.
      at ??= result.at("block_height").bigint();
      validators.push(...found);
      if (validators.length >= total) return { height: at, validators };
      if (found.length === 0 || validators.length > MAX_VALIDATORS) {
        throw new RpcError(
          "invalid_response",
          `validators: ${validators.length} of ${total} came in ${page} pages`,
        );
      }
    }
  }

  /** Header, commit and validators of a height: what a light client verifies. */
  async lightBlock(height?: bigint): Promise<LightBlock> {
    const { header, commit } = await this.commit(height);
    const { validators } = await this.validators(header.height);
    return { header, commit, validators };
  }

  /** A query of the application. A code other than 0 is an answer, not an error. */
  async abciQuery({ path, data, height, prove }: AbciQueryRequest): Promise<AbciQueryResponse> {
    const params = { path, data: toHex(data), height: String(height ?? 0n), prove: prove ?? false };
    return decode.decodeAbciQuery(await this.call("abci_query", params));
  }

  /** Waits for CheckTx, not for a block. */
  async broadcastTxSync(tx: Uint8Array): Promise<BroadcastResponse> {
    return decode.decodeBroadcast(await this.call("broadcast_tx_sync", { tx: base64.encode(tx) }));
  }

  /** Waits for nothing: the node only says that it has the bytes. */
  async broadcastTxAsync(tx: Uint8Array): Promise<BroadcastResponse> {
    return decode.decodeBroadcast(await this.call("broadcast_tx_async", { tx: base64.encode(tx) }));
  }

  /** A transaction in a block, by its hash in hex; undefined if it is in none that the node knows. */
  async tx(hash: string): Promise<TxResult | undefined> {
    const bytes = fromHex(hash);
    if (!bytes)
      throw new RpcError("unsupported", `${JSON.stringify(hash)} is no transaction hash; give 64 hex digits`);
    try {
      return decode.decodeTx(await this.call("tx", { hash: base64.encode(bytes), prove: false }));
    } catch (error) {
      if (error instanceof RpcError && error.code === "not_found") return undefined;
      throw error;
    }
  }

  async txSearch({ query, page, perPage, orderBy }: TxSearchRequest): Promise<TxSearchResponse> {
    const params = {
      query,
      page: String(page ?? 1),
      per_page: String(perPage ?? 30),
      order_by: orderBy ?? "asc",
    };
    const result = await this.call("tx_search", params);
    return { txs: result.at("txs").list().map(decode.decodeTx), total: result.at("total_count").integer() };
  }

  /** Events that match `query`, until what is returned is called. @throws RpcError if there is no WebSocket */
  subscribe(
    query: string,
    onEvent: (event: RpcEvent) => void,
    onError?: (error: RpcError) => void,
  ): () => void {
    this.#events ??= new EventSocket(this.url, this.#options);
    return this.#events.subscribe(query, onEvent, onError);
  }

  /** Ends all subscriptions. */
  close(): void {
    this.#events?.close();
    this.#events = undefined;
  }
}

function heightParam(height: bigint | undefined): Record<string, string> {
  return height === undefined ? {} : { height: String(height) };
}
