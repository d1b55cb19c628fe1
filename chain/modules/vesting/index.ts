/** vesting: accounts whose coins unlock over time and may be staked before. SDK counterpart: x/auth/vesting. State is auth's. */
import type { Module } from "../../runtime/module.ts";
import { vestingInvariants } from "./invariants.ts";
import { type VestingMsgDeps, vestingMsgs } from "./msgs.ts";

export { VestingKeeper } from "./keeper.ts";
export { lockedCoins, vestedCoins, vestingCoins } from "./schedule.ts";

export function createVesting(deps: VestingMsgDeps): { readonly module: Module } {
  return {
    module: {
      name: "vesting",
      stores: [],
      msgs: vestingMsgs(deps),
      queries: [],
      invariants: vestingInvariants(deps),
      version: 1n,
    },
  };
}
