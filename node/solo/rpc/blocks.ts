/** Methods on blocks. Source: rpc/core/blocks.go of CometBFT v0.40. */
import { Block } from "../../../proto/gen/tendermint.types.ts";
import { searchBlocks } from "../search.ts";
import { internal } from "./fault.ts";
import * as json from "./json.ts";
import type { Answer, RpcDeps } from "./methods.ts";
import { blockAt, heightOf, ordered, pageOf, queryOf, type StoredBlock } from "./places.ts";

/** CometBFT's most headers in one answer. */
const MOST_METAS = 20n;

function blockAnswer(found: StoredBlock | undefined): json.Json {
  if (!found) return { block_id: json.NO_BLOCK_ID, block: null };
  return { block_id: json.blockIdJson(found.id), block: json.blockJson(found.block) };
}

export const block: Answer = async (params, deps) => blockAnswer(await blockAt(heightOf(params, deps), deps));

async function byHash(hash: Uint8Array, deps: RpcDeps): Promise<StoredBlock | undefined> {
  const height = await deps.store.heightOf(hash);
  return height !== undefined && height <= deps.engine.height ? blockAt(height, deps) : undefined;
}

export const blockByHash: Answer = async (params, deps) =>
  blockAnswer(await byHash(params.bytes("hash"), deps));

const headerAnswer = (found: StoredBlock | undefined): json.Json => ({
  header: found ? json.headerJson(found.block.header) : null,
});

export const header: Answer = async (params, deps) =>
  headerAnswer(await blockAt(heightOf(params, deps), deps));

export const headerByHash: Answer = async (params, deps) =>
  headerAnswer(await byHash(params.bytes("hash"), deps));

export const commit: Answer = async (params, deps) => {
  const height = heightOf(params, deps);
  const found = await blockAt(height, deps);
  if (!found) return null;
  const signed = (await deps.store.commit(height))!;
  return {
    signed_header: { header: json.headerJson(found.block.header), commit: json.commitJson(signed) },
    canonical: height < deps.engine.height,
  };
};

export const blockResults: Answer = async (params, deps) => {
  const height = heightOf(params, deps);
  const results = await deps.store.results(height);
  if (!results) throw internal(`could not find results for height #${height}`);
  const { txResults, events, validatorUpdates, consensusParamUpdates, appHash } = results;
  return {
    height: `${height}`,
    txs_results: orNull(txResults.map(json.execResultJson)),
    finalize_block_events: orNull(events.map(json.sparseEventJson)),
    validator_updates: orNull(validatorUpdates.map(json.validatorUpdateJson)),
    consensus_param_updates: json.paramUpdatesJson(consensusParamUpdates),
    app_hash: json.base64(appHash),
  };
};

/** A Go slice that is nil where it is empty. */
const orNull = (list: readonly json.Json[]): json.Json => (list.length === 0 ? null : list);

export const blockchain: Answer = async (params, deps) => {
  const { engine, store } = deps;
  const [min, max] = [params.integer("minHeight") ?? 0n, params.integer("maxHeight") ?? 0n];
  if (min < 0n || max < 0n) throw internal("heights must be non-negative");
  const high = max === 0n || max > engine.height ? engine.height : max;
  const low = [min || 1n, store.first, high - MOST_METAS + 1n].reduce((a, b) => (a > b ? a : b));
  if (low > high) throw internal(`min height ${low} can't be greater than max height ${high}`);
  const metas: json.Json[] = [];
  for (let height = high; height >= low; height--) {
    const { block: each, id } = (await blockAt(height, deps))!;
    metas.push({
      block_id: json.blockIdJson(id),
      block_size: `${Block.encode(each).length}`,
      header: json.headerJson(each.header),
      num_txs: `${each.data.txs.length}`,
    });
  }
  return { last_height: `${engine.height}`, block_metas: metas };
};

export const blockSearch: Answer = async (params, deps) => {
  const query = queryOf(params.text("query"));
  const found = ordered(
    await searchBlocks(deps.store, query, deps.engine.height),
    params.text("order_by"),
    "desc",
  );
  const { from, to } = pageOf(params, found.length);
  const blocks = await Promise.all(found.slice(from, to).map((height) => blockAt(height, deps)));
  return { blocks: blocks.map(blockAnswer), total_count: `${found.length}` };
};
