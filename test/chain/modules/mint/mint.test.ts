import t from "tap";
import { annualProvisionsOf, blockProvision, nextInflation } from "../../../../chain/modules/mint/minter.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/mint/params.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { decFromInt, decToWire, formatDec, parseDec } from "../../../../chain/runtime/decimal.ts";
import { type GenesisState, Msg, type Params, Query } from "../../../../proto/gen/cosmos.mint.v1beta1.ts";
import { Query as RevenueQuery } from "../../../../proto/gen/opg.revenue.v1.ts";
import { Stake } from "../distribution/stake.ts";
import { account, codec, DENOM } from "../sandbox.ts";

const authority = codec.format(moduleAddress("gov"));

t.test("inflation moves by the bonded ratio, within its bounds", (t) => {
  // The cases of TestNextInflation in x/mint/types/minter_test.go of the Cosmos SDK v0.53.
  const perYear = decFromInt(DEFAULT_PARAMS.blocksPerYear);
  const part = (year: string) =>
    formatDec(((parseDec(year) * 10n ** 18n) / perYear) as ReturnType<typeof parseDec>);
  const cases: readonly (readonly [ratio: string, before: string, change: string])[] = [
    ["0", "0.07", part("0.13")],
    ["1", "0.20", `-${part("0.064029850746268656")}`],
    ["0.5", "0.10", part("0.032985074626865671")],
    ["1", "0.07", "0"],
    ["1", "0.070000000100000000", "-0.000000000100000000"],
    ["0", "0.20", "0"],
    ["0", "0.199999999900000000", "0.000000000100000000"],
    ["0.67", "0.15", "0"],
  ];
  for (const [ratio, before, change] of cases) {
    const next = nextInflation(parseDec(before), DEFAULT_PARAMS, parseDec(ratio));
    const off = next - parseDec(before) - parseDec(change);
    t.ok(off >= -1n && off <= 1n, `bonded ${ratio}, inflation ${before}: ${formatDec(next)}`);
  }
  t.end();
});

t.test("a block mints its part of the year's provisions, without fractions", (t) => {
  // The figures of TestBlockProvision: a block of 5 seconds.
  const blocks = (60n * 60n * 8766n) / 5n;
  for (const [provisions, minted] of [
    [blocks, 1n],
    [blocks + 1n, 1n],
    [2n * blocks, 2n],
    [blocks / 2n, 0n],
    [(20_000_000_000n * blocks) / 1_000_000_000n, 20n],
  ] as const)
    t.equal(blockProvision(decFromInt(provisions), DEFAULT_PARAMS), minted);
  t.equal(formatDec(annualProvisionsOf(parseDec("0.13"), 1_000n)), "130.000000000000000000");
  t.end();
});

/** Mint as by default, and a validator that holds half of all coins. */
function minting(): Stake {
  const stake = new Stake({ genesis: { mint: new Stake().mint.module.genesis!.default() } });
  stake.block(() => {
    stake.validator("v", 1_000_000_000_000n);
    stake.fund(codec.parse(account("rich")), [{ denom: DENOM, amount: 1_000_000_000_000n }]);
  });
  return stake;
}

t.test("provisions go to stakers, as new supply, and are told from fees", (t) => {
  const stake = minting();
  const ctx = stake.context("query");
  const before = stake.bank.keeper.supply(ctx, DENOM);
  const events = stake.block();
  const minted = stake.bank.keeper.supply(stake.context("query"), DENOM) - before;
  // 13 % of 2,000,000 coins in 6,311,520 blocks: 0.0412 coins.
  t.equal(minted, 41_194n);
  const told = events.find(({ type }) => type === "mint")!;
  t.strictSame(
    told.attributes.map(({ key }) => key),
    ["bonded_ratio", "inflation", "annual_provisions", "amount"],
  );
  t.equal(told.attributes[0]!.value, "0.500000000000000000");
  t.equal(told.attributes[3]!.value, "41194");
  const { minted: toStakers, paidByUsers } = stake.query(RevenueQuery.methods.StakingIncome);
  t.strictSame(paidByUsers, []);
  t.strictSame(toStakers, [
    { denom: DENOM, amount: decToWire((minted * 98n * 10n ** 16n) as ReturnType<typeof parseDec>) },
  ]);
  t.equal(stake.query(Query.methods.Inflation).inflation, decToWire(stake.mint.keeper.minter(ctx).inflation));
  t.equal(
    stake.query(Query.methods.AnnualProvisions).annualProvisions,
    decToWire(annualProvisionsOf(stake.mint.keeper.minter(stake.context("query")).inflation, before)),
  );
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("what the first block mints waits for the second", (t) => {
  const stake = new Stake({ genesis: { mint: new Stake().mint.module.genesis!.default() } });
  stake.fund(codec.parse(account("rich")), [{ denom: DENOM, amount: 10n ** 15n }]);
  stake.block();
  const [waiting] = stake.revenue.keeper.waiting(stake.context("query"));
  t.ok(waiting && waiting.amount > 0n);
  t.strictSame(stake.broken(), []);
  stake.block();
  t.strictSame(stake.revenue.keeper.waiting(stake.context("query")), []);
  t.equal(
    stake.pool(),
    `${stake.bank.keeper.balance(stake.context(), moduleAddress("distribution"), DENOM)}.000000000000000000${DENOM}`,
  );
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("inflation may be zero", (t) => {
  const stake = minting();
  const zero = decToWire(parseDec("0"));
  const params: Params = {
    ...DEFAULT_PARAMS,
    inflationMax: zero,
    inflationMin: zero,
    inflationRateChange: zero,
  };
  t.notOk(stake.deliver(Msg.methods.UpdateParams, { authority, params }).error);
  t.strictSame(stake.query(Query.methods.Params).params, params);
  stake.block();
  const before = stake.bank.keeper.supply(stake.context("query"), DENOM);
  stake.block();
  t.equal(stake.bank.keeper.supply(stake.context("query"), DENOM), before);
  t.equal(stake.query(Query.methods.Inflation).inflation, "0");
  t.strictSame(stake.broken(), []);
  t.end();
});

const wire = (text: string) => decToWire(parseDec(text));
const refused: readonly (readonly [name: string, change: Partial<Params>, message: RegExp])[] = [
  ["a blank denomination", { mintDenom: "" }, /mint_denom/],
  ["a rate change over 1", { inflationRateChange: wire("1.1") }, /inflation_rate_change/],
  ["a negative maximum", { inflationMax: "-1" }, /inflation_max/],
  ["a minimum over 1", { inflationMin: wire("1.1") }, /inflation_min/],
  ["a goal of nothing", { goalBonded: "0" }, /goal_bonded/],
  ["years without blocks", { blocksPerYear: 0n }, /blocks_per_year/],
  ["years of more blocks than heights count", { blocksPerYear: 1n << 63n }, /blocks_per_year/],
  ["a maximum below the minimum", { inflationMax: wire("0.01") }, /inflation_max/],
];

for (const [name, change, message] of refused) {
  t.test(`${name} is refused, in a vote and in genesis`, (t) => {
    const stake = minting();
    const params = { ...DEFAULT_PARAMS, ...change };
    t.match(stake.deliver(Msg.methods.UpdateParams, { authority, params }).error, { message });
    const { genesis } = stake.mint.module;
    const exported = genesis!.export(stake.context()) as GenesisState;
    t.throws(() => genesis!.validate({ ...exported, params }, codec), { message });
    t.end();
  });
}

t.test("only the authority sets parameters; a negative inflation is no genesis", (t) => {
  const stake = minting();
  const { error } = stake.deliver(Msg.methods.UpdateParams, {
    authority: account("x"),
    params: DEFAULT_PARAMS,
  });
  t.equal(error?.codespace, "gov");
  const { genesis } = stake.mint.module;
  const exported = genesis!.export(stake.context()) as GenesisState;
  for (const minter of [
    { ...exported.minter, inflation: "-1" },
    { ...exported.minter, annualProvisions: "-1" },
  ])
    t.throws(() => genesis!.validate({ ...exported, minter }, codec), { message: /minter\./ });
  const again = new Stake({ genesis: { mint: exported } });
  t.strictSame(again.mint.module.genesis!.export(again.context()), exported);
  t.end();
});
