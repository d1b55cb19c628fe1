/** gov: proposals, deposits, votes, and what is decided by them. SDK counterpart: x/gov, v1 and v1beta1. */
import type { Module } from "../../runtime/module.ts";
import type { AuthKeeper } from "../auth/index.ts";
import { endProposals } from "./end-block.ts";
import { govGenesis } from "./genesis.ts";
import { govInvariants } from "./invariants.ts";
import { GovKeeper, type GovOptions } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { legacyGovMsgs } from "./legacy-msgs.ts";
import { legacyGovQueries } from "./legacy-queries.ts";
import { govMsgs } from "./msgs.ts";
import { GovQueries, govQueries } from "./queries.ts";

export { type AnyContentRoute, contentRoute } from "./contents.ts";
export type { CommunityPool } from "./deposits.ts";
export { GovKeeper, type GovOptions } from "./keeper.ts";
export type { Stake } from "./tally.ts";

export function createGov(options: GovOptions & { readonly auth: AuthKeeper }): {
  readonly module: Module;
  readonly keeper: GovKeeper;
} {
  const keeper = new GovKeeper(options);
  const queries = new GovQueries(keeper);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: [...govMsgs(keeper), ...legacyGovMsgs(keeper)],
    queries: [...govQueries(queries), ...legacyGovQueries(queries)],
    types: keeper.contents.types,
    genesis: govGenesis(options),
    endBlock: (ctx) => {
      endProposals(ctx, keeper);
      return undefined;
    },
    invariants: govInvariants(options.bank),
    version: 5n,
  };
  return { module, keeper };
}
