/** What the rules of staking work with, joined by the keeper. */
import type { BankKeeper } from "../bank/index.ts";
import type { StakingHooks } from "./hooks.ts";
import type { StakingState } from "./state.ts";

export interface StakingParts {
  readonly state: StakingState;
  readonly bank: BankKeeper;
  readonly hooks: Required<StakingHooks>;
}
