/**
 * Inferences inside blocks against the same runs on the engine's wasm alone in a loop.
 *
 *     node --import tsx bench/chain/inference.ts [--runs 400] [--block 50] [--model iris]… [--turns 2] [--many 50]
 *
 * The chain's time holds everything that it does for an inference in one process: admission, signature, pipeline, the run
 * in a worker thread, receipt, split, synced commit. Two shapes: one inference a transaction, and `--many` in one (what
 * somebody with a batch of inputs sends), where signature and fee are paid once. Signing is the client's and is not counted. Every input differs.
 * Large models run a fiftieth as often. The block's compute budget is raised, so that the machine is the limit.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { compileOrt, createSession, loadOrt, runSession } from "../../chain/engine/ort.ts";
import { encodeTensors } from "../../chain/engine/tensor.ts";
import { pack } from "../../client/index.ts";
import { PRESETS, sampleModels } from "../../genesis/index.ts";
import { Mode, MsgInfer } from "../../proto/gen/opg.inference.v1.ts";
import { DENOM, TestChain, testSigner } from "../../test/chain/chain.ts";
import { type Subject, subjects } from "../engine/subjects.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "400" },
    block: { type: "string", default: "50" },
    model: { type: "string", multiple: true, default: ["iris", "digits-cnn", "resnet18"] },
    turns: { type: "string", default: "2" },
    many: { type: "string", default: "50" },
  },
});
const RUNS = Number(values.runs);
const BLOCK = Number(values.block);
const LARGE = 4 * 2 ** 20;
/** As the test chain has it. */
const BLOCK_GAS = 200_000_000n;

async function alone({ model, inputs }: Subject, runs: number): Promise<number> {
  const session = await createSession(ort, model);
  for (let i = 0; i < Math.min(10, runs); i++) await runSession(ort, session, inputs(100_000 + i));
  const all = Array.from({ length: runs }, (_, i) => inputs(i));
  const began = performance.now();
  for (const each of all) await runSession(ort, session, each);
  const spent = performance.now() - began;
  await session.release();
  return spent;
}

async function inBlocks(subject: Subject, runs: number, block: number, many: number): Promise<number> {
  const { name, model, inputs } = subject;
  const engine = await CanonicalEngine.start({ workers: 1 });
  const path = mkdtempSync(join(tmpdir(), "opg-bench-"));
  const chain = await TestChain.start({
    engine,
    path,
    sync: true,
    checkInvariants: false,
    genesis: {
      preset: { ...PRESETS.test, inference: { blockComputeBudget: 1_000_000_000_000n } },
      models: {
        owner: testSigner("owner").address,
        samples: [{ ...sampleModels()[0]!, name, description: name, file: model }],
      },
    },
  });
  try {
    await chain.block();
    const requester = testSigner("alice").address;
    const txs: Uint8Array[] = [];
    for (let i = 0; i < block + runs; i += many) {
      const messages = Array.from({ length: many }, (_, k) =>
        pack(MsgInfer, {
          requester,
          modelId: 1n,
          inputs: encodeTensors(inputs(i + k)),
          maxFee: { denom: DENOM, amount: "5000000" },
          mode: Mode.MODE_CONSENSUS,
        }),
      );
      txs.push(
        await chain.sign("alice", messages, {
          ahead: BigInt(i / many),
          fee: {
            amount: [{ denom: DENOM, amount: "5000" }],
            gasLimit: (BLOCK_GAS * BigInt(many)) / BigInt(block),
          },
        }),
      );
    }
    // The first block loads the model, and warms up.
    let began = 0;
    for (let i = 0; i < block + runs; i += block) {
      if (i === block) began = performance.now();
      const batch = txs.slice(i / many, (i + block) / many);
      for (const tx of batch) {
        const { code, log } = chain.checkTx(tx);
        if (code !== 0) throw new RangeError(`refused: ${log}`);
      }
      const { txResults } = await chain.block(batch);
      for (const { code, log } of txResults) if (code !== 0) throw new RangeError(`failed: ${log}`);
    }
    return performance.now() - began;
  } finally {
    await chain.close();
    await engine.stop();
    rmSync(path, { recursive: true, force: true });
  }
}

const ort = await loadOrt(await compileOrt());
for (const subject of subjects()) {
  if (!values.model.includes(subject.name)) continue;
  const large = subject.model.length > LARGE;
  const [runs, block] = large ? [Math.ceil(RUNS / 50), Math.ceil(BLOCK / 25)] : [RUNS, BLOCK];
  for (let turn = 0; turn < Number(values.turns); turn++) {
    const rate = (ms: number) => ((runs * 1_000) / ms).toFixed(1).padStart(7);
    for (const together of large ? [1] : [1, Math.min(Number(values.many), block)]) {
      const [wasm, chain] = [await alone(subject, runs), await inBlocks(subject, runs, block, together)];
      console.log(
        `${subject.name.padEnd(17)} ${runs} runs, ${block} a block, ${together} a transaction   wasm alone ${rate(wasm)}/s   in blocks ${rate(chain)}/s   ${((chain - wasm) / runs).toFixed(2)} ms of chain around a run   ratio ${(wasm / chain).toFixed(2)} ×`,
      );
    }
  }
}
