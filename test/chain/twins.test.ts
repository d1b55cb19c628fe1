/** Random blocks on two chains, one of which restarts, has caches of next to nothing and an engine of its own: nothing may differ. */
import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { encodeTensors } from "../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../chain/engine/tensor-json.ts";
import { pack } from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import { MsgMultiSend, MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { Mode, MsgInfer } from "../../proto/gen/opg.inference.v1.ts";
import { MsgCreateModel, MsgPublishModel, MsgUploadChunk } from "../../proto/gen/opg.models.v1.ts";
import type { ResponseFinalizeBlock } from "../../proto/gen/tendermint.abci.ts";
import { DENOM, TestChain, testSigner } from "./chain.ts";

// For the whole file: a long run takes long, and other work may run beside a short one.
t.setTimeout(3_600_000);
const seed = Number(process.env["CHAIN_SIM_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const blocks = Number(process.env["CHAIN_SIM_BLOCKS"] ?? 12);
const NAMES = ["alice", "bob", "carol"];

/** xorshift32: the same blocks for the same seed. */
function generator(start: number): (below: number) => number {
  let state = start | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

type Next = ReturnType<typeof generator>;

const someBytes = (next: Next, length: number) => Uint8Array.from({ length }, () => next(256));

const samples = sampleModels().map(({ sample }) => encodeTensors(tensorsFromJson(sample.inputs)));

/** One message of `from`: good more often than not. */
function message(next: Next, from: string): Any {
  const to = testSigner(NAMES[next(NAMES.length)]!).address;
  const coin = {
    denom: next(12) === 0 ? "nocoin" : DENOM,
    amount: (next(1000) + (next(8) === 0 ? 0 : 1)).toString(),
  };
  const modelId = BigInt(next(samples.length + 2));
  switch (next(8)) {
    case 0:
    case 1:
      return pack(MsgSend, { fromAddress: from, toAddress: next(10) === 0 ? "opg1bad" : to, amount: [coin] });
    case 2:
      return pack(MsgMultiSend, {
        inputs: [{ address: from, coins: [coin] }],
        outputs: [{ address: to, coins: [coin] }],
      });
    case 3:
      return pack(MsgCreateModel, {
        owner: from,
        hash: someBytes(next, next(6) === 0 ? 31 : 32),
        size: BigInt(next(5000)),
        price: coin,
        metadata: { name: `m${next(100)}`, description: "", uri: "", license: "" },
      });
    case 4:
      return pack(MsgUploadChunk, {
        owner: from,
        modelId: BigInt(samples.length + 1 + next(4)),
        index: next(3),
        data: someBytes(next, next(2000)),
      });
    case 5:
      return pack(MsgPublishModel, { owner: from, modelId: BigInt(samples.length + 1 + next(4)) });
    default:
      return pack(MsgInfer, {
        requester: from,
        modelId,
        inputs:
          next(5) === 0 ? someBytes(next, next(60)) : samples[Number(modelId + 20n - 1n) % samples.length]!,
        maxFee: { denom: coin.denom, amount: next(6) === 0 ? "1" : "10000000" },
        mode: Mode.MODE_CONSENSUS,
      });
  }
}

async function transactions(next: Next, chain: TestChain): Promise<Uint8Array[]> {
  const txs: Uint8Array[] = [];
  for (const name of NAMES) {
    for (let ahead = 0n, count = BigInt(next(3)); ahead < count; ahead++) {
      const from = testSigner(next(15) === 0 ? "bob" : name).address;
      const messages = Array.from({ length: next(2) + 1 }, () => message(next, from));
      const gasLimit = next(6) === 0 ? BigInt(next(120_000)) : 20_000_000n;
      const fee = { amount: [{ denom: DENOM, amount: "5000" }], gasLimit };
      const tx = await chain.sign(name, messages, { ahead, fee });
      if (next(8) === 0) tx[next(tx.length)]! ^= 1 << next(8);
      txs.push(tx);
    }
  }
  if (next(4) === 0) txs.push(someBytes(next, next(100)));
  return txs;
}

/** All of a block's answer but the logs, which are for people. */
function compared({
  txResults,
  events,
  validatorUpdates,
  consensusParamUpdates,
  appHash,
}: ResponseFinalizeBlock) {
  return {
    txResults: txResults.map(({ log: _, ...rest }) => rest),
    events,
    validatorUpdates,
    consensusParamUpdates,
    appHash,
  };
}

t.test("a chain that restarts and remembers nothing agrees with one that runs through", async (t) => {
  t.setTimeout(600_000);
  t.comment(`CHAIN_SIM_SEED=${seed} CHAIN_SIM_BLOCKS=${blocks}`);
  const engines = [await CanonicalEngine.start(), await CanonicalEngine.start()];
  t.teardown(() => Promise.all(engines.map((engine) => engine.stop())));
  const steady = await TestChain.start({ engine: engines[0]! });
  const restless = await TestChain.start({ engine: engines[1]!, storeCacheBytes: 4_096, modelCacheBytes: 1 });
  t.teardown(() => Promise.all([steady.close(), restless.close()]));
  await steady.block();
  await restless.block();
  const next = generator(seed);
  const codes = new Map<string, number>();
  for (let i = 0; i < blocks; i++) {
    if (next(4) === 0) await restless.reopen();
    const txs = await transactions(next, steady);
    // What one node has seen in its mempool, and simulated, must not show in a block.
    for (const tx of txs) if (next(2) === 0) steady.checkTx(tx);
    const propose = next(3) === 0;
    const one = await steady.block(txs, { propose });
    const other = await restless.block(txs, { propose });
    for (const { codespace, code } of one.txResults)
      codes.set(`${codespace} ${code}`, (codes.get(`${codespace} ${code}`) ?? 0) + 1);
    if (!t.strictSame(compared(other), compared(one), `block ${steady.height}`)) return;
  }
  t.comment([...codes].map(([code, count]) => `${code === " 0" ? "ok" : code}: ${count}`).join(", "));
  t.ok(codes.get(" 0")! > 0 && codes.size > 1, "some succeeded and some did not");
});
