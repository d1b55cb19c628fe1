/**
 * What has hurt engines before (traps, exceptions, files that are none, deep graphs), given straight to the engine as if
 * no check had been made: each is an engine error or an answer, and the engine goes on.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import type { DType } from "../../../chain/engine/dtype.ts";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { computeUnits, DEFAULT_LIMITS, inspectModel } from "../../../chain/engine/onnx/index.ts";
import { tensorFromJson } from "../../../chain/engine/tensor-json.ts";
import { sampleModels } from "../../../genesis/index.ts";
import { FLOAT, floats, INT32, INT64, int64s, model, single, tensor } from "./onnx/build.ts";

const iris = sampleModels().find(({ name }) => name === "iris")!;

function x(dtype: DType, data: readonly unknown[], dims: readonly number[] = [data.length]) {
  return tensorFromJson("x", { dtype, dims, data });
}

/** y = x / `by`, element by element. */
function divide(type: number, ...by: readonly number[]): Uint8Array {
  const weight =
    type === INT32
      ? tensor("w", INT32, [by.length], new Uint8Array(Int32Array.from(by).buffer))
      : int64s("w", by);
  return model({
    nodes: [{ op: "Div", in: ["x", "w"], out: ["y"] }],
    inputs: [{ name: "x", type, dims: [by.length] }],
    outputs: [{ name: "y", type, dims: [by.length] }],
    initializers: [weight],
  });
}

/** y = x after `depth` steps in a row. */
function chain(depth: number): Uint8Array {
  return model({
    nodes: Array.from({ length: depth }, (_, i) => ({
      op: "Add",
      in: [i === 0 ? "x" : `v${i}`, "one"],
      out: [i === depth - 1 ? "y" : `v${i + 1}`],
    })),
    inputs: [{ name: "x", type: FLOAT, dims: [1] }],
    outputs: [{ name: "y", type: FLOAT, dims: [1] }],
    initializers: [floats("one", [1])],
  });
}

t.setTimeout(300_000);

t.test("hazards", async (t) => {
  const reasons: string[] = [];
  const engine = await CanonicalEngine.start(
    { workers: 1 },
    { log: ({ reason }) => reasons.push(String(reason)) },
  );
  t.teardown(() => engine.stop());
  const run = (file: Uint8Array, ...inputs: ReturnType<typeof x>[]) =>
    engine.run({ hash: sha256(file), bytes: () => file }, inputs);
  let asked = 0;
  const goesOn = async () => {
    const input = { dtype: "float32", dims: [1, 4], data: [asked++, 3, 1, 0.2] };
    return (await run(iris.file, tensorFromJson("X", input))).status === "ok";
  };

  t.test("a run that fails is an engine error, and the next run is answered", async (t) => {
    const sized = single("Relu", { dims: [2, 3] });
    const table: readonly (readonly [why: string, file: Uint8Array, ...inputs: ReturnType<typeof x>[]])[] = [
      ["int32 least by -1: wasm traps", divide(INT32, -1, 1), x("int32", [-2147483648, 5])],
      ["int64 least by -1: wasm traps", divide(INT64, -1, 1), x("int64", ["-9223372036854775808", 5])],
      ["int32 by zero", divide(INT32, 0, 1), x("int32", [5, 5])],
      ["int64 by zero", divide(INT64, 0, 1), x("int64", [5, 5])],
      ["no bytes", new Uint8Array(0), x("float32", [1])],
      ["a model cut in half", iris.file.slice(0, iris.file.length >> 1), x("float32", [1])],
      ["an operator that there is not", single("NoSuchOperator"), x("float32", [1, 2, 3, 4, 5, 6], [2, 3])],
      ["no inputs", sized],
      ["an input of another type", sized, x("int64", [1, 2, 3, 4, 5, 6], [2, 3])],
      ["an input of another size", sized, x("float32", [1, 2], [1, 2])],
    ];
    for (const [why, file, ...inputs] of table) {
      t.strictSame(await run(file, ...inputs), { status: "engine_error" }, why);
      t.ok(await goesOn(), `${why}: the next run`);
      t.strictSame(await run(file, ...inputs), { status: "engine_error" }, `${why}: remembered`);
    }
    t.equal(reasons.length, table.length, "each failure is logged once, as it is computed once");
    t.strictSame(
      reasons.slice(0, 4).map((reason) => /overflow|divide|division/i.test(reason)),
      [true, true, true, true],
      `the divisions fail as divisions: ${reasons.slice(0, 4).join(" | ")}`,
    );
  });

  t.test("the same divisions without the hazard are answered", async (t) => {
    const outcome = await run(divide(INT32, -1, 2), x("int32", [-2147483647, 5]));
    if (outcome.status !== "ok") return t.fail("an engine error");
    t.strictSame(outcome.outputs[0]!.data, new Uint8Array(Int32Array.of(2147483647, 2).buffer));
  });

  t.test("the deepest chain that is admitted is loaded and run", async (t) => {
    const file = chain(DEFAULT_LIMITS.maxDepth - 1);
    const info = inspectModel(file, DEFAULT_LIMITS);
    t.ok(computeUnits(info, 1n, DEFAULT_LIMITS).units > 0n);
    const outcome = await run(file, x("float32", [0]));
    if (outcome.status !== "ok") return t.fail("an engine error");
    const [sum] = new Float32Array(outcome.outputs[0]!.data.slice().buffer);
    t.equal(sum, DEFAULT_LIMITS.maxDepth - 1);
    t.throws(() => inspectModel(chain(DEFAULT_LIMITS.maxDepth + 1), DEFAULT_LIMITS), {
      name: "EngineError",
      kind: "limitExceeded",
      message: /./,
    });
  });

  t.test("a run that wants more memory than an instance has is an engine error everywhere", async (t) => {
    // 2^30 float32 are 4 GiB: over every limit of publishing, so it is given straight to the engine.
    const file = model({
      nodes: [{ op: "Expand", in: ["x", "shape"], out: ["y"] }],
      inputs: [{ name: "x", type: FLOAT, dims: [1] }],
      outputs: [{ name: "y", type: FLOAT }],
      initializers: [int64s("shape", [2 ** 30])],
    });
    t.throws(() => inspectModel(file, DEFAULT_LIMITS), { name: "EngineError", message: /./ });
    t.strictSame(await run(file, x("float32", [1])), { status: "engine_error" });
    t.ok(await goesOn());
  });
});
