/** authz: accounts that act for others. SDK counterpart: x/authz. */
import type { Invariant, Module } from "../../runtime/module.ts";
import { AUTHORIZATION_TYPES } from "./authorizations.ts";
import { authzGenesis } from "./genesis.ts";
import { AuthzKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { type AuthzMsgDeps, authzMsgs } from "./msgs.ts";
import { authzQueries } from "./queries.ts";

export function createAuthz(deps: Omit<AuthzMsgDeps, "keeper">): { readonly module: Module } {
  const keeper = new AuthzKeeper(deps);
  return {
    module: {
      name: MODULE,
      stores: [STORE],
      msgs: authzMsgs({ ...deps, keeper }),
      queries: authzQueries(keeper),
      types: AUTHORIZATION_TYPES,
      genesis: authzGenesis(keeper),
      beginBlock: (ctx) => keeper.removeExpired(ctx),
      invariants: [queueInvariant(keeper)],
      version: 2n,
    },
  };
}

/** Every grant that expires is in the queue once, and the queue holds no other. */
function queueInvariant(keeper: AuthzKeeper): Invariant {
  return {
    name: "expiry-queue",
    check: (ctx) => {
      const expiring = [...keeper.grants(ctx)].filter(({ grant }) => grant.expiration).length;
      const queued = keeper.queued(ctx);
      return expiring === queued ? undefined : `${expiring} grants expire, ${queued} are queued`;
    },
  };
}
