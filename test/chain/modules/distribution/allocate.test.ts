import t from "tap";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { parseCoins } from "../../../../chain/runtime/coins.ts";
import { decCoinsFromState, formatDecCoins } from "../../../../chain/runtime/dec-coins.ts";
import { Query } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { IncomeSource, Query as RevenueQuery } from "../../../../proto/gen/opg.revenue.v1.ts";
import { BlockIDFlag } from "../../../../proto/gen/tendermint.types.ts";
import { DENOM } from "../sandbox.ts";
import { addressOf, operatorOf, Stake, voteFor } from "./stake.ts";

const { methods } = Query;

/** Two validators of equal power, the first with half of commission. */
function started(): Stake {
  const stake = new Stake();
  stake.block(() => {
    stake.validator("v1", 100_000_000n, "0.5");
    stake.validator("v2", 100_000_000n);
  });
  return stake;
}

const outstanding = (stake: Stake, name: string) => {
  const { rewards } = stake.query(methods.ValidatorOutstandingRewards, {
    validatorAddress: operatorOf(name),
  });
  return formatDecCoins(decCoinsFromState(rewards.rewards));
};
const commission = (stake: Stake, name: string) => {
  const answer = stake.query(methods.ValidatorCommission, { validatorAddress: operatorOf(name) });
  return formatDecCoins(decCoinsFromState(answer.commission.commission));
};
const income = (stake: Stake) => {
  const answer = stake.query(RevenueQuery.methods.StakingIncome);
  const texts = answer.income.map(({ source, toStakers, toCommunityPool }) => [
    source,
    formatDecCoins(decCoinsFromState(toStakers)),
    formatDecCoins(decCoinsFromState(toCommunityPool)),
  ]);
  return {
    texts,
    users: formatDecCoins(decCoinsFromState(answer.paidByUsers)),
    minted: formatDecCoins(decCoinsFromState(answer.minted)),
  };
};

t.test("fees go to validators by power, less the community tax, commission first", (t) => {
  const stake = started();
  stake.fees(`100${DENOM}`);
  const events = stake.block();
  // The figures of TestAllocateTokensToManyValidators.
  t.equal(outstanding(stake, "v1"), `49.000000000000000000${DENOM}`);
  t.equal(outstanding(stake, "v2"), `49.000000000000000000${DENOM}`);
  t.equal(commission(stake, "v1"), `24.500000000000000000${DENOM}`);
  t.equal(commission(stake, "v2"), "");
  t.equal(stake.pool(), `2.000000000000000000${DENOM}`);
  t.equal(stake.pending("v2", "v2"), `49.000000000000000000${DENOM}`);
  t.strictSame(stake.bank.keeper.balances(stake.context(), moduleAddress("fee_collector")), []);
  const told = events.filter(({ type }) => type === "commission" || type === "rewards").slice(0, 2);
  const first = told[0]!.attributes[1]!.value;
  t.strictSame(
    told.map(({ type, attributes }) => [type, ...attributes.map(({ key, value }) => `${key}=${value}`)]),
    [
      [
        "commission",
        `amount=${first === operatorOf("v1") ? `24.500000000000000000${DENOM}` : ""}`,
        `validator=${first}`,
      ],
      ["rewards", `amount=49.000000000000000000${DENOM}`, `validator=${first}`],
    ],
  );
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("what rounding leaves is the community pool's", (t) => {
  const stake = started();
  stake.validator("v3", 100_000_000n, "0.1");
  stake.fees(`634195840${DENOM}`);
  const powers = [11n, 10n, 10n];
  stake.block(() => undefined, { votes: powers.map((power, i) => voteFor(`v${i + 1}`, power)) });
  const one = 10n ** 18n;
  const shared = (634_195_840n * one * 98n) / 100n;
  const rewards = powers.map((power) => (shared * ((power * one) / 31n)) / one);
  const text = (amount: bigint) => `${amount / one}.${String(amount % one).padStart(18, "0")}${DENOM}`;
  for (const [i, reward] of rewards.entries()) t.equal(outstanding(stake, `v${i + 1}`), text(reward));
  t.equal(stake.pool(), text(634_195_840n * one - rewards.reduce((a, b) => a + b)));
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("without votes, and at votes of those who are gone, the community pool gets it", (t) => {
  const stake = started();
  stake.fees(`100${DENOM}`);
  stake.block(() => undefined, { votes: [] });
  t.equal(stake.pool(), `100.000000000000000000${DENOM}`);
  stake.fees(`100${DENOM}`);
  stake.block(() => undefined, { votes: [voteFor("v2", 1n), voteFor("stranger", 1n)] });
  t.equal(outstanding(stake, "v2"), `49.000000000000000000${DENOM}`);
  t.equal(stake.pool(), `151.000000000000000000${DENOM}`);
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("who did not sign is paid for gas all the same, as in the SDK", (t) => {
  const stake = started();
  stake.fees(`100${DENOM}`);
  const absent = voteFor("v1", 1n, BlockIDFlag.BLOCK_ID_FLAG_ABSENT);
  stake.block(() => undefined, { votes: [absent, voteFor("v2", 1n)] });
  t.equal(outstanding(stake, "v1"), `49.000000000000000000${DENOM}`);
  t.end();
});

/** At block 3, with coins in the account of inference. */
function withFees(options: Parameters<Stake["begin"]>[0] = {}): Stake {
  const stake = started();
  stake.block();
  stake.begin(options);
  stake.fund(moduleAddress("inference"), parseCoins(`1000${DENOM}`));
  return stake;
}

t.test("compute is the proposer's: commission, then delegators", (t) => {
  const stake = withFees({ proposer: "v1" });
  const ctx = stake.context();
  stake.distribution.keeper.allocate(ctx, "compute", parseCoins(`701${DENOM}`), "inference");
  t.equal(outstanding(stake, "v1"), `701.000000000000000000${DENOM}`);
  t.equal(commission(stake, "v1"), `350.500000000000000000${DENOM}`);
  t.equal(stake.pending("v1", "v1"), `350.500000000000000000${DENOM}`);
  t.match(
    ctx.events.all.filter(({ type }) => type === "validator_share"),
    [{ attributes: [{ value: operatorOf("v1") }, { value: "compute" }, { value: `701${DENOM}` }] }],
  );
  t.strictSame(income(stake).texts[1], [
    IncomeSource.INCOME_SOURCE_COMPUTE,
    `701.000000000000000000${DENOM}`,
    "",
  ]);
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("verification is shared by power among those who signed, to the last unit, and not taxed", (t) => {
  const nil = voteFor("v1", 1_000n, BlockIDFlag.BLOCK_ID_FLAG_NIL);
  const stake = withFees({ votes: [voteFor("v2", 2n), voteFor("v1", 1n), nil] });
  stake.distribution.keeper.allocate(stake.context(), "verification", parseCoins(`100${DENOM}`), "inference");
  t.equal(outstanding(stake, "v1"), `33.000000000000000000${DENOM}`);
  t.equal(outstanding(stake, "v2"), `67.000000000000000000${DENOM}`);
  t.equal(stake.pool(), "");
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("where nobody is known, shares go to the community pool", (t) => {
  for (const kind of ["compute", "verification"] as const) {
    const stake = withFees({ proposer: "stranger", votes: [voteFor("other", 5n)] });
    stake.distribution.keeper.allocate(stake.context(), kind, parseCoins(`100${DENOM}`), "inference");
    t.equal(stake.pool(), `100.000000000000000000${DENOM}`, kind);
    t.strictSame(stake.broken(), []);
  }
  t.end();
});

t.test("gas and inflation are told apart, though they were mixed; both sum to what was given", (t) => {
  const stake = started();
  const ctx = stake.context();
  stake.fees(`300${DENOM},5other`);
  stake.fees(`100${DENOM}`);
  stake.revenue.keeper.recordProvisions(ctx, parseCoins(`100${DENOM}`));
  t.strictSame(stake.broken(), []);
  stake.block();
  const { texts, users, minted } = income(stake);
  t.strictSame(texts, [
    [
      IncomeSource.INCOME_SOURCE_GAS,
      `4.900000000000000000other,294.000000000000000000${DENOM}`,
      `0.100000000000000000other,6.000000000000000000${DENOM}`,
    ],
    [IncomeSource.INCOME_SOURCE_COMPUTE, "", ""],
    [IncomeSource.INCOME_SOURCE_VERIFICATION, "", ""],
    [IncomeSource.INCOME_SOURCE_INFLATION, `98.000000000000000000${DENOM}`, `2.000000000000000000${DENOM}`],
  ]);
  t.equal(users, `4.900000000000000000other,294.000000000000000000${DENOM}`);
  t.equal(minted, `98.000000000000000000${DENOM}`);
  t.strictSame(stake.revenue.keeper.waiting(stake.context()), []);
  t.end();
});

t.test("a share that is nothing moves nothing", (t) => {
  const stake = withFees();
  const ctx = stake.context();
  stake.distribution.keeper.allocate(ctx, "compute", [], "inference");
  t.strictSame(ctx.events.all, []);
  t.end();
});

t.test("everybody can take out what came in, and dust is all that stays", (t) => {
  const stake = started();
  for (let i = 0; i < 20; i++) {
    stake.fees(`${1 + i * 7919}${DENOM}`);
    stake.block();
  }
  for (const name of ["v1", "v2"]) {
    stake.withdraw(name, name);
    if (name === "v1") stake.distribution.keeper.withdrawCommission(stake.context(), addressOf(name));
  }
  t.match(outstanding(stake, "v2"), /^(0\.\d{18}uopg)?$/);
  t.strictSame(stake.broken(), []);
  t.end();
});
