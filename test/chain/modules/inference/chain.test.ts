/** Inference through the whole application: transactions, blocks, restarts, the real engine. */
import t from "tap";
import { CanonicalEngine } from "../../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../../chain/engine/tensor-json.ts";
import { pack } from "../../../../client/index.ts";
import { sampleModels } from "../../../../genesis/index.ts";
import { MsgSend } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import { Mode, MsgInfer, Query } from "../../../../proto/gen/opg.inference.v1.ts";
import { ExecTxResult } from "../../../../proto/gen/tendermint.abci.ts";
import { DENOM, TestChain, testSigner } from "../../chain.ts";

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

async function started(t: Tap): Promise<TestChain> {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  return chain;
}
type Tap = Pick<typeof t, "teardown">;

t.test("a node that was restarted, and one that was not, agree on results and state", async (t) => {
  const [steady, restarted] = [await started(t), await started(t)];
  for (const chain of [steady, restarted]) await chain.block([await chain.sign("alice", [infer])]);
  await restarted.reopen();
  const [first, second] = await Promise.all(
    [steady, restarted].map(async (chain) => chain.block([await chain.sign("alice", [infer])])),
  );
  t.equal(first!.txResults[0]!.code, 0, first!.txResults[0]!.log);
  t.strictSame(ExecTxResult.encode(first!.txResults[0]!), ExecTxResult.encode(second!.txResults[0]!));
  t.strictSame(first!.appHash, second!.appHash);
});

t.test(
  "an inference whose transaction fails later leaves no receipt and no fee, and its gas is paid",
  async (t) => {
    const chain = await started(t);
    const broke = pack(MsgSend, {
      fromAddress: alice,
      toAddress: testSigner("bob").address,
      amount: [{ denom: DENOM, amount: "9000000000000" }],
    });
    const { txResults } = await chain.block([await chain.sign("alice", [infer, broke])]);
    t.match(txResults[0], { codespace: "sdk", code: 5 });
    t.ok(txResults[0]!.gasUsed > 50_000n, `${txResults[0]!.gasUsed} gas`);
    await t.rejects(chain.query(Query.methods.Receipt, { receiptId: 1n }), { codespace: "sdk", code: 22 });
    t.ok(
      (await chain.query(Query.methods.Price)).used > 0n,
      "what was computed moves the price all the same",
    );
  },
);

t.test("two asks for the same thing in one block are two receipts with one answer", async (t) => {
  const chain = await started(t);
  const { txResults } = await chain.block([await chain.sign("alice", [infer, infer])], { propose: true });
  t.equal(txResults[0]!.code, 0, txResults[0]!.log);
  const { receipts } = await chain.query(Query.methods.Receipts, { height: chain.height });
  t.strictSame(
    receipts.map(({ id }) => id),
    [1n, 2n],
  );
  t.strictSame(receipts[0]!.outputHash, receipts[1]!.outputHash);
});
