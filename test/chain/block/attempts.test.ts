/** A transaction whose inferences nobody has computed yet, as in replay, is started few times, and computes nothing in vain (ADR-0151). */
import t from "tap";
import type { ComputeEngine } from "../../../chain/block/compute.ts";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import { pack } from "../../../client/index.ts";
import { sampleModels } from "../../../genesis/index.ts";
import { MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { Mode, MsgInfer, Query } from "../../../proto/gen/opg.inference.v1.ts";
import { DENOM, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
t.setTimeout(300_000);

const samples = sampleModels();
const iris = samples.findIndex(({ name }) => name === "iris");
const [input] = tensorsFromJson(samples[iris]!.sample.inputs);
const INFERENCES = 64;
const FEE = { amount: [{ denom: DENOM, amount: "50000" }], gasLimit: 50_000_000n };

/** Counts receipts that are written, in attempts that are dropped too, as each names the engine; and runs that are begun. */
function counted() {
  const count = { receipts: 0, begun: new Set<string>() };
  const counting: ComputeEngine = {
    id: engine.id,
    get idHash() {
      count.receipts++;
      return engine.idHash;
    },
    conformanceHash: engine.conformanceHash,
    get backlog() {
      return engine.backlog;
    },
    get backlogUnits() {
      return engine.backlogUnits;
    },
    isUnderWay: (model, hash) => engine.isUnderWay(model, hash),
    peek: (model, hash) => engine.peek(model, hash),
    run: (model, inputs, options) => {
      count.begun.add(inputs.bytes.join());
      return engine.run(model, inputs, options);
    },
  };
  return { counting, count };
}

let salt = Math.floor(Math.random() * 2 ** 20);

function infer(): Any {
  const data = new Uint8Array(new Float32Array(input!.data.length / 4).fill(salt++).buffer);
  return pack(MsgInfer, {
    requester: testSigner("alice").address,
    modelId: BigInt(iris + 1),
    inputs: encodeTensors([{ ...input!, data }]),
    maxFee: { denom: DENOM, amount: "1000000" },
    mode: Mode.MODE_CONSENSUS,
  });
}

const broke = pack(MsgSend, {
  fromAddress: testSigner("alice").address,
  toAddress: testSigner("bob").address,
  amount: [{ denom: DENOM, amount: "9000000000000" }],
});

t.test(
  "attempts grow with the logarithm of the inferences, and results are those of a warm node",
  async (t) => {
    const [cold, warm] = [counted(), counted()];
    const chains = [
      await TestChain.start({ engine: cold.counting }),
      await TestChain.start({ engine: warm.counting }),
    ] as const;
    t.teardown(() => Promise.all(chains.map((chain) => chain.close())));
    for (const chain of chains) await chain.block();
    const txs = [await chains[0].sign("alice", Array.from({ length: INFERENCES }, infer), { fee: FEE })];
    cold.count.receipts = 0;
    const { txResults } = await chains[0].block(txs);
    t.equal(txResults[0]!.code, 0, txResults[0]!.log);
    t.equal(cold.count.begun.size, INFERENCES);
    t.ok(cold.count.receipts <= 10 * INFERENCES, `${cold.count.receipts} receipts written`);
    await chains[1].block(txs);
    t.strictSame(chains[1].appHashes, chains[0].appHashes);
  },
);

t.test(
  "what the mempool began is waited for before the transaction starts, which then starts once",
  async (t) => {
    const [early, late] = [counted(), counted()];
    const chains = [
      await TestChain.start({ engine: early.counting }),
      await TestChain.start({ engine: late.counting }),
    ] as const;
    t.teardown(() => Promise.all(chains.map((chain) => chain.close())));
    for (const chain of chains) await chain.block();
    const txs = [await chains[0].sign("alice", Array.from({ length: INFERENCES }, infer), { fee: FEE })];
    // Nothing is awaited between CheckTx and FinalizeBlock: no run can have ended.
    t.equal(chains[0].checkTx(txs[0]!).code, 0);
    early.count.receipts = 0;
    const { txResults } = await chains[0].block(txs);
    t.equal(txResults[0]!.code, 0, txResults[0]!.log);
    t.equal(early.count.begun.size, INFERENCES);
    t.equal(early.count.receipts, INFERENCES, "each receipt is written once");
    await chains[1].block(txs);
    t.strictSame(chains[1].appHashes, chains[0].appHashes);
  },
);

t.test("what fails computes only what came before the failure", async (t) => {
  const { counting, count } = counted();
  const chain = await TestChain.start({ engine: counting });
  t.teardown(() => chain.close());
  await chain.block();
  const messages = [infer(), infer(), infer(), broke, infer(), infer()];
  const { txResults } = await chain.block([await chain.sign("alice", messages, { fee: FEE })]);
  t.match(txResults[0], { codespace: "sdk", code: 5 });
  t.equal(count.begun.size, 3);
  const { computeUnits } = await chain.query(Query.methods.Quote, { modelId: BigInt(iris + 1) });
  t.match(await chain.query(Query.methods.Price), { used: 3n * computeUnits }, "and is counted for it");
});
