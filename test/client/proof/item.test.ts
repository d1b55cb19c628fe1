/** Items and whole jobs of the market, proven in a real store; what is forged is refused at the step that shows it. */
import t, { type Test } from "tap";
import { type NamedTensor, tensorsHash } from "../../../chain/engine/tensor.ts";
import { keptRootOf, leafOf, resultRootOf } from "../../../chain/modules/compute/hashes.ts";
import { jobKey, jobRootKey, STORE } from "../../../chain/modules/compute/keys.ts";
import { hashItems } from "../../../chain/store/merkle.ts";
import { VerificationError, verifyItem, verifyJob } from "../../../client/proof/index.ts";
import type { AbciQueryRequest } from "../../../client/rpc/index.ts";
import {
  Job,
  JobStatus,
  Query,
  QueryItemProofRequest,
  QueryItemProofResponse,
} from "../../../proto/gen/opg.compute.v1.ts";
import { ProvenApp } from "./app.ts";

function tensor(value: number): NamedTensor[] {
  const data = new Uint8Array(Float32Array.of(value).buffer);
  return [{ name: "x", dtype: "float32", dims: [1], data }];
}

const ITEMS = 5;
/** Item 3 could not be run. */
const FAILED = 3;
const inputs = Array.from({ length: ITEMS }, (_, index) => tensor(index));
const outputs = inputs.map((_, index) => (index === FAILED ? undefined : tensor(index * 10)));
const leaves = inputs.map((input, index) =>
  leafOf(index, tensorsHash(input), outputs[index] ? tensorsHash(outputs[index]) : new Uint8Array(0)),
);

/** Siblings from leaf to root, by the definition of RFC 6962. */
function auntsOf(parts: readonly Uint8Array[], index: number): Uint8Array[] {
  if (parts.length === 1) return [];
  let split = 1;
  while (split * 2 < parts.length) split *= 2;
  const [left, right] = [parts.slice(0, split), parts.slice(split)];
  return index < split
    ? [...auntsOf(left, index), hashItems(right)]
    : [...auntsOf(right, index - split), hashItems(left)];
}

const job = (id: bigint, status: number = JobStatus.JOB_STATUS_SETTLED): Job =>
  Job.create({
    id,
    status,
    requester: "opg1a",
    modelId: 4n,
    modelHash: new Uint8Array(32).fill(4),
    verification: 1,
    items: ITEMS,
    resultRoot: resultRootOf(leaves),
    closedHeight: 2n,
  });

function proofOf(of: Job, index: number): QueryItemProofResponse {
  return QueryItemProofResponse.create({
    job: of,
    inputHash: tensorsHash(inputs[index]!),
    outputHash: outputs[index] ? tensorsHash(outputs[index]) : new Uint8Array(0),
    aunts: auntsOf(leaves, index),
  });
}

const settled = job(1n);
const refuted = job(2n, JobStatus.JOB_STATUS_REFUTED);
/** Pruned: only its root is in the state. */
const pruned = job(3n);
const app = await ProvenApp.make(
  [STORE],
  [
    [
      [STORE, jobKey(1n), Job.encode(settled)],
      [STORE, jobKey(2n), Job.encode(refuted)],
      [STORE, jobRootKey(3n), keptRootOf(pruned)],
    ],
  ],
);
t.teardown(() => app.stop());
const light = await app.light();
/** Answers the query ItemProof too, as a node does. */
const rpc = {
  abciQuery: async (request: AbciQueryRequest) => {
    if (request.path !== Query.methods.ItemProof.path) return app.abciQuery(request);
    const { index } = QueryItemProofRequest.decode(request.data);
    const value = QueryItemProofResponse.encode(proofOf(settled, index));
    return { code: 0, codespace: "", log: "", key: new Uint8Array(0), value, height: 1n, proofOps: [] };
  },
};
const sources = { light, rpc };

async function failsAt(t: Test, work: Promise<unknown>, step: string, text: RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof VerificationError)) throw error ?? new TypeError("nothing was thrown");
  t.equal(error.step, step);
  t.match(error.message, text);
}

t.test("every item of a settled job is proven, also one that the model could not run", async (t) => {
  for (const index of inputs.keys()) {
    const { outputHash, report } = await verifyItem({
      ...sources,
      jobId: 1n,
      index,
      inputs: inputs[index]!,
      outputs: outputs[index] ?? "none",
      modelHash: settled.modelHash,
    });
    t.equal(outputHash === undefined, index === FAILED);
    t.ok(report.ok);
  }
});

t.test("an item of a pruned job is proven by the proof that was kept", async (t) => {
  const kept = proofOf(pruned, 2);
  const { report } = await verifyItem({ ...sources, jobId: 3n, index: 2, kept, outputs: outputs[2]! });
  t.match(report.steps.find(({ step }) => step === "settled")?.detail, /pruned/);
  const otherModel = { ...kept, job: { ...pruned, modelHash: new Uint8Array(32).fill(9) } };
  await failsAt(
    t,
    verifyItem({ ...sources, jobId: 3n, index: 2, kept: otherModel }),
    "settled",
    /not .* of the kept/,
  );
  await failsAt(t, verifyItem({ ...sources, jobId: 9n, index: 2, kept }), "settled", /never settled/);
});

t.test("what is forged is refused at the step that shows it", async (t) => {
  const kept = proofOf(settled, 1);
  const query = { ...sources, jobId: 1n, index: 1 };
  const cases: readonly [step: string, text: RegExp, work: () => Promise<unknown>][] = [
    ["path", /leads to/, () => verifyItem({ ...query, index: 2, kept })],
    [
      "path",
      /leads to nothing/,
      () => verifyItem({ ...query, kept: { ...kept, aunts: kept.aunts.slice(1) } }),
    ],
    ["path", /32 bytes/, () => verifyItem({ ...query, kept: { ...kept, inputHash: new Uint8Array(3) } })],
    ["path", /leads to/, () => verifyItem({ ...query, kept: { ...kept, outputHash: new Uint8Array(32) } })],
    ["input", /is not/, () => verifyItem({ ...query, inputs: inputs[2]! })],
    ["output", /is not/, () => verifyItem({ ...query, outputs: outputs[2]! })],
    ["output", /is not/, () => verifyItem({ ...query, outputs: "none" })],
    ["model", /is not/, () => verifyItem({ ...query, modelHash: new Uint8Array(32) })],
    ["settled", /status is 8/, () => verifyItem({ ...query, jobId: 2n, kept: proofOf(refuted, 1) })],
    ["job", /absent/, () => verifyItem({ ...query, jobId: 7n })],
    ["path", /5 items, not 4/, () => verifyJob({ ...query, items: inputs.slice(1), outputs })],
    [
      "path",
      /root over these items/,
      () => verifyJob({ ...query, items: inputs, outputs: outputs.map((each) => each ?? tensor(0)) }),
    ],
  ];
  for (const [step, text, work] of cases) await failsAt(t, work(), step, text);
});

t.test("a whole job is proven by one proof", async (t) => {
  const { job: proven, report } = await verifyJob({
    ...sources,
    jobId: 1n,
    items: inputs,
    outputs,
    modelHash: settled.modelHash,
  });
  t.equal(proven.items, ITEMS);
  t.match(report.steps.at(-1)?.step, /model/);
});
