import { Metadata, Query } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { assertDenom, type Coin, coinsToProto, coinToProto } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import { balanceOf, decodeAmount } from "./balances.ts";
import type { BankKeeper } from "./keeper.ts";
import {
  balancesPrefix,
  holdersPrefix,
  METADATA_PREFIX,
  SEND_ENABLED_PREFIX,
  STORE,
  SUPPLY_PREFIX,
} from "./keys.ts";

const decoder = new TextDecoder();

function readCoin(key: Uint8Array, value: Uint8Array): Coin {
  return { denom: decoder.decode(key), amount: decodeAmount(value) };
}

/** A listed coin, with the denomination as its display name where that is asked for and known. */
function shown(ctx: Context, keeper: BankKeeper, coin: Coin, resolve: boolean): Coin {
  const display = resolve ? keeper.metadata(ctx, coin.denom)?.display : undefined;
  return display ? { ...coin, denom: display } : coin;
}

export function bankQueries(keeper: BankKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  const spendableCoin = (ctx: Context, address: Address, denom: string) =>
    coinToProto({ denom, amount: keeper.spendable(ctx, address, denom) });
  const metadataOf = (ctx: Context, denom: string): Metadata => {
    const metadata = keeper.metadata(ctx, denom);
    if (!metadata) throw SdkError.keyNotFound(`denom: no metadata of ${denom}`);
    return metadata;
  };
  return [
    queryRoute(methods.Balance, (ctx, { address, denom }) => {
      const holder = ctx.addresses.parse(address);
      assertDenom(denom, "denom");
      return { balance: coinToProto({ denom, amount: keeper.balance(ctx, holder, denom) }) };
    }),
    queryRoute(methods.AllBalances, (ctx, { address, pagination, resolveDenom }) => {
      const page = paginate(
        ctx.store(STORE),
        balancesPrefix(ctx.addresses.parse(address)),
        pagination,
        readCoin,
      );
      return {
        balances: coinsToProto(page.items.map((coin) => shown(ctx, keeper, coin, resolveDenom))),
        pagination: page.pagination,
      };
    }),
    queryRoute(methods.SpendableBalances, (ctx, { address, pagination }) => {
      const holder = ctx.addresses.parse(address);
      const page = paginate(ctx.store(STORE), balancesPrefix(holder), pagination, readCoin);
      return {
        balances: page.items.map(({ denom }) => spendableCoin(ctx, holder, denom)),
        pagination: page.pagination,
      };
    }),
    queryRoute(methods.SpendableBalanceByDenom, (ctx, { address, denom }) => {
      const holder = ctx.addresses.parse(address);
      assertDenom(denom, "denom");
      return { balance: spendableCoin(ctx, holder, denom) };
    }),
    queryRoute(methods.TotalSupply, (ctx, { pagination }) => {
      const page = paginate(ctx.store(STORE), SUPPLY_PREFIX, pagination, readCoin);
      return { supply: coinsToProto(page.items), pagination: page.pagination };
    }),
    queryRoute(methods.SupplyOf, (ctx, { denom }) => {
      assertDenom(denom, "denom");
      return { amount: coinToProto({ denom, amount: keeper.supply(ctx, denom) }) };
    }),
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
    queryRoute(methods.DenomsMetadata, (ctx, { pagination }) => {
      const page = paginate(ctx.store(STORE), METADATA_PREFIX, pagination, (_, value) =>
        Metadata.decode(value),
      );
      return { metadatas: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.DenomMetadata, (ctx, { denom }) => ({ metadata: metadataOf(ctx, denom) })),
    queryRoute(methods.DenomMetadataByQueryString, (ctx, { denom }) => ({
      metadata: metadataOf(ctx, denom),
    })),
    queryRoute(methods.DenomOwners, (ctx, { denom, pagination }) => denomOwners(ctx, denom, pagination)),
    queryRoute(methods.DenomOwnersByQuery, (ctx, { denom, pagination }) =>
      denomOwners(ctx, denom, pagination),
    ),
    queryRoute(methods.SendEnabled, (ctx, { denoms, pagination }) => {
      if (denoms.length > 0) {
        const known = denoms.filter((denom) => keeper.hasSendEnabled(ctx, denom));
        return {
          sendEnabled: known.map((denom) => ({ denom, enabled: keeper.sendEnabled(ctx, denom) })),
          pagination: undefined,
        };
      }
      const page = paginate(ctx.store(STORE), SEND_ENABLED_PREFIX, pagination, (key, value) => ({
        denom: decoder.decode(key),
        enabled: value[0] === 1,
      }));
      return { sendEnabled: page.items, pagination: page.pagination };
    }),
  ];
}

function denomOwners(ctx: Context, denom: string, pagination: Parameters<typeof paginate>[2]) {
  assertDenom(denom, "denom");
  const page = paginate(ctx.store(STORE), holdersPrefix(denom), pagination, (key) => {
    const address = key.slice(1) as Address;
    const balance = coinToProto({ denom, amount: balanceOf(ctx, address, denom) });
    return { address: ctx.addresses.format(address), balance };
  });
  return { denomOwners: page.items, pagination: page.pagination };
}
