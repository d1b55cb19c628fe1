import { Msg } from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { allowanceFromAny } from "./allowances.ts";
import type { FeegrantKeeper } from "./keeper.ts";

/** What one MsgPruneAllowances removes at most. Source: x/feegrant/keeper/msg_server.go. */
const PRUNED_BY_MESSAGE = 75;

export function feegrantMsgs(keeper: FeegrantKeeper): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.GrantAllowance, {
      validate: ({ granter, grantee, allowance }, addresses) => {
        if (bytesEqual(addresses.parse(granter, "granter"), addresses.parse(grantee, "grantee")))
          throw SdkError.invalidAddress("grantee: cannot self-grant fee authorization; name another account");
        allowanceFromAny(allowance).assertNew();
      },
      handle: (ctx, { granter, grantee, allowance }) => {
        keeper.grant(ctx, ctx.addresses.parse(granter), ctx.addresses.parse(grantee), allowance!);
        return {};
      },
    }),
    msgRoute(methods.RevokeAllowance, {
      validate: ({ granter, grantee }, addresses) => {
        if (bytesEqual(addresses.parse(granter, "granter"), addresses.parse(grantee, "grantee")))
          throw SdkError.invalidAddress("grantee: is the granter; addresses must be different");
      },
      handle: (ctx, { granter, grantee }) => {
        keeper.revoke(ctx, ctx.addresses.parse(granter), ctx.addresses.parse(grantee));
        return {};
      },
    }),
    msgRoute(methods.PruneAllowances, {
      validate: ({ pruner }, addresses) => {
        addresses.parse(pruner, "pruner");
      },
      handle: (ctx, { pruner }) => {
        keeper.removeExpired(ctx, PRUNED_BY_MESSAGE);
        ctx.events.emit("prune_feegrant", { pruner });
        return {};
      },
    }),
  ];
}
