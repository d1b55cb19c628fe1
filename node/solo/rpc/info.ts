/** Methods on the node, its chain and its application. Source: rpc/core/{status,net,consensus,abci}.go of CometBFT v0.40. */
import * as abci from "../../../proto/gen/tendermint.abci.ts";
import { consensusAddress } from "../../comet/keys.ts";
import { genesisParams } from "../start.ts";
import { internal } from "./fault.ts";
import * as json from "./json.ts";
import type { Answer, RpcDeps } from "./methods.ts";
import { blockAt, heightOf, pageOf } from "./places.ts";

/** How CometBFT v0.40.0 reports itself: clients choose by it what they ask. */
const SPEAKS = "0.39.0";
/** CometBFT's version of the p2p protocol, and that of its block's format (version/version.go). */
const [P2P_PROTOCOL, BLOCK_PROTOCOL] = ["8", "11"];
/** 16 MiB: the longest genesis that is given whole, and the size of a chunk. */
const CHUNK_BYTES = 16 * 1024 * 1024;
const EPOCH = { seconds: 0n, nanos: 0 };
const NONE = new Uint8Array(0);

export const health: Answer = async () => ({});

export const status: Answer = async (_, deps) => {
  const { engine, store, node, genesis: document } = deps;
  const { height } = engine;
  const [latest, first, validators] = await Promise.all([
    blockAt(height, deps),
    blockAt(store.first, deps),
    store.validators(height + 1n),
  ]);
  const shown = height > 0n ? first : undefined;
  return {
    node_info: {
      protocol_version: {
        p2p: P2P_PROTOCOL,
        block: BLOCK_PROTOCOL,
        app: `${latest?.block.header.version.app ?? 0n}`,
      },
      id: node.id,
      // There is no p2p; clients want the two fields not to be empty.
      listen_addr: "tcp://0.0.0.0:0",
      network: document.chain_id,
      version: SPEAKS,
      channels: "00",
      moniker: node.moniker,
      other: { tx_index: "on", rpc_address: node.rpcAddress },
    },
    sync_info: {
      latest_block_hash: json.hex(latest?.id.hash ?? NONE),
      latest_app_hash: json.hex(latest?.block.header.appHash ?? NONE),
      latest_block_height: `${height}`,
      latest_block_time: json.time(latest?.block.header.time ?? EPOCH),
      earliest_block_hash: json.hex(shown?.id.hash ?? NONE),
      earliest_app_hash: json.hex(shown?.block.header.appHash ?? NONE),
      earliest_block_height: `${shown?.block.header.height ?? 0n}`,
      earliest_block_time: json.time(shown?.block.header.time ?? EPOCH),
      catching_up: false,
    },
    validator_info: {
      address: json.hex(consensusAddress(node.validatorKey)),
      pub_key: json.keyJson(node.validatorKey),
      voting_power: `${validators?.totalVotingPower ?? 0n}`,
    },
  };
};

/** Without a network there are no peers. */
export const netInfo: Answer = async () => ({ listening: false, listeners: [], n_peers: "0", peers: [] });

/** As CometBFT reads and writes it again. */
function genesisJson({ genesis: document }: RpcDeps): { readonly [name: string]: json.Json } {
  const { genesis_time, chain_id, initial_height, app_hash, app_state } = document;
  return {
    genesis_time,
    chain_id,
    initial_height,
    consensus_params: json.paramsJson(genesisParams(document)),
    app_hash,
    app_state: app_state as unknown as json.Json,
  };
}

export const genesis: Answer = async (_, deps) => {
  const document = genesisJson(deps);
  if (Buffer.byteLength(JSON.stringify(document)) > CHUNK_BYTES)
    throw internal("genesis response is large, please use the genesis_chunked API instead");
  return { genesis: document };
};

export const genesisChunked: Answer = async (params, deps) => {
  const bytes = Buffer.from(JSON.stringify(genesisJson(deps)));
  const total = Math.ceil(bytes.length / CHUNK_BYTES);
  const chunk = params.integer("chunk") ?? 0n;
  if (chunk < 0n || chunk >= total) throw internal(`there are ${total - 1} chunks, ${chunk} is invalid`);
  const from = Number(chunk) * CHUNK_BYTES;
  return {
    chunk: `${chunk}`,
    total: `${total}`,
    data: bytes.subarray(from, from + CHUNK_BYTES).toString("base64"),
  };
};

export const validators: Answer = async (params, deps) => {
  const height = heightOf(params, deps, 1n);
  const set = (await deps.store.validators(height))?.validators ?? [];
  const { from, to } = pageOf(params, set.length);
  const shown = set.slice(from, to).map(json.validatorJson);
  return { block_height: `${height}`, validators: shown, count: `${shown.length}`, total: `${set.length}` };
};

export const consensusParams: Answer = async (params, deps) => {
  const height = heightOf(params, deps, 1n);
  const found = await deps.store.params(height);
  if (!found) throw internal(`could not find consensus params for height #${height}`);
  return { block_height: `${height}`, consensus_params: json.paramsJson(found) };
};

export const abciInfo: Answer = async (_, { app }) => {
  const info = await app.info(abci.RequestInfo.create());
  return {
    response: {
      data: info.data,
      version: info.version,
      app_version: `${info.appVersion}`,
      last_block_height: `${info.lastBlockHeight}`,
      last_block_app_hash: json.base64(info.lastBlockAppHash),
    },
  };
};

export const abciQuery: Answer = async (params, { app }) => {
  const request = abci.RequestQuery.create({
    path: params.text("path"),
    data: params.bytes("data"),
    height: params.integer("height") ?? 0n,
    prove: params.boolean("prove"),
  });
  return { response: json.queryJson(await app.query(request)) };
};
