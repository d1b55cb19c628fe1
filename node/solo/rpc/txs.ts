/** Methods on transactions. Source: rpc/core/{mempool,tx}.go of CometBFT v0.40. */
import { ExecTxResult } from "../../../proto/gen/tendermint.abci.ts";
import { dataHash, merkleProof, txHash } from "../hash.ts";
import { parseQuery } from "../query.ts";
import { searchTxs } from "../search.ts";
import type { TxPlace } from "../store.ts";
import type { TxEvent } from "./events.ts";
import { internal } from "./fault.ts";
import * as json from "./json.ts";
import type { Answer, RpcDeps } from "./methods.ts";
import { ordered, pageOf, perPageOf, queryOf } from "./places.ts";

export const broadcastTxSync: Answer = async (params, { engine }) => {
  const tx = params.bytes("tx");
  const response = await engine.addTx(tx);
  if ("refused" in response) throw internal(response.refused);
  const { code, data, log, codespace } = response;
  return { code, data: json.hex(data), log, codespace, hash: json.hex(txHash(tx)) };
};

export const broadcastTxAsync: Answer = async (params, { engine }) => {
  const tx = params.bytes("tx");
  // Nobody waits for the verdict; an application that fails shows itself where blocks are made.
  engine.addTx(tx).catch(() => undefined);
  return { code: 0, data: "", log: "", codespace: "", hash: json.hex(txHash(tx)) };
};

export const broadcastTxCommit: Answer = async (params, deps) => {
  const tx = params.bytes("tx");
  const hash = json.hex(txHash(tx));
  // Listening before it is sent: its block may come at once.
  const block = waitForTx(hash, deps);
  try {
    const checked = await deps.engine.addTx(tx);
    if ("refused" in checked) throw internal(`error on broadcastTxCommit: ${checked.refused}`);
    const done = checked.code === 0 ? await block.found : undefined;
    return {
      check_tx: json.checkTxJson(checked),
      tx_result: json.execResultJson(done?.result ?? ExecTxResult.create()),
      hash,
      height: `${done?.height ?? 0n}`,
    };
  } finally {
    block.end();
  }
};

/** The event of a transaction's block. @throws RpcFault, by `found`, if none comes in time */
function waitForTx(
  hash: string,
  { events, commitTimeoutMs }: RpcDeps,
): { readonly found: Promise<TxEvent>; readonly end: () => void } {
  let end: () => void = () => undefined;
  const found = new Promise<TxEvent>((resolve, reject) => {
    const query = parseQuery(`tm.event='Tx' AND tx.hash='${hash}'`);
    const unsubscribe = events.subscribe(query, ({ tx }) => tx && resolve(tx));
    const late = setTimeout(
      () => reject(internal("timed out waiting for tx to be included in a block")),
      commitTimeoutMs,
    );
    end = () => {
      clearTimeout(late);
      unsubscribe();
    };
  });
  found.catch(() => undefined);
  return { found, end };
}

export const checkTx: Answer = async (params, { engine }) =>
  json.checkTxJson(await engine.checkTx(params.bytes("tx")));

async function txJson({ height, index }: TxPlace, prove: boolean, { store }: RpcDeps): Promise<json.Json> {
  const [block, results] = await Promise.all([store.block(height), store.results(height)]);
  const { txs } = block!.data;
  const bytes = txs[index]!;
  const proof = (): json.Json => ({
    root_hash: json.hex(dataHash(txs)),
    data: json.base64(bytes),
    proof: json.merkleProofJson(merkleProof(txs.map(txHash), index)),
  });
  return {
    hash: json.hex(txHash(bytes)),
    height: `${height}`,
    index,
    tx_result: json.execResultJson(results!.txResults[index]!),
    tx: json.base64(bytes),
    ...(prove ? { proof: proof() } : {}),
  };
}

export const tx: Answer = async (params, deps) => {
  const hash = params.bytes("hash");
  const place = await deps.store.placeOf(hash);
  if (!place || place.height > deps.engine.height) throw internal(`tx (${json.hex(hash)}) not found`);
  return txJson(place, params.boolean("prove"), deps);
};

export const txSearch: Answer = async (params, deps) => {
  const query = queryOf(params.text("query"));
  const found = ordered(
    await searchTxs(deps.store, query, deps.engine.height),
    params.text("order_by"),
    "asc",
  );
  const { from, to } = pageOf(params, found.length);
  const shown = found.slice(from, to).map((place) => txJson(place, params.boolean("prove"), deps));
  return { txs: await Promise.all(shown), total_count: `${found.length}` };
};

export const unconfirmedTxs: Answer = async (params, { engine: { mempool } }) => {
  const shown = mempool.all().slice(0, perPageOf(params.integer("limit")));
  return {
    n_txs: `${shown.length}`,
    total: `${mempool.size}`,
    total_bytes: `${mempool.bytes}`,
    txs: shown.map(json.base64),
  };
};

export const numUnconfirmedTxs: Answer = async (_, { engine: { mempool } }) => ({
  n_txs: `${mempool.size}`,
  total: `${mempool.size}`,
  total_bytes: `${mempool.bytes}`,
  txs: null,
});
