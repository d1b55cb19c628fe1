import { GenesisState } from "../../../proto/gen/opg.revenue.v1.ts";
import { coinsFromProto, coinsToProto } from "../../runtime/coins.ts";
import { decCoinsFromProto } from "../../runtime/dec-coins.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { incomeToProto, type RevenueKeeper, SOURCES } from "./keeper.ts";

export function revenueGenesis(keeper: RevenueKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ stakingIncome: [], waitingProvisions: [] }),
    validate: ({ stakingIncome, waitingProvisions }) => {
      const seen = new Set<number>();
      for (const [index, { source, toStakers, toCommunityPool }] of stakingIncome.entries()) {
        const path = `staking_income[${index}]`;
        if (source < 1 || source > SOURCES.length)
          throw SdkError.invalidRequest(`${path}.source: ${source} is not a source`);
        if (seen.has(source)) throw SdkError.invalidRequest(`${path}.source: is there twice`);
        seen.add(source);
        decCoinsFromProto(toStakers, `${path}.to_stakers`);
        decCoinsFromProto(toCommunityPool, `${path}.to_community_pool`);
      }
      coinsFromProto(waitingProvisions, "waiting_provisions");
    },
    init: (ctx, { stakingIncome, waitingProvisions }) => {
      for (const { source, toStakers, toCommunityPool } of stakingIncome) {
        keeper.setIncome(ctx, SOURCES[source - 1]!, {
          toStakers: decCoinsFromProto(toStakers, "to_stakers"),
          toCommunityPool: decCoinsFromProto(toCommunityPool, "to_community_pool"),
        });
      }
      keeper.setWaiting(ctx, coinsFromProto(waitingProvisions, "waiting_provisions"));
      return undefined;
    },
    export: (ctx) => ({
      stakingIncome: SOURCES.flatMap((source) => {
        const income = keeper.income(ctx, source);
        const none = income.toStakers.length === 0 && income.toCommunityPool.length === 0;
        return none ? [] : [incomeToProto(source, income)];
      }),
      waitingProvisions: coinsToProto(keeper.waiting(ctx)),
    }),
  };
}
