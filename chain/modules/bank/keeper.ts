/** Coins: who holds what, what there is in all, and what may move. The only code that touches the store `bank`. */

import {
  type Metadata,
  Metadata as MetadataType,
  Params,
  type SendEnabled,
} from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { type Address, moduleAddress } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import { amountOf, type Coin, type Coins, coinsOf, formatCoins, NO_COINS } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { AccountPermission } from "../../runtime/module.ts";
import { prefixRange } from "../../runtime/range.ts";
import type { AuthKeeper } from "../auth/index.ts";
import { balanceOf, balancesOf, setBalance, setSupply, supplyOf } from "./balances.ts";
import { BankError } from "./errors.ts";
import { emitBurnt, emitMinted, emitReceived, emitSender, emitSpent, emitTransfer } from "./events.ts";
import {
  METADATA_PREFIX,
  metadataKey,
  PARAMS_KEY,
  SEND_ENABLED_PREFIX,
  STORE,
  sendEnabledKey,
} from "./keys.ts";

/** Coins of an account that may not leave it yet, though they may be staked: what vesting accounts bring. */
export interface LockedCoins {
  locked(ctx: Context, address: Address): Coins;
  /** `coins` of an account that holds `balances` of their denominations are staked. */
  trackDelegation(ctx: Context, address: Address, balances: Coins, coins: Coins): void;
  trackUndelegation(ctx: Context, address: Address, coins: Coins): void;
}

export interface BankOptions {
  readonly auth: AuthKeeper;
  /** Names of module accounts that users may send coins to; no other module account may receive a MsgSend. */
  readonly mayReceive?: readonly string[];
  readonly lockedCoins?: LockedCoins;
}

export class BankKeeper {
  readonly auth: AuthKeeper;
  readonly #lockedCoins: LockedCoins | undefined;
  /** Hex of the addresses that no user may send to. */
  readonly #blocked: ReadonlySet<string>;

  constructor({ auth, mayReceive = [], lockedCoins }: BankOptions) {
    this.auth = auth;
    this.#lockedCoins = lockedCoins;
    const blocked = auth.moduleNames.filter((name) => !mayReceive.includes(name));
    this.#blocked = new Set(blocked.map((name) => toHex(moduleAddress(name))));
  }

  // ── What is there ────────────────────────────────────────────────────────────────────────────────────────────────

  balance(ctx: Context, address: Address, denom: string): bigint {
    return balanceOf(ctx, address, denom);
  }

  balances(ctx: Context, address: Address): Coins {
    return balancesOf(ctx, address);
  }

  moduleBalance(ctx: Context, name: string, denom: string): bigint {
    return balanceOf(ctx, moduleAddress(name), denom);
  }

  locked(ctx: Context, address: Address): Coins {
    return this.#lockedCoins?.locked(ctx, address) ?? NO_COINS;
  }

  /** The part of a balance that may leave the account. */
  spendable(ctx: Context, address: Address, denom: string): bigint {
    const free = balanceOf(ctx, address, denom) - amountOf(this.locked(ctx, address), denom);
    return free > 0n ? free : 0n;
  }

  supply(ctx: Context, denom: string): bigint {
    return supplyOf(ctx, denom);
  }

  isBlocked(address: Address): boolean {
    return this.#blocked.has(toHex(address));
  }

  // ── What moves ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Moves coins; the recipient's account is made if it has none. @throws SdkError.insufficientFunds */
  send(ctx: Context, from: Address, to: Address, coins: Coins): void {
    this.#subtract(ctx, from, coins);
    this.#add(ctx, to, coins);
    this.auth.ensureAccount(ctx, to);
    emitTransfer(ctx, from, to, coins);
    emitSender(ctx, from);
  }

  /** Moves coins from one account to several. The sums must be equal, which the message's validation holds. */
  sendToMany(
    ctx: Context,
    from: Address,
    coins: Coins,
    outputs: readonly (readonly [to: Address, coins: Coins])[],
  ): void {
    emitSender(ctx, from);
    for (const [to] of outputs) this.auth.ensureAccount(ctx, to);
    this.#subtract(ctx, from, coins);
    for (const [to, part] of outputs) {
      this.#add(ctx, to, part);
      emitTransfer(ctx, from, to, part);
    }
  }

  sendToModule(ctx: Context, from: Address, name: string, coins: Coins): void {
    this.auth.moduleAccount(ctx, name);
    this.send(ctx, from, moduleAddress(name), coins);
  }

  sendFromModule(ctx: Context, name: string, to: Address, coins: Coins): void {
    this.auth.moduleAccount(ctx, name);
    if (this.isBlocked(to))
      throw SdkError.unauthorized(`${ctx.addresses.format(to)} is not allowed to receive funds`);
    this.send(ctx, moduleAddress(name), to, coins);
  }

  sendBetweenModules(ctx: Context, from: string, to: string, coins: Coins): void {
    this.auth.moduleAccount(ctx, from);
    this.auth.moduleAccount(ctx, to);
    this.send(ctx, moduleAddress(from), moduleAddress(to), coins);
  }

  /** Makes coins, into a module's account. @throws SdkError.unauthorized if the module may not mint */
  mint(ctx: Context, name: string, coins: Coins): void {
    this.#assertPermission(ctx, name, "minter");
    const address = moduleAddress(name);
    this.#add(ctx, address, coins);
    for (const { denom, amount } of coins) setSupply(ctx, denom, supplyOf(ctx, denom) + amount);
    emitMinted(ctx, address, coins);
  }

  /** Ends coins of a module's account. @throws SdkError.unauthorized, SdkError.insufficientFunds */
  burn(ctx: Context, name: string, coins: Coins): void {
    this.#assertPermission(ctx, name, "burner");
    const address = moduleAddress(name);
    this.#subtract(ctx, address, coins);
    for (const { denom, amount } of coins) setSupply(ctx, denom, supplyOf(ctx, denom) - amount);
    emitBurnt(ctx, address, coins);
  }

  /**
   * Moves coins that are staked to a module's account; locked ones may go too.
   * Source: DelegateCoins of x/bank/keeper/keeper.go. @throws SdkError.insufficientFunds
   */
  delegateCoins(ctx: Context, delegator: Address, name: string, coins: Coins): void {
    this.auth.moduleAccount(ctx, name);
    const balances = coins.map(({ denom }) => ({ denom, amount: balanceOf(ctx, delegator, denom) }));
    for (const [index, coin] of coins.entries()) {
      const { denom, amount } = balances[index]!;
      if (amount < coin.amount) throw insufficient(ctx, delegator, coin, amount);
      setBalance(ctx, delegator, denom, amount - coin.amount);
    }
    this.#lockedCoins?.trackDelegation(ctx, delegator, coinsOf(...balances), coins);
    emitSpent(ctx, delegator, coins);
    this.#add(ctx, moduleAddress(name), coins);
  }

  /** Gives coins that were staked back. Source: UndelegateCoins of x/bank/keeper/keeper.go. @throws SdkError.insufficientFunds */
  undelegateCoins(ctx: Context, name: string, delegator: Address, coins: Coins): void {
    this.auth.moduleAccount(ctx, name);
    this.#subtract(ctx, moduleAddress(name), coins);
    this.#lockedCoins?.trackUndelegation(ctx, delegator, coins);
    this.#add(ctx, delegator, coins);
  }

  /** Takes coins out of an account without giving them to another: the caller books where they go. */
  #subtract(ctx: Context, from: Address, coins: Coins): void {
    const locked = this.locked(ctx, from);
    for (const coin of coins) {
      const balance = balanceOf(ctx, from, coin.denom);
      const free = balance - amountOf(locked, coin.denom);
      if (free < coin.amount) throw insufficient(ctx, from, coin, free > 0n ? free : 0n);
      setBalance(ctx, from, coin.denom, balance - coin.amount);
    }
    emitSpent(ctx, from, coins);
  }

  #add(ctx: Context, to: Address, coins: Coins): void {
    for (const { denom, amount } of coins) setBalance(ctx, to, denom, balanceOf(ctx, to, denom) + amount);
    emitReceived(ctx, to, coins);
  }

  #assertPermission(ctx: Context, name: string, permission: AccountPermission): void {
    if (!this.auth.moduleAccount(ctx, name).permissions.includes(permission)) {
      throw SdkError.unauthorized(`module account ${name} has no permission as ${permission}`);
    }
  }

  // ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────

  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? Params.decode(bytes) : Params.create({ defaultSendEnabled: true });
  }

  setParams(ctx: Context, params: Params): void {
    // The list of denominations has its own keys; in the parameters it is only read from old genesis files.
    for (const entry of params.sendEnabled) this.setSendEnabled(ctx, entry);
    ctx.store(STORE).set(PARAMS_KEY, Params.encode({ ...params, sendEnabled: [] }));
  }

  sendEnabled(ctx: Context, denom: string): boolean {
    const own = ctx.store(STORE).get(sendEnabledKey(denom));
    return own ? own[0] === 1 : this.params(ctx).defaultSendEnabled;
  }

  hasSendEnabled(ctx: Context, denom: string): boolean {
    return ctx.store(STORE).has(sendEnabledKey(denom));
  }

  setSendEnabled(ctx: Context, { denom, enabled }: SendEnabled): void {
    ctx.store(STORE).set(sendEnabledKey(denom), Uint8Array.of(enabled ? 1 : 0));
  }

  /** Lets the default decide again. */
  clearSendEnabled(ctx: Context, denom: string): void {
    ctx.store(STORE).delete(sendEnabledKey(denom));
  }

  allSendEnabled(ctx: Context): readonly SendEnabled[] {
    const range = prefixRange(SEND_ENABLED_PREFIX);
    return [...ctx.store(STORE).iterate(range)].map(([key, value]) => ({
      denom: new TextDecoder().decode(key.subarray(1)),
      enabled: value[0] === 1,
    }));
  }

  /** @throws BankError.sendDisabled naming the first denomination that may not be sent */
  assertSendEnabled(ctx: Context, coins: Coins): void {
    for (const { denom } of coins) {
      if (!this.sendEnabled(ctx, denom))
        throw BankError.sendDisabled(`${denom} transfers are currently disabled`);
    }
  }

  metadata(ctx: Context, denom: string): Metadata | undefined {
    const bytes = ctx.store(STORE).get(metadataKey(denom));
    return bytes && MetadataType.decode(bytes);
  }

  setMetadata(ctx: Context, metadata: Metadata): void {
    ctx.store(STORE).set(metadataKey(metadata.base), MetadataType.encode(metadata));
  }

  allMetadata(ctx: Context): readonly Metadata[] {
    const range = prefixRange(METADATA_PREFIX);
    return [...ctx.store(STORE).iterate(range)].map(([, value]) => MetadataType.decode(value));
  }

  /** Sets balances of genesis. Supply is set apart, and checked against their sum. */
  initBalance(ctx: Context, address: Address, coins: Coins): void {
    for (const { denom, amount } of coins)
      setBalance(ctx, address, denom, balanceOf(ctx, address, denom) + amount);
  }

  initSupply(ctx: Context, coins: Coins): void {
    for (const { denom, amount } of coins) setSupply(ctx, denom, amount);
  }
}

function insufficient(ctx: Context, address: Address, coin: Coin, free: bigint): Error {
  return SdkError.insufficientFunds(
    `spendable balance ${free}${coin.denom} of ${ctx.addresses.format(address)} is smaller than ${formatCoins([coin])}`,
  );
}
