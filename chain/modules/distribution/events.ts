/** Events of rewards. Source: x/distribution/types/events.go of the Cosmos SDK v0.53; `validator_share` is ours. */
import type { Address } from "../../runtime/address.ts";
import { type Coins, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { type DecCoins, formatDecCoins } from "../../runtime/dec-coins.ts";

export function emitWithdrawAddress(ctx: Context, to: Address): void {
  ctx.events.emit("set_withdraw_address", { withdraw_address: ctx.addresses.format(to) });
}

/** `validator` as text, as it is asked for twice. */
export function emitCommission(ctx: Context, validator: string, amount: DecCoins): void {
  ctx.events.emit("commission", { amount: formatDecCoins(amount), validator });
}

/** `validator` as text, as it is asked for twice. */
export function emitRewards(ctx: Context, validator: string, amount: DecCoins): void {
  ctx.events.emit("rewards", { amount: formatDecCoins(amount), validator });
}

export function emitWithdrawnRewards(
  ctx: Context,
  operator: Address,
  delegator: Address,
  amount: Coins,
): void {
  ctx.events.emit("withdraw_rewards", {
    amount: formatCoins(amount),
    validator: ctx.addresses.operators.format(operator),
    delegator: ctx.addresses.format(delegator),
  });
}

export function emitWithdrawnCommission(ctx: Context, amount: Coins): void {
  ctx.events.emit("withdraw_commission", { amount: formatCoins(amount) });
}

/** A validator's part of inference fees, and for what work. */
export function emitShare(ctx: Context, operator: Address, kind: string, amount: Coins): void {
  ctx.events.emit("validator_share", {
    validator: ctx.addresses.operators.format(operator),
    kind,
    amount: formatCoins(amount),
  });
}
