import { Msg } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import type { SlashingKeeper } from "./keeper.ts";
import { validateParams } from "./params.ts";

export function slashingMsgs(keeper: SlashingKeeper): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.Unjail, {
      validate: ({ validatorAddr }, addresses) => {
        addresses.operators.parse(validatorAddr, "validator_addr");
      },
      handle: (ctx, { validatorAddr }) => {
        keeper.unjail(ctx, ctx.addresses.operators.parse(validatorAddr, "validator_addr"));
        return {};
      },
    }),
    msgRoute(methods.UpdateParams, {
      validate: ({ params }) => validateParams(params),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        keeper.state.setParams(ctx, params);
        return {};
      },
    }),
  ];
}
