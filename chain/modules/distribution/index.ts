/** distribution: rewards of validators and delegators, and the community pool. SDK counterpart: x/distribution. */
import type { Module } from "../../runtime/module.ts";
import { distributionGenesis } from "./genesis.ts";
import { distributionInvariants } from "./invariants.ts";
import { type DistributionDeps, DistributionKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { distributionMsgs } from "./msgs.ts";
import { distributionQueries } from "./queries.ts";
import { settleRewards } from "./settle.ts";

export type {
  Income,
  IncomeBook,
  IncomeSource,
  ShareKind,
  Treasury,
  ValidatorShares,
  Worker,
} from "./income.ts";
export { type DistributionDeps, DistributionKeeper } from "./keeper.ts";

export function createDistribution(deps: DistributionDeps): {
  readonly module: Module;
  readonly keeper: DistributionKeeper;
} {
  const keeper = new DistributionKeeper(deps);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: distributionMsgs(keeper, deps.bank),
    queries: distributionQueries(keeper, deps.staking),
    genesis: {
      ...distributionGenesis(deps.bank),
      settle: (ctx) => settleRewards(keeper, deps.staking, ctx),
    },
    beginBlock: (ctx) => keeper.beginBlock(ctx),
    invariants: distributionInvariants(keeper, deps),
    version: 3n,
  };
  return { module, keeper };
}
