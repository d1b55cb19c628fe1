/** Events of coins that move. Source: x/bank/types/events.go of the Cosmos SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import { type Coins, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";

export function emitSpent(ctx: Context, spender: Address, coins: Coins): void {
  ctx.events.emit("coin_spent", { spender: ctx.addresses.format(spender), amount: formatCoins(coins) });
}

export function emitReceived(ctx: Context, receiver: Address, coins: Coins): void {
  ctx.events.emit("coin_received", { receiver: ctx.addresses.format(receiver), amount: formatCoins(coins) });
}

export function emitTransfer(ctx: Context, sender: Address, recipient: Address, coins: Coins): void {
  const [from, to] = [ctx.addresses.format(sender), ctx.addresses.format(recipient)];
  ctx.events.emit("transfer", { recipient: to, sender: from, amount: formatCoins(coins) });
}

export function emitSender(ctx: Context, sender: Address): void {
  ctx.events.emit("message", { sender: ctx.addresses.format(sender) });
}

export function emitMinted(ctx: Context, minter: Address, coins: Coins): void {
  ctx.events.emit("coinbase", { minter: ctx.addresses.format(minter), amount: formatCoins(coins) });
}

export function emitBurnt(ctx: Context, burner: Address, coins: Coins): void {
  ctx.events.emit("burn", { burner: ctx.addresses.format(burner), amount: formatCoins(coins) });
}
