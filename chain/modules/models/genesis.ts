import { GenesisState, type Model, ModelStatus } from "../../../proto/gen/opg.models.v1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { coinFromProto } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { assertCounter } from "../../runtime/counter.ts";
import { atPath, SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { chunkCount, chunkData, chunkHashes, chunkLength, putChunk } from "./files.ts";
import type { ModelsKeeper } from "./keeper.ts";
import { assertMetadata, DEFAULT_PARAMS, MIN_CHUNK_BYTES, validateParams } from "./params.ts";

export function modelsGenesis(keeper: ModelsKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ params: DEFAULT_PARAMS, nextId: 1n, models: [], chunks: [] }),
    validate: assertGenesis,
    init: (ctx, genesis) => {
      keeper.setParams(ctx, genesis.params);
      keeper.setNextId(ctx, nextId(genesis));
      const byId = new Map(genesis.models.map((model) => [model.id, model]));
      for (const { modelId, index, data } of genesis.chunks) putChunk(ctx, byId.get(modelId)!, index, data);
      for (const [index, model] of genesis.models.entries()) {
        atPath(`models[${index}]`, () => keeper.insertFromGenesis(ctx, model));
      }
      return undefined;
    },
    export: (ctx) => {
      const models = [...keeper.all(ctx)];
      return {
        params: keeper.params(ctx),
        nextId: keeper.nextId(ctx),
        models,
        chunks: models.flatMap(({ id }) => chunksOf(ctx, id)),
      };
    },
    // Drafts live as long as they still would; what happened before the new chain's first block stands at 0.
    restart: (genesis, last) => ({
      ...genesis,
      models: genesis.models.map((model) => ({
        ...model,
        createdHeight: 0n,
        publishedHeight: 0n,
        retiredHeight: 0n,
        expiryHeight: model.expiryHeight > last ? model.expiryHeight - last : 0n,
      })),
    }),
  };
}

function chunksOf(ctx: Context, modelId: bigint): GenesisState["chunks"] {
  return [...chunkHashes(ctx, modelId)].map(([index]) => ({
    modelId,
    index,
    data: chunkData(ctx, modelId, index)!,
  }));
}

function nextId(genesis: GenesisState): bigint {
  return genesis.models.reduce((next, { id }) => (id >= next ? id + 1n : next), genesis.nextId || 1n);
}

/** What the file says of itself; the models' own files are checked when they are read into the state. */
function assertGenesis(genesis: GenesisState, addresses: AddressCodec): void {
  validateParams(genesis.params);
  assertCounter(genesis.nextId, "next_id");
  const byId = new Map<bigint, Model>();
  for (const [index, model] of genesis.models.entries()) {
    const path = `models[${index}]`;
    atPath(path, () => {
      addresses.parse(model.owner, "owner");
      coinFromProto(model.price, "price");
      assertMetadata(model.metadata, genesis.params);
    });
    assertCounter(model.id, `${path}.id`);
    if (model.id === 0n || byId.has(model.id))
      throw SdkError.invalidRequest(`${path}.id: ${model.id} is 0 or there twice`);
    if (model.hash.length !== 32)
      throw SdkError.invalidRequest(`${path}.hash: SHA-256 has 32 bytes, not ${model.hash.length}`);
    if (model.size < 1n || model.size > genesis.params.maxModelBytes) {
      throw SdkError.invalidRequest(
        `${path}.size: ${model.size} is not from 1 to ${genesis.params.maxModelBytes}, the most that params allow`,
      );
    }
    if (model.chunkSize < MIN_CHUNK_BYTES)
      throw SdkError.invalidRequest(`${path}.chunk_size: ${model.chunkSize} is less than ${MIN_CHUNK_BYTES}`);
    if (!Object.values(ModelStatus).includes(model.status as never) || model.status === 0) {
      throw SdkError.invalidRequest(`${path}.status: ${model.status} is no status of a model`);
    }
    byId.set(model.id, model);
  }
  const seen = new Set<string>();
  for (const [i, { modelId, index, data }] of genesis.chunks.entries()) {
    const model = byId.get(modelId);
    if (!model) throw SdkError.invalidRequest(`chunks[${i}].model_id: there is no model ${modelId}`);
    const place = `${modelId}/${index}`;
    if (seen.has(place))
      throw SdkError.invalidRequest(`chunks[${i}]: chunk ${index} of model ${modelId} is there twice`);
    seen.add(place);
    if (index >= chunkCount(model) || data.length !== chunkLength(model, index)) {
      throw SdkError.invalidRequest(
        `chunks[${i}]: chunk ${index} with ${data.length} bytes does not fit model ${modelId}`,
      );
    }
  }
}
