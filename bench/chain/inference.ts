/**
 * Inferences inside blocks against the same runs on the engine's wasm alone in a loop.
 *
 *     node --import tsx bench/chain/inference.ts [--runs 400] [--block 50] [--model iris]…
 *
 * The chain's time holds everything that it does for an inference in one process: admission, signature, pipeline, the run
 * in a worker thread, receipt, split, synced commit. Signing is the client's and is not counted. Every input differs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { compileOrt, createSession, loadOrt, runSession } from "../../chain/engine/ort.ts";
import { encodeTensors, type NamedTensor } from "../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../chain/engine/tensor-json.ts";
import { pack } from "../../client/index.ts";
import { PRESETS, type SampleModel, sampleModels } from "../../genesis/index.ts";
import { Mode, MsgInfer } from "../../proto/gen/opg.inference.v1.ts";
import { DENOM, TestChain, testSigner } from "../../test/chain/chain.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "400" },
    block: { type: "string", default: "50" },
    model: { type: "string", multiple: true, default: ["iris", "digits-cnn", "tiny-transformer"] },
  },
});
const RUNS = Number(values.runs);
const BLOCK = Number(values.block);

/** The sample's inputs with the bytes of the first float32 input moved on a little, so that no two are equal. */
function inputsOf(sample: SampleModel, index: number): readonly NamedTensor[] {
  return tensorsFromJson(sample.sample.inputs).map((tensor, position) => {
    if (position !== 0) return tensor;
    const data = tensor.data.slice();
    const view = new DataView(data.buffer);
    if (tensor.dtype === "float32") view.setFloat32(0, view.getFloat32(0, true) + index / 1_000, true);
    else {
      // Integers are tokens: others of the same alphabet, written in base 4 over the first places.
      const size = tensor.dtype === "int64" ? 8 : 4;
      for (
        let place = 0, rest = index;
        place < Math.min(8, data.length / size);
        place++, rest = Math.floor(rest / 4)
      )
        data[place * size] = rest % 4;
    }
    return { ...tensor, data };
  });
}

async function alone(sample: SampleModel): Promise<number> {
  const session = await createSession(ort, sample.file);
  for (let i = 0; i < 10; i++) await runSession(ort, session, inputsOf(sample, 100_000 + i));
  const all = Array.from({ length: RUNS }, (_, i) => inputsOf(sample, i));
  const began = performance.now();
  for (const inputs of all) await runSession(ort, session, inputs);
  return performance.now() - began;
}

async function inBlocks(sample: SampleModel, modelId: bigint, engine: CanonicalEngine): Promise<number> {
  const path = mkdtempSync(join(tmpdir(), "opg-bench-"));
  const chain = await TestChain.start({
    engine,
    path,
    sync: true,
    checkInvariants: false,
    genesis: { preset: { ...PRESETS.test, inference: { blockComputeBudget: 1_000_000_000_000n } } },
  });
  try {
    await chain.block();
    const requester = testSigner("alice").address;
    const txs: Uint8Array[] = [];
    for (let i = 0; i < RUNS; i++) {
      const message = pack(MsgInfer, {
        requester,
        modelId,
        inputs: encodeTensors(inputsOf(sample, i)),
        maxFee: { denom: DENOM, amount: "100000000" },
        mode: Mode.MODE_CONSENSUS,
      });
      txs.push(
        await chain.sign("alice", [message], {
          ahead: BigInt(i),
          fee: { amount: [{ denom: DENOM, amount: "5000" }], gasLimit: 3_000_000n },
        }),
      );
    }
    const began = performance.now();
    for (let i = 0; i < RUNS; i += BLOCK) {
      const block = txs.slice(i, i + BLOCK);
      for (const tx of block) {
        const { code, log } = chain.checkTx(tx);
        if (code !== 0) throw new RangeError(`refused: ${log}`);
      }
      const { txResults } = await chain.block(block);
      for (const { code, log } of txResults) if (code !== 0) throw new RangeError(`failed: ${log}`);
    }
    return performance.now() - began;
  } finally {
    await chain.close();
    rmSync(path, { recursive: true, force: true });
  }
}

const ort = await loadOrt(await compileOrt());
const engine = await CanonicalEngine.start({ workers: 1 });
console.log(`${RUNS} runs, ${BLOCK} a block\n`);
for (const name of values.model) {
  const index = sampleModels().findIndex((each) => each.name === name);
  const sample = sampleModels()[index];
  if (!sample) throw new RangeError(`there is no sample model ${name}`);
  const [wasm, chain] = [await alone(sample), await inBlocks(sample, BigInt(index + 1), engine)];
  const rate = (ms: number) => ((RUNS * 1_000) / ms).toFixed(0).padStart(6);
  console.log(
    `${name.padEnd(18)}wasm alone ${rate(wasm)}/s   in blocks ${rate(chain)}/s   ratio ${(wasm / chain).toFixed(2)} ×   ${((chain - wasm) / RUNS).toFixed(2)} ms of chain around a run`,
  );
}
await engine.stop();
