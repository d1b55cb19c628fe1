import t from "tap";
import { EngineError, type EngineErrorKind } from "../../../../chain/engine/errors.ts";
import { DEFAULT_LIMITS, inspectModel } from "../../../../chain/engine/onnx/index.ts";
import {
  bytesField,
  FLOAT,
  floats,
  INT64,
  int64s,
  join,
  type ModelSpec,
  model,
  type NodeSpec,
  node,
  single,
  tensor,
  textField,
  varintField,
} from "./build.ts";

type Row = readonly [what: string, bytes: Uint8Array, kind: EngineErrorKind, message: RegExp];

const X = { name: "x", dims: [2, 3] };
const Y = { name: "y" };
const relu: NodeSpec = { op: "Relu", in: ["x"], out: ["y"] };
const of = (spec: Partial<ModelSpec>): Uint8Array =>
  model({ nodes: [relu], inputs: [X], outputs: [Y], ...spec });
const nothing = new Uint8Array(0);
const raw = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

const FILE: readonly Row[] = [
  ["no bytes at all", nothing, "malformed", /no ir_version/],
  ["text", new TextEncoder().encode("not a model, but a sentence"), "malformed", /protobuf|wire type/],
  ["no graph", varintField(1, 8), "malformed", /no graph/],
  ["no operator set", of({ opsets: [] }), "malformed", /no operator set/],
  ["a future IR version", of({ ir: 14 }), "unsupportedFeature", /IR version 14/],
  ["an opset before the first", of({ opsets: [["", 6]] }), "unsupportedOperator", /version 6: 7 to 26/],
  ["an opset after the last", of({ opsets: [["", 27]] }), "unsupportedOperator", /version 27/],
  [
    "one domain in two versions",
    of({
      opsets: [
        ["", 17],
        ["ai.onnx", 16],
      ],
    }),
    "malformed",
    /two versions/,
  ], // prettier-ignore
  ["local functions", of({ modelExtra: bytesField(25, nothing) }), "unsupportedFeature", /local functions/],
  ["training information", of({ modelExtra: bytesField(20, nothing) }), "unsupportedFeature", /training/],
  ["an unknown field", of({ modelExtra: varintField(99, 1) }), "unsupportedFeature", /field 99/],
  [
    "two graphs, which protobuf would merge",
    of({ modelExtra: bytesField(7, nothing) }),
    "malformed",
    /twice/,
  ],
  ["a sparse initialiser", of({ graphExtra: bytesField(15, nothing) }), "unsupportedFeature", /sparse/],
  ["bytes after the end", join(of({}), Uint8Array.of(0x12)), "malformed", /protobuf/],
  ["deeply nested messages", nested(5_000), "unsupportedFeature", /GraphProto has a field 7/],
];

function nested(depth: number): Uint8Array {
  let bytes = varintField(1, 1);
  for (let i = 0; i < depth; i++) bytes = bytesField(7, bytes);
  return join(varintField(1, 8), bytes, bytesField(8, varintField(2, 17)));
}

const external = join(
  varintField(1, 3),
  varintField(2, FLOAT),
  textField(8, "w"),
  bytesField(13, join(textField(1, "location"), textField(2, "w.bin"))),
  varintField(14, 1),
);

const TENSORS: readonly Row[] = [
  ["external data", of({ initializers: [external] }), "unsupportedFeature", /"w".*outside the model/],
  [
    "a billion elements without data",
    of({ initializers: [tensor("w", FLOAT, [1 << 30], nothing)] }),
    "limitExceeded",
    /1073741824/,
  ],
  [
    "dims whose product overflows",
    of({ initializers: [tensor("w", FLOAT, [1 << 30, 1 << 30, 1 << 30, 16], nothing)] }),
    "limitExceeded",
    /elements/,
  ],
  [
    "dims that overflow beside a zero",
    of({ initializers: [tensor("w", FLOAT, [0, 1 << 30, 1 << 30], nothing)] }),
    "limitExceeded",
    /elements/,
  ],
  [
    "a negative dim",
    of({ initializers: [tensor("w", FLOAT, [-1], nothing)] }),
    "limitExceeded",
    /dimension -1/,
  ],
  [
    "a dim beyond 2^31",
    of({ initializers: [tensor("w", FLOAT, [2n ** 31n], nothing)] }),
    "limitExceeded",
    /2147483648/,
  ],
  [
    "rank nine",
    of({ initializers: [tensor("w", FLOAT, new Array(9).fill(1), raw([1]))] }),
    "limitExceeded",
    /rank/,
  ],
  [
    "too little data",
    of({ initializers: [tensor("w", FLOAT, [4], raw([1]))] }),
    "malformed",
    /needs 4 values and carries 1/,
  ],
  ["too much data", of({ initializers: [tensor("w", FLOAT, [1], raw([1, 2]))] }), "malformed", /carries 2/],
  [
    "data in two forms",
    of({ initializers: [join(tensor("w", FLOAT, [1], raw([1])), bytesField(4, raw([1])))] }),
    "malformed",
    /more than one form/,
  ],
  [
    "floats in the integers' field",
    of({
      initializers: [join(varintField(1, 1), varintField(2, FLOAT), textField(8, "w"), varintField(5, 1))],
    }),
    "malformed",
    /field 5/,
  ],
  [
    "bfloat16",
    of({ initializers: [tensor("w", 16, [1], Uint8Array.of(0, 0))] }),
    "unsupportedType",
    /bfloat16/,
  ],
  [
    "an unknown element type",
    of({ initializers: [tensor("w", 77, [1], nothing)] }),
    "unsupportedType",
    /type 77/,
  ],
];

const sub: NodeSpec = {
  op: "If",
  in: ["x"],
  out: ["y"],
  attributes: { then_branch: { raw: join(bytesField(6, nothing), varintField(20, 5)) } },
};

const GRAPH: readonly Row[] = [
  ["no output", of({ outputs: [] }), "malformed", /no outputs/],
  ["an output that no node makes", of({ outputs: [{ name: "z" }] }), "malformed", /"z" is made by no node/],
  ["an output that is an input", of({ outputs: [{ name: "x" }] }), "malformed", /Identity/],
  [
    "an output without a type",
    of({ outputs: [{ name: "y", type: 0 }] }),
    "malformed",
    /"y" is declared without/,
  ],
  ["one output twice", of({ outputs: [Y, Y] }), "malformed", /listed twice/],
  ["one input twice", of({ inputs: [X, X] }), "malformed", /declared twice/],
  [
    "an input without a type",
    of({ inputs: [{ name: "x", type: 0 }] }),
    "malformed",
    /"x" is declared without/,
  ],
  [
    "an input of no elements",
    of({ inputs: [{ name: "x", dims: [2, 0] }] }),
    "dynamicShape",
    /"x" has a dimension of size 0/,
  ],
  ["an input without a shape", of({ inputs: [{ name: "x" }] }), "dynamicShape", /"x"/],
  ["a missing input", of({ nodes: [{ ...relu, in: ["a"] }] }), "malformed", /"a" is not defined/],
  ["an omitted input that is required", of({ nodes: [{ ...relu, in: [""] }] }), "malformed", /required/],
  ["too many inputs", of({ nodes: [{ ...relu, in: ["x", "x"] }] }), "malformed", /2 inputs/],
  [
    "nodes out of order",
    of({
      nodes: [
        { op: "Relu", in: ["a"], out: ["y"] },
        { op: "Relu", in: ["x"], out: ["a"] },
      ],
    }),
    "malformed",
    /cycle/,
  ],
  ["a cycle", of({ nodes: [{ op: "Add", in: ["x", "y"], out: ["y"] }] }), "malformed", /"y" is not defined/],
  ["one name defined by two nodes", of({ nodes: [relu, relu] }), "malformed", /"y" is defined twice/],
  [
    "a node that shadows an input",
    of({ nodes: [{ ...relu, out: ["x"] }] }),
    "malformed",
    /"x" is defined twice/,
  ],
  ["an initialiser without a name", of({ initializers: [floats("", [1])] }), "malformed", /no name/],
  [
    "an attribute twice",
    of({
      nodes: [],
      graphExtra: bytesField(
        1,
        join(node(relu), bytesField(5, textField(1, "a")), bytesField(5, textField(1, "a"))),
      ),
    }),
    "malformed",
    /attribute "a"/,
  ],
  [
    "an unknown attribute",
    of({ nodes: [{ ...relu, attributes: { speed: { i: 1 } } }] }),
    "unsupportedAttribute",
    /"speed"/,
  ],
  [
    "an attribute of another type",
    single("Softmax", { attributes: { axis: { f: 1 } } }),
    "unsupportedAttribute",
    /"axis" is of type float/,
  ],
  [
    "a flag that is neither 0 nor 1",
    single("ReduceMax", { attributes: { keepdims: { i: 2 } } }),
    "unsupportedAttribute",
    /"keepdims" is 2/,
  ],
  ["a subgraph", of({ nodes: [sub] }), "unsupportedFeature", /If.*subgraph/],
  [
    "a declared type that is wrong",
    of({ outputs: [{ name: "y", type: INT64, dims: [2, 3] }] }),
    "malformed",
    /declared int64/,
  ],
  [
    "a declared shape that is wrong",
    of({ outputs: [{ name: "y", dims: [2, 4] }] }),
    "shapeMismatch",
    /"y" is declared \[2, 4\]/,
  ],
  [
    "several free dimensions",
    of({ inputs: [{ name: "x", dims: ["batch", "sequence"] }] }),
    "dynamicShape",
    /several free dimensions/,
  ],
  [
    "an unnamed free dimension that does not lead",
    of({ inputs: [{ name: "x", dims: ["n", undefined] }] }),
    "dynamicShape",
    /"x"\[1\] = \?/,
  ],
  [
    "an operator of a vendor",
    single("Gelu", {
      domain: "com.microsoft",
      opsets: [
        ["", 17],
        ["com.microsoft", 1],
      ],
    }),
    "unsupportedOperator",
    /com.microsoft/,
  ], // prettier-ignore
  [
    "an operator whose domain is not imported",
    single("Scaler", { domain: "ai.onnx.ml" }),
    "malformed",
    /not import/,
  ],
  ["an operator younger than the opset", single("Gelu"), "unsupportedOperator", /opset 20/],
  [
    "a removed operator",
    single("Upsample", { more: [floats("s", [1, 2])], names: ["s"] }),
    "unsupportedOperator",
    /removed in opset 10/,
  ],
  ["an unknown operator", single("Teleport"), "unsupportedOperator", /Teleport/],
  [
    "ZipMap",
    single("ZipMap", {
      domain: "ai.onnx.ml",
      opsets: [
        ["", 17],
        ["ai.onnx.ml", 1],
      ],
    }),
    "unsupportedOperator",
    /zipmap/,
  ], // prettier-ignore
  ["a random operator", single("RandomNormalLike"), "unsupportedOperator", /random/],
  ["an output of unknown size", single("NonZero"), "unsupportedOperator", /depends on data/],
  [
    "dropout in training",
    single("Dropout", {
      names: ["r", "t"],
      more: [floats("r", [0.5], []), tensor("t", 9, [], Uint8Array.of(1))],
    }),
    "unsupportedFeature",
    /training/,
  ],
  [
    "division by a constant zero",
    single("Div", { type: INT64, names: ["d"], more: [int64s("d", [1, 0, 2])] }),
    "unsupportedAttribute",
    /zero/,
  ],
  [
    "a shape that is data of the run",
    of({
      nodes: [{ op: "Reshape", in: ["x", "s"], out: ["y"] }],
      inputs: [X, { name: "s", type: INT64, dims: [1] }],
    }),
    "dynamicShape",
    /"s"/,
  ],
  [
    "a type without a kernel",
    single("Conv", {
      type: 11,
      dims: [1, 1, 3, 3],
      names: ["w"],
      more: [tensor("w", 11, [1, 1, 1, 1], new Uint8Array(8))],
    }),
    "unsupportedType",
    /float64/,
  ],
  [
    "two types where one is wanted",
    single("Add", { names: ["b"], more: [int64s("b", [1, 2, 3])] }),
    "unsupportedType",
    /int64 beside float32/,
  ],
];

/** The bombs of facts.md and their kin: small files that would cost gigabytes or minutes. */
const huge = 1 << 24;
const BOMBS: readonly Row[] = [
  [
    "ConstantOfShape",
    of({
      nodes: [{ op: "ConstantOfShape", in: ["s"], out: ["y"] }],
      initializers: [int64s("s", [huge, huge])],
    }),
    "limitExceeded",
    /ConstantOfShape/,
  ],
  [
    "Expand",
    single("Expand", { dims: [1], names: ["s"], more: [int64s("s", [huge, 256])] }),
    "limitExceeded",
    /Expand/,
  ],
  [
    "Tile",
    single("Tile", { dims: [4], names: ["s"], more: [int64s("s", [2n ** 62n])] }),
    "shapeMismatch",
    /Tile/,
  ],
  [
    "Range",
    of({
      nodes: [{ op: "Range", in: ["a", "b", "c"], out: ["y"] }],
      initializers: [int64s("a", [0], []), int64s("b", [2n ** 62n], []), int64s("c", [1], [])],
    }),
    "limitExceeded",
    /Range/,
  ],
  [
    "Pad",
    single("Pad", { dims: [1], names: ["p"], more: [int64s("p", [2n ** 40n, 0])] }),
    "limitExceeded",
    /Pad/,
  ],
  [
    "Resize",
    single("Resize", { dims: [1, 1, 64, 64], names: ["", "s"], more: [floats("s", [1, 1, 1e5, 1e5])] }),
    "limitExceeded",
    /Resize/,
  ],
  [
    "OneHot",
    single("OneHot", {
      type: INT64,
      dims: [1024],
      names: ["d", "v"],
      more: [int64s("d", [huge], []), floats("v", [0, 1])],
    }),
    "limitExceeded",
    /OneHot/,
  ],
  [
    "Einsum outer product",
    of({
      nodes: [{ op: "Einsum", in: ["x", "x2"], out: ["y"], attributes: { equation: { s: "ab,cd->abcd" } } }],
      inputs: [
        { name: "x", dims: [256, 256] },
        { name: "x2", dims: [256, 256] },
      ],
    }),
    "limitExceeded",
    /Einsum/,
  ],
  [
    "Einsum that only sums",
    of({
      nodes: [{ op: "Einsum", in: ["x", "x2"], out: ["y"], attributes: { equation: { s: "ab,cd->" } } }],
      inputs: [
        { name: "x", dims: [4096, 4096] },
        { name: "x2", dims: [4096, 4096] },
      ],
    }),
    "limitExceeded",
    /compute units/,
  ],
  [
    "doubling Concat",
    of({
      nodes: doubling("Concat", { axis: { i: 0 } }),
      outputs: [{ name: "x40" }],
      inputs: [{ name: "x0", dims: [4] }],
    }),
    "limitExceeded",
    /Concat/,
  ],
  [
    "broadcast Add of crossed vectors",
    of({
      nodes: [{ op: "Add", in: ["x", "x2"], out: ["y"] }],
      inputs: [
        { name: "x", dims: [huge, 1] },
        { name: "x2", dims: [1, huge] },
      ],
    }),
    "limitExceeded",
    /Add/,
  ],
  [
    "matrices beyond the compute limit",
    of({
      nodes: [{ op: "MatMul", in: ["x", "x2"], out: ["y"] }],
      inputs: [
        { name: "x", dims: [8192, 8192] },
        { name: "x2", dims: [8192, 8192] },
      ],
    }),
    "limitExceeded",
    /compute units/,
  ],
  [
    "many tensors that fit one by one",
    of({ nodes: doubling("Neg", {}), outputs: [{ name: "x40" }], inputs: [{ name: "x0", dims: [1 << 26] }] }),
    "limitExceeded",
    /bytes/,
  ],
  [
    "a chain beyond the depth limit",
    of({
      nodes: chain(DEFAULT_LIMITS.maxDepth + 1),
      outputs: [{ name: `x${DEFAULT_LIMITS.maxDepth + 1}` }],
      inputs: [{ name: "x0", dims: [1] }],
    }),
    "limitExceeded",
    /chain of more than/,
  ],
  [
    "more nodes than are taken",
    of({
      nodes: Array.from({ length: DEFAULT_LIMITS.maxNodes + 1 }, (_, i) => ({
        op: "Relu",
        in: ["x"],
        out: [`y${i}`],
      })),
    }),
    "limitExceeded",
    /nodes/,
  ],
  [
    "a million inputs of one node",
    of({ nodes: [{ op: "Sum", in: new Array(100_000).fill("x"), out: ["y"] }] }),
    "limitExceeded",
    /edges/,
  ],
  [
    "a name of a megabyte",
    of({ nodes: [{ ...relu, name: "n".repeat(1 << 20) }] }),
    "limitExceeded",
    /longer/,
  ],
];

function doubling(op: string, attributes: NonNullable<NodeSpec["attributes"]>): NodeSpec[] {
  return Array.from({ length: 40 }, (_, i) => ({
    op,
    in: op === "Concat" ? [`x${i}`, `x${i}`] : [`x${i}`],
    out: [`x${i + 1}`],
    attributes,
  }));
}

function chain(length: number): NodeSpec[] {
  return Array.from({ length }, (_, i) => ({ op: "Relu", in: [`x${i}`], out: [`x${i + 1}`] }));
}

/** A regressor of one tree: node 0 splits into 1 and 2. */
function tree(change: Record<string, unknown> = {}, dims: readonly (number | string)[] = [2, 3]): Uint8Array {
  const attributes = {
    nodes_treeids: { ints: [0, 0, 0] },
    nodes_nodeids: { ints: [0, 1, 2] },
    nodes_featureids: { ints: [2, 0, 0] },
    nodes_truenodeids: { ints: [1, 0, 0] },
    nodes_falsenodeids: { ints: [2, 0, 0] },
    nodes_modes: { strings: ["BRANCH_LEQ", "LEAF", "LEAF"] },
    nodes_values: { floats: [0.5, 0, 0] },
    target_treeids: { ints: [0, 0] },
    target_nodeids: { ints: [1, 2] },
    target_ids: { ints: [0, 0] },
    target_weights: { floats: [1, 2] },
    n_targets: { i: 1 },
    ...change,
  } as NonNullable<NodeSpec["attributes"]>;
  return single("TreeEnsembleRegressor", {
    domain: "ai.onnx.ml",
    opsets: [
      ["", 17],
      ["ai.onnx.ml", 3],
    ],
    attributes,
    dims,
  }); // prettier-ignore
}

const TREES: readonly Row[] = [
  [
    "a feature that the input does not have",
    tree({ nodes_featureids: { ints: [3, 0, 0] } }),
    "shapeMismatch",
    /feature 3/,
  ],
  ["a negative feature", tree({ nodes_featureids: { ints: [-1, 0, 0] } }), "malformed", /feature -1/],
  ["a node that leads to itself", tree({ nodes_truenodeids: { ints: [0, 0, 0] } }), "malformed", /root/],
  [
    "a cycle below the root",
    tree({
      nodes_modes: { strings: ["BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LEQ"] },
      nodes_truenodeids: { ints: [1, 2, 1] },
      nodes_falsenodeids: { ints: [2, 2, 1] },
      target_nodeids: { ints: [1, 2] },
    }),
    "malformed",
    /leaf|descendant/,
  ],
  ["a node that does not exist", tree({ nodes_truenodeids: { ints: [7, 0, 0] } }), "malformed", /leads to 7/],
  ["a target beyond the last", tree({ target_ids: { ints: [0, 1] } }), "malformed", /target_ids/],
  ["a weight on an inner node", tree({ target_nodeids: { ints: [0, 2] } }), "malformed", /no leaf/],
  ["lists of different lengths", tree({ nodes_values: { floats: [0.5] } }), "malformed", /nodes_values/],
  [
    "an unknown mode",
    tree({ nodes_modes: { strings: ["BRANCH_LUCK", "LEAF", "LEAF"] } }),
    "unsupportedAttribute",
    /BRANCH_LUCK/,
  ],
  ["a tree of depth 2000", deepTree(2_000), "limitExceeded", /deeper than 1024/],
];

function deepTree(depth: number): Uint8Array {
  const count = 2 * depth + 1;
  const inner = (i: number): boolean => i % 2 === 0 && i < count - 1;
  const list = (f: (i: number) => number): { ints: number[] } => ({
    ints: Array.from({ length: count }, (_, i) => f(i)),
  });
  return tree({
    nodes_treeids: list(() => 0),
    nodes_nodeids: list((i) => i),
    nodes_featureids: list(() => 0),
    nodes_truenodeids: list((i) => (inner(i) ? i + 1 : 0)),
    nodes_falsenodeids: list((i) => (inner(i) ? i + 2 : 0)),
    nodes_modes: { strings: Array.from({ length: count }, (_, i) => (inner(i) ? "BRANCH_LEQ" : "LEAF")) },
    nodes_values: { floats: new Array(count).fill(0) },
    target_nodeids: { ints: [1, 3] },
  });
}

for (const [room, rows] of Object.entries({ FILE, TENSORS, GRAPH, BOMBS, TREES })) {
  for (const [what, bytes, kind, message] of rows) {
    t.test(`${what} is refused as ${kind} (${room.toLowerCase()})`, async (t) => {
      let seen: unknown;
      try {
        inspectModel(bytes, DEFAULT_LIMITS);
      } catch (error) {
        seen = error;
      }
      if (!(seen instanceof EngineError)) return t.fail(`not refused: ${seen}`);
      t.equal(seen.kind, kind, seen.message);
      t.match(seen.message, message);
      t.equal(seen.codespace, "engine");
      t.ok(seen.code > 1);
    });
  }
}

t.test("the well-formed neighbours of what is refused are admitted", async (t) => {
  t.same(inspectModel(of({}), DEFAULT_LIMITS).outputs, [{ name: "y", dtype: "float32", dims: [2, 3] }]);
  t.same(inspectModel(tree(), DEFAULT_LIMITS).outputs, [{ name: "y", dtype: "float32", dims: [2, 1] }]);
  t.same(inspectModel(deepTree(1_000), DEFAULT_LIMITS).outputs[0]?.dims, [2, 1]);
});

t.test("a model over the byte limit is refused before it is read", async (t) => {
  const bytes = of({});
  const limits = { ...DEFAULT_LIMITS, maxModelBytes: bytes.length - 1 };
  t.throws(() => inspectModel(bytes, limits), /the limit is/);
  t.doesNotThrow(() => inspectModel(bytes, { ...limits, maxModelBytes: bytes.length }));
});
