/** The two accounts that staked tokens lie in: of bonded validators, and all else. Source: x/staking/keeper/pool.go of the SDK v0.53. */
import { type Coins, coinsOf } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { BONDED_POOL, NOT_BONDED_POOL } from "./keys.ts";
import type { StakingParts } from "./parts.ts";
import type { BondStatus } from "./types.ts";

type Parts = Pick<StakingParts, "state" | "bank">;

/** The pool that a validator's tokens lie in. */
export function poolOf(status: BondStatus): string {
  return status === "bonded" ? BONDED_POOL : NOT_BONDED_POOL;
}

export function bondCoins({ state }: Pick<StakingParts, "state">, ctx: Context, amount: bigint): Coins {
  return coinsOf({ denom: state.params(ctx).bondDenom, amount });
}

/** Moves tokens to the other pool, if the two differ. */
export function movePool(parts: Parts, ctx: Context, amount: bigint, from: BondStatus, to: BondStatus): void {
  const [source, destination] = [poolOf(from), poolOf(to)];
  if (source !== destination)
    parts.bank.sendBetweenModules(ctx, source, destination, bondCoins(parts, ctx, amount));
}

/** Ends tokens of the pool of `status`; none if there are none to end. */
export function burnStake(parts: Parts, ctx: Context, amount: bigint, status: BondStatus): void {
  if (amount > 0n) parts.bank.burn(ctx, poolOf(status), bondCoins(parts, ctx, amount));
}
