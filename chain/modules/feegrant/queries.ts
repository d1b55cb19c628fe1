import { Grant, Query } from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import type { FeegrantKeeper } from "./keeper.ts";
import { ALLOWANCE_PREFIX, granteePrefix, granterIn, STORE } from "./keys.ts";

export function feegrantQueries(keeper: FeegrantKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Allowance, (ctx, { granter, grantee }) => ({
      allowance: keeper.get(
        ctx,
        ctx.addresses.parse(granter, "granter"),
        ctx.addresses.parse(grantee, "grantee"),
      ),
    })),
    queryRoute(methods.Allowances, (ctx, { grantee, pagination }) => {
      const prefix = granteePrefix(ctx.addresses.parse(grantee, "grantee"));
      const page = paginate(ctx.store(STORE), prefix, pagination, (_, value) => Grant.decode(value));
      return { allowances: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.AllowancesByGranter, (ctx, { granter, pagination }) => {
      const from = ctx.addresses.parse(granter, "granter");
      const page = paginate(ctx.store(STORE), ALLOWANCE_PREFIX, pagination, (key, value) =>
        bytesEqual(granterIn(key), from) ? Grant.decode(value) : undefined,
      );
      return { allowances: page.items, pagination: page.pagination };
    }),
  ];
}
