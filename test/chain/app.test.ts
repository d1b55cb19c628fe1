import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { decodeTensors, encodeTensors } from "../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../chain/engine/tensor-json.ts";
import { pack } from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import { Query as BankQuery, MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { TxMsgData } from "../../proto/gen/cosmos.base.abci.v1beta1.ts";
import {
  Query as InferenceQuery,
  Mode,
  MsgInfer,
  MsgInferResponse,
  Status,
} from "../../proto/gen/opg.inference.v1.ts";
import { DENOM, FUNDS, TestChain, testSigner } from "./chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

async function balance(chain: TestChain, address: string): Promise<bigint> {
  return BigInt((await chain.query(BankQuery.methods.Balance, { address, denom: DENOM })).balance!.amount);
}

t.test("a transfer moves coins, pays its fee and raises the sequence", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  const [alice, bob] = [testSigner("alice").address, testSigner("bob").address];
  const result = await chain.run("alice", MsgSend, {
    fromAddress: alice,
    toAddress: bob,
    amount: [{ denom: DENOM, amount: "70" }],
  });
  t.equal(result.code, 0, result.log);
  t.equal(await balance(chain, bob), FUNDS + 70n);
  t.equal(await balance(chain, alice), FUNDS - 70n - 5000n);
  t.equal((await chain.account("alice")).sequence, 1n);
});

t.test("an inference is answered, receipted and its fee is split to the last unit", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  const iris = sampleModels().findIndex(({ name }) => name === "iris");
  const modelId = BigInt(iris + 1);
  const inputs = encodeTensors(tensorsFromJson(sampleModels()[iris]!.sample.inputs));
  const alice = testSigner("alice").address;
  const message = pack(MsgInfer, {
    requester: alice,
    modelId,
    inputs,
    maxFee: { denom: DENOM, amount: "1000000" },
    mode: Mode.MODE_CONSENSUS,
  });
  const tx = await chain.sign("alice", [message]);
  t.equal(chain.checkTx(tx).code, 0);
  const block = await chain.block([tx], { propose: true });
  const [result] = block.txResults;
  t.equal(result!.code, 0, result!.log);
  const response = MsgInferResponse.decode(TxMsgData.decode(result!.data).msgResponses[0]!.value);
  t.equal(response.status, Status.STATUS_OK);
  const label = decodeTensors(response.outputs).find(({ name }) => name === "label")!;
  t.equal(new DataView(label.data.buffer).getBigInt64(0, true), 0n, "setosa");
  const { receipt } = await chain.query(InferenceQuery.methods.Receipt, { receiptId: response.receiptId });
  const parts = Object.values(receipt.split).map(BigInt);
  t.equal(
    parts.reduce((sum, part) => sum + part, 0n),
    BigInt(receipt.fee.amount),
  );
  t.equal(await balance(chain, testSigner("owner").address), BigInt(receipt.split.owner));
  t.equal(
    await balance(chain, alice),
    FUNDS - 5000n - BigInt(receipt.fee.amount),
    "what max_fee did not need came back",
  );
});

t.test("a chain goes on after a restart with the same state", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  await chain.block();
  const before = chain.app.info();
  await chain.reopen();
  t.strictSame(chain.app.info(), before);
  const response = await chain.block();
  t.equal(response.appHash.length, 32);
});
