/** Events of staking. Source: x/staking/types/events.go and where the SDK v0.53 emits them. */
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { type Coin, type Coins, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, formatDec } from "../../runtime/decimal.ts";
import { formatTime } from "../../runtime/time.ts";

/** One coin, also of amount 0. */
function coinText({ denom, amount }: Coin): string {
  return `${amount}${denom}`;
}

export function emitCreated(ctx: Context, validator: string, value: Coin): void {
  ctx.events.emit("create_validator", { validator, amount: coinText(value) });
}

export function emitEdited(ctx: Context, commission: string, minSelfDelegation: bigint): void {
  ctx.events.emit("edit_validator", {
    commission_rate: commission,
    min_self_delegation: minSelfDelegation,
  });
}

export function emitDelegated(
  ctx: Context,
  validator: string,
  delegator: string,
  amount: Coin,
  shares: Dec,
): void {
  ctx.events.emit("delegate", {
    validator,
    delegator,
    amount: coinText(amount),
    new_shares: formatDec(shares),
  });
}

export function emitRedelegated(
  ctx: Context,
  source: string,
  destination: string,
  amount: Coin,
  completion: Timestamp,
): void {
  ctx.events.emit("redelegate", {
    source_validator: source,
    destination_validator: destination,
    amount: coinText(amount),
    completion_time: formatTime(completion),
  });
}

export function emitUnbonded(
  ctx: Context,
  validator: string,
  delegator: string,
  amount: Coin,
  completion: Timestamp,
): void {
  ctx.events.emit("unbond", {
    validator,
    delegator,
    amount: coinText(amount),
    completion_time: formatTime(completion),
  });
}

export function emitCancelled(
  ctx: Context,
  validator: string,
  delegator: string,
  amount: Coin,
  creationHeight: bigint,
): void {
  ctx.events.emit("cancel_unbonding_delegation", {
    amount: coinText(amount),
    validator,
    delegator,
    creation_height: creationHeight,
  });
}

export function emitCompletedUnbonding(
  ctx: Context,
  delegator: Address,
  operator: Address,
  paid: Coins,
): void {
  ctx.events.emit("complete_unbonding", {
    amount: formatCoins(paid),
    validator: ctx.addresses.operators.format(operator),
    delegator: ctx.addresses.format(delegator),
  });
}

export function emitCompletedRedelegation(
  ctx: Context,
  delegator: Address,
  source: Address,
  destination: Address,
  moved: Coins,
): void {
  ctx.events.emit("complete_redelegation", {
    amount: formatCoins(moved),
    delegator: ctx.addresses.format(delegator),
    source_validator: ctx.addresses.operators.format(source),
    destination_validator: ctx.addresses.operators.format(destination),
  });
}
