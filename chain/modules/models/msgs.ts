import { Msg } from "../../../proto/gen/opg.models.v1.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { coinFromProto } from "../../runtime/coins.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { chunkCount, missingChunks } from "./files.ts";
import type { ModelsKeeper } from "./keeper.ts";
import { validateParams } from "./params.ts";

export function modelsMsgs(keeper: ModelsKeeper): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.CreateModel, {
      validate: ({ owner, price }, addresses) => {
        addresses.parse(owner, "owner");
        coinFromProto(price, "price");
      },
      handle: (ctx, { owner, metadata, hash, size, price }) => {
        const about = { metadata, price: coinFromProto(price, "price") };
        const model = keeper.create(ctx, ctx.addresses.parse(owner, "owner"), { hash, size }, about);
        return { modelId: model.id, chunks: chunkCount(model), chunkSize: model.chunkSize };
      },
    }),
    msgRoute(methods.UploadChunk, {
      handle: (ctx, { owner, modelId, index, data }) => {
        const model = keeper.upload(ctx, ctx.addresses.parse(owner, "owner"), modelId, index, data);
        return { missing: missingChunks(ctx, model).length };
      },
    }),
    msgRoute(methods.PublishModel, {
      handle: (ctx, { owner, modelId }) => ({
        profile: keeper.publish(ctx, ctx.addresses.parse(owner, "owner"), modelId).profile!,
      }),
    }),
    msgRoute(methods.UpdateModel, {
      validate: ({ price }) => {
        if (price) coinFromProto(price, "price");
      },
      handle: (ctx, { owner, modelId, metadata, price }) => {
        keeper.update(ctx, ctx.addresses.parse(owner, "owner"), modelId, {
          ...(metadata ? { metadata } : {}),
          ...(price ? { price: coinFromProto(price, "price") } : {}),
        });
        return {};
      },
    }),
    msgRoute(methods.TransferModel, {
      validate: ({ newOwner }, addresses) => {
        addresses.parse(newOwner, "new_owner");
      },
      handle: (ctx, { owner, modelId, newOwner }) => {
        const to = ctx.addresses.parse(newOwner, "new_owner");
        keeper.transfer(ctx, ctx.addresses.parse(owner, "owner"), modelId, to);
        return {};
      },
    }),
    msgRoute(methods.RetireModel, {
      handle: (ctx, { owner, modelId }) => {
        keeper.retire(ctx, ctx.addresses.parse(owner, "owner"), modelId);
        return {};
      },
    }),
    msgRoute(methods.DeleteDraft, {
      handle: (ctx, { owner, modelId }) => {
        keeper.deleteDraft(ctx, ctx.addresses.parse(owner, "owner"), modelId);
        return {};
      },
    }),
    msgRoute(methods.UpdateParams, {
      validate: ({ params }) => validateParams(params),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        keeper.setParams(ctx, params);
        return {};
      },
    }),
  ];
}
