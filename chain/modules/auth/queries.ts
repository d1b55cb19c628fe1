import { Query } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { addressFromBytes, moduleAddress } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { type Account, accountToAny } from "./account.ts";
import type { AuthKeeper } from "./keeper.ts";

export function authQueries(keeper: AuthKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  const existing = (ctx: Context, text: string): Account => {
    const account = keeper.account(ctx, ctx.addresses.parse(text));
    if (!account) throw SdkError.keyNotFound(`account ${text} not found`);
    return account;
  };
  return [
    queryRoute(methods.Accounts, (ctx, { pagination }) => {
      const page = keeper.accounts(ctx, pagination);
      return { accounts: page.items.map(accountToAny), pagination: page.pagination };
    }),
    queryRoute(methods.Account, (ctx, { address }) => ({ account: accountToAny(existing(ctx, address)) })),
    queryRoute(methods.AccountAddressByID, (ctx, { id, accountId }) => {
      const number = accountId || id;
      const address = keeper.addressOf(ctx, number);
      if (!address) throw SdkError.keyNotFound(`account_id: no account has the number ${number}`);
      return { accountAddress: ctx.addresses.format(address) };
    }),
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
    queryRoute(methods.ModuleAccounts, (ctx) => ({
      accounts: keeper.moduleNames.map((name) => accountToAny(moduleAccountView(keeper, ctx, name))),
    })),
    queryRoute(methods.ModuleAccountByName, (ctx, { name }) => ({
      account: accountToAny(moduleAccountView(keeper, ctx, name)),
    })),
    queryRoute(methods.Bech32Prefix, (ctx) => ({ bech32Prefix: ctx.addresses.prefix })),
    queryRoute(methods.AddressBytesToString, (ctx, { addressBytes }) => ({
      addressString: ctx.addresses.format(addressFromBytes(addressBytes)),
    })),
    queryRoute(methods.AddressStringToBytes, (ctx, { addressString }) => ({
      addressBytes: ctx.addresses.parse(addressString, "address_string"),
    })),
    queryRoute(methods.AccountInfo, (ctx, { address }) => ({ info: existing(ctx, address).base })),
  ];
}

/** A module's account; one that was never needed is shown as it would be made, without a number. */
function moduleAccountView(keeper: AuthKeeper, ctx: Context, name: string): Account {
  const permissions = Object.hasOwn(keeper.permissions, name) ? keeper.permissions[name] : undefined;
  if (!permissions) throw SdkError.keyNotFound(`name: module account ${name} not found`);
  const address = moduleAddress(name);
  const base = { address: ctx.addresses.format(address), pubKey: undefined, accountNumber: 0n, sequence: 0n };
  return keeper.account(ctx, address) ?? { kind: "module", base, name, permissions };
}
