import { Msg } from "../../../proto/gen/opg.inference.v1.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { coinFromProto } from "../../runtime/coins.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import type { InferenceKeeper } from "./keeper.ts";
import { validateParams } from "./params.ts";

export function inferenceMsgs(keeper: InferenceKeeper): readonly AnyMsgRoute[] {
  return [
    msgRoute(Msg.methods.Infer, {
      validate: ({ requester, payer, maxFee }, addresses) => {
        addresses.parse(requester, "requester");
        if (payer !== "") addresses.parse(payer, "payer");
        coinFromProto(maxFee, "max_fee");
      },
      admit: (ctx, msg) => keeper.admit(ctx, msg),
      compute: (ctx, msg) => keeper.expect(ctx, msg),
      handle: (ctx, msg) => {
        const { receipt, outputs } = keeper.infer(ctx, msg);
        const { id, status, outputHash, fee, computeUnits } = receipt;
        return { receiptId: id, status, outputHash, outputs, fee, computeUnits };
      },
    }),
    msgRoute(Msg.methods.UpdateParams, {
      validate: ({ params }) => validateParams(params),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        keeper.scheduleParams(ctx, params);
        return {};
      },
    }),
  ];
}
