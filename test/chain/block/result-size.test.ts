/** Whatever users do, the answer to FinalizeBlock stays under what CometBFT's gRPC client takes (ADR-0066). */
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import {
  GAS_PER_RESULT_BYTE,
  gasForResult,
  MAX_BLOCK_RESULT_BYTES,
  resultBytes,
  resultRoom,
} from "../../../chain/tx/result-size.ts";
import { pack } from "../../../client/index.ts";
import { sampleModels } from "../../../genesis/index.ts";
import { MsgMultiSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { Service, SimulateRequest } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { Mode, MsgInfer } from "../../../proto/gen/opg.inference.v1.ts";
import { MsgTransferModel } from "../../../proto/gen/opg.models.v1.ts";
import {
  type Event,
  ExecTxResult,
  RequestPrepareProposal,
  RequestProcessProposal,
  ResponseProcessProposal_ProposalStatus as Status,
} from "../../../proto/gen/tendermint.abci.ts";
import { DENOM, TestChain, testSigner } from "../chain.ts";
import { Random, seedOf } from "../modules/random.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
// Other work may run beside this.
t.setTimeout(300_000);
const NAMES = Array.from({ length: 12 }, (_, i) => `holder${i}`);
const chain = await TestChain.start({ engine, accounts: NAMES });
t.teardown(() => chain.close());
await chain.block();

const address = (name: string) => testSigner(name).address;
const feeOf = (gasLimit: bigint) => ({ amount: [{ denom: DENOM, amount: "5000" }], gasLimit });

/** Outputs to one account: events enough, for little gas. */
function multi(from: string, outputs: number): Any {
  const coins = (amount: number) => [{ denom: DENOM, amount: amount.toString() }];
  return pack(MsgMultiSend, {
    inputs: [{ address: address(from), coins: coins(outputs) }],
    outputs: Array.from({ length: outputs }, () => ({ address: address("holder0"), coins: coins(1) })),
  });
}

t.test("a result is counted as no smaller than it is", (t) => {
  const seed = seedOf("RESULT_SEED");
  t.comment(`RESULT_SEED=${seed}`);
  const random = new Random(seed);
  const text = () =>
    Array.from({ length: random.below(40) }, () => random.pick(["a", "Z", "ü", "漢", "🜁", "\u0000"])).join(
      "",
    );
  for (let i = 0; i < 200; i++) {
    const events = Array.from({ length: random.below(20) }, () => ({
      type: text(),
      attributes: Array.from({ length: random.below(8) }, () => ({
        key: text(),
        value: text(),
        index: true,
      })),
    }));
    const data = new Uint8Array(random.below(3_000));
    const result = ExecTxResult.create({ code: 4_000_000_000, codespace: "a".repeat(20), data, events });
    const encoded = ExecTxResult.encode({
      ...result,
      gasWanted: (1n << 63n) - 1n,
      gasUsed: (1n << 63n) - 1n,
    });
    // A list of results puts a tag and a length before each.
    if (encoded.length + 5 > resultBytes(events as Event[], data))
      t.fail(`${encoded.length} bytes are counted as ${resultBytes(events as Event[], data)}`);
  }
  t.end();
});

t.test("a result needs gas for its size, and a simulation says how much", async (t) => {
  const message = multi("holder1", 200);
  const poor = await chain.sign("holder1", [message], { fee: feeOf(2_200_000n) });
  const [refused] = (await chain.block([poor])).txResults;
  t.match(refused, { codespace: "sdk", code: 11 });
  t.ok(refused!.gasUsed < 2_200_000n, `the work alone took ${refused!.gasUsed}`);
  t.ok(refused!.events.length < 12, "only the events of fee and signature");

  const tx = await chain.sign("holder1", [message], { fee: feeOf(2_200_000n) });
  const { gasInfo } = await chain.query(Service.methods.Simulate, SimulateRequest.create({ txBytes: tx }));
  const enough = await chain.sign("holder1", [message], { fee: feeOf(gasInfo!.gasUsed) });
  const [taken] = (await chain.block([enough])).txResults;
  t.equal(taken!.code, 0, taken!.log);
});

t.test("a block sells no more room than there is, in proposals as in execution", async (t) => {
  const dear = feeOf(19_000_000n);
  const txs = await Promise.all(NAMES.map((name) => chain.sign(name, [multi(name, 1)], { fee: dear })));
  const room = resultRoom({ msgs: [0 as never], gasLimit: dear.gasLimit });
  const fit = Number(MAX_BLOCK_RESULT_BYTES / room);
  t.ok(fit < 200_000_000n / dear.gasLimit || fit < NAMES.length + 1, "room is what binds, or nothing does");
  const time = { seconds: 1_700_001_000n, nanos: 0 };
  const height = chain.height + 1n;
  const prepare = RequestPrepareProposal.create({ height, time, txs, maxTxBytes: 4_000_000n });
  const chosen = chain.app.prepareProposal(prepare).txs;
  const most = Math.min(fit, Number(200_000_000n / dear.gasLimit), txs.length);
  t.equal(chosen.length, most);
  const judge = (all: readonly Uint8Array[]) =>
    chain.app.processProposal(RequestProcessProposal.create({ height, time, txs: [...all] })).status;
  t.equal(judge(chosen), Status.ACCEPT);
  t.equal(judge(txs), Status.REJECT);
  const { txResults } = await chain.block(txs);
  t.strictSame(
    txResults.map(({ code }) => code),
    txs.map((_, i) => (i < most ? 0 : 11)),
  );
});

t.test("a log is cut to what there is room for", async (t) => {
  const coins = Array.from({ length: 400 }, (_, i) => ({
    denom: `denom${(1000 + i).toString()}`,
    amount: "9".repeat(70),
  }));
  const message = pack(MsgMultiSend, {
    inputs: [{ address: address("holder2"), coins }],
    outputs: [{ address: address("holder3"), coins: [{ denom: DENOM, amount: "1" }] }],
  });
  const tx = await chain.sign("holder2", [message]);
  const [result] = (await chain.block([tx])).txResults;
  t.match(result, { codespace: "bank", code: 4 });
  t.ok(result!.log.length <= 512, `${result!.log.length}`);
  t.ok(chain.checkTx(tx).log.length <= 512);
});

t.test(
  "what an inference pays its owner at the block's end is within what its transaction announced",
  async (t) => {
    const samples = sampleModels();
    const iris = samples.findIndex(({ name }) => name === "iris");
    const own = await TestChain.start({ engine, accounts: ["owner", "alice"] });
    t.teardown(() => own.close());
    await own.block();
    const inputs = encodeTensors(tensorsFromJson(samples[iris]!.sample.inputs));
    const infer = pack(MsgInfer, {
      requester: address("alice"),
      modelId: BigInt(iris + 1),
      inputs,
      maxFee: { denom: DENOM, amount: "1000000" },
      mode: Mode.MODE_CONSENSUS,
    });
    const size = (events: readonly Event[]) => resultBytes(events, new Uint8Array(0));
    const one = await own.block([await own.sign("alice", [infer])]);
    // The same block with a second owner: the difference is what one owner adds.
    const messages = [
      infer,
      pack(MsgTransferModel, {
        owner: address("owner"),
        modelId: BigInt(iris + 1),
        newOwner: address("alice"),
      }),
    ];
    const transfer = await own.sign("owner", [messages[1]!]);
    const two = await own.block([
      await own.sign("alice", [infer]),
      transfer,
      await own.sign("alice", [infer], { ahead: 1n }),
    ]);
    t.ok(
      two.txResults.every(({ code }) => code === 0),
      two.txResults.map(({ log }) => log).join(),
    );
    const royalties = ({ events }: { readonly events: readonly Event[] }) =>
      events.filter(({ type }) => type === "royalty").length;
    t.strictSame([royalties(one), royalties(two)], [1, 2]);
    const ended = ({ events }: { readonly events: readonly Event[] }) =>
      events.filter(({ attributes }) => attributes.at(-1)?.value === "EndBlock");
    const added = size(ended(two)) - size(ended(one));
    t.ok(added > 0 && added <= 1_000, `${added} bytes of events an owner`);
  },
);

t.test("the gas of a result is what its room costs", (t) => {
  const msgs = [0 as never, 0 as never];
  for (const bytes of [0, 1_000, 1_792, 1_793, 100_000, 3_000_000]) {
    const gasLimit = gasForResult({ msgs }, bytes);
    t.ok(resultRoom({ msgs, gasLimit }) >= BigInt(bytes), `${bytes} bytes for ${gasLimit}`);
    if (gasLimit > 0n) t.ok(resultRoom({ msgs, gasLimit: gasLimit - GAS_PER_RESULT_BYTE }) < BigInt(bytes));
  }
  t.end();
});
