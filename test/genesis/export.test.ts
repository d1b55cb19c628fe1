import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { encodeTensors } from "../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../chain/engine/tensor-json.ts";
import type { AppState } from "../../chain/genesis.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import { pack } from "../../client/index.ts";
import {
  formatGenesis,
  genesisProblems,
  makeGenesis,
  PRESETS,
  parseGenesis,
  sampleModels,
} from "../../genesis/index.ts";
import { startProblem } from "../../genesis/start.ts";
import { MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Mode, MsgInfer } from "../../proto/gen/opg.inference.v1.ts";
import { CHAIN_ID, DENOM, TestChain, testSigner } from "../chain/chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
t.setTimeout(120_000);
const BLOCK = { maxBytes: 4_194_304n, maxGas: 200_000_000n };

const iris = sampleModels().findIndex(({ name }) => name === "iris");

async function inference(chain: TestChain, name: string, first: number): Promise<Uint8Array> {
  const X = { dtype: "float32", dims: [1, 4], data: [first, 3, 1.5, 0.2] };
  const message = pack(MsgInfer, {
    requester: testSigner(name).address,
    modelId: BigInt(iris + 1),
    inputs: encodeTensors(tensorsFromJson({ ...sampleModels()[iris]!.sample.inputs, X })),
    maxFee: { denom: DENOM, amount: "1000000" },
    mode: Mode.MODE_CONSENSUS,
  });
  return chain.sign(name, [message]);
}

async function transfer(chain: TestChain, name: string, to: string): Promise<Uint8Array> {
  const amount = [{ denom: DENOM, amount: "70" }];
  const [fromAddress, toAddress] = [testSigner(name).address, testSigner(to).address];
  return chain.sign(name, [pack(MsgSend, { fromAddress, toAddress, amount })]);
}

/** A block in which something happens in every module. */
async function busyBlock(chain: TestChain, first: number): Promise<void> {
  const txs = [
    await inference(chain, "alice", first),
    await inference(chain, "bob", first + 1),
    await transfer(chain, "carol", "newcomer"),
  ];
  const { txResults } = await chain.block(txs);
  for (const { code, log } of txResults) if (code !== 0) throw new TypeError(log);
}

/** A chain that starts from an exported state, at the height after it. */
async function imported(state: AppState, height: bigint): Promise<TestChain> {
  const chain = await TestChain.start({ engine, initialHeight: height + 1n, goesOn: true });
  t.teardown(() => chain.close());
  await chain.initFrom(state, BLOCK);
  return chain;
}

const first = await TestChain.start({ engine });
t.teardown(() => first.close());
await first.block();
await busyBlock(first, 4);
await busyBlock(first, 5);
const { height } = first;
const state = first.app.exportGenesis(height);

t.test("an exported state is a genesis without problems, and starts", async (t) => {
  const shell = makeGenesis({ chainId: CHAIN_ID, time: "2026-01-31T12:00:00Z", preset: PRESETS.test });
  const text = formatGenesis({ ...shell, initial_height: `${height + 1n}`, app_state: state });
  t.strictSame(genesisProblems(JSON.parse(text)), []);
  t.equal(await startProblem(parseGenesis(text), engine), undefined);
});

t.test(
  "the same state gives the same app hash on two nodes, whatever the order of its modules",
  async (t) => {
    const other = Object.fromEntries(Object.entries(state).reverse());
    const nodes = [await imported(state, height), await imported(other, height)];
    for (const node of nodes) await node.block();
    const [one, two] = nodes.map((node) => toHex(node.appHashes[0]!));
    t.equal(one, two);
  },
);

t.test("a chain that starts from an export goes on as the one that was exported", async (t) => {
  const second = await imported(state, height);
  for (const chain of [first, second]) await chain.block();
  // Nothing is lost nor made anew on the way: what differs between the two files would differ here.
  t.strictSame(second.app.exportGenesis(0n), first.app.exportGenesis(0n), "after an empty block");
  for (const chain of [first, second]) await busyBlock(chain, 6);
  t.strictSame(second.app.exportGenesis(0n), first.app.exportGenesis(0n), "after transfers and inferences");
  t.strictSame(second.app.brokenInvariants(), []);
  for (let blocks = 0; blocks < 25; blocks++) for (const chain of [first, second]) await chain.block();
  t.strictSame(second.app.exportGenesis(0n), first.app.exportGenesis(0n), "after outputs were pruned");
});

t.test("an earlier height that is kept is exported as it was then", async (t) => {
  t.ok(first.height > height);
  t.strictSame(first.app.exportGenesis(height), state);
});
