/**
 * Proving an answer of the compute market: one item of a job, or all of them (ADR-0160). The job is proven in the state, and
 * the items under its result root. Of a pruned job 32 bytes stay for ever: whoever kept an item's proof proves it by them.
 */

import { type NamedTensor, tensorsHash } from "../../chain/engine/tensor.ts";
import { keptRootOf, leafOf, NO_OUTPUT, resultRootOf } from "../../chain/modules/compute/hashes.ts";
import { jobKey, jobRootKey, STORE } from "../../chain/modules/compute/keys.ts";
import { bytesEqual, toHex } from "../../chain/runtime/bytes.ts";
import { Job, JobStatus, Query, type QueryItemProofResponse } from "../../proto/gen/opg.compute.v1.ts";
import type { Header } from "../../proto/gen/tendermint.types.ts";
import { merklePathRoot } from "../light/index.ts";
import { queryService } from "../query/service.ts";
import { type ProofSources, verifyValue } from "./query.ts";
import { type Report, Reporter } from "./report.ts";

/** What an item came to: its answer, or undefined where the model could not run. */
export type ItemOutputs = readonly NamedTensor[] | undefined;

interface JobQuery extends ProofSources {
  readonly jobId: bigint;
  /** SHA-256 of the model's file. */
  readonly modelHash?: Uint8Array;
  /** The state's height, such as the job's `closedHeight`, whose header is waited for. Absent: the newest that has one. */
  readonly height?: bigint;
  readonly waitMs?: number;
}

export interface ItemQuery extends JobQuery {
  readonly index: number;
  /** What was asked; compared by its hash. */
  readonly inputs?: readonly NamedTensor[];
  /** What was answered; compared by its hash. `"none"`: that the model could not run. */
  readonly outputs?: readonly NamedTensor[] | "none";
  /** A proof that was kept, as the query ItemProof gave it; it is not believed. Absent: the node is asked. */
  readonly kept?: QueryItemProofResponse;
}

export interface VerifiedItem {
  /** As it is proven in the state; of a pruned job the one of the kept proof, of which model, verification, items and root are proven. */
  readonly job: Job;
  readonly inputHash: Uint8Array;
  /** Undefined: the model could not run. */
  readonly outputHash: Uint8Array | undefined;
  /** Of the state. */
  readonly height: bigint;
  readonly header: Header;
  readonly report: Report;
}

/**
 * Proves one item of a settled job to a header that the light client verified.
 * @throws VerificationError naming the step that failed
 */
export async function verifyItem(query: ItemQuery): Promise<VerifiedItem> {
  const { jobId, index } = query;
  const reporter: Reporter = new Reporter(`item ${index} of job ${jobId}`);
  const proof =
    query.kept ??
    (await reporter.attempt(
      "path",
      () => queryService(query.rpc, Query).itemProof({ jobId, index }),
      ({ aunts }) => `${aunts.length} hashes from the node`,
    ));
  const { job, height, header } = await provenJob(query, reporter, query.kept?.job);
  const { inputHash, outputHash } = proof;
  const hasHashes = inputHash.length === 32 && (outputHash.length === 0 || outputHash.length === 32);
  if (!hasHashes) reporter.fail("path", "the proof's hashes do not have 32 bytes");
  const led = merklePathRoot(leafOf(index, inputHash, outputHash), index, job.items, proof.aunts);
  reporter.check(
    "path",
    led !== undefined && bytesEqual(led, job.resultRoot),
    `item ${index} of ${job.items} is under result root ${toHex(job.resultRoot)}`,
    `the path of item ${index} leads to ${led ? toHex(led) : "nothing"}, not to result root ${toHex(job.resultRoot)}`,
  );
  checkHash("model", query.modelHash, job.modelHash, reporter);
  checkHash("input", query.inputs && tensorsHash(query.inputs), inputHash, reporter);
  const failed = outputHash.length === 0 || bytesEqual(outputHash, NO_OUTPUT);
  const wanted = query.outputs === "none" ? NO_OUTPUT : query.outputs && tensorsHash(query.outputs);
  checkHash("output", wanted, failed ? NO_OUTPUT : outputHash, reporter);
  return {
    job,
    inputHash,
    outputHash: failed ? undefined : outputHash,
    height,
    header,
    report: reporter.report(),
  };
}

export interface WholeJobQuery extends JobQuery {
  /** What was asked, in the job's order. */
  readonly items: readonly (readonly NamedTensor[])[];
  /** What was answered. */
  readonly outputs: readonly ItemOutputs[];
}

export type VerifiedJob = Pick<VerifiedItem, "job" | "height" | "header" | "report">;

/**
 * Proves all items of a settled job with one proof: their root is the job's. The job must not be pruned.
 * @throws VerificationError naming the step that failed
 */
export async function verifyJob(query: WholeJobQuery): Promise<VerifiedJob> {
  const { items, outputs } = query;
  const reporter: Reporter = new Reporter(`job ${query.jobId}`);
  const { job, height, header } = await provenJob(query, reporter);
  if (items.length !== job.items || outputs.length !== job.items)
    reporter.fail("path", `it has ${job.items} items, not ${items.length} with ${outputs.length} answers`);
  const leaves = items.map((inputs, index) => {
    const answer = outputs[index];
    return leafOf(index, tensorsHash(inputs), answer ? tensorsHash(answer) : NO_OUTPUT);
  });
  const root = resultRootOf(leaves);
  reporter.check(
    "path",
    bytesEqual(root, job.resultRoot),
    `${job.items} items, whose result root is ${toHex(root)}`,
    `the root over these items is ${toHex(root)}, not ${toHex(job.resultRoot)}`,
  );
  checkHash("model", query.modelHash, job.modelHash, reporter);
  return { job, height, header, report: reporter.report() };
}

interface Proven {
  readonly job: Job;
  readonly height: bigint;
  readonly header: Header;
}

/** The job as the state has it, settled; or one that was kept, by what stays of it. */
async function provenJob(query: JobQuery, reporter: Reporter, kept?: Job): Promise<Proven> {
  const { jobId } = query;
  const { value, height, header } = await verifyValue(
    { ...query, store: STORE, key: jobKey(jobId) },
    reporter,
  );
  if (!value) {
    if (!kept)
      reporter.fail(
        "job",
        `proven to be absent from the state of height ${height}: there was never one, or it was pruned; prove it by a proof that was kept`,
      );
    await provenRoot(query, kept, height, reporter);
    return { job: kept, height, header };
  }
  const job = await reporter.attempt(
    "job",
    () => Job.decode(value, { strict: true, ordered: true }),
    ({ requester, modelId, items }) => `of ${requester}: ${items} items for model ${modelId}`,
  );
  if (!bytesEqual(Job.encode(job), value)) reporter.fail("job", "the bytes are not its canonical encoding");
  if (job.id !== jobId) reporter.fail("job", `the job under this key has id ${job.id}`);
  reporter.check(
    "settled",
    job.status === JobStatus.JOB_STATUS_SETTLED,
    `closed at height ${job.closedHeight}`,
    `its status is ${job.status}, not ${JobStatus.JOB_STATUS_SETTLED}: its answers are not, or not yet, those that verifiers agreed on`,
  );
  return { job, height, header };
}

async function provenRoot(query: JobQuery, kept: Job, height: bigint, reporter: Reporter): Promise<void> {
  const key = jobRootKey(query.jobId);
  const { value } = await verifyValue({ ...query, height, store: STORE, key }, reporter);
  if (!value)
    reporter.fail("settled", `nothing stays of it in the state of height ${height}: it never settled`);
  reporter.check(
    "settled",
    bytesEqual(value, keptRootOf(kept)),
    `pruned; what stays of it, ${toHex(value)}, is that of the kept job`,
    `what stays of it is ${toHex(value)}, not ${toHex(keptRootOf(kept))} of the kept job`,
  );
}

function checkHash(
  step: "model" | "input" | "output",
  mine: Uint8Array | undefined,
  theirs: Uint8Array,
  reporter: Reporter,
): void {
  if (!mine) return;
  reporter.check(
    step,
    bytesEqual(mine, theirs),
    `hash ${toHex(mine)} is that of the job`,
    `hash ${toHex(mine)} is not ${toHex(theirs)} of the job`,
  );
}
