import { Query, ValidatorSigningInfo } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import type { SlashingKeeper } from "./keeper.ts";
import { SIGNING_INFO_PREFIX, STORE } from "./keys.ts";

export function slashingQueries(keeper: SlashingKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
    queryRoute(methods.SigningInfo, (ctx, { consAddress }) => {
      const consensus = ctx.addresses.consensus.parse(consAddress, "cons_address");
      const valSigningInfo = keeper.state.info(ctx, consensus);
      if (!valSigningInfo)
        throw SdkError.keyNotFound(`SigningInfo not found for validator ${consAddress}: it was never bonded`);
      return { valSigningInfo };
    }),
    queryRoute(methods.SigningInfos, (ctx, { pagination }) => {
      const page = paginate(ctx.store(STORE), SIGNING_INFO_PREFIX, pagination, (_, value) =>
        ValidatorSigningInfo.decode(value),
      );
      return { info: page.items, pagination: page.pagination };
    }),
  ];
}
