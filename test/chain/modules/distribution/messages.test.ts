import t from "tap";
import { stakingGenesis } from "../../../../chain/modules/staking/genesis.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { decToWire, parseDec } from "../../../../chain/runtime/decimal.ts";
import { type GenesisState, Msg, Params, Query } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { account, codec, DENOM } from "../sandbox.ts";
import { addressOf, operatorOf, Stake, voteFor } from "./stake.ts";

const { methods } = Msg;
const authority = codec.format(moduleAddress("gov"));
const blocked = codec.format(moduleAddress("distribution"));
const amount = [{ denom: DENOM, amount: "1000" }];

/** Validator v with commission, delegator d, rewards of 1000 coins, and 500 in the community pool. */
function started(): Stake {
  const stake = new Stake();
  stake.block(() => {
    stake.validator("v", 100_000_000n, "0.1");
    stake.delegate("d", "v", 100_000_000n);
  });
  stake.fund(addressOf("rich"), [{ denom: DENOM, amount: 10_000n }]);
  stake.block(() => stake.reward("v", `1000${DENOM}`));
  stake.block(() => {
    stake.distribution.keeper.fundCommunityPool(stake.context(), addressOf("rich"), [
      { denom: DENOM, amount: 500n },
    ]);
  });
  return stake;
}

const d = account("d");
const v = operatorOf("v");

t.test("rewards go to the withdraw address, commission to the operator's", (t) => {
  const stake = started();
  const { events } = stake.deliver(methods.SetWithdrawAddress, {
    delegatorAddress: d,
    withdrawAddress: account("safe"),
  });
  t.match(events, [
    { type: "set_withdraw_address", attributes: [{ key: "withdraw_address", value: account("safe") }] },
  ]);
  t.equal(
    stake.query(Query.methods.DelegatorWithdrawAddress, { delegatorAddress: d }).withdrawAddress,
    account("safe"),
  );
  const paid = stake.deliver(methods.WithdrawDelegatorReward, { delegatorAddress: d, validatorAddress: v });
  t.strictSame(paid.response, { amount: [{ denom: DENOM, amount: "450" }] });
  t.match(paid.events.at(-1), {
    type: "withdraw_rewards",
    attributes: [
      { key: "amount", value: `450${DENOM}` },
      { key: "validator", value: v },
      { key: "delegator", value: d },
    ],
  });
  t.equal(stake.balance("safe"), 450n);
  const commission = stake.deliver(methods.WithdrawValidatorCommission, { validatorAddress: v });
  t.strictSame(commission.response, { amount: [{ denom: DENOM, amount: "100" }] });
  t.match(commission.events.at(-1), {
    type: "withdraw_commission",
    attributes: [{ key: "amount", value: `100${DENOM}` }],
  });
  t.equal(stake.balance("v"), 100n);
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("withdrawing nothing says so with a zero coin of the bond denomination", (t) => {
  const stake = started();
  stake.deliver(methods.WithdrawDelegatorReward, { delegatorAddress: d, validatorAddress: v });
  stake.block();
  const again = stake.deliver(methods.WithdrawDelegatorReward, { delegatorAddress: d, validatorAddress: v });
  t.strictSame(again.response, { amount: [{ denom: DENOM, amount: "0" }] });
  t.equal(again.events.at(-1)?.attributes[0]?.value, `0${DENOM}`);
  t.end();
});

t.test("anybody funds the community pool; a vote spends it", (t) => {
  const stake = started();
  t.notOk(stake.deliver(methods.FundCommunityPool, { depositor: account("rich"), amount }).error);
  t.equal(stake.pool(), `1500.000000000000000000${DENOM}`);
  t.notOk(stake.deliver(methods.CommunityPoolSpend, { authority, recipient: account("poor"), amount }).error);
  t.equal(stake.balance("poor"), 1_000n);
  t.equal(stake.pool(), `500.000000000000000000${DENOM}`);
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("a deposit rewards a validator's delegators, commission first", (t) => {
  const stake = started();
  const message = { depositor: account("rich"), validatorAddress: v, amount };
  t.notOk(stake.deliver(methods.DepositValidatorRewardsPool, message).error);
  stake.block();
  t.equal(stake.pending("d", "v"), `900.000000000000000000${DENOM}`);
  t.strictSame(stake.broken(), []);
  t.end();
});

const params = Params.create({
  communityTax: decToWire(parseDec("0.5")),
  baseProposerReward: "0",
  bonusProposerReward: "0",
  withdrawAddrEnabled: false,
});

t.test("parameters are set by the authority, within bounds", (t) => {
  const stake = started();
  t.notOk(stake.deliver(methods.UpdateParams, { authority, params }).error);
  t.strictSame(stake.query(Query.methods.Params).params, params);
  const disabled = stake.deliver(methods.SetWithdrawAddress, {
    delegatorAddress: d,
    withdrawAddress: account("safe"),
  });
  t.match(disabled.error, { codespace: "distribution", code: 8 });
  t.end();
});

const refused: readonly (readonly [
  name: string,
  codespace: string,
  code: number,
  run: (stake: Stake) => unknown,
])[] = [
  [
    "a module account as withdraw address",
    "sdk",
    4,
    (s) => s.deliver(methods.SetWithdrawAddress, { delegatorAddress: d, withdrawAddress: blocked }).error,
  ],
  [
    "a withdraw address that is none",
    "sdk",
    7,
    (s) => s.deliver(methods.SetWithdrawAddress, { delegatorAddress: d, withdrawAddress: v }).error,
  ],
  [
    "rewards of a validator that is not there",
    "staking",
    3,
    (s) =>
      s.deliver(methods.WithdrawDelegatorReward, { delegatorAddress: d, validatorAddress: operatorOf("x") })
        .error,
  ],
  [
    "rewards of no delegation",
    "staking",
    19,
    (s) =>
      s.deliver(methods.WithdrawDelegatorReward, { delegatorAddress: account("x"), validatorAddress: v })
        .error,
  ],
  [
    "an account's address for a validator's",
    "sdk",
    7,
    (s) => s.deliver(methods.WithdrawDelegatorReward, { delegatorAddress: d, validatorAddress: d }).error,
  ],
  [
    "commission where there is none",
    "distribution",
    7,
    (s) => s.deliver(methods.WithdrawValidatorCommission, { validatorAddress: operatorOf("x") }).error,
  ],
  [
    "funding with nothing",
    "sdk",
    10,
    (s) => s.deliver(methods.FundCommunityPool, { depositor: account("rich"), amount: [] }).error,
  ],
  [
    "funding without funds",
    "sdk",
    5,
    (s) => s.deliver(methods.FundCommunityPool, { depositor: account("x"), amount }).error,
  ],
  [
    "spending more than the pool has",
    "distribution",
    9,
    (s) => s.deliver(methods.CommunityPoolSpend, { authority, recipient: account("x"), amount }).error,
  ],
  [
    "spending to a module account",
    "sdk",
    4,
    (s) =>
      s.deliver(methods.CommunityPoolSpend, {
        authority,
        recipient: blocked,
        amount: [{ denom: DENOM, amount: "1" }],
      }).error,
  ],
  [
    "spending by somebody",
    "gov",
    13,
    (s) => s.deliver(methods.CommunityPoolSpend, { authority: d, recipient: account("x"), amount }).error,
  ],
  [
    "a deposit for a validator that is not there",
    "staking",
    3,
    (s) =>
      s.deliver(methods.DepositValidatorRewardsPool, {
        depositor: account("rich"),
        validatorAddress: operatorOf("x"),
        amount,
      }).error,
  ],
  [
    "parameters by somebody",
    "gov",
    13,
    (s) => s.deliver(methods.UpdateParams, { authority: d, params }).error,
  ],
  [
    "a tax over 1",
    "sdk",
    18,
    (s) =>
      s.deliver(methods.UpdateParams, {
        authority,
        params: { ...params, communityTax: decToWire(parseDec("1.1")) },
      }).error,
  ],
  [
    "a negative tax",
    "sdk",
    18,
    (s) => s.deliver(methods.UpdateParams, { authority, params: { ...params, communityTax: "-1" } }).error,
  ],
  [
    "a proposer's reward",
    "sdk",
    18,
    (s) =>
      s.deliver(methods.UpdateParams, { authority, params: { ...params, baseProposerReward: "1" } }).error,
  ],
];

for (const [name, codespace, code, run] of refused) {
  t.test(`${name} is refused, and nothing is kept`, (t) => {
    const stake = started();
    const before = JSON.stringify(stake.distribution.module.genesis!.export(stake.context()), text);
    t.match(run(stake), { codespace, code });
    t.equal(JSON.stringify(stake.distribution.module.genesis!.export(stake.context()), text), before);
    t.end();
  });
}

function text(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

t.test("queries answer as the SDK's", (t) => {
  const stake = started();
  stake.slash("v", "0.1");
  stake.block();
  const info = stake.query(Query.methods.ValidatorDistributionInfo, { validatorAddress: v });
  const dec = (value: string) => [{ denom: DENOM, amount: decToWire(parseDec(value)) }];
  t.strictSame(info, { operatorAddress: account("v"), selfBondRewards: dec("450"), commission: dec("100") });
  t.strictSame(stake.query(Query.methods.DelegationRewards, { delegatorAddress: d, validatorAddress: v }), {
    rewards: dec("450"),
  });
  t.strictSame(stake.query(Query.methods.DelegationTotalRewards, { delegatorAddress: d }), {
    rewards: [{ validatorAddress: v, reward: dec("450") }],
    total: dec("450"),
  });
  t.strictSame(stake.query(Query.methods.DelegatorValidators, { delegatorAddress: d }), { validators: [v] });
  t.strictSame(stake.query(Query.methods.CommunityPool), { pool: dec("500") });
  t.equal(stake.query(Query.methods.DelegatorWithdrawAddress, { delegatorAddress: d }).withdrawAddress, d);
  const slashes = (startingHeight: bigint, endingHeight: bigint) =>
    stake.query(Query.methods.ValidatorSlashes, { validatorAddress: v, startingHeight, endingHeight })
      .slashes;
  t.match(slashes(0n, 100n), [{ fraction: decToWire(parseDec("0.1")) }]);
  t.equal(slashes(50n, 100n).length, 0, "the SDK holds the heights against the period");
  t.throws(() => slashes(2n, 1n), { code: 18 });
  t.throws(() => stake.query(Query.methods.ValidatorCommission, { validatorAddress: operatorOf("x") }), {
    codespace: "staking",
    code: 3,
  });
  t.equal(stake.pool(), `500.000000000000000000${DENOM}`, "asking changes nothing");
  t.strictSame(stake.broken(), []);
  t.end();
});

/** Everything in it: withdraw address, slash, commission, proposer, dust. */
function full(): Stake {
  const stake = started();
  stake.deliver(methods.SetWithdrawAddress, { delegatorAddress: d, withdrawAddress: account("safe") });
  stake.slash("v", "0.123");
  stake.fees(`1001${DENOM}`);
  stake.block(() => undefined, { votes: [voteFor("v", 3n)], proposer: "v" });
  stake.withdraw("d", "v");
  return stake;
}

t.test("genesis goes out and in again to the same records", (t) => {
  const stake = full();
  const ctx = stake.context("query");
  const genesis = stake.distribution.module.genesis!.export(ctx) as GenesisState;
  for (const list of [
    genesis.delegatorWithdrawInfos,
    genesis.validatorSlashEvents,
    genesis.delegatorStartingInfos,
  ])
    t.ok(list.length > 0);
  const bank = stake.bank.module.genesis!.export(ctx) as unknown;
  const staking = stakingGenesis(stake.staking).export(ctx);
  const again = new Stake({
    genesis: { bank, staking, auth: stake.auth.module.genesis!.export(ctx), distribution: genesis },
  });
  t.strictSame(again.distribution.module.genesis!.export(again.context("query")), genesis);
  t.end();
});

const faults: readonly (readonly [path: RegExp, change: (genesis: GenesisState) => unknown])[] = [
  [/params\.community_tax/, (g) => ({ ...g, params: { ...g.params, communityTax: "-1" } })],
  [
    /fee_pool\.community_pool\[0\]\.amount/,
    (g) => ({ ...g, feePool: { communityPool: [{ denom: DENOM, amount: "-1" }] } }),
  ],
  [
    /delegator_withdraw_infos\[0\]\.withdraw_address/,
    (g) => ({ ...g, delegatorWithdrawInfos: [{ delegatorAddress: d, withdrawAddress: "x" }] }),
  ],
  [/previous_proposer/, (g) => ({ ...g, previousProposer: d })],
  [
    /outstanding_rewards\[0\]\.validator_address/,
    (g) => ({ ...g, outstandingRewards: [{ validatorAddress: d, outstandingRewards: [] }] }),
  ],
  [
    /outstanding_rewards\[1\]: is there twice/,
    (g) => ({ ...g, outstandingRewards: [...g.outstandingRewards, ...g.outstandingRewards] }),
  ],
  [
    /validator_historical_rewards\[0\]\.rewards\.reference_count/,
    (g) => ({
      ...g,
      validatorHistoricalRewards: [
        { validatorAddress: v, period: 1n, rewards: { cumulativeRewardRatio: [], referenceCount: 3 } },
      ],
    }),
  ],
  [
    /validator_current_rewards\[0\]\.rewards\.period/,
    (g) => ({
      ...g,
      validatorCurrentRewards: [{ validatorAddress: v, rewards: { rewards: [], period: 0n } }],
    }),
  ],
  [
    /delegator_starting_infos\[0\]\.starting_info\.stake/,
    (g) => ({
      ...g,
      delegatorStartingInfos: [
        {
          delegatorAddress: d,
          validatorAddress: v,
          startingInfo: { previousPeriod: 1n, stake: "-1", height: 1n },
        },
      ],
    }),
  ],
  [
    /validator_slash_events\[0\]\.validator_slash_event\.fraction/,
    (g) => ({
      ...g,
      validatorSlashEvents: [
        {
          validatorAddress: v,
          height: 1n,
          period: 1n,
          validatorSlashEvent: { validatorPeriod: 1n, fraction: decToWire(parseDec("1.1")) },
        },
      ],
    }),
  ],
];

for (const [path, change] of faults) {
  t.test(`genesis is refused with its path: ${path.source}`, (t) => {
    const stake = full();
    const genesis = stake.distribution.module.genesis!;
    const bad = change(genesis.export(stake.context("query")) as GenesisState);
    t.throws(() => genesis.validate(bad, codec), { message: path });
    t.end();
  });
}

t.test("genesis whose account does not hold what is owed is refused", (t) => {
  const stake = full();
  const genesis = stake.distribution.module.genesis!.export(stake.context("query")) as GenesisState;
  t.throws(() => new Stake({ genesis: { distribution: genesis } }), {
    message: /account of distribution holds nothing/,
  });
  t.end();
});
