/** inference: models run inside the block, priced, receipted, and their fees split (design §7). */
import type { Module } from "../../runtime/module.ts";
import { inferenceGenesis } from "./genesis.ts";
import { inferenceInvariants } from "./invariants.ts";
import { type InferenceDeps, InferenceKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { inferenceMsgs } from "./msgs.ts";
import { inferenceQueries } from "./queries.ts";

export { type InferenceDeps, InferenceKeeper } from "./keeper.ts";
export { assertSplit, DEFAULT_PARAMS as DEFAULT_INFERENCE_PARAMS } from "./params.ts";
export { type Parts, partsToProto, splitFee } from "./split.ts";

export function createInference(deps: InferenceDeps): {
  readonly module: Module;
  readonly keeper: InferenceKeeper;
} {
  const keeper = new InferenceKeeper(deps);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: inferenceMsgs(keeper),
    queries: inferenceQueries(keeper),
    genesis: inferenceGenesis(keeper),
    beginBlock: (ctx) => keeper.beginBlock(ctx),
    endBlock: (ctx) => {
      keeper.endBlock(ctx);
      return undefined;
    },
    invariants: inferenceInvariants(keeper, deps.bank),
    version: 1n,
  };
  return { module, keeper };
}
