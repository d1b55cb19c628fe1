/** The block's compute budget holds against whoever makes the block, and against transactions that fail (ADR-0064). */
import t from "tap";
import type { ComputeEngine } from "../../../chain/block/compute.ts";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { pack } from "../../../client/index.ts";
import { PRESETS, sampleModels } from "../../../genesis/index.ts";
import { MsgMultiSend, MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { TxMsgData } from "../../../proto/gen/cosmos.base.abci.v1beta1.ts";
import { Service, SimulateRequest } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { Mode, MsgInfer, MsgInferResponse, Query } from "../../../proto/gen/opg.inference.v1.ts";
import {
  RequestPrepareProposal,
  RequestProcessProposal,
  ResponseProcessProposal_ProposalStatus as Status,
} from "../../../proto/gen/tendermint.abci.ts";
import { DENOM, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
// Other work may run beside this.
t.setTimeout(300_000);

const samples = sampleModels();
const iris = samples.findIndex(({ name }) => name === "iris");
const [input] = tensorsFromJson(samples[iris]!.sample.inputs);
const addresses = new AddressCodec("opg");
const NAMES = ["alice", "bob", "carol", "dave", "erin"];

/** Runs of the engine that were begun, by anything that wanted one. */
class Counted implements ComputeEngine {
  readonly id = engine.id;
  readonly idHash = engine.idHash;
  readonly conformanceHash = engine.conformanceHash;
  readonly inputs = new Set<unknown>();
  get backlog(): number {
    return engine.backlog;
  }
  get backlogUnits(): bigint {
    return engine.backlogUnits;
  }
  readonly isUnderWay: ComputeEngine["isUnderWay"] = (model, hash) => engine.isUnderWay(model, hash);
  readonly peek: ComputeEngine["peek"] = (model, hash) => engine.peek(model, hash);
  readonly run: ComputeEngine["run"] = (model, inputs, options) => {
    this.inputs.add(inputs.bytes.join());
    return engine.run(model, inputs, options);
  };
}

let salt = Math.floor(Math.random() * 2 ** 20);

/** An inference that nobody asked for before. */
function infer(name: string, modelId = BigInt(iris + 1)): Any {
  const data = new Uint8Array(new Float32Array(input!.data.length / 4).fill(salt++).buffer);
  return pack(MsgInfer, {
    requester: testSigner(name).address,
    modelId,
    inputs: encodeTensors([{ ...input!, data }]),
    maxFee: { denom: DENOM, amount: "1000000" },
    mode: Mode.MODE_CONSENSUS,
  });
}

function broke(name: string): Any {
  return pack(MsgSend, {
    fromAddress: testSigner(name).address,
    toAddress: testSigner("bob").address,
    amount: [{ denom: DENOM, amount: "9000000000000" }],
  });
}

const FEE = { amount: [{ denom: DENOM, amount: "5000" }], gasLimit: 5_000_000n };

/** A chain whose block holds two and a half runs of iris. */
async function started(t: { teardown: (work: () => unknown) => void }) {
  const probe = await TestChain.start({ engine });
  await probe.block();
  const { computeUnits } = await probe.query(Query.methods.Quote, { modelId: BigInt(iris + 1) });
  await probe.close();
  const counted = new Counted();
  const inference = { ...PRESETS.test.inference, blockComputeBudget: (computeUnits * 5n) / 2n };
  const genesis = { preset: { ...PRESETS.test, inference } };
  const chain = await TestChain.start({ engine: counted, accounts: NAMES, genesis });
  t.teardown(() => chain.close());
  await chain.block();
  return { chain, counted, units: computeUnits };
}

function judged(chain: TestChain, txs: readonly Uint8Array[]): number {
  const proposal = { height: chain.height + 1n, time: { seconds: 1_700_001_000n, nanos: 0 }, txs: [...txs] };
  return chain.app.processProposal(RequestProcessProposal.create(proposal)).status;
}

function proposed(chain: TestChain, txs: readonly Uint8Array[]): readonly Uint8Array[] {
  const proposal = {
    height: chain.height + 1n,
    time: { seconds: 1_700_001_000n, nanos: 0 },
    maxTxBytes: 4_000_000n,
  };
  return chain.app.prepareProposal(RequestPrepareProposal.create({ ...proposal, txs: [...txs] })).txs;
}

t.test("transactions that fail count: a block never computes more than its budget", async (t) => {
  const { chain, counted, units } = await started(t);
  const txs = await Promise.all(
    NAMES.map((name) => chain.sign(name, [infer(name), broke(name)], { fee: FEE })),
  );
  const { txResults } = await chain.block(txs);
  t.strictSame(
    txResults.map(({ codespace, code }) => `${codespace} ${code}`),
    ["sdk 5", "sdk 5", "inference 5", "inference 5", "inference 5"],
  );
  t.equal(counted.inputs.size, 2, "runs that were begun");
  t.match(await chain.query(Query.methods.Price), { used: 2n * units });
  const [first] = (await chain.block([await chain.sign("alice", [infer("alice")], { fee: FEE })])).txResults;
  t.equal(first!.code, 0, "the next block has a budget of its own");
});

t.test("a message that cannot be costed hides none of those after it", async (t) => {
  const { chain, counted } = await started(t);
  const hidden = [infer("alice", 99n), infer("alice"), infer("alice"), infer("alice")];
  const tx = await chain.sign("alice", hidden, { fee: FEE });
  t.equal(judged(chain, [tx]), Status.REJECT);
  t.equal(counted.inputs.size, 0, "a proposal that is refused starts nothing");
  t.strictSame(proposed(chain, [tx]), [], "and would not be made");
});

t.test("what one proposer chooses, every other accepts, and what is left out starts nothing", async (t) => {
  const { chain, counted } = await started(t);
  const txs = await Promise.all(NAMES.map((name) => chain.sign(name, [infer(name)], { fee: FEE })));
  const chosen = proposed(chain, txs);
  t.strictSame(chosen, txs.slice(0, 2));
  t.equal(counted.inputs.size, 2);
  t.equal(judged(chain, chosen), Status.ACCEPT);
  t.equal(judged(chain, txs.slice(0, 3)), Status.REJECT);
});

t.test("a simulation runs no model, gives no answer away, and estimates the gas of the run", async (t) => {
  const { chain, counted } = await started(t);
  const message = infer("alice");
  const simulate = (tx: Uint8Array) =>
    chain.query(Service.methods.Simulate, SimulateRequest.create({ txBytes: tx }));
  const tx = await chain.sign("alice", [message], { fee: FEE });
  const { gasInfo, result } = await simulate(tx);
  t.equal(counted.inputs.size, 0);
  const [executed] = (await chain.block([tx])).txResults;
  t.equal(executed!.code, 0, executed!.log);
  const outputs = (data: Uint8Array) =>
    MsgInferResponse.decode(TxMsgData.decode(data).msgResponses[0]!.value).outputs;
  t.notSame(outputs(result!.data), outputs(executed!.data));
  t.equal(outputs(result!.data).length, outputs(executed!.data).length);
  // What must be wanted is gas for the work, or for the room of the result (ADR-0066).
  const [simulated, used] = [gasInfo!.gasUsed, executed!.gasUsed];
  t.ok(simulated > used - 2_000n && simulated < (used * 13n) / 10n, `${simulated} for ${used}`);
  // More work than a block holds: nobody may ask for it for nothing.
  const outs = Array.from({ length: 16_000 }, (_, i) => ({
    address: addresses.format(
      Uint8Array.from({ length: 20 }, (_, at) => (at < 4 ? (i >>> (8 * at)) & 0xff : 7)),
    ),
    coins: [{ denom: DENOM, amount: "1" }],
  }));
  const flood = pack(MsgMultiSend, {
    inputs: [{ address: testSigner("alice").address, coins: [{ denom: DENOM, amount: "16000" }] }],
    outputs: outs,
  });
  await t.rejects(simulate(await chain.sign("alice", [flood], { fee: FEE })), { codespace: "sdk", code: 11 });
});

t.test("admission takes gas for what it looks at", async (t) => {
  const { chain, counted } = await started(t);
  const fee = { ...FEE, gasLimit: 130_000n };
  const many = await chain.sign(
    "alice",
    Array.from({ length: 10 }, () => infer("alice")),
    { fee },
  );
  t.match(chain.checkTx(many), { codespace: "sdk", code: 11 });
  t.ok(counted.inputs.size <= 1, `${counted.inputs.size} runs begun`);
});
