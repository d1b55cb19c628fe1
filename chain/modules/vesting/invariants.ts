import { ChainError } from "../../runtime/errors.ts";
import type { Invariant } from "../../runtime/module.ts";
import { type AuthKeeper, assertVesting } from "../auth/index.ts";

export function vestingInvariants({ auth }: { readonly auth: AuthKeeper }): readonly Invariant[] {
  return [
    {
      name: "schedules",
      check: (ctx) => {
        for (const [, account] of auth.allAccounts(ctx)) {
          if (account.kind !== "vesting") continue;
          try {
            assertVesting(account);
          } catch (error) {
            if (error instanceof ChainError) return `${account.base.address}: ${error.message}`;
            throw error;
          }
        }
        return undefined;
      },
    },
  ];
}
