/** Fees through the whole application: inference to the proposer and the signers, their commission and their delegators. */
import t from "tap";
import { CanonicalEngine } from "../../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../../chain/engine/tensor-json.ts";
import { AddressCodec } from "../../../../chain/runtime/address.ts";
import { decToWire, parseDec } from "../../../../chain/runtime/decimal.ts";
import { pack } from "../../../../client/index.ts";
import { PRESETS, sampleModels } from "../../../../genesis/index.ts";
import { Query as BankQuery } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  MsgWithdrawDelegatorReward,
  MsgWithdrawValidatorCommission,
  Query,
} from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { MsgDelegate } from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { Query as FeesQuery } from "../../../../proto/gen/opg.fees.v1.ts";
import { Query as InferenceQuery, Mode, MsgInfer } from "../../../../proto/gen/opg.inference.v1.ts";
import { IncomeSource, Query as RevenueQuery } from "../../../../proto/gen/opg.revenue.v1.ts";
import { DENOM, GAS, TestChain, testSigner, testValidator } from "../../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const samples = sampleModels();
const iris = samples.findIndex(({ name }) => name === "iris");
const alice = testSigner("alice").address;
const infer = pack(MsgInfer, {
  requester: alice,
  modelId: BigInt(iris + 1),
  inputs: encodeTensors(tensorsFromJson(samples[iris]!.sample.inputs)),
  maxFee: { denom: DENOM, amount: "1000000" },
  mode: Mode.MODE_CONSENSUS,
});
const validators = [testValidator("v1", 30n), testValidator("v2", 10n)];
const codec = new AddressCodec("opg");
const operators = validators.map(({ operator }) => codec.operators.format(codec.parse(operator)));
const ONE = 10n ** 18n;

const amount = (coins: readonly { readonly denom: string; readonly amount: string }[]) =>
  BigInt(coins.find(({ denom }) => denom === DENOM)?.amount ?? 0);

async function outstanding(chain: TestChain): Promise<readonly bigint[]> {
  const answers = operators.map((validatorAddress) =>
    chain.query(Query.methods.ValidatorOutstandingRewards, { validatorAddress }),
  );
  return (await Promise.all(answers)).map(({ rewards }) => amount(rewards.rewards));
}

async function income(
  chain: TestChain,
): Promise<Readonly<Record<number, readonly [stakers: bigint, pool: bigint]>>> {
  const answer = await chain.query(RevenueQuery.methods.StakingIncome);
  return Object.fromEntries(
    answer.income.map(({ source, toStakers, toCommunityPool }) => [
      source,
      [amount(toStakers), amount(toCommunityPool)],
    ]),
  );
}

t.test(
  "the parts of a receipt reach proposer, signers and community pool, gas fees the stakers, and all can be withdrawn",
  async (t) => {
    const chain = await TestChain.start({ engine, validators, accounts: ["alice", "bob", "operator-v2"] });
    t.teardown(() => chain.close());
    await chain.block();
    const delegate = {
      delegatorAddress: testSigner("bob").address,
      validatorAddress: operators[1]!,
      amount: { denom: DENOM, amount: "10000000" },
    };
    t.equal((await chain.run("bob", MsgDelegate, delegate)).code, 0);
    await chain.block();
    await chain.block();
    const before = {
      owed: await outstanding(chain),
      pool: amount((await chain.query(Query.methods.CommunityPool)).pool),
    };
    await chain.block([await chain.sign("alice", [infer])], { proposer: 1 });
    const { receipts } = await chain.query(InferenceQuery.methods.Receipts, { height: chain.height });
    const split = receipts[0]!.split;
    t.equal(
      Object.values(split).reduce((sum, part) => sum + BigInt(part), 0n),
      BigInt(receipts[0]!.fee.amount),
    );
    const after = {
      owed: await outstanding(chain),
      pool: amount((await chain.query(Query.methods.CommunityPool)).pool),
    };
    const gained = after.owed.map((owed, i) => owed - before.owed[i]!);
    t.equal(
      gained[0]! + gained[1]!,
      (BigInt(split.compute) + BigInt(split.verification)) * ONE,
      "all of both parts",
    );
    // The second proposed, and signs with 10 of 40.
    const second = BigInt(split.compute) * ONE + (BigInt(split.verification) * ONE) / 4n;
    t.ok(gained[1]! - second < ONE && second - gained[1]! < ONE, `${gained[1]} of ${second}`);
    t.equal(after.pool - before.pool, BigInt(split.treasury) * ONE);
    const told = await income(chain);
    t.strictSame(told[IncomeSource.INCOME_SOURCE_COMPUTE], [BigInt(split.compute) * ONE, 0n]);
    t.strictSame(told[IncomeSource.INCOME_SOURCE_VERIFICATION], [BigInt(split.verification) * ONE, 0n]);
    t.strictSame(told[IncomeSource.INCOME_SOURCE_INFLATION], [0n, 0n], "preset test mints nothing");

    // Gas fees reach stakers in the next block, less the community tax.
    const gas = (await income(chain))[IncomeSource.INCOME_SOURCE_GAS]!;
    await chain.block();
    const next = (await income(chain))[IncomeSource.INCOME_SOURCE_GAS]!;
    const fee = amount(GAS.amount) * ONE;
    t.strictSame([next[0] - gas[0], next[1] - gas[1]], [(fee * 98n) / 100n, (fee * 2n) / 100n]);

    const { rewards } = await chain.query(Query.methods.DelegationRewards, {
      delegatorAddress: testSigner("bob").address,
      validatorAddress: operators[1]!,
    });
    const commission = amount(
      (await chain.query(Query.methods.ValidatorCommission, { validatorAddress: operators[1]! })).commission
        .commission,
    );
    const shared = (await outstanding(chain))[1]! - commission;
    t.ok(amount(rewards) > 0n && amount(rewards) <= shared, "bob has his part");
    const bob = { delegatorAddress: testSigner("bob").address, validatorAddress: operators[1]! };
    const paid = await chain.run("bob", MsgWithdrawDelegatorReward, bob);
    t.equal(paid.code, 0, paid.log);
    const again = await chain.run("operator-v2", MsgWithdrawValidatorCommission, {
      validatorAddress: operators[1]!,
    });
    t.match(again, commission > 0n ? { code: 0 } : { codespace: "distribution", code: 7 });
  },
);

t.test("a base fee is asked for and burnt on a chain whose genesis switches it on", async (t) => {
  const fees = { enabled: true, minBaseFee: decToWire(parseDec("0.001")) };
  const chain = await TestChain.start({ engine, validators, genesis: { preset: { ...PRESETS.test, fees } } });
  t.teardown(() => chain.close());
  await chain.block();
  t.strictSame(await chain.query(FeesQuery.methods.BaseFee), { baseFee: fees.minBaseFee, denom: DENOM });
  const cheap = await chain.sign("alice", [infer], {
    fee: { amount: [{ denom: DENOM, amount: "1999" }], gasLimit: 2_000_000n },
  });
  t.match(chain.checkTx(cheap), { codespace: "sdk", code: 13 });
  t.match((await chain.block([cheap])).txResults[0], { codespace: "sdk", code: 13 });
  const supply = async () =>
    BigInt((await chain.query(BankQuery.methods.SupplyOf, { denom: DENOM })).amount.amount);
  const before = await supply();
  const { txResults } = await chain.block([await chain.sign("alice", [infer])]);
  t.equal(txResults[0]!.code, 0, txResults[0]!.log);
  const { receipts } = await chain.query(InferenceQuery.methods.Receipts, { height: chain.height });
  t.equal(
    before - (await supply()),
    2_000n + BigInt(receipts[0]!.split.burn),
    "2,000,000 gas at 0.001, and the receipt's burn",
  );
  await chain.block();
  const [stakers, pool] = (await income(chain))[IncomeSource.INCOME_SOURCE_GAS]!;
  t.equal(stakers + pool, 3_000n * ONE, "the rest of 5,000");
});
