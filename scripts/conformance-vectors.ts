/**
 * Makes chain/engine/vectors/vectors.json: `node --import tsx scripts/conformance-vectors.ts`. Models come from the
 * sample models and from ONNX's backend node tests (test/vectors/onnx-backend), one or more of each family of
 * operators. Changing the file changes consensus: it takes an upgrade of every chain.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64 } from "@scure/base";
import type { ConformanceVector } from "../chain/engine/conformance.ts";
import { dtypeFromCode } from "../chain/engine/dtype.ts";
import { DEFAULT_LIMITS, inspectModel } from "../chain/engine/onnx/index.ts";
import { EnginePool } from "../chain/engine/pool.ts";
import { encodeStrings, encodeTensors, type NamedTensor } from "../chain/engine/tensor.ts";
import { tensorsFromJson } from "../chain/engine/tensor-json.ts";
import { toHex } from "../chain/store/bytes.ts";
import { type CaseTensor, readCases } from "../test/chain/engine/backend/cases.ts";
import { FLOAT, floats, model, tensor } from "../test/chain/engine/onnx/build.ts";

/** Node tests that stand for their families: what differed between CPUs natively, and what could. */
const CASES = [
  "test_softmax_large_number",
  "test_logsoftmax_axis_1",
  "test_gelu_default_1",
  "test_erf",
  "test_tanh",
  "test_sigmoid",
  "test_exp",
  "test_log",
  "test_pow",
  "test_sqrt",
  "test_reciprocal",
  "test_div",
  "test_mod_mixed_sign_float32",
  "test_gemm_all_attributes",
  "test_matmul_3d",
  "test_matmulinteger",
  "test_qlinearmatmul_2D_uint8_float32",
  "test_qlinearconv",

  "test_dynamicquantizelinear",
  "test_quantizelinear_axis",
  "test_dequantizelinear_axis",
  "test_basic_conv_with_padding",
  "test_conv_with_strides_padding",
  "test_convtranspose",
  "test_maxpool_2d_default",
  "test_averagepool_2d_pads",
  "test_globalaveragepool",
  "test_batchnorm_epsilon",
  "test_layer_normalization_default_axis",
  "test_instancenorm_epsilon",
  "test_lstm_with_peepholes",
  "test_gru_defaults",
  "test_simple_rnn_defaults",

  "test_cumsum_1d",
  "test_gather_0",

  "test_argmax_keepdims_random",
  "test_where_example",

  "test_transpose_all_permutations_0",
  "test_cast_FLOAT_to_DOUBLE",
  "test_clip",
  "test_leakyrelu",
  "test_elu",
  "test_selu",
  "test_softplus",
  "test_hardswish",
  "test_einsum_batch_matmul",
  "test_ai_onnx_ml_tree_ensemble_single_tree",

  "test_sin",
  "test_cos",
  "test_atan",
  "test_round",
  "test_isnan",
  "test_max_float32",
  "test_min_float32",
];

function named(name: string, { code, dims, data, strings }: CaseTensor): NamedTensor {
  return { name, dtype: dtypeFromCode(code!)!, dims, data: strings ? encodeStrings(strings) : data };
}

interface Candidate {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly NamedTensor[];
}

function fromBackend(): Candidate[] {
  const byName = new Map(readCases().cases.map((each) => [each.name, each]));
  return CASES.flatMap((name) => {
    const found = byName.get(name);
    try {
      if (!found) throw new TypeError("is not among the node tests");
      const info = inspectModel(found.model, DEFAULT_LIMITS);
      return [
        {
          name,
          model: found.model,
          inputs: info.inputs.map((spec, i) => named(spec.name, found.inputs[i]!)),
        },
      ];
    } catch (error) {
      console.error(`left out: ${name}: ${(error as Error).message}`);
      return [];
    }
  });
}

/**
 * NaNs made by arithmetic, whose sign is the CPU's choice, before operators that make other numbers of them (ADR-0028).
 * Input x is such that x - x, and that divided by itself, are zeros and NaNs.
 */
function nanModel(): Candidate {
  const made: Readonly<Record<string, readonly [op: string, inputs: readonly string[], to?: number]>> = {
    sign: ["Sign", ["m"]],
    round: ["Round", ["m"]],
    most: ["Max", ["m", "x2"]],
    least: ["Min", ["m", "x2"]],
    cut: ["Clip", ["m", "low", "high"]],
    tanh: ["Tanh", ["m"]],
    erf: ["Erf", ["m"]],
    power: ["Pow", ["m", "x2"]],
    root: ["Sqrt", ["m"]],
    same: ["Equal", ["m", "m"]],
    greater: ["Greater", ["m", "x2"]],
    place: ["ArgMax", ["m"]],
    int32: ["Cast", ["m"], 6],
    uint8: ["Cast", ["m"], 2],
    int64: ["Cast", ["m"], 7],
    bool: ["Cast", ["m"], 9],
    half: ["Cast", ["m"], 10],
    double: ["Cast", ["m"], 11],
    soft: ["Softmax", ["m"]],
    quantized: ["QuantizeLinear", ["m", "one", "zero8"]],
    product: ["QLinearMatMul", ["q", "scale", "zero8", "q", "one", "zero8", "one", "zero8"]],
  };
  const types: Readonly<Record<string, number>> = {
    same: 9,
    greater: 9,
    place: 7,
    int32: 6,
    uint8: 2,
    int64: 7,
    bool: 9,
    half: 10,
    double: 11,
    quantized: 2,
    product: 2,
  };
  const bytes = new Uint8Array([1, 2, 3, 4]);
  const file = model({
    nodes: [
      { op: "Sub", in: ["x", "x"], out: ["zeros"] },
      { op: "Div", in: ["zeros", "zeros"], out: ["nans"] },
      { op: "Concat", in: ["nans", "x"], out: ["m"], attributes: { axis: { i: 0 } } },
      { op: "Concat", in: ["x", "x"], out: ["x2"], attributes: { axis: { i: 0 } } },
      { op: "ReduceMax", in: ["nans"], out: ["scale"], attributes: { keepdims: { i: 0 } } },
      ...Object.entries(made).map(([out, [op, inputs, to]]) => ({
        op,
        in: inputs,
        out: [out],
        attributes: to === undefined ? {} : { to: { i: to } },
      })),
    ],
    inputs: [{ name: "x", dims: [4] }],
    outputs: Object.keys(made).map((name) => ({ name, type: types[name] ?? FLOAT })),
    initializers: [
      floats("low", [-1], []),
      floats("high", [1], []),
      floats("one", [1], []),
      tensor("zero8", 2, [], new Uint8Array([0])),
      tensor("q", 2, [2, 2], bytes),
    ],
  });
  const data = new Uint8Array(Float32Array.from([0, -1.5, Number.POSITIVE_INFINITY, 2.5]).buffer);
  return {
    name: "nans-by-arithmetic",
    model: file,
    inputs: [{ name: "x", dtype: "float32", dims: [4], data }],
  };
}

function fromSamples(): Candidate[] {
  const folder = new URL("../genesis/models/", import.meta.url);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".onnx"))
    .sort()
    .map((file) => {
      const about = JSON.parse(readFileSync(new URL(file.replace(/onnx$/, "json"), folder), "utf8")) as {
        readonly sample: { readonly inputs: unknown };
      };
      return {
        name: file,
        model: new Uint8Array(readFileSync(new URL(file, folder))),
        inputs: tensorsFromJson(about.sample.inputs),
      };
    });
}

const pool = await EnginePool.start({ threads: 1, sessionBytes: 1 << 28 });
const vectors: ConformanceVector[] = [];
for (const { name, model: file, inputs } of [...fromSamples(), nanModel(), ...fromBackend()]) {
  const bytes = encodeTensors(inputs);
  const reply = await pool.run({ model: { hash: sha256(file), bytes: () => file }, inputs: bytes }, "block");
  if (reply.kind === "failed") console.error(`fails: ${name}: ${reply.reason.slice(0, 200)}`);
  else
    vectors.push({
      name,
      model: base64.encode(file),
      inputs: base64.encode(bytes),
      output: toHex(reply.hash),
    });
}
await pool.stop();
const text = `${JSON.stringify({ vectors }, undefined, 1)}\n`;
writeFileSync(new URL("../chain/engine/vectors/vectors.json", import.meta.url), text);
console.log(`${vectors.length} vectors, ${text.length} bytes`);
