/** slashing: downtime and its price, jail and the way back. SDK counterpart: x/slashing. */
import type { Invariant, Module } from "../../runtime/module.ts";
import type { StakingKeeper } from "../staking/index.ts";
import { slashingGenesis } from "./genesis.ts";
import { SlashingKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { slashingMsgs } from "./msgs.ts";
import { slashingQueries } from "./queries.ts";

export { SlashingKeeper } from "./keeper.ts";

export function createSlashing(deps: { readonly staking: StakingKeeper }): {
  readonly module: Module;
  readonly keeper: SlashingKeeper;
} {
  const keeper = new SlashingKeeper(deps);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: slashingMsgs(keeper),
    queries: slashingQueries(keeper),
    genesis: slashingGenesis(keeper, deps.staking),
    beginBlock: (ctx) => keeper.beginBlock(ctx),
    invariants: [signingInfosInvariant(keeper, deps.staking), pubkeysInvariant(keeper, deps.staking)],
    version: 4n,
  };
  return { module, keeper };
}

/**
 * Who is bonded is watched. That who is tombstoned is jailed does not hold: as in the SDK, one that left and was removed
 * may come back with the same key, and its record says tombstoned still.
 */
function signingInfosInvariant(keeper: SlashingKeeper, staking: StakingKeeper): Invariant {
  return {
    name: "signing-infos",
    check: (ctx) => {
      for (const { status, consensus } of staking.validators(ctx)) {
        if (status !== "bonded" || keeper.state.info(ctx, consensus)) continue;
        return `bonded validator ${ctx.addresses.consensus.format(consensus)} has no signing info`;
      }
      return undefined;
    },
  };
}

function pubkeysInvariant(keeper: SlashingKeeper, staking: StakingKeeper): Invariant {
  return {
    name: "public-keys",
    check: (ctx) => {
      for (const { consensus } of staking.validators(ctx)) {
        if (!keeper.state.hasPubkey(ctx, consensus))
          return `validator ${ctx.addresses.consensus.format(consensus)} has no public key here`;
      }
      return undefined;
    },
  };
}
