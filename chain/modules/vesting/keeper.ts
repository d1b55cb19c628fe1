/** What of a vesting account is locked. Its state is its account, which auth keeps. */
import type { Address } from "../../runtime/address.ts";
import { type Coins, NO_COINS } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import type { AuthKeeper } from "../auth/index.ts";
import type { LockedCoins } from "../bank/index.ts";
import { lockedCoins, withDelegation, withUndelegation } from "./schedule.ts";

export class VestingKeeper implements LockedCoins {
  readonly #auth: AuthKeeper;

  constructor({ auth }: { readonly auth: AuthKeeper }) {
    this.#auth = auth;
  }

  locked(ctx: Context, address: Address): Coins {
    const account = this.#auth.vestingAccount(ctx, address);
    return account ? lockedCoins(account, ctx.block.time.seconds) : NO_COINS;
  }

  trackDelegation(ctx: Context, address: Address, _balances: Coins, coins: Coins): void {
    const account = this.#auth.vestingAccount(ctx, address);
    if (account) this.#auth.setAccount(ctx, withDelegation(account, coins, ctx.block.time.seconds));
  }

  trackUndelegation(ctx: Context, address: Address, coins: Coins): void {
    const account = this.#auth.vestingAccount(ctx, address);
    if (account) this.#auth.setAccount(ctx, withUndelegation(account, coins));
  }
}
