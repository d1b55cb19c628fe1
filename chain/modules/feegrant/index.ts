/** feegrant: fees paid by another's account. SDK counterpart: x/feegrant. */
import type { Invariant, Module } from "../../runtime/module.ts";
import { ALLOWANCE_TYPES, allowanceFromAny } from "./allowances.ts";
import { feegrantGenesis } from "./genesis.ts";
import { FeegrantKeeper, type FeegrantOptions } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { feegrantMsgs } from "./msgs.ts";
import { feegrantQueries } from "./queries.ts";

export { FeegrantKeeper } from "./keeper.ts";

/** What one block removes at most. Source: x/feegrant/module/abci.go. */
const REMOVED_A_BLOCK = 200;

export function createFeegrant(options: FeegrantOptions): {
  readonly module: Module;
  readonly keeper: FeegrantKeeper;
} {
  const keeper = new FeegrantKeeper(options);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: feegrantMsgs(keeper),
    queries: feegrantQueries(keeper),
    types: ALLOWANCE_TYPES,
    genesis: feegrantGenesis(keeper),
    endBlock: (ctx) => {
      keeper.removeExpired(ctx, REMOVED_A_BLOCK);
      return undefined;
    },
    invariants: [queueInvariant(keeper)],
    version: 2n,
  };
  return { module, keeper };
}

/** Every allowance that ends is in the queue once, and the queue holds no other. */
function queueInvariant(keeper: FeegrantKeeper): Invariant {
  return {
    name: "expiry-queue",
    check: (ctx) => {
      const ending = [...keeper.grants(ctx)].filter(
        ({ allowance }) => allowanceFromAny(allowance).expiration,
      );
      const lost = ending.find((grant) => !keeper.isQueued(ctx, grant));
      if (lost) return `the allowance of ${lost.granter} for ${lost.grantee} is not queued`;
      const queued = keeper.queued(ctx);
      return ending.length === queued ? undefined : `${ending.length} allowances end, ${queued} are queued`;
    },
  };
}
