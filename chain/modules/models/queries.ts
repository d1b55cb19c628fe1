import { Model, Query } from "../../../proto/gen/opg.models.v1.ts";
import { fromHex, u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import { chunkCount, chunkData, missingChunks } from "./files.ts";
import type { ModelsKeeper } from "./keeper.ts";
import { MODEL_PREFIX, ownerPrefix, STORE, statusPrefix } from "./keys.ts";

/** Indexes of missing chunks that one answer lists. */
const MAX_MISSING = 1_000;

export function modelsQueries(keeper: ModelsKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
    queryRoute(methods.Model, (ctx, { modelId }) => ({ model: existing(ctx, keeper, modelId) })),
    queryRoute(methods.ModelByHash, (ctx, { hash }) => {
      const bytes = fromHex(hash);
      if (bytes?.length !== 32) throw SdkError.invalidRequest("hash: must be the 64 hex digits of a SHA-256");
      const model = keeper.byHash(ctx, bytes);
      if (!model) throw SdkError.keyNotFound(`hash: no published model has the file ${hash}`);
      return { model };
    }),
    queryRoute(methods.Models, (ctx, { owner, status, pagination }) => {
      const store = ctx.store(STORE);
      if (owner !== "") {
        const prefix = ownerPrefix(ctx.addresses.parse(owner, "owner"));
        const page = paginate(store, prefix, pagination, (key) => {
          const model = keeper.model(ctx, u64FromBytes(key));
          return status === 0 || model.status === status ? model : undefined;
        });
        return { models: page.items, pagination: page.pagination };
      }
      const page =
        status === 0
          ? paginate(store, MODEL_PREFIX, pagination, (_, value) => Model.decode(value))
          : paginate(store, statusPrefix(status), pagination, (key) => keeper.model(ctx, u64FromBytes(key)));
      return { models: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.UploadStatus, (ctx, { modelId }) => {
      const model = existing(ctx, keeper, modelId);
      const missing = missingChunks(ctx, model);
      return {
        chunks: chunkCount(model),
        chunkSize: model.chunkSize,
        missing: missing.slice(0, MAX_MISSING),
        missingTotal: missing.length,
      };
    }),
    queryRoute(methods.Chunk, (ctx, { modelId, index }) => {
      existing(ctx, keeper, modelId);
      const data = chunkData(ctx, modelId, index);
      if (!data) throw SdkError.keyNotFound(`index: chunk ${index} of model ${modelId} is not there`);
      return { data };
    }),
  ];
}

function existing(ctx: Context, keeper: ModelsKeeper, id: bigint): Model {
  const model = keeper.find(ctx, id);
  if (!model) throw SdkError.keyNotFound(`model_id: there is no model ${id}`);
  return model;
}
