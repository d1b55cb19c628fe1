import t from "tap";
import { batchOf, computeUnits, DEFAULT_LIMITS, inspectModel } from "../../../../chain/engine/onnx/index.ts";
import { floats, int64s, model, single } from "./build.ts";

const L = DEFAULT_LIMITS;

t.test("a matrix product costs its multiply–accumulates above the tariffs", async (t) => {
  const product = (inner: number): bigint => {
    const weights = floats("w", new Array<number>(inner * 8).fill(1), [inner, 8]);
    const info = inspectModel(single("MatMul", { dims: ["n", inner], names: ["w"], more: [weights] }), L);
    // Between two batches every tariff on weights and starts cancels out.
    return computeUnits(info, 20n, L).units - computeUnits(info, 10n, L).units;
  };
  // Ten rows of 8 outputs over one more inner element: 80 products, 10 more elements read and taken in (4 bytes each).
  t.equal(product(17) - product(16), 80n + 10n * (1n + 4n));
});

t.test("free dimensions bind to one batch, at any position of one symbol", async (t) => {
  const info = inspectModel(
    model({
      nodes: [{ op: "Add", in: ["a", "b"], out: ["y"] }],
      inputs: [
        { name: "a", dims: ["N", 3] },
        { name: "b", dims: [undefined, 3] },
      ],
      outputs: [{ name: "y" }],
    }),
    L,
  );
  t.same(info.outputs, [{ name: "y", dtype: "float32", dims: ["batch", 3] }]);
  t.same(computeUnits(info, 7n, L).outputs[0]?.dims, [7, 3]);
  const last = inspectModel(single("Relu", { dims: [2, "length"] }), L);
  t.same(last.outputs[0]?.dims, [2, "batch"]);
});

t.test("shapes computed from shapes are followed with the batch bound", async (t) => {
  const info = inspectModel(
    model({
      nodes: [
        { op: "Shape", in: ["x"], out: ["s"] },
        { op: "Gather", in: ["s", "zero"], out: ["n"] },
        { op: "Unsqueeze", in: ["n", "axis"], out: ["n1"] },
        { op: "Concat", in: ["n1", "rest"], out: ["shape"], attributes: { axis: { i: 0 } } },
        { op: "Reshape", in: ["x", "shape"], out: ["y"] },
      ],
      inputs: [{ name: "x", dims: ["N", 4, 6] }],
      outputs: [{ name: "y" }],
      initializers: [int64s("zero", [0], []), int64s("axis", [0]), int64s("rest", [3, -1])],
    }),
    L,
  );
  t.same(info.outputs[0]?.dims, ["batch", 3, 8]);
});

t.test("a model for a batch of 1 with a free dimension is refused with the remedy", async (t) => {
  const bytes = single("Reshape", { dims: ["N", 4], names: ["s"], more: [int64s("s", [1, 4])] });
  t.throws(() => inspectModel(bytes, L), /free dimension at 2.*fix the dimension to 1/);
});

t.test("an output that mixes the batch with another size is refused", async (t) => {
  const bytes = single("Reshape", { dims: ["N", 4], names: ["s"], more: [int64s("s", [-1])] });
  t.throws(() => inspectModel(bytes, L), /neither fixed nor the free dimension \(4 at 1, 8 at 2\)/);
});

t.test("batches out of range, and batches of fixed models, are bad inputs", async (t) => {
  const free = inspectModel(single("Relu", { dims: ["N", 4] }), L);
  const fixed = inspectModel(single("Relu", { dims: [2, 4] }), L);
  for (const [info, batch] of [
    [free, 0n],
    [free, -1n],
    [free, L.maxBatch + 1n],
    [fixed, 2n],
  ] as const) {
    t.throws(() => computeUnits(info, batch, L), /free dimension/);
  }
  t.doesNotThrow(() => computeUnits(free, L.maxBatch, L));
});

t.test("a batch that takes a run over a limit is refused, with exact arithmetic", async (t) => {
  const info = inspectModel(
    single("Expand", { dims: ["N", 1], names: ["s"], more: [int64s("s", [1, 65_536])] }),
    L,
  );
  t.doesNotThrow(() => computeUnits(info, 1_000n, L));
  t.throws(() => computeUnits(info, 65_536n, L), /more than/);
});

t.test("inputs of a run are checked against the model, each fault by name", async (t) => {
  const info = inspectModel(single("Relu", { dims: ["N", 4] }), L);
  const input = (name: string, dims: readonly number[], dtype: "float32" | "int64" = "float32") => ({
    name,
    dtype,
    dims,
  });
  t.equal(batchOf(info, [input("x", [5, 4])]), 5n);
  for (const [inputs, message] of [
    [[], /"x" is missing/],
    [[input("x", [5, 4], "int64")], /int64 \[5, 4\]: give float32 \[batch, 4\]/],
    [[input("x", [5, 3])], /"x" is float32 \[5, 3\]/],
    [[input("x", [4])], /give float32 \[batch, 4\]/],
    [[input("x", [0, 4])], /at least one row/],
    [[input("x", [5, 4]), input("z", [1])], /no input "z"/],
    [[input("x", [5, 4]), input("x", [5, 4])], /twice/],
  ] as const) {
    t.throws(() => batchOf(info, inputs), message);
  }
});
