/** compute: the market. Operators compute off chain, validators judge in their votes, liars pay (design §7, ADR-0160). */
import { MsgVoteExtensions } from "../../../proto/gen/opg.compute.v1.ts";
import type { Module } from "../../runtime/module.ts";
import type { ComputeDeps } from "./deps.ts";
import { computeGenesis } from "./genesis.ts";
import { computeInvariants } from "./invariants.ts";
import { ComputeKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { computeMsgs } from "./msgs.ts";
import { computeQueries } from "./queries.ts";
import { restartMarket, settleJobs } from "./zero-height.ts";

export type { ComputeDeps } from "./deps.ts";
export { ComputeKeeper } from "./keeper.ts";

export function createCompute(deps: ComputeDeps): {
  readonly module: Module;
  readonly keeper: ComputeKeeper;
} {
  const keeper = new ComputeKeeper(deps);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: computeMsgs(deps),
    queries: computeQueries(keeper),
    // The first transaction of a block carries it; nobody can send it.
    types: [MsgVoteExtensions],
    genesis: {
      ...computeGenesis(deps.bank),
      settle: (ctx) => settleJobs(ctx, deps),
      restart: restartMarket,
    },
    due: (ctx) => keeper.due(ctx),
    beginBlock: (ctx) => keeper.beginBlock(ctx),
    endBlock: (ctx) => {
      keeper.endBlock(ctx);
      return undefined;
    },
    invariants: computeInvariants(deps.bank),
    version: 1n,
  };
  return { module, keeper };
}
