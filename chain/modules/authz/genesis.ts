import { GenesisState } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import { atPath, SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { assertTime, compareTimes } from "../../runtime/time.ts";
import { authorizationFromAny } from "./authorizations.ts";
import type { AuthzKeeper } from "./keeper.ts";

export function authzGenesis(keeper: AuthzKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ authorization: [] }),
    validate: ({ authorization }, addresses) => {
      const seen = new Set<string>();
      for (const [index, entry] of authorization.entries()) {
        const path = `authorization[${index}]`;
        addresses.parse(entry.granter, `${path}.granter`);
        addresses.parse(entry.grantee, `${path}.grantee`);
        if (entry.expiration) assertTime(entry.expiration, `${path}.expiration`);
        const { typeUrl } = atPath(path, () => authorizationFromAny(entry.authorization, addresses));
        const id = [entry.granter, entry.grantee, typeUrl].join();
        if (seen.has(id)) throw SdkError.invalidRequest(`${path}: is there twice; remove one`);
        seen.add(id);
      }
    },
    init: (ctx, { authorization }) => {
      for (const { granter, grantee, authorization: any, expiration } of authorization) {
        // What has expired is worth nothing, and must not stop a chain that starts again from an export.
        if (expiration && compareTimes(expiration, ctx.block.time) <= 0) continue;
        keeper.save(ctx, ctx.addresses.parse(granter), ctx.addresses.parse(grantee), any!, expiration);
      }
      return undefined;
    },
    export: (ctx) => ({
      authorization: [...keeper.grants(ctx)].map(({ granter, grantee, grant }) => ({
        granter: ctx.addresses.format(granter),
        grantee: ctx.addresses.format(grantee),
        authorization: grant.authorization,
        expiration: grant.expiration,
      })),
    }),
  };
}
