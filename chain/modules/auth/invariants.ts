import { bytesEqual } from "../../runtime/bytes.ts";
import type { Invariant } from "../../runtime/module.ts";
import type { AuthKeeper } from "./keeper.ts";

export function authInvariants(keeper: AuthKeeper): readonly Invariant[] {
  return [
    {
      name: "account-numbers",
      check: (ctx) => {
        const next = keeper.nextNumber(ctx);
        let accounts = 0;
        for (const [address, { base }] of keeper.allAccounts(ctx)) {
          accounts++;
          if (base.accountNumber >= next)
            return `account ${base.address} has number ${base.accountNumber}, the next is ${next}`;
          const indexed = keeper.addressOf(ctx, base.accountNumber);
          if (!indexed || !bytesEqual(indexed, address))
            return `number ${base.accountNumber} does not lead to ${base.address}`;
        }
        const numbers = [...keeper.allNumbers(ctx)].length;
        return numbers === accounts ? undefined : `${numbers} numbers for ${accounts} accounts`;
      },
    },
  ];
}
