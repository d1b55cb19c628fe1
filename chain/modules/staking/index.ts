/** staking: validators, delegations, and the set that CometBFT is told of. SDK counterpart: x/staking. */
import type { Context } from "../../runtime/context.ts";
import type { Module } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import { stakingGenesis } from "./genesis.ts";
import { stakingInvariants } from "./invariants.ts";
import { StakingKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { stakingMsgs } from "./msgs.ts";
import { stakingQueries } from "./queries.ts";
import { settleValidators, withoutHeights } from "./settle.ts";

export { StakingError } from "./errors.ts";
export { joinHooks, type StakingHooks } from "./hooks.ts";
export { StakingKeeper } from "./keeper.ts";
export { BONDED_POOL, NOT_BONDED_POOL } from "./keys.ts";
export {
  type BondStatus,
  type Delegation,
  POWER_REDUCTION,
  type Redelegation,
  type UnbondingDelegation,
  type Validator,
} from "./types.ts";
export {
  consensusAddress,
  consensusPower,
  MAX_TOTAL_POWER,
  sharesFromTokens,
  sharesFromTokensTruncated,
  tokensFromShares,
  tokensFromSharesRoundUp,
  tokensFromSharesTruncated,
} from "./validator.ts";

export interface StakingOptions {
  readonly bank: BankKeeper;
  /** Key types that validators may have: a consensus parameter. */
  readonly keyTypes: (ctx: Context) => readonly string[];
}

export function createStaking({ bank, keyTypes }: StakingOptions): {
  readonly module: Module;
  readonly keeper: StakingKeeper;
} {
  const keeper = new StakingKeeper({ bank });
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: stakingMsgs(keeper, keyTypes),
    queries: stakingQueries(keeper),
    genesis: {
      ...stakingGenesis(keeper),
      settle: (ctx, { jailAllowed }) => settleValidators(keeper, ctx, jailAllowed),
      restart: withoutHeights,
    },
    beginBlock: (ctx) => keeper.beginBlock(ctx),
    endBlock: (ctx) => keeper.endBlock(ctx),
    invariants: stakingInvariants(keeper),
    version: 5n,
  };
  return { module, keeper };
}
