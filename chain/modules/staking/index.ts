/** staking: validators, delegations, and the set that CometBFT is told of. SDK counterpart: x/staking. */
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
  consensusPower,
  sharesFromTokens,
  sharesFromTokensTruncated,
  tokensFromShares,
  tokensFromSharesRoundUp,
  tokensFromSharesTruncated,
} from "./validator.ts";
