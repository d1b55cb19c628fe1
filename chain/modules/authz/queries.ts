import { Grant, type GrantAuthorization, Query } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { bytesEqual, concatBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import { AuthzError } from "./errors.ts";
import type { AuthzKeeper } from "./keeper.ts";
import { GRANT_PREFIX, granterPrefix, pairPrefix, parsePair, STORE } from "./keys.ts";

export function authzQueries(keeper: AuthzKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Grants, (ctx, { granter, grantee, msgTypeUrl, pagination }) => {
      const from = ctx.addresses.parse(granter, "granter");
      const to = ctx.addresses.parse(grantee, "grantee");
      if (msgTypeUrl !== "") {
        const grant = keeper.grant(ctx, from, to, msgTypeUrl);
        if (!grant)
          throw AuthzError.noAuthorizationFound(`authorization not found for ${msgTypeUrl.slice(0, 200)}`);
        return { grants: [grant], pagination: undefined };
      }
      const page = paginate(ctx.store(STORE), pairPrefix(from, to), pagination, (_, value) =>
        Grant.decode(value),
      );
      return { grants: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.GranterGrants, (ctx, { granter, pagination }) => {
      const prefix = granterPrefix(ctx.addresses.parse(granter, "granter"));
      const page = paginate(ctx.store(STORE), prefix, pagination, (key, value) =>
        shown(ctx, concatBytes(prefix, key), value),
      );
      return { grants: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.GranteeGrants, (ctx, { grantee, pagination }) => {
      const to: Address = ctx.addresses.parse(grantee, "grantee");
      const page = paginate(ctx.store(STORE), GRANT_PREFIX, pagination, (key, value) => {
        const whole = concatBytes(GRANT_PREFIX, key);
        return bytesEqual(parsePair(whole).grantee, to) ? shown(ctx, whole, value) : undefined;
      });
      return { grants: page.items, pagination: page.pagination };
    }),
  ];
}

function shown(ctx: Context, key: Uint8Array, value: Uint8Array): GrantAuthorization {
  const { granter, grantee } = parsePair(key);
  const { authorization, expiration } = Grant.decode(value);
  return {
    granter: ctx.addresses.format(granter),
    grantee: ctx.addresses.format(grantee),
    authorization,
    expiration,
  };
}
