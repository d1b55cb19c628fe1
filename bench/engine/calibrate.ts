/**
 * Measures what a compute unit costs: nanoseconds of wasm a unit, by operator, with the spread between the cheapest and
 * the dearest. Run alone on a quiet machine: node --import tsx bench/engine/calibrate.ts [name part]
 */
import { computeUnits, DEFAULT_LIMITS, inspectModel } from "../../chain/engine/onnx/index.ts";
import { type PlainTensor, prepareWasm } from "../../test/chain/engine/backend/wasm.ts";
import {
  type Attribute,
  FLOAT,
  floats,
  INT64,
  int64s,
  model,
  tensor,
} from "../../test/chain/engine/onnx/build.ts";

interface Probe {
  readonly name: string;
  readonly model: Uint8Array;
}

const wave = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(i * 0.7) * 0.9);

function probe(
  op: string,
  dims: readonly number[],
  options: {
    readonly label?: string;
    readonly type?: number;
    readonly names?: readonly string[];
    readonly more?: readonly Uint8Array[];
    readonly attributes?: Readonly<Record<string, Attribute>>;
    readonly outType?: number;
    readonly outputs?: readonly string[];
    readonly domain?: string;
  } = {},
): Probe {
  const opset: readonly (readonly [string, number])[] = [
    ["", 20],
    ["ai.onnx.ml", 3],
  ];
  return {
    name: options.label ?? op,
    model: model({
      nodes: [
        {
          op,
          in: ["x", ...(options.names ?? [])],
          out: options.outputs ?? ["y"],
          attributes: options.attributes ?? {},
          ...(options.domain === undefined ? {} : { domain: options.domain }),
        },
      ],
      inputs: [{ name: "x", type: options.type ?? FLOAT, dims }],
      outputs: [{ name: (options.outputs ?? ["y"])[0]!, type: options.outType ?? options.type ?? FLOAT }],
      initializers: options.more ?? [],
      opsets: opset,
    }),
  };
}

const VECTOR = [1, 1 << 20];
const weights = (name: string, dims: number[]): Uint8Array =>
  floats(name, wave(dims.reduce((a, b) => a * b, 1)), dims);
const bytes = (name: string, type: number, dims: number[]): Uint8Array =>
  tensor(
    name,
    type,
    dims,
    Uint8Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i % 13),
  );

function forest(trees: number, depth: number): Probe {
  const per = 2 ** (depth + 1) - 1;
  const count = trees * per;
  const at = (f: (node: number, tree: number) => number): { ints: number[] } => ({
    ints: Array.from({ length: count }, (_, i) => f(i % per, Math.floor(i / per))),
  });
  const inner = (node: number): boolean => node < 2 ** depth - 1;
  const leaves = Array.from({ length: count }, (_, i) => i).filter((i) => !inner(i % per));
  return probe("TreeEnsembleRegressor", [1024, 16], {
    domain: "ai.onnx.ml",
    attributes: {
      nodes_treeids: at((_, tree) => tree),
      nodes_nodeids: at((node) => node),
      nodes_featureids: at((node) => node % 16),
      nodes_truenodeids: at((node) => (inner(node) ? 2 * node + 1 : 0)),
      nodes_falsenodeids: at((node) => (inner(node) ? 2 * node + 2 : 0)),
      nodes_modes: {
        strings: Array.from({ length: count }, (_, i) => (inner(i % per) ? "BRANCH_LEQ" : "LEAF")),
      },
      nodes_values: { floats: wave(count) },
      target_treeids: { ints: leaves.map((i) => Math.floor(i / per)) },
      target_nodeids: { ints: leaves.map((i) => i % per) },
      target_ids: { ints: leaves.map(() => 0) },
      target_weights: { floats: wave(leaves.length) },
      n_targets: { i: 1 },
    },
  });
}

const UNARY =
  "Relu LeakyRelu Exp Log Erf Tanh Sigmoid Softplus Elu Sin Tan Asin Sinh Atanh Round Sqrt Reciprocal Abs Neg Floor HardSwish Mish Gelu Identity IsNaN";

const probes: readonly Probe[] = [
  ...UNARY.split(" ").map((op) => probe(op, VECTOR, op === "IsNaN" ? { outType: 9 } : {})),
  ...["Add", "Mul", "Div", "Pow", "Max", "PRelu"].map((op) =>
    probe(op, VECTOR, { names: ["b"], more: [floats("b", wave(1), [1])] }),
  ),
  probe("Div", VECTOR, { label: "Div int64", type: INT64, names: ["b"], more: [int64s("b", [3])] }),
  probe("Mod", VECTOR, { label: "Mod int64", type: INT64, names: ["b"], more: [int64s("b", [3])] }),
  probe("Greater", VECTOR, { names: ["b"], more: [floats("b", [0])], outType: 9 }),
  probe("Cast", VECTOR, { label: "Cast to int64", attributes: { to: { i: 7 } }, outType: 7 }),
  probe("Cast", [1, 1 << 14], { label: "Cast to string", attributes: { to: { i: 8 } }, outType: 8 }),
  probe("Cast", VECTOR, { label: "Cast to float16", attributes: { to: { i: 10 } }, outType: 10 }),
  probe("Transpose", [1024, 1024], { attributes: { perm: { ints: [1, 0] } } }),
  probe("Transpose", [32, 32, 32, 32], {
    label: "Transpose 4-D",
    attributes: { perm: { ints: [3, 1, 2, 0] } },
  }),
  probe("Slice", [1024, 1024], {
    names: ["s", "e", "a", "p"],
    more: [int64s("s", [0]), int64s("e", [1024]), int64s("a", [1]), int64s("p", [2])],
  }),
  probe("Expand", [1024, 1], { names: ["s"], more: [int64s("s", [1024, 1024])] }),
  probe("Tile", [1024, 16], { names: ["s"], more: [int64s("s", [1, 64])] }),
  probe("Pad", [1024, 1024], { names: ["p"], more: [int64s("p", [1, 1, 1, 1])] }),
  probe("Gather", [1024, 1024], {
    names: ["i"],
    more: [
      int64s(
        "i",
        Array.from({ length: 1024 }, (_, i) => (i * 7) % 1024),
      ),
    ],
    attributes: { axis: { i: 1 } },
  }),
  probe("GatherElements", [1024, 1024], {
    names: ["i"],
    more: [
      int64s(
        "i",
        Array.from({ length: 1 << 18 }, (_, i) => i % 1024),
        [256, 1024],
      ),
    ],
    attributes: { axis: { i: 0 } },
  }),
  probe("ReduceSum", [1024, 1024], { label: "ReduceSum inner", names: ["a"], more: [int64s("a", [1])] }),
  probe("ReduceSum", [1024, 1024], { label: "ReduceSum outer", names: ["a"], more: [int64s("a", [0])] }),
  probe("ReduceLogSumExp", [1024, 1024], { names: ["a"], more: [int64s("a", [1])] }),
  probe("ReduceL2", [64, 128, 128], { label: "ReduceL2 middle", names: ["a"], more: [int64s("a", [1])] }),
  probe("ArgMax", [1024, 1024], { attributes: { axis: { i: 0 } }, outType: 7 }),
  probe("CumSum", [1024, 1024], { names: ["a"], more: [int64s("a", [0], [])] }),
  probe("Softmax", [1024, 1024]),
  probe("Softmax", [1024, 1024], { label: "Softmax outer", attributes: { axis: { i: 0 } } }),
  probe("TopK", [256, 4096], { names: ["k"], more: [int64s("k", [1000])], outputs: ["y", "z"] }),
  probe("LayerNormalization", [1024, 1024], { names: ["w"], more: [weights("w", [1024])] }),
  probe("BatchNormalization", [4, 64, 64, 64], {
    names: ["a", "b", "c", "d"],
    more: ["a", "b", "c", "d"].map((n) => floats(n, new Array<number>(64).fill(1))),
  }),
  probe("InstanceNormalization", [4, 64, 64, 64], {
    names: ["a", "b"],
    more: ["a", "b"].map((n) => floats(n, new Array<number>(64).fill(1))),
  }),
  probe("LRN", [1, 64, 64, 64], { attributes: { size: { i: 5 } } }),
  probe("MatMul", [512, 512], { names: ["w"], more: [weights("w", [512, 512])] }),
  probe("MatMul", [1, 2048], { label: "MatMul one row", names: ["w"], more: [weights("w", [2048, 1024])] }),
  probe("MatMul", [2048, 4], { label: "MatMul thin", names: ["w"], more: [weights("w", [4, 256])] }),
  probe("MatMul", [256, 256], {
    label: "MatMul float64",
    type: 11,
    names: ["w"],
    more: [tensor("w", 11, [256, 256], new Uint8Array(256 * 256 * 8))],
  }),
  probe("MatMul", [256, 256], {
    label: "MatMul int64",
    type: 7,
    names: ["w"],
    more: [int64s("w", wave(65536).map(Math.round), [256, 256])],
  }), // prettier-ignore
  probe("Gemm", [256, 512], {
    names: ["w"],
    more: [weights("w", [512, 512])],
    attributes: { transB: { i: 1 } },
  }),
  probe("MatMulInteger", [256, 512], {
    type: 2,
    names: ["w"],
    more: [bytes("w", 3, [512, 512])],
    outType: 6,
  }),
  probe("Einsum", [64, 64, 64], {
    names: ["w"],
    more: [weights("w", [64, 64])],
    attributes: { equation: { s: "abc,cd->abd" } },
  }), // prettier-ignore
  probe("Conv", [1, 32, 56, 56], {
    names: ["w"],
    more: [weights("w", [64, 32, 3, 3])],
    attributes: { pads: { ints: [1, 1, 1, 1] } },
  }), // prettier-ignore
  probe("Conv", [1, 64, 56, 56], { label: "Conv 1×1", names: ["w"], more: [weights("w", [64, 64, 1, 1])] }),
  probe("Conv", [1, 64, 56, 56], {
    label: "Conv depthwise",
    names: ["w"],
    more: [weights("w", [64, 1, 3, 3])],
    attributes: { group: { i: 64 } },
  }), // prettier-ignore
  probe("Conv", [1, 1, 128, 128], {
    label: "Conv one filter",
    names: ["w"],
    more: [weights("w", [1, 1, 3, 3])],
  }),
  probe("ConvInteger", [1, 32, 28, 28], {
    type: 2,
    names: ["w"],
    more: [bytes("w", 2, [32, 32, 3, 3])],
    outType: 6,
  }),
  probe("ConvTranspose", [1, 32, 28, 28], {
    names: ["w"],
    more: [weights("w", [32, 32, 3, 3])],
    attributes: { strides: { ints: [2, 2] } },
  }), // prettier-ignore
  probe("MaxPool", [1, 64, 112, 112], {
    attributes: { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] } },
  }),
  probe("AveragePool", [1, 64, 56, 56], { attributes: { kernel_shape: { ints: [7, 7] } } }),
  probe("GlobalAveragePool", [8, 256, 28, 28]),
  probe("Resize", [1, 16, 128, 128], {
    label: "Resize nearest",
    names: ["", "s"],
    more: [floats("s", [1, 1, 2, 2])],
  }),
  probe("Resize", [1, 16, 64, 64], {
    label: "Resize linear",
    names: ["", "s"],
    more: [floats("s", [1, 1, 2, 2])],
    attributes: { mode: { s: "linear" } },
  }), // prettier-ignore
  probe("Resize", [1, 4, 64, 64], {
    label: "Resize cubic",
    names: ["", "s"],
    more: [floats("s", [1, 1, 2, 2])],
    attributes: { mode: { s: "cubic" } },
  }), // prettier-ignore
  probe("LSTM", [64, 8, 128], {
    names: ["w", "r"],
    more: [weights("w", [1, 512, 128]), weights("r", [1, 512, 128])],
    attributes: { hidden_size: { i: 128 } },
  }), // prettier-ignore
  probe("GRU", [64, 1, 32], {
    names: ["w", "r"],
    more: [weights("w", [1, 96, 32]), weights("r", [1, 96, 32])],
    attributes: { hidden_size: { i: 32 } },
  }), // prettier-ignore
  probe("QuantizeLinear", VECTOR, { names: ["s"], more: [floats("s", [0.02], [])], outType: 2 }),
  probe("DequantizeLinear", VECTOR, { type: 2, names: ["s"], more: [floats("s", [0.02], [])], outType: 1 }),
  probe("DynamicQuantizeLinear", VECTOR, { outputs: ["y", "a", "b"], outType: 2 }),
  forest(100, 8),
  probe("LinearRegressor", [4096, 64], {
    domain: "ai.onnx.ml",
    attributes: { coefficients: { floats: wave(64) } },
  }),
  probe("SVMRegressor", [128, 32], {
    domain: "ai.onnx.ml",
    attributes: {
      kernel_type: { s: "RBF" },
      kernel_params: { floats: [0.1, 0, 3] },
      n_supports: { i: 500 },
      coefficients: { floats: wave(500) },
      support_vectors: { floats: wave(16_000) },
      rho: { floats: [0.1] },
    },
  }),
  probe("Scaler", [4096, 64], {
    domain: "ai.onnx.ml",
    attributes: { scale: { floats: [2] }, offset: { floats: [1] } },
  }),
  probe("Normalizer", [4096, 64], { domain: "ai.onnx.ml", attributes: { norm: { s: "L2" } } }),
];

function fill(type: string, elements: number): Uint8Array {
  if (type === "float32") return new Uint8Array(Float32Array.from(wave(elements)).buffer);
  if (type === "float64") return new Uint8Array(Float64Array.from(wave(elements)).buffer);
  if (type === "int64")
    return new Uint8Array(BigInt64Array.from({ length: elements }, (_, i) => BigInt(i % 91)).buffer);
  return Uint8Array.from({ length: elements }, (_, i) => i % 91);
}

const rows: { name: string; ns: number; milliseconds: number; units: bigint }[] = [];
for (const { name, model } of probes) {
  if (!name.includes(process.argv[2] ?? "")) continue;
  try {
    const info = inspectModel(model, DEFAULT_LIMITS);
    const { units } = computeUnits(info, 1n, DEFAULT_LIMITS);
    const inputs = info.inputs.map((spec): PlainTensor => {
      const dims = spec.dims.map(Number);
      return {
        dtype: spec.dtype,
        dims,
        data: fill(
          spec.dtype,
          dims.reduce((a, b) => a * b, 1),
        ),
      };
    });
    const session = await prepareWasm(model, "basic");
    await session.run(inputs);
    let best = Number.POSITIVE_INFINITY;
    const until = performance.now() + 150;
    for (let i = 0; i < 3 || performance.now() < until; i++) {
      const start = performance.now();
      await session.run(inputs);
      best = Math.min(best, performance.now() - start);
    }
    await session.release();
    rows.push({ name, ns: (best * 1e6) / Number(units), milliseconds: best, units });
  } catch (error) {
    console.error(`${name}: ${String(error)}`);
    process.exitCode = 1;
  }
}
rows.sort((a, b) => b.ns - a.ns);
for (const { name, ns, milliseconds, units } of rows) {
  console.log(
    `${ns.toFixed(3).padStart(8)} ns/unit ${milliseconds.toFixed(2).padStart(9)} ms ${String(units).padStart(13)} units  ${name}`,
  );
}
const spread = rows.length < 2 ? 1 : rows[0]!.ns / rows[rows.length - 1]!.ns;
console.log(`spread ${spread.toFixed(1)}× between ${rows[0]?.name} and ${rows.at(-1)?.name}`);
