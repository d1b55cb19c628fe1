import { readFileSync, writeFileSync } from "node:fs";
import t from "tap";
import { dtypeFromCode, dtypeName } from "../../../../chain/engine/dtype.ts";
import { EngineError } from "../../../../chain/engine/errors.ts";
import {
  admittedOperators,
  DEFAULT_LIMITS,
  inspectModel,
  type ModelInfo,
} from "../../../../chain/engine/onnx/index.ts";
import { parseModel } from "../../../../chain/engine/onnx/parse.ts";
import { operatorKey } from "../../../../chain/engine/onnx/signature.ts";
import { type BackendCase, type CaseTensor, readCases } from "./cases.ts";
import { difference } from "./tolerance.ts";
import { type PlainTensor, runWasm } from "./wasm.ts";

/** Names of the accepted cases and the refused operators. BACKEND_UPDATE=1 writes it anew; the diff is then reviewed. */
const TABLE = new URL("../../../vectors/onnx-backend/accepted.json", import.meta.url);

/** Operators of the allow-list that the backend suite has no case for; corpus.test.ts runs them. */
const ELSEWHERE = [
  "GlobalLpPool",
  "ai.onnx.ml.FeatureVectorizer",
  "ai.onnx.ml.Imputer",
  "ai.onnx.ml.LinearClassifier",
  "ai.onnx.ml.LinearRegressor",
  "ai.onnx.ml.Normalizer",
  "ai.onnx.ml.OneHotEncoder",
  "ai.onnx.ml.SVMClassifier",
  "ai.onnx.ml.SVMRegressor",
  "ai.onnx.ml.Scaler",
  "ai.onnx.ml.TreeEnsembleClassifier",
  "ai.onnx.ml.TreeEnsembleRegressor",
];

const { onnx, cases } = readCases();

function inspect(c: BackendCase): ModelInfo | EngineError {
  try {
    return inspectModel(c.model, DEFAULT_LIMITS);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}

function plain(tensor: CaseTensor): PlainTensor {
  const dtype = dtypeFromCode(tensor.code!)!;
  const { dims, data, strings } = tensor;
  return strings === undefined ? { dtype, dims, data } : { dtype, dims, data, strings };
}

const verdicts = cases.map((c) => ({ c, verdict: inspect(c) }));
const accepted = verdicts.filter(
  (v): v is { c: BackendCase; verdict: ModelInfo } => !(v.verdict instanceof EngineError),
);
const refused = verdicts.filter(
  (v): v is { c: BackendCase; verdict: EngineError } => v.verdict instanceof EngineError,
);

t.test("inferred types and shapes of outputs are those that the suite expects", async (t) => {
  t.equal(onnx, "1.23.2");
  t.equal(cases.length, 2116);
  for (const { c, verdict } of accepted) {
    const want = c.outputs.map((o) => `${dtypeName(o.code ?? 0)}[${o.dims.join()}]`).join(" ");
    const got = verdict.outputs.map((o) => `${o.dtype}[${o.dims.join()}]`).join(" ");
    if (got !== want) t.equal(got, want, c.name);
  }
});

t.test("outputs of the canonical engine's wasm meet the suite's tolerance", async (t) => {
  let compared = 0;
  for (const { c } of accepted) {
    const outputs = await runWasm(c.model, c.inputs.map(plain), "basic");
    for (const [i, output] of outputs.entries()) {
      const fault = difference(output, plain(c.outputs[i]!), c.rtol, c.atol);
      if (fault !== undefined) t.fail(`${c.name}, output ${i}: ${fault}`);
      compared++;
    }
  }
  t.ok(compared >= accepted.length);
});

t.test("every refusal names an operator, a tensor, or the version that is at fault", async (t) => {
  for (const { c, verdict } of refused) {
    if (!/operator |"|version/.test(verdict.message)) t.fail(`${c.name}: ${verdict.message}`);
  }
  t.ok(refused.length > 0);
});

t.test("what is accepted neither shrinks nor grows unseen", async (t) => {
  const table = {
    operators: admittedOperators(),
    cases: accepted.map(({ c }) => c.name).sort(),
    refused: Object.fromEntries(refused.map(({ c, verdict }) => [c.name, verdict.kind]).sort()),
  };
  if (process.env["BACKEND_UPDATE"] === "1") writeFileSync(TABLE, `${JSON.stringify(table, null, 1)}\n`);
  t.same(table, JSON.parse(readFileSync(TABLE, "utf8")));
});

t.test("every operator of the allow-list is run by a case here or in the corpus", async (t) => {
  const run = new Set<string>();
  for (const { c } of accepted) {
    for (const node of parseModel(c.model, DEFAULT_LIMITS).graph.nodes)
      run.add(operatorKey(node.domain, node.opType));
  }
  t.same(
    admittedOperators().filter((key) => !run.has(key)),
    ELSEWHERE,
  );
});
