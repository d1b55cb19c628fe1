import { GenesisState } from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { atPath, SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { isBefore } from "../../runtime/time.ts";
import { allowanceFromAny } from "./allowances.ts";
import type { FeegrantKeeper } from "./keeper.ts";

export function feegrantGenesis(keeper: FeegrantKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ allowances: [] }),
    validate: ({ allowances }, addresses) => {
      const seen = new Set<string>();
      for (const [index, { granter, grantee, allowance }] of allowances.entries()) {
        const path = `allowances[${index}]`;
        addresses.parse(granter, `${path}.granter`);
        addresses.parse(grantee, `${path}.grantee`);
        atPath(path, () => allowanceFromAny(allowance));
        const id = `${granter},${grantee}`;
        if (granter === grantee) throw SdkError.invalidRequest(`${path}.grantee: is the granter`);
        if (seen.has(id)) throw SdkError.invalidRequest(`${path}: is there twice; remove one`);
        seen.add(id);
      }
    },
    init: (ctx, { allowances }) => {
      for (const { granter, grantee, allowance } of allowances) {
        const { expiration } = allowanceFromAny(allowance);
        // What has ended is worth nothing, and must not stop a chain that starts again from an export.
        if (expiration && isBefore(expiration, ctx.block.time)) continue;
        keeper.grant(ctx, ctx.addresses.parse(granter), ctx.addresses.parse(grantee), allowance!);
      }
      return undefined;
    },
    export: (ctx) => ({ allowances: [...keeper.grants(ctx)] }),
  };
}
