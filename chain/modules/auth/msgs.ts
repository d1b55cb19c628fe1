import { Msg } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import type { AuthKeeper } from "./keeper.ts";
import { validateParams } from "./params.ts";

export function authMsgs(keeper: AuthKeeper): readonly AnyMsgRoute[] {
  return [
    msgRoute(Msg.methods.UpdateParams, {
      validate: ({ params }) => validateParams(params),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        keeper.setParams(ctx, params);
        return {};
      },
    }),
  ];
}
