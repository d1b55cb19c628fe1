import t from "tap";
import { checkConformance, outcomeText, readVectors } from "../../../chain/engine/conformance.ts";
import { toHex } from "../../../chain/store/bytes.ts";
import { sampleModels } from "../../../genesis/index.ts";

const vectors = readVectors();

/** An engine that knows the answers: each vector in turn. */
function answering(change?: { readonly at: number; readonly output: Uint8Array | undefined }) {
  let next = 0;
  return () => {
    const at = next++;
    const { output } = vectors[at]!;
    if (change?.at === at && !change.output) return Promise.resolve({ status: "engine_error" } as const);
    const outputHash =
      change?.at === at && change.output ? change.output : Uint8Array.from(Buffer.from(output, "hex"));
    return Promise.resolve({ status: "ok", outputs: [], encoded: new Uint8Array(0), outputHash } as const);
  };
}

t.test(
  "an engine that reproduces every vector conforms, and each vector that it does not is named",
  async (t) => {
    await t.resolves(checkConformance(answering()));
    for (const at of [0, vectors.length >> 1, vectors.length - 1]) {
      const { name, output } = vectors[at]!;
      for (const other of [new Uint8Array(32), undefined]) {
        await t.rejects(checkConformance(answering({ at, output: other })), {
          kind: "nonConforming",
          message: new RegExp(`vector ${name}: ${other ? toHex(other) : "engine_error"} where ${output}`),
        });
      }
    }
  },
);

t.test("every sample model is among the vectors, and no name is there twice", (t) => {
  const names = vectors.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  for (const { name } of sampleModels()) t.ok(names.includes(`${name}.onnx`), name);
  t.equal(outcomeText({ status: "engine_error" }), "engine_error");
  t.end();
});
