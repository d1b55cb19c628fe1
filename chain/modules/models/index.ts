/** models: the registry of models by the SHA-256 of their file (design §7). */
import type { Module } from "../../runtime/module.ts";
import { modelsGenesis } from "./genesis.ts";
import { modelsInvariants } from "./invariants.ts";
import { ModelsKeeper, type ModelsOptions } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { modelsMsgs } from "./msgs.ts";
import { modelsQueries } from "./queries.ts";
import { dropRetired } from "./retiring.ts";

export { type CallableModel, ModelsKeeper, type ModelsOptions } from "./keeper.ts";
export { leastOutputBytes, ModelRuns, type RunInputs, requestOf } from "./runs.ts";

export function createModels(options: ModelsOptions): {
  readonly module: Module;
  readonly keeper: ModelsKeeper;
} {
  const keeper = new ModelsKeeper(options);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: modelsMsgs(keeper),
    queries: modelsQueries(keeper),
    genesis: modelsGenesis(keeper),
    endBlock: (ctx) => {
      keeper.expireDrafts(ctx);
      dropRetired(ctx, (each, id) => keeper.isHeld(each, id));
      return undefined;
    },
    invariants: modelsInvariants(keeper),
    version: 1n,
  };
  return { module, keeper };
}
