/** auth: accounts and what transactions must carry. SDK counterpart: x/auth. */
import { BaseAccount, ModuleAccount } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { PubKey as Ed25519PubKey } from "../../../proto/gen/cosmos.crypto.ed25519.ts";
import { LegacyAminoPubKey } from "../../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey as Secp256k1PubKey } from "../../../proto/gen/cosmos.crypto.secp256k1.ts";
import type { Module } from "../../runtime/module.ts";
import { authGenesis } from "./genesis.ts";
import { authInvariants } from "./invariants.ts";
import { AuthKeeper, type ModulePermissions } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { authMsgs } from "./msgs.ts";
import { authQueries } from "./queries.ts";
import { VESTING_ACCOUNT_TYPES } from "./vesting.ts";

export { type Account, accountFromAny, accountToAny, withBase } from "./account.ts";
export { AuthKeeper, type ModulePermissions } from "./keeper.ts";
export { assertVesting, type VestingAccount, type VestingPeriod, type VestingSchedule } from "./vesting.ts";

export function createAuth(options: { readonly permissions: ModulePermissions }): {
  readonly module: Module;
  readonly keeper: AuthKeeper;
} {
  const keeper = new AuthKeeper(options);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: authMsgs(keeper),
    queries: authQueries(keeper),
    types: [
      BaseAccount,
      ModuleAccount,
      ...VESTING_ACCOUNT_TYPES,
      Secp256k1PubKey,
      Ed25519PubKey,
      LegacyAminoPubKey,
    ],
    genesis: authGenesis(keeper),
    invariants: authInvariants(keeper),
    version: 1n,
  };
  return { module, keeper };
}
