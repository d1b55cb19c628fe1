/** The block's time, which queries and the mempool go by, is there after a restart and of older blocks (ADR-0152). */
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { Query as BankQuery } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { MsgCreateVestingAccount } from "../../../proto/gen/cosmos.vesting.v1beta1.ts";
import { DENOM, START, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
t.setTimeout(300_000);

t.test("what has unlocked by a block's time stays unlocked when the node starts again", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  const vesting = testSigner("vesting").address;
  const spendable = async (height = 0n) =>
    (await chain.query(BankQuery.methods.SpendableBalanceByDenom, { address: vesting, denom: DENOM }, height))
      .balance?.amount;
  await chain.block();
  // Blocks are five seconds apart: it unlocks with block 4.
  const created = await chain.run("alice", MsgCreateVestingAccount, {
    fromAddress: testSigner("alice").address,
    toAddress: vesting,
    amount: [{ denom: DENOM, amount: "700" }],
    endTime: START + 20n,
    delayed: true,
  });
  t.equal(created.code, 0, created.log);
  for (let block = 3; block <= 5; block++) await chain.block();
  const seen = async () => [await spendable(2n), await spendable(3n), await spendable(4n), await spendable()];
  t.same(await seen(), ["0", "0", "700", "700"]);
  await chain.reopen();
  t.same(await seen(), ["0", "0", "700", "700"]);
});
