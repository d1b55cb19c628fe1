/** Accounts: numbers, sequences, public keys. The only code that touches the store `acc`. */

import { Params } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import type { PageRequest } from "../../../proto/gen/cosmos.base.query.v1beta1.ts";
import { Any } from "../../../proto/gen/google.protobuf.ts";
import { type Address, moduleAddress } from "../../runtime/address.ts";
import { u64Bytes, u64FromBytes, utf8 } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { AccountPermission } from "../../runtime/module.ts";
import { type Page, paginate } from "../../runtime/pagination.ts";
import { prefixRange } from "../../runtime/range.ts";
import { remembering } from "../../runtime/remember.ts";
import { type Account, accountFromAny, accountToAny } from "./account.ts";
import {
  ACCOUNT_PREFIX,
  accountKey,
  BECH32_PREFIX_KEY,
  NEXT_NUMBER_KEY,
  NUMBER_PREFIX,
  numberKey,
  PARAMS_KEY,
  STORE,
} from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";
import { type VestingAccount, vestingFromAny } from "./vesting.ts";

/** Accounts that modules own, by name, and what each may do with supply. */
export type ModulePermissions = Readonly<Record<string, readonly AccountPermission[]>>;

const decodeParams = remembering((bytes: Uint8Array) => Params.decode(bytes));
const decodeAccount = remembering((bytes: Uint8Array) => accountFromAny(Any.decode(bytes)));
const decodeVesting = remembering((bytes: Uint8Array) => vestingFromAny(Any.decode(bytes)));

export class AuthKeeper {
  readonly permissions: ModulePermissions;

  constructor(options: { readonly permissions: ModulePermissions }) {
    this.permissions = options.permissions;
  }

  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? decodeParams(bytes) : DEFAULT_PARAMS;
  }

  setParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
  }

  /** Prefix of the chain's addresses. @throws SdkError.logic before genesis */
  bech32Prefix(ctx: Context): string {
    const bytes = ctx.store(STORE).get(BECH32_PREFIX_KEY);
    if (!bytes) throw SdkError.logic("bech32_prefix: not set; the chain has no genesis yet");
    return new TextDecoder().decode(bytes);
  }

  setBech32Prefix(ctx: Context, prefix: string): void {
    ctx.store(STORE).set(BECH32_PREFIX_KEY, utf8(prefix));
  }

  account(ctx: Context, address: Address): Account | undefined {
    const bytes = ctx.store(STORE).get(accountKey(address));
    return bytes && decodeAccount(bytes);
  }

  /** The account, if its coins unlock over time: asked of every account that pays, so others are not read whole. */
  vestingAccount(ctx: Context, address: Address): VestingAccount | undefined {
    const bytes = ctx.store(STORE).get(accountKey(address));
    return bytes && decodeVesting(bytes);
  }

  hasAccount(ctx: Context, address: Address): boolean {
    return ctx.store(STORE).has(accountKey(address));
  }

  /** Writes an account and the index of its number. */
  setAccount(ctx: Context, account: Account): void {
    const store = ctx.store(STORE);
    const address = ctx.addresses.parse(account.base.address);
    store.set(accountKey(address), Any.encode(accountToAny(account)));
    const number = numberKey(account.base.accountNumber);
    // A sequence changes with every transaction, a number never: the index is written once.
    if (!store.has(number)) store.set(number, address);
  }

  /** An account with the next number, not written yet. */
  newAccount(ctx: Context, address: Address): Account {
    const base = {
      address: ctx.addresses.format(address),
      pubKey: undefined,
      accountNumber: this.#takeNumber(ctx),
      sequence: 0n,
    };
    return { kind: "base", base };
  }

  /** Makes and writes the account of an address that has none. */
  createAccount(ctx: Context, address: Address): Account {
    const account = this.newAccount(ctx, address);
    this.setAccount(ctx, account);
    return account;
  }

  /** Makes the account if the address has none. */
  ensureAccount(ctx: Context, address: Address): void {
    if (!this.hasAccount(ctx, address)) this.createAccount(ctx, address);
  }

  /** Address by account number; undefined if no account has it. */
  addressOf(ctx: Context, accountNumber: bigint): Address | undefined {
    return ctx.store(STORE).get(numberKey(accountNumber)) as Address | undefined;
  }

  nextNumber(ctx: Context): bigint {
    const bytes = ctx.store(STORE).get(NEXT_NUMBER_KEY);
    return bytes ? u64FromBytes(bytes) : 0n;
  }

  setNextNumber(ctx: Context, next: bigint): void {
    ctx.store(STORE).set(NEXT_NUMBER_KEY, u64Bytes(next));
  }

  #takeNumber(ctx: Context): bigint {
    const number = this.nextNumber(ctx);
    this.setNextNumber(ctx, number + 1n);
    return number;
  }

  /**
   * The account of a module, made if it is not there.
   * @throws SdkError.unknownAddress if no module registers an account of that name
   */
  moduleAccount(ctx: Context, name: string): Account & { readonly kind: "module" } {
    const permissions = this.permissions[name];
    if (!permissions) throw SdkError.unknownAddress(`module account ${name} does not exist`);
    const address = moduleAddress(name);
    const found = this.account(ctx, address);
    if (found?.kind === "module") return found;
    if (found)
      throw SdkError.logic(`account ${found.base.address} of module ${name} is not a module account`);
    const base = {
      address: ctx.addresses.format(address),
      pubKey: undefined,
      accountNumber: this.#takeNumber(ctx),
      sequence: 0n,
    };
    const account = { kind: "module", base, name, permissions } as const;
    this.setAccount(ctx, account);
    return account;
  }

  /** Names of all module accounts, sorted. */
  get moduleNames(): readonly string[] {
    return Object.keys(this.permissions).sort();
  }

  accounts(ctx: Context, page: PageRequest | undefined): Page<Account> {
    return paginate(ctx.store(STORE), ACCOUNT_PREFIX, page, (_, value) => accountFromAny(Any.decode(value)));
  }

  /** Every account with its address in the store, in order of address. Work is linear in the accounts. */
  *allAccounts(ctx: Context): IterableIterator<readonly [address: Uint8Array, account: Account]> {
    for (const [key, value] of ctx.store(STORE).iterate(prefixRange(ACCOUNT_PREFIX))) {
      yield [key.subarray(ACCOUNT_PREFIX.length), accountFromAny(Any.decode(value))];
    }
  }

  /** Every entry of the index of numbers, in order. */
  *allNumbers(ctx: Context): IterableIterator<readonly [number: bigint, address: Uint8Array]> {
    for (const [key, value] of ctx.store(STORE).iterate(prefixRange(NUMBER_PREFIX))) {
      yield [u64FromBytes(key.subarray(NUMBER_PREFIX.length)), value];
    }
  }
}
