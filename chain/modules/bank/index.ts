/** bank: coins and their supply. SDK counterpart: x/bank. */
import type { Module } from "../../runtime/module.ts";
import { bankGenesis } from "./genesis.ts";
import { bankInvariants } from "./invariants.ts";
import { BankKeeper, type BankOptions } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { bankMsgs } from "./msgs.ts";
import { bankQueries } from "./queries.ts";

export { BankError } from "./errors.ts";
export { BankKeeper, type BankOptions, type LockedCoins } from "./keeper.ts";

export function createBank(options: BankOptions): { readonly module: Module; readonly keeper: BankKeeper } {
  const keeper = new BankKeeper(options);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: bankMsgs(keeper),
    queries: bankQueries(keeper),
    genesis: bankGenesis(keeper),
    invariants: bankInvariants,
    version: 1n,
  };
  return { module, keeper };
}
