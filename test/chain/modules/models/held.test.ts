/** A model that is retired while jobs run in it (ADR-0163). */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { inputRootOf } from "../../../../chain/modules/compute/hashes.ts";
import { DEFAULT_TERMS } from "../../../../chain/modules/compute/params.ts";
import { dropInputs, putInputs, putJob, setNextJobId } from "../../../../chain/modules/compute/state.ts";
import { chunkHashes } from "../../../../chain/modules/models/files.ts";
import { Job, JobStatus, Verification } from "../../../../proto/gen/opg.compute.v1.ts";
import { type GenesisState, Msg } from "../../../../proto/gen/opg.models.v1.ts";
import { matmul, publishModel } from "../samples.ts";
import { account, DENOM, Sandbox } from "../sandbox.ts";

const INPUT = Uint8Array.of(1, 2, 3);

/** A job that waits for an operator for longer than the test. */
const job = (modelId: bigint) =>
  Job.create({
    id: 1n,
    status: JobStatus.JOB_STATUS_POSTED,
    requester: account("alice"),
    modelId,
    modelOwner: account("owner"),
    verification: Verification.VERIFICATION_EXACT,
    items: 1,
    inputRoot: inputRootOf([sha256(INPUT)]),
    maxPrice: { denom: DENOM, amount: "0" },
    escrow: "0",
    collateral: "0",
    deposit: "0",
    dueHeight: 1_000_000n,
    terms: DEFAULT_TERMS,
  });

const chunks = (sandbox: Sandbox, id: bigint) => [...chunkHashes(sandbox.context(), id)].length;

/** A published model, retired with a job open. */
function retired(): { readonly sandbox: Sandbox; readonly id: bigint } {
  const sandbox = new Sandbox();
  const id = sandbox.block(() => publishModel(sandbox, "owner", matmul(4), 3n));
  sandbox.block(() => {
    const ctx = sandbox.context("deliver");
    putJob(ctx, job(id));
    putInputs(ctx, 1n, [INPUT]);
    setNextJobId(ctx, 2n);
    sandbox.run(Msg.methods.RetireModel, { owner: account("owner"), modelId: id });
  });
  return { sandbox, id };
}

t.test("its file stays while a job is open, for that job alone, and goes when the job is over", async (t) => {
  const { sandbox, id } = retired();
  const { models } = sandbox.modules;
  t.equal(chunks(sandbox, id), 1);
  t.throws(() => models.callable(sandbox.context(), id), { codespace: "models", code: 4 });
  t.equal(
    models.held(sandbox.context(), id).bytes().length,
    Number(models.model(sandbox.context(), id).size),
  );
  t.same(sandbox.broken(), []);
  sandbox.block(() => {
    const over = {
      ...job(id),
      status: JobStatus.JOB_STATUS_CANCELLED,
      dueHeight: 0n,
      closedHeight: sandbox.height,
    };
    putJob(sandbox.context("deliver"), over);
    dropInputs(sandbox.context("deliver"), 1n);
  });
  t.equal(chunks(sandbox, id), 0);
  t.throws(() => models.held(sandbox.context(), id), { codespace: "models", code: 4 });
  t.same(sandbox.broken(), []);
});

t.test("without a job its file goes at once", async (t) => {
  const sandbox = new Sandbox();
  const id = sandbox.block(() => publishModel(sandbox, "owner", matmul(4), 3n));
  sandbox.begin();
  sandbox.run(Msg.methods.RetireModel, { owner: account("owner"), modelId: id });
  t.equal(chunks(sandbox, id), 0);
  sandbox.end();
  t.same(sandbox.broken(), []);
});

t.test("an export carries it, and the file is checked when it is read", async (t) => {
  const { sandbox, id } = retired();
  const genesis = sandbox.exported();
  const after = new Sandbox({ genesis, height: sandbox.height });
  t.equal(chunks(after, id), 1);
  t.strictSame(after.exported(), genesis);
  t.same(after.broken(), []);
  const models = genesis["models"] as GenesisState;
  const [chunk] = models.chunks;
  const damaged = { ...models, chunks: [{ ...chunk!, data: chunk!.data.map((byte) => byte ^ 1) }] };
  t.throws(
    () => new Sandbox({ genesis: { ...genesis, models: damaged } }),
    /models\[0\]: model 1: the file has SHA-256/,
  );
});
