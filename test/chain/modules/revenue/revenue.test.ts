import t from "tap";
import { RevenueKeeper } from "../../../../chain/modules/revenue/index.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { parseCoins } from "../../../../chain/runtime/coins.ts";
import {
  addDecCoins,
  type DecCoins,
  decAmountOf,
  decCoinsFromCoins,
  equalDecCoins,
} from "../../../../chain/runtime/dec-coins.ts";
import type { Dec } from "../../../../chain/runtime/decimal.ts";
import { type GenesisState, IncomeSource } from "../../../../proto/gen/opg.revenue.v1.ts";
import { Stake } from "../distribution/stake.ts";
import { Random, seedOf } from "../random.ts";
import { codec, DENOM } from "../sandbox.ts";

const keeper = new RevenueKeeper();

t.test("whatever is given out, both sources sum to it, and inflation to what was minted", (t) => {
  const seed = seedOf("SIM_SEED");
  t.comment(`seed ${seed}`);
  const random = new Random(seed);
  const wrong: string[] = [];
  for (let i = 0; i < 300; i++) {
    const stake = new Stake();
    const ctx = stake.context();
    const minted = random.bigint(random.below(60));
    const gas = random.chance(20) ? 0n : random.bigint(random.below(60));
    const collected = decCoinsFromCoins(parseCoins(`${minted + gas}${DENOM}`));
    const all = decAmountOf(collected, DENOM);
    // From all of it to the community pool down to all of it to stakers, fractions too.
    const pooled = random.chance(20) ? 0n : random.chance(20) ? all : random.bigint(130) % (all + 1n);
    const toCommunityPool: DecCoins = pooled > 0n ? [{ denom: DENOM, amount: pooled as Dec }] : [];
    keeper.recordProvisions(ctx, parseCoins(`${minted}${DENOM}`));
    keeper.recordCollected(ctx, { collected, toCommunityPool });
    const [fromGas, inflation] = [keeper.income(ctx, "gas"), keeper.income(ctx, "inflation")];
    const sums = [fromGas, inflation].map((income) => addDecCoins(income.toStakers, income.toCommunityPool));
    const pool = addDecCoins(fromGas.toCommunityPool, inflation.toCommunityPool);
    const fair =
      equalDecCoins(addDecCoins(sums[0]!, sums[1]!), collected) &&
      equalDecCoins(sums[1]!, decCoinsFromCoins(parseCoins(`${minted}${DENOM}`))) &&
      equalDecCoins(pool, toCommunityPool) &&
      keeper.waiting(ctx).length === 0;
    if (!fair) wrong.push(`minted ${minted}, gas ${gas}, pooled ${pooled}`);
  }
  t.strictSame(wrong, []);
  t.end();
});

t.test("genesis goes out and in again", (t) => {
  const stake = new Stake();
  const ctx = stake.context();
  const one = decCoinsFromCoins(parseCoins(`1${DENOM}`));
  keeper.record(ctx, "compute", { toStakers: one, toCommunityPool: [] });
  keeper.record(ctx, "inflation", { toStakers: one, toCommunityPool: one });
  keeper.recordProvisions(ctx, parseCoins(`7${DENOM}`));
  const genesis = stake.revenue.module.genesis!.export(ctx) as GenesisState;
  t.equal(genesis.stakingIncome.length, 2);
  const again = new Stake({ genesis: { revenue: genesis } });
  t.strictSame(again.revenue.module.genesis!.export(again.context()), genesis);
  t.match(again.broken(), [/revenue\/waiting-provisions: 7uopg wait in the fee collector, which holds $/]);
  again.fund(moduleAddress("fee_collector"), parseCoins(`7${DENOM}`));
  t.strictSame(again.broken(), []);
  t.end();
});

const income = { source: IncomeSource.INCOME_SOURCE_GAS, toStakers: [], toCommunityPool: [] };
const faults: readonly (readonly [path: RegExp, genesis: GenesisState])[] = [
  [
    /staking_income\[0\]\.source/,
    { stakingIncome: [{ ...income, source: IncomeSource.INCOME_SOURCE_UNSPECIFIED }], waitingProvisions: [] },
  ],
  [/staking_income\[1\]\.source: is there twice/, { stakingIncome: [income, income], waitingProvisions: [] }],
  [
    /staking_income\[0\]\.to_stakers\[0\]\.amount/,
    { stakingIncome: [{ ...income, toStakers: [{ denom: DENOM, amount: "-1" }] }], waitingProvisions: [] },
  ],
  [
    /waiting_provisions\[0\]\.amount/,
    { stakingIncome: [], waitingProvisions: [{ denom: DENOM, amount: "0" }] },
  ],
];

for (const [path, genesis] of faults) {
  t.test(`genesis is refused with its path: ${path.source}`, (t) => {
    t.throws(() => new Stake().revenue.module.genesis!.validate(genesis, codec), { message: path });
    t.end();
  });
}
