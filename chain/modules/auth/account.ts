/** Accounts: of keys (BaseAccount), of modules (ModuleAccount) and vesting ones, as they stand in an Any. */
import { BaseAccount, ModuleAccount } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type VestingAccount, vestingFromAny, vestingToAny } from "./vesting.ts";

export type Account =
  | VestingAccount
  | { readonly kind: "base"; readonly base: BaseAccount }
  | {
      readonly kind: "module";
      readonly base: BaseAccount;
      readonly name: string;
      readonly permissions: readonly string[];
    };

/** @throws SdkError.invalidType if the Any holds no account that this chain knows */
export function accountFromAny(any: Any): Account {
  if (any.typeUrl === BaseAccount.typeUrl) return { kind: "base", base: BaseAccount.decode(any.value) };
  if (any.typeUrl === ModuleAccount.typeUrl) {
    const { baseAccount, name, permissions } = ModuleAccount.decode(any.value);
    return { kind: "module", base: baseAccount ?? BaseAccount.create(), name, permissions };
  }
  const vesting = vestingFromAny(any);
  if (vesting) return vesting;
  throw SdkError.invalidType(
    `account: type ${any.typeUrl} is not known; BaseAccount, ModuleAccount and the vesting accounts are`,
  );
}

export function accountToAny(account: Account): Any {
  if (account.kind === "base")
    return { typeUrl: BaseAccount.typeUrl, value: BaseAccount.encode(account.base) };
  if (account.kind === "vesting") return vestingToAny(account);
  const { base, name, permissions } = account;
  return {
    typeUrl: ModuleAccount.typeUrl,
    value: ModuleAccount.encode({ baseAccount: base, name, permissions }),
  };
}

/** The account with some fields of its base changed. */
export function withBase(account: Account, changes: Partial<BaseAccount>): Account {
  return { ...account, base: { ...account.base, ...changes } };
}
