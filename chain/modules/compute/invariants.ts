import { moduleAddress } from "../../runtime/address.ts";
import { formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import type { Invariant } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import { BONDS, MODULE } from "./keys.ts";
import { allJobs, allOperators, isOpen, paramsOf } from "./state.ts";

export function computeInvariants(bank: BankKeeper): readonly Invariant[] {
  return [
    {
      name: "escrow",
      check: (ctx) => {
        const owed = sum([...allJobs(ctx)].filter(isOpen).map(({ escrow }) => escrow));
        return holds(ctx, bank, MODULE, owed, "the escrow of open jobs");
      },
    },
    {
      name: "bonds",
      check: (ctx) => {
        const bonds = [...allOperators(ctx)].flatMap(({ bond, unbonding }) => [
          bond,
          ...unbonding.map(({ amount }) => amount),
        ]);
        const deposits = [...allJobs(ctx)].filter(isOpen).map(({ deposit }) => deposit);
        return holds(ctx, bank, BONDS, sum([...bonds, ...deposits]), "bonds and deposits");
      },
    },
  ];
}

/** Amounts as they stand in the state; none is zero. */
function sum(amounts: readonly string[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount || 0), 0n);
}

/** Whether a module's account holds exactly what is owed. */
function holds(ctx: Context, bank: BankKeeper, name: string, owed: bigint, what: string): string | undefined {
  const { denom } = paramsOf(ctx);
  const held = formatCoins(bank.balances(ctx, moduleAddress(name)));
  const wanted = formatCoins(owed > 0n ? [{ denom, amount: owed }] : []);
  return held === wanted
    ? undefined
    : `the account ${name} holds ${held || "nothing"}, ${what} are ${wanted || "nothing"}`;
}
