/** revenue: where income of stakers comes from (ADR-0122). */
import { Query } from "../../../proto/gen/opg.revenue.v1.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { formatCoins, subtractCoins } from "../../runtime/coins.ts";
import { addDecCoins, type DecCoins, decCoinsToProto, NO_DEC_COINS } from "../../runtime/dec-coins.ts";
import { type Module, queryRoute } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import { revenueGenesis } from "./genesis.ts";
import { incomeToProto, RevenueKeeper, SOURCES } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";

export { RevenueKeeper } from "./keeper.ts";

export interface RevenueOptions {
  readonly bank: BankKeeper;
  /** Module account that gas fees and provisions wait in. */
  readonly feeCollector: string;
}

export function createRevenue({ bank, feeCollector }: RevenueOptions): {
  readonly module: Module;
  readonly keeper: RevenueKeeper;
} {
  const keeper = new RevenueKeeper();
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: [],
    queries: [
      queryRoute(Query.methods.StakingIncome, (ctx) => {
        const income = SOURCES.map((source) => ({ source, ...keeper.income(ctx, source) }));
        const sum = (minted: boolean) =>
          income
            .filter(({ source }) => (source === "inflation") === minted)
            .reduce<DecCoins>((all, { toStakers }) => addDecCoins(all, toStakers), NO_DEC_COINS);
        return {
          income: income.map(({ source, ...each }) => incomeToProto(source, each)),
          paidByUsers: decCoinsToProto(sum(false)),
          minted: decCoinsToProto(sum(true)),
          height: ctx.block.height,
        };
      }),
    ],
    genesis: revenueGenesis(keeper),
    invariants: [
      {
        name: "waiting-provisions",
        check: (ctx) => {
          const waiting = keeper.waiting(ctx);
          const held = bank.balances(ctx, moduleAddress(feeCollector));
          return subtractCoins(held, waiting)
            ? undefined
            : `${formatCoins(waiting)} wait in the fee collector, which holds ${formatCoins(held)}`;
        },
      },
    ],
    version: 1n,
  };
  return { module, keeper };
}
