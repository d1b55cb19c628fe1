import t from "tap";
import { DTYPES, type DType } from "../../../../chain/engine/dtype.ts";
import { EngineError } from "../../../../chain/engine/errors.ts";
import { computeUnits, DEFAULT_LIMITS, inspectModel } from "../../../../chain/engine/onnx/index.ts";
import { readCases } from "../backend/cases.ts";
import { type PlainTensor, runWasm } from "../backend/wasm.ts";

/** Mutations tried; about one in eight is still admitted and runs. */
const RUNS = Number(process.env["ONNX_DIFF_RUNS"] ?? 800);
const SEED = Number(process.env["ONNX_FUZZ_SEED"] ?? (Math.random() * 2 ** 32) >>> 0) || 1;

/** Small, so that a mutated size does not make the test slow. */
const LIMITS = { ...DEFAULT_LIMITS, maxTotalBytes: 100_000_000n, maxComputeUnits: 1_000_000_000n };

let state = SEED;
function random(below: number): number {
  state ^= state << 13;
  state >>>= 0;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state % below;
}

function admitted(model: Uint8Array): ReturnType<typeof inspectModel> | undefined {
  try {
    return inspectModel(model, LIMITS);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

function someInput(dtype: DType, dims: readonly number[]): PlainTensor {
  const elements = dims.reduce((x, y) => x * y, 1);
  if (dtype === "string") {
    return { dtype, dims, data: new Uint8Array(0), strings: new Array<string>(elements).fill("a") };
  }
  const size = DTYPES[dtype].size;
  const data = new Uint8Array(elements * size);
  const view = new DataView(data.buffer);
  for (let i = 0; i < elements; i++) {
    const value = (random(2_000) - 1_000) / 300;
    if (dtype === "float32") view.setFloat32(i * 4, value, true);
    else if (dtype === "float64") view.setFloat64(i * 8, value, true);
    else data[i * size] = random(3);
  }
  return { dtype, dims, data };
}

/** What kernels say about data of the run: the errors that an admitted model may end with. */
const OF_DATA =
  /by zero|modulo|indice|index|indices|HandleNegativeAxis|dropout_op|sequence_lens|ratio|GetIndex|Integer/;

const seeds = [...readCases().cases, ...readCases("onnx-corpus/models.bin.gz").cases]
  .map((c) => c.model)
  .filter((model) => model.length < 20_000 && admitted(model) !== undefined);

t.test(`mutated models that are admitted load, and give the shapes foreseen (seed ${SEED})`, async (t) => {
  t.comment(`ONNX_FUZZ_SEED=${SEED} ONNX_DIFF_RUNS=${RUNS}`);
  let ran = 0;
  for (let run = 0; run < RUNS; run++) {
    const model = seeds[random(seeds.length)]!.slice();
    for (let i = 0; i <= random(2); i++) {
      const at = random(model.length);
      model[at] =
        random(2) === 0 ? model[at]! ^ (1 << random(8)) : [0, 1, 2, 3, 4, 7, 8, 127, 255][random(9)]!;
    }
    const info = admitted(model);
    if (info === undefined) continue;
    const bind = (dim: number | "batch"): number => (dim === "batch" ? 2 : dim);
    const { outputs } = computeUnits(info, info.hasBatch ? 2n : 1n, LIMITS);
    const inputs = info.inputs.map((spec) => someInput(spec.dtype, spec.dims.map(bind)));
    try {
      const got = await runWasm(model, inputs, "basic");
      const text = (list: readonly { dtype: string; dims: readonly unknown[] }[]): string =>
        list.map((o) => `${o.dtype}[${o.dims.join()}]`).join(" ");
      ran++;
      if (text(got) !== text(outputs)) {
        t.equal(
          text(got),
          text(outputs),
          `run ${run}: ${Buffer.from(model).toString("base64").slice(0, 8_000)}`,
        );
      }
    } catch (error) {
      if (!OF_DATA.test(String(error))) {
        t.fail(`run ${run}: ${String(error)}: ${Buffer.from(model).toString("base64").slice(0, 8_000)}`);
      }
    }
  }
  t.comment(`${ran} ran`);
  t.ok(ran > 0);
});
