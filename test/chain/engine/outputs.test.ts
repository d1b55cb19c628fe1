/** Outputs that a hostile model could give: each has one encoding, or the run is an engine error. */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { DEFAULT_LIMITS, inspectModel } from "../../../chain/engine/onnx/index.ts";
import { decodeTensors, encodeTensors, type NamedTensor } from "../../../chain/engine/tensor.ts";
import { model, tensor } from "./onnx/build.ts";

const BOOL = 9;
const x: NamedTensor = { name: "x", dtype: "bool", dims: [1], data: Uint8Array.of(1) };

function run(engine: CanonicalEngine, file: Uint8Array) {
  return engine.run({ hash: sha256(file), bytes: () => file }, [x]);
}

t.test("hostile outputs", async (t) => {
  const engine = await CanonicalEngine.start();
  t.teardown(() => engine.stop());

  t.test("a weight's bool of 2 comes out as true, or the model is refused", async (t) => {
    const file = model({
      nodes: [{ op: "Concat", in: ["w", "x"], out: ["y"], attributes: { axis: { i: 0 } } }],
      inputs: [{ name: "x", type: BOOL, dims: [1] }],
      outputs: [{ name: "y", type: BOOL }],
      initializers: [tensor("w", BOOL, [3], Uint8Array.of(2, 0, 255))],
    });
    const outcome = await run(engine, file);
    if (outcome.status !== "ok") return t.fail("the run fails");
    t.strictSame([...outcome.outputs[0]!.data], [1, 0, 1, 1]);
    t.strictSame(outcome.outputHash, sha256(encodeTensors(outcome.outputs)));
    t.equal(decodeTensors(encodeTensors(outcome.outputs)).length, 1);
  });

  t.test("an output whose name has no encoding is an engine error, and no halt", async (t) => {
    const name = "y".repeat(70_000);
    const file = model({
      nodes: [{ op: "Not", in: ["x"], out: [name] }],
      inputs: [{ name: "x", type: BOOL, dims: [1] }],
      outputs: [{ name, type: BOOL }],
    });
    t.throws(() => inspectModel(file, DEFAULT_LIMITS), { name: "EngineError" });
    t.strictSame(await run(engine, file), { status: "engine_error" });
  });

  t.test(
    "outputs named as JavaScript's own properties are outputs like others, or an engine error",
    async (t) => {
      for (const name of ["constructor", "toString", "hasOwnProperty", "then"]) {
        const file = model({
          nodes: [{ op: "Not", in: ["x"], out: [name] }],
          inputs: [{ name: "x", type: BOOL, dims: [1] }],
          outputs: [{ name, type: BOOL }],
        });
        const outcome = await run(engine, file);
        t.match(outcome, { status: "ok", outputs: [{ name, dtype: "bool" }] }, name);
      }
      const file = model({
        nodes: [{ op: "Not", in: ["x"], out: ["__proto__"] }],
        inputs: [{ name: "x", type: BOOL, dims: [1] }],
        outputs: [{ name: "__proto__", type: BOOL }],
      });
      t.match((await run(engine, file)).status, /^(ok|engine_error)$/);
    },
  );
});
