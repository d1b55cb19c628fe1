import { GenesisState } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { AddressCodec } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import { assertCounter } from "../../runtime/counter.ts";
import { atPath, SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { DEFAULT_BECH32_PREFIX } from "../../runtime/prefix.ts";
import { type Account, accountFromAny, accountToAny, withBase } from "./account.ts";
import type { AuthKeeper } from "./keeper.ts";
import { DEFAULT_PARAMS, validateParams } from "./params.ts";
import { assertVesting } from "./vesting.ts";

export function authGenesis(keeper: AuthKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ params: DEFAULT_PARAMS, accounts: [], bech32Prefix: DEFAULT_BECH32_PREFIX }),
    validate: (genesis, addresses) => {
      validateParams(genesis.params);
      if (genesis.bech32Prefix !== "") new AddressCodec(genesis.bech32Prefix);
      assertAccounts(genesis, addresses);
    },
    init: (ctx, genesis) => {
      keeper.setParams(ctx, genesis.params);
      keeper.setBech32Prefix(ctx, ctx.addresses.prefix);
      const accounts = inOrder(genesis.accounts.map(accountFromAny));
      for (const account of accounts) keeper.setAccount(ctx, account);
      keeper.setNextNumber(
        ctx,
        accounts.reduce(
          (next, { base }) => (base.accountNumber >= next ? base.accountNumber + 1n : next),
          0n,
        ),
      );
      for (const name of keeper.moduleNames) keeper.moduleAccount(ctx, name);
      return undefined;
    },
    export: (ctx) => ({
      params: keeper.params(ctx),
      accounts: [...keeper.allAccounts(ctx)]
        .map(([, account]) => account)
        .sort((a, b) => (a.base.accountNumber < b.base.accountNumber ? -1 : 1))
        .map(accountToAny),
      bech32Prefix: keeper.bech32Prefix(ctx),
    }),
  };
}

/**
 * Numbers as the file has them; where they collide, as in a hand-written file in which all are 0, in the file's order.
 * Source: x/auth/keeper InitGenesis and SanitizeGenesisAccounts of the SDK, but for fresh numbers being sequential.
 */
function inOrder(accounts: readonly Account[]): readonly Account[] {
  const sorted = accounts
    .map((account, index) => ({ account, index }))
    .sort((a, b) => compare(a.account.base.accountNumber, b.account.base.accountNumber) || a.index - b.index);
  let next = 0n;
  return sorted.map(({ account }) => {
    const accountNumber = account.base.accountNumber < next ? next : account.base.accountNumber;
    next = accountNumber + 1n;
    return withBase(account, { accountNumber });
  });
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function assertAccounts(genesis: GenesisState, addresses: AddressCodec): void {
  const seen = new Set<string>();
  for (const [index, any] of genesis.accounts.entries()) {
    const path = `accounts[${index}]`;
    const [account, holder] = atPath(path, () => {
      const read = accountFromAny(any);
      const address = toHex(addresses.parse(read.base.address, "address"));
      assertCounter(read.base.accountNumber, "account_number");
      assertCounter(read.base.sequence, "sequence");
      if (read.kind === "vesting") assertVesting(read);
      return [read, address] as const;
    });
    // By its bytes: bech32 may be written in capitals too.
    if (seen.has(holder))
      throw SdkError.invalidRequest(`${path}: ${account.base.address} is there twice; remove one`);
    seen.add(holder);
  }
}
