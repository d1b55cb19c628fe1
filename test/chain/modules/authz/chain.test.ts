/** Acting for others and paying for others on a whole chain: signatures, fees, proposals and inferences. */
import t from "tap";
import { CanonicalEngine } from "../../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../../chain/engine/tensor-json.ts";
import { pack } from "../../../../client/index.ts";
import { sampleModels } from "../../../../genesis/index.ts";
import { GenericAuthorization, MsgExec, MsgGrant } from "../../../../proto/gen/cosmos.authz.v1beta1.ts";
import { Query as BankQuery, MsgSend } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import { BasicAllowance, MsgGrantAllowance } from "../../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { Query as InferenceQuery, Mode, MsgInfer } from "../../../../proto/gen/opg.inference.v1.ts";
import { DENOM, GAS, TestChain, testSigner } from "../../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
const chain = await TestChain.start({ engine });
t.teardown(() => chain.close());
await chain.block();

const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => testSigner(name).address) as [
  string,
  string,
  string,
];
const iris = sampleModels().findIndex(({ name }) => name === "iris");
const balance = async (address: string): Promise<bigint> =>
  BigInt((await chain.query(BankQuery.methods.Balance, { address, denom: DENOM })).balance!.amount);
const grantOf = (typeUrl: string): Any =>
  pack(MsgGrant, {
    granter: alice,
    grantee: bob,
    grant: { authorization: pack(GenericAuthorization, { msg: typeUrl }), expiration: undefined },
  });

t.test(
  "a grantee runs the granter's inference, which the granter pays for and the budget counts",
  async (t) => {
    const granted = await chain.block([await chain.sign("alice", [grantOf(MsgInfer.typeUrl)])]);
    t.equal(granted.txResults[0]!.code, 0, granted.txResults[0]!.log);
    const infer = pack(MsgInfer, {
      requester: alice,
      modelId: BigInt(iris + 1),
      inputs: encodeTensors(tensorsFromJson(sampleModels()[iris]!.sample.inputs)),
      maxFee: { denom: DENOM, amount: "1000000" },
      mode: Mode.MODE_CONSENSUS,
    });
    const exec = await chain.sign("bob", [pack(MsgExec, { grantee: bob, msgs: [infer] })]);
    t.equal(chain.checkTx(exec).code, 0);
    const before = await balance(alice);
    const { txResults } = await chain.block([exec], { propose: true });
    t.equal(txResults[0]!.code, 0, txResults[0]!.log);
    t.ok((await balance(alice)) < before, "the granter paid for the inference");
    const { receipts } = await chain.query(InferenceQuery.methods.Receipts, { requester: alice });
    t.equal(receipts.length, 1);
  },
);

t.test("a fee is the granter's where an allowance covers it, and nobody's where none does", async (t) => {
  const message = [
    pack(MsgSend, { fromAddress: bob, toAddress: carol, amount: [{ denom: DENOM, amount: "1" }] }),
  ];
  const fee = { ...GAS, granter: alice };
  const refused = chain.checkTx(await chain.sign("bob", message, { fee }));
  t.match(refused, { code: 38, codespace: "sdk" });
  const allowance = pack(BasicAllowance, { spendLimit: [{ denom: DENOM, amount: "7000" }] });
  await chain.run("alice", MsgGrantAllowance, { granter: alice, grantee: bob, allowance });
  const [a, b] = [await balance(alice), await balance(bob)];
  const { txResults } = await chain.block([await chain.sign("bob", message, { fee })]);
  t.equal(txResults[0]!.code, 0, txResults[0]!.log);
  t.equal(a - (await balance(alice)), 5000n);
  t.equal(b - (await balance(bob)), 1n);
  t.match(chain.checkTx(await chain.sign("bob", message, { fee })), { code: 2, codespace: "feegrant" });
});
