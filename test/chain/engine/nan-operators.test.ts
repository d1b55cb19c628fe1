import t from "tap";
import { DTYPES, type DType, dtypeFromCode } from "../../../chain/engine/dtype.ts";
import { canonicalizeNaN, hasNaNPayload } from "../../../chain/engine/nan.ts";
import { DEFAULT_LIMITS, inspectModel, type ModelInfo } from "../../../chain/engine/onnx/index.ts";
import { type BackendCase, readCases } from "./backend/cases.ts";
import { type PlainTensor, prepareWasm } from "./backend/wasm.ts";
import {
  type Attribute,
  bytesField,
  join,
  model,
  single,
  tensor,
  textField,
  varintField,
} from "./onnx/build.ts";

/** ENGINE_NAN_CASES=all takes every node test of ONNX; the default, one of each operator. */
const isFull = process.env["ENGINE_NAN_CASES"] === "all";

/** The NaNs that arise: which one is the CPU's choice (x86-64's own are negative, arm64's positive). */
const PATTERNS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  float16: [0x7e00n, 0xfe00n],
  float32: [0x7fc0_0000n, 0xffc0_0000n],
  float64: [0x7ff8_0000_0000_0000n, 0xfff8_0000_0000_0000n],
};

/** The input with every third element a NaN of the given pattern. */
function withNaN(input: PlainTensor, pattern: number): PlainTensor {
  const bits = PATTERNS[input.dtype]?.[pattern];
  if (bits === undefined) return input;
  const data = input.data.slice();
  const { size } = DTYPES[input.dtype];
  for (let at = 0; at < data.length; at += 3 * size) {
    for (let byte = 0; byte < size; byte++) data[at + byte] = Number((bits >> BigInt(8 * byte)) & 0xffn);
  }
  return { ...input, data };
}

function admitted({ model }: BackendCase): ModelInfo | undefined {
  try {
    return inspectModel(model, DEFAULT_LIMITS);
  } catch {
    return undefined;
  }
}

/** What the run came to with NaNs made canonical; the class alone of a failure. */
function outcome(outputs: readonly PlainTensor[]): unknown {
  return outputs.map(({ dtype, dims, data, strings }) => ({
    dtype,
    dims,
    data: Array.from(canonicalizeNaN(dtype, data)),
    strings,
  }));
}

t.test("no admitted operator tells the NaNs of CPUs apart", async (t) => {
  const seen = new Set<string>();
  let compared = 0;
  for (const each of readCases().cases) {
    const types = each.inputs.map(({ code }) => (code === undefined ? undefined : dtypeFromCode(code)));
    if (!types.some((dtype) => dtype !== undefined && dtype in PATTERNS)) continue;
    const info = admitted(each);
    if (!info || types.includes(undefined)) continue;
    const key = `${info.operators.map(({ opType }) => opType).join("+")} ${isFull ? each.name : ""}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const inputs = each.inputs.map(({ dims, data, strings }, i) => ({
      dtype: types[i] as DType,
      dims,
      data,
      ...(strings ? { strings } : {}),
    }));
    const outcomes: unknown[] = [];
    for (const pattern of [0, 1]) {
      const session = await prepareWasm(each.model, "basic");
      try {
        const outputs = await session.run(inputs.map((input) => withNaN(input, pattern)));
        for (const { dtype, data } of outputs)
          if (hasNaNPayload(dtype, data)) t.fail(`${each.name} makes a NaN with a payload`);
        outcomes.push(outcome(outputs));
      } catch {
        outcomes.push("engine_error");
      } finally {
        await session.release();
      }
    }
    compared++;
    const [positive, negative] = outcomes.map((each) => JSON.stringify(each));
    if (positive !== negative)
      t.equal(negative, positive, `${each.name} tells a negative NaN from a positive one`);
  }
  t.ok(compared > 90, `${compared} models compared`);
});

const PAYLOAD_32 = new Uint8Array([1, 0, 0xc0, 0x7f]);
const PAYLOAD_64 = new Uint8Array([1, 0, 0, 0, 0, 0, 0xf8, 0xff]);
const SIGNALLING_32 = new Uint8Array([1, 0, 0x80, 0x7f]);

/** A model that adds a constant, or scales by an attribute; and whether it may be published. */
const WEIGHTS: readonly (readonly [name: string, model: Uint8Array, isTaken: boolean])[] = [
  ["the quiet NaN", adds(tensor("w", 1, [1], new Uint8Array([0, 0, 0xc0, 0x7f]))), true],
  ["the negative quiet NaN", adds(tensor("w", 1, [1], new Uint8Array([0, 0, 0xc0, 0xff]))), true],
  ["a payload in raw data", adds(tensor("w", 1, [1], PAYLOAD_32)), false],
  ["a signalling NaN", adds(tensor("w", 1, [1], SIGNALLING_32)), false],
  ["a payload in float64", adds(tensor("w", 11, [1], PAYLOAD_64), 11), false],
  ["a payload in float16", adds(tensor("w", 10, [1], new Uint8Array([1, 0x7e])), 10), false],
  ["a payload in packed float_data", adds(typed(1, bytesField(4, PAYLOAD_32))), false],
  ["a payload in unpacked float_data", adds(typed(1, join(varintTag(4, 5), PAYLOAD_32))), false],
  ["a payload in double_data", adds(typed(11, bytesField(10, PAYLOAD_64)), 11), false],
  ["a payload of float16 in int32_data", adds(typed(10, varintField(5, 0x7e01)), 10), false],
  [
    "a payload in an attribute",
    single("LeakyRelu", {
      dims: [1],
      attributes: { alpha: { raw: join(varintTag(2, 5), PAYLOAD_32, varintField(20, 1)) } },
    }),
    false,
  ],
  ["a payload in a list", constant(bytesField(7, PAYLOAD_32)), false],
  ["a payload in a tensor attribute", constantTensor(), false],
];

function varintTag(field: number, wire: number): Uint8Array {
  return new Uint8Array([(field << 3) | wire]);
}

/** A TensorProto `w` of one element whose data is in the given field. */
function typed(type: number, data: Uint8Array): Uint8Array {
  return join(varintField(1, 1), varintField(2, type), textField(8, "w"), data);
}

function adds(weight: Uint8Array, type = 1): Uint8Array {
  return model({
    nodes: [{ op: "Add", in: ["x", "w"], out: ["y"] }],
    inputs: [{ name: "x", type, dims: [1] }],
    outputs: [{ name: "y", type, dims: [1] }],
    initializers: [weight],
  });
}

function constant(floats: Uint8Array): Uint8Array {
  return withConstant({ value_floats: { raw: join(floats, varintField(20, 6)) } });
}

function constantTensor(): Uint8Array {
  return withConstant({ value: { t: tensor("w", 1, [1], PAYLOAD_32) } });
}

function withConstant(attributes: Readonly<Record<string, Attribute>>): Uint8Array {
  return model({
    nodes: [
      { op: "Constant", in: [], out: ["w"], attributes },
      { op: "Add", in: ["x", "w"], out: ["y"] },
    ],
    inputs: [{ name: "x", dims: [1] }],
    outputs: [{ name: "y", dims: [1] }],
  });
}

t.test("a model brings no NaN with a payload", async (t) => {
  for (const [name, bytes, isTaken] of WEIGHTS) {
    if (isTaken) t.doesNotThrow(() => inspectModel(bytes, DEFAULT_LIMITS), name);
    else
      t.throws(
        () => inspectModel(bytes, DEFAULT_LIMITS),
        { kind: "unsupportedFeature", message: /NaN with a payload/ },
        name,
      );
  }
});
