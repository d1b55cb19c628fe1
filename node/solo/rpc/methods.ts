/** Every method of the RPC: its parameters in CometBFT's order, and what answers it. Source: rpc/core/routes.go of v0.40. */
import type { Application } from "../../../abci/index.ts";
import type { GenesisDocument } from "../../../genesis/index.ts";
import type { SoloEngine } from "../engine.ts";
import type { BlockStore } from "../store.ts";
import * as blocks from "./blocks.ts";
import type { EventBus } from "./events.ts";
import * as info from "./info.ts";
import type { Json } from "./json.ts";
import type { Params, ParamTypes } from "./params.ts";
import * as txs from "./txs.ts";

export interface RpcDeps {
  readonly app: Application;
  readonly engine: SoloEngine;
  readonly store: BlockStore;
  readonly genesis: GenesisDocument;
  readonly events: EventBus;
  readonly node: NodeInfo;
  /** How long broadcast_tx_commit waits for a block. */
  readonly commitTimeoutMs: number;
}

export interface NodeInfo {
  readonly id: string;
  readonly moniker: string;
  /** Where the RPC listens, tcp://host:port. */
  readonly rpcAddress: string;
  /** 32 bytes. */
  readonly validatorKey: Uint8Array;
}

/** @throws RpcFault, SoloError */
export type Answer = (params: Params, deps: RpcDeps) => Promise<Json>;

export interface Method {
  readonly params: ParamTypes;
  readonly answer: Answer;
}

const method = (answer: Answer, params: ParamTypes = {}): Method => ({ params, answer });
const AT_HEIGHT = { height: "integer" } as const;
const PAGES = { page: "integer", per_page: "integer" } as const;
const TX = { tx: "bytes" } as const;

/** Those that HTTP and websocket both have; subscriptions are the websocket's own. */
export const methods: ReadonlyMap<string, Method> = new Map([
  ["health", method(info.health)],
  ["status", method(info.status)],
  ["net_info", method(info.netInfo)],
  ["genesis", method(info.genesis)],
  ["genesis_chunked", method(info.genesisChunked, { chunk: "integer" })],
  ["validators", method(info.validators, { ...AT_HEIGHT, ...PAGES })],
  ["consensus_params", method(info.consensusParams, AT_HEIGHT)],
  ["abci_info", method(info.abciInfo)],
  ["abci_query", method(info.abciQuery, { path: "text", data: "hex", height: "integer", prove: "boolean" })],
  ["blockchain", method(blocks.blockchain, { minHeight: "integer", maxHeight: "integer" })],
  ["block", method(blocks.block, AT_HEIGHT)],
  ["block_by_hash", method(blocks.blockByHash, { hash: "bytes" })],
  ["block_results", method(blocks.blockResults, AT_HEIGHT)],
  ["block_search", method(blocks.blockSearch, { query: "text", ...PAGES, order_by: "text" })],
  ["header", method(blocks.header, AT_HEIGHT)],
  ["header_by_hash", method(blocks.headerByHash, { hash: "hex" })],
  ["commit", method(blocks.commit, AT_HEIGHT)],
  ["check_tx", method(txs.checkTx, TX)],
  ["tx", method(txs.tx, { hash: "bytes", prove: "boolean" })],
  ["tx_search", method(txs.txSearch, { query: "text", prove: "boolean", ...PAGES, order_by: "text" })],
  ["unconfirmed_txs", method(txs.unconfirmedTxs, { limit: "integer" })],
  ["num_unconfirmed_txs", method(txs.numUnconfirmedTxs)],
  ["broadcast_tx_sync", method(txs.broadcastTxSync, TX)],
  ["broadcast_tx_async", method(txs.broadcastTxAsync, TX)],
  ["broadcast_tx_commit", method(txs.broadcastTxCommit, TX)],
]);
