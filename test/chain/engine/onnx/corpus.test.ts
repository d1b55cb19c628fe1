import t from "tap";
import { dtypeFromCode } from "../../../../chain/engine/dtype.ts";
import { batchOf, computeUnits, DEFAULT_LIMITS, inspectModel } from "../../../../chain/engine/onnx/index.ts";
import { type CaseTensor, readCases } from "../backend/cases.ts";
import { difference } from "../backend/tolerance.ts";
import { type PlainTensor, runWasm } from "../backend/wasm.ts";

function plain(tensor: CaseTensor): PlainTensor {
  const dtype = dtypeFromCode(tensor.code!)!;
  const { dims, data, strings } = tensor;
  return strings === undefined ? { dtype, dims, data } : { dtype, dims, data, strings };
}

const { cases } = readCases("onnx-corpus/models.bin.gz");

t.test("the corpus holds every family that the engine promises to take", async (t) => {
  const names = cases.map((c) => c.name);
  for (const family of [
    "sklearn_logistic",
    "sklearn_svc",
    "sklearn_forest",
    "sklearn_gradient",
    "sklearn_mlp",
    "cnn",
  ]) {
    t.ok(
      names.some((name) => name.startsWith(family)),
      family,
    );
  }
  for (const name of [
    "resnet",
    "lstm",
    "gru",
    "rnn",
    "transformer_13",
    "transformer_17",
    "cnn_qdq",
    "cnn_qoperator",
  ]) {
    t.ok(names.includes(name), name);
  }
  t.ok(names.includes("transformer_dynamic"));
  t.equal(cases.length, 62);
});

for (const c of cases) {
  t.test(`${c.name} is admitted, priced, and computes what its exporter computes`, async (t) => {
    const info = inspectModel(c.model, DEFAULT_LIMITS);
    const inputs = c.inputs.map(plain);
    const named = info.inputs.map((spec, i) => ({ name: spec.name, ...inputs[i]! }));
    const batch = batchOf(info, named);
    const cost = computeUnits(info, batch, DEFAULT_LIMITS);
    t.same(
      cost.outputs.map((o) => [o.dtype, o.dims]),
      c.outputs.map((o) => [dtypeFromCode(o.code!), o.dims]),
    );
    if (info.hasBatch) {
      const more = computeUnits(info, batch * 2n, DEFAULT_LIMITS);
      t.ok(more.units > cost.units && more.peakBytes >= cost.peakBytes, "twice the batch costs more");
    }
    const outputs = await runWasm(c.model, inputs, "basic");
    for (const [i, output] of outputs.entries()) {
      t.equal(difference(output, plain(c.outputs[i]!), c.rtol, c.atol), undefined, `output ${i}`);
    }
  });
}
