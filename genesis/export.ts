/** A chain's state as a genesis: at a height, or for a chain that starts again at height 1. */
import type { App } from "../chain/app.ts";
import { ChainError } from "../chain/runtime/errors.ts";
import type { ZeroHeight } from "../chain/runtime/module.ts";
import { Query as ConsensusQuery } from "../proto/gen/cosmos.consensus.v1.ts";
import { RequestQuery } from "../proto/gen/tendermint.abci.ts";
import type { ConsensusParams } from "../proto/gen/tendermint.types.ts";
import { consensusParamsToJson, type GenesisDocument } from "./document.ts";

export interface ExportOptions {
  /** 0: the last. */
  readonly height: bigint;
  /** The chain is to start again at height 1. */
  readonly zero?: ZeroHeight;
}

/**
 * @param before the genesis that the chain started from, whose names and time it keeps
 * @throws ChainError if the height is not kept, or no chain could start from it
 */
export async function exportDocument(
  app: App,
  before: GenesisDocument,
  { height, zero }: ExportOptions,
): Promise<GenesisDocument> {
  const at = height || app.info().lastBlockHeight;
  const params = await consensusParamsAt(app, at);
  return {
    ...before,
    initial_height: zero ? "1" : `${at + 1n}`,
    consensus_params: consensusParamsToJson(zero ? fromHeightOne(params, at) : params),
    app_state: app.exportGenesis(at, zero),
  };
}

async function consensusParamsAt(app: App, height: bigint): Promise<ConsensusParams> {
  const { Params } = ConsensusQuery.methods;
  const data = Params.request.encode(Params.request.create());
  const answer = await app.query(RequestQuery.create({ path: Params.path, data, height }));
  if (answer.code !== 0) throw new ChainError(answer.codespace, answer.code, answer.log);
  return Params.response.decode(answer.value).params!;
}

/** Vote extensions that are there, are so from the first block on. */
function fromHeightOne(params: ConsensusParams, last: bigint): ConsensusParams {
  const enabled = params.abci?.voteExtensionsEnableHeight ?? 0n;
  if (enabled === 0n) return params;
  return { ...params, abci: { voteExtensionsEnableHeight: enabled > last ? enabled - last : 1n } };
}
