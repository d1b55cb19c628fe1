import { Query } from "../../../proto/gen/opg.compute.v1.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import type { ComputeKeeper } from "./keeper.ts";

export function computeQueries(keeper: ComputeKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) }))];
}
