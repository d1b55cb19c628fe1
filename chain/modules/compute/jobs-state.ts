/** Jobs, their inputs, outputs, verdicts and indexes in the store `compute`. */
import {
  Job,
  JobInputs,
  JobOutputs,
  JobStatus,
  type Root,
  Verdict,
} from "../../../proto/gen/opg.compute.v1.ts";
import { joinBytes, toHex, u64Bytes, u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { ComputeError } from "./errors.ts";
import {
  CLOSED_OUTPUT_PREFIX,
  CLOSED_PREFIX,
  closedKey,
  closedOutputKey,
  DUE_PREFIX,
  dueKey,
  heldModelKey,
  INPUT_PREFIX,
  inputKey,
  JOB_PREFIX,
  jobKey,
  jobRootKey,
  modelJobKey,
  NEXT_JOB_ID_KEY,
  OPEN_JOBS_KEY,
  OUTPUT_PREFIX,
  operatorJobKey,
  outputKey,
  ROOT_PREFIX,
  requesterKey,
  STORE,
  statusKey,
  statusPrefix,
  verdictKey,
  verdictsPrefix,
} from "./keys.ts";

const THERE = Uint8Array.of(1);
const HASH_BYTES = 32;

/** Of all that a job can be while it is not over. */
export const OPEN_STATUSES: readonly number[] = [
  JobStatus.JOB_STATUS_POSTED,
  JobStatus.JOB_STATUS_ASSIGNED,
  JobStatus.JOB_STATUS_COMMITTED,
  JobStatus.JOB_STATUS_REVEALED,
  JobStatus.JOB_STATUS_VERIFIED,
  JobStatus.JOB_STATUS_DISPUTED,
];

export function isOpen({ status }: Pick<Job, "status">): boolean {
  return OPEN_STATUSES.includes(status);
}

// ── Jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The id that the next job gets. */
export function nextJobId(ctx: Context): bigint {
  const bytes = ctx.store(STORE).get(NEXT_JOB_ID_KEY);
  return bytes ? u64FromBytes(bytes) : 1n;
}

export function setNextJobId(ctx: Context, next: bigint): void {
  ctx.store(STORE).set(NEXT_JOB_ID_KEY, u64Bytes(next));
}

export function takeJobId(ctx: Context): bigint {
  const id = nextJobId(ctx);
  setNextJobId(ctx, id + 1n);
  return id;
}

export function findJob(ctx: Context, id: bigint): Job | undefined {
  const bytes = ctx.store(STORE).get(jobKey(id));
  return bytes && Job.decode(bytes);
}

/** @throws ComputeError.pruned, ComputeError.notFound */
export function jobOf(ctx: Context, id: bigint): Job {
  const job = findJob(ctx, id);
  if (job) return job;
  if (id > 0n && id < nextJobId(ctx))
    throw ComputeError.pruned(`job_id: job ${id} is pruned; the root of its results is kept if it had any`);
  throw ComputeError.notFound(`job_id: there is no job ${id}`);
}

/**
 * Entries of indexes that a job stands in, with their keys as they sort. One that is over stands under the block in which it
 * was, and no longer among what is due.
 */
function indexOf(ctx: Context, job: Job): Uint8Array[] {
  const keys = [
    statusKey(job.status, job.id),
    requesterKey(ctx.addresses.parse(job.requester, "requester"), job.id),
    modelJobKey(job.modelId, job.id),
  ];
  if (job.operator !== "") keys.push(operatorJobKey(ctx.addresses.parse(job.operator, "operator"), job.id));
  if (job.dueHeight > 0n) keys.push(dueKey(job.dueHeight, job.id));
  if (job.closedHeight > 0n) keys.push(closedKey(job.closedHeight, job.id));
  return keys;
}

/** Writes a job with all its indexes; counts of open jobs follow its status. */
export function putJob(ctx: Context, job: Job): void {
  const store = ctx.store(STORE);
  const before = findJob(ctx, job.id);
  const keys = indexOf(ctx, job);
  reindex(ctx, before ? indexOf(ctx, before) : [], keys);
  const wasOpen = before !== undefined && isOpen(before);
  if (isOpen(job) !== wasOpen) count(ctx, job.modelId, wasOpen ? -1n : 1n);
  store.set(jobKey(job.id), Job.encode(job));
  if (job.closedHeight > 0n && before?.closedHeight !== job.closedHeight && store.has(outputKey(job.id)))
    store.set(closedOutputKey(job.closedHeight, job.id), THERE);
}

/** Removes a job and everything of it but its root. */
export function dropJob(ctx: Context, job: Job): void {
  const store = ctx.store(STORE);
  reindex(ctx, indexOf(ctx, job), []);
  if (isOpen(job)) count(ctx, job.modelId, -1n);
  dropInputs(ctx, job.id);
  dropOutputs(ctx, job);
  dropVerdicts(ctx, job.id);
  store.delete(jobKey(job.id));
}

function reindex(ctx: Context, before: readonly Uint8Array[], after: readonly Uint8Array[]): void {
  const store = ctx.store(STORE);
  const [had, has] = [new Set(before.map(toHex)), new Set(after.map(toHex))];
  for (const key of before) if (!has.has(toHex(key))) store.delete(key);
  for (const key of after) if (!had.has(toHex(key))) store.set(key, THERE);
}

function count(ctx: Context, modelId: bigint, by: 1n | -1n): void {
  for (const key of [OPEN_JOBS_KEY, heldModelKey(modelId)]) {
    const now = counter(ctx, key) + by;
    if (now === 0n) ctx.store(STORE).delete(key);
    else ctx.store(STORE).set(key, u64Bytes(now));
  }
}

function counter(ctx: Context, key: Uint8Array): bigint {
  const bytes = ctx.store(STORE).get(key);
  return bytes ? u64FromBytes(bytes) : 0n;
}

/** Jobs that are not over. */
export function openJobs(ctx: Context): bigint {
  return counter(ctx, OPEN_JOBS_KEY);
}

/** Jobs of one model that are not over: its file must stay for them. */
export function openJobsOfModel(ctx: Context, modelId: bigint): bigint {
  return counter(ctx, heldModelKey(modelId));
}

/** Jobs of a status in the order of their ids. Whoever changes statuses meanwhile reads them all first, or the first few. */
export function* jobsByStatus(ctx: Context, status: number): IterableIterator<Job> {
  const prefix = statusPrefix(status);
  for (const [key] of ctx.store(STORE).iterate(prefixRange(prefix)))
    yield findJob(ctx, u64FromBytes(key.subarray(prefix.length)))!;
}

/** Jobs whose next step is due at `height` or before, oldest first, `most` at most. */
export function jobsDue(ctx: Context, height: bigint, most: number): Job[] {
  return firstOf(ctx, { start: DUE_PREFIX, end: dueKey(height + 1n, 0n) }, most);
}

/** Jobs that were over at `height` or before, oldest first, `most` at most. */
export function jobsClosed(ctx: Context, height: bigint, most: number): Job[] {
  return firstOf(ctx, { start: CLOSED_PREFIX, end: closedKey(height + 1n, 0n) }, most);
}

/** The same of those whose outputs are kept. */
export function jobsClosedWithOutputs(ctx: Context, height: bigint, most: number): Job[] {
  return firstOf(ctx, { start: CLOSED_OUTPUT_PREFIX, end: closedOutputKey(height + 1n, 0n) }, most);
}

/** Jobs by an index of heights and ids. */
function firstOf(ctx: Context, range: { start: Uint8Array; end: Uint8Array }, most: number): Job[] {
  if (most <= 0) return [];
  const jobs: Job[] = [];
  for (const [key] of ctx.store(STORE).iterate(range)) {
    jobs.push(findJob(ctx, u64FromBytes(key.subarray(9)))!);
    if (jobs.length === most) break;
  }
  return jobs;
}

export function* allJobs(ctx: Context): IterableIterator<Job> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(JOB_PREFIX))) yield Job.decode(value);
}

// ── Inputs and outputs ───────────────────────────────────────────────────────────────────────────────────────────────

/** Canonical tensors, one entry an item; undefined once the job is over. */
export function inputsOf(ctx: Context, id: bigint): readonly Uint8Array[] | undefined {
  const bytes = ctx.store(STORE).get(inputKey(id));
  return bytes && JobInputs.decode(bytes).items;
}

export function putInputs(ctx: Context, id: bigint, items: readonly Uint8Array[]): void {
  ctx.store(STORE).set(inputKey(id), JobInputs.encode({ jobId: id, items }));
}

export function dropInputs(ctx: Context, id: bigint): void {
  ctx.store(STORE).delete(inputKey(id));
}

export function* allInputs(ctx: Context): IterableIterator<JobInputs> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(INPUT_PREFIX))) yield JobInputs.decode(value);
}

/** What is kept of a job's answer. */
export interface Answers {
  /** Canonical tensors, one entry an item (TOLERANCE before it is opened: two); empty where the model could not run. */
  readonly items: readonly Uint8Array[];
  /** SHA-256 of every item's inputs: with them proofs can be made when the inputs are gone. */
  readonly inputHashes: readonly Uint8Array[];
}

export function outputsOf(ctx: Context, id: bigint): Answers | undefined {
  const bytes = ctx.store(STORE).get(outputKey(id));
  if (!bytes) return undefined;
  const { items, inputHashes } = JobOutputs.decode(bytes);
  return { items, inputHashes: hashesOf(inputHashes) };
}

/** Writes the answers of a job that is not over yet. */
export function putOutputs(ctx: Context, id: bigint, { items, inputHashes }: Answers): void {
  ctx
    .store(STORE)
    .set(outputKey(id), JobOutputs.encode({ jobId: id, items, inputHashes: joinBytes(inputHashes) }));
}

/** 32 bytes each. */
export function hashesOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, index) =>
    bytes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}

export function dropOutputs(ctx: Context, job: Pick<Job, "id" | "closedHeight">): void {
  ctx.store(STORE).delete(outputKey(job.id));
  if (job.closedHeight > 0n) ctx.store(STORE).delete(closedOutputKey(job.closedHeight, job.id));
}

export function* allOutputs(ctx: Context): IterableIterator<JobOutputs> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(OUTPUT_PREFIX)))
    yield JobOutputs.decode(value);
}

// ── Verdicts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function findVerdict(ctx: Context, jobId: bigint, validator: Uint8Array): Verdict | undefined {
  const bytes = ctx.store(STORE).get(verdictKey(jobId, validator));
  return bytes && Verdict.decode(bytes);
}

export function putVerdict(ctx: Context, jobId: bigint, verdict: Verdict): void {
  ctx.store(STORE).set(verdictKey(jobId, verdict.validator), Verdict.encode(verdict));
}

/** What was said of a job, in the order of consensus addresses. */
export function verdictsOf(ctx: Context, jobId: bigint): Verdict[] {
  return [...ctx.store(STORE).iterate(prefixRange(verdictsPrefix(jobId)))].map(([, value]) =>
    Verdict.decode(value),
  );
}

function dropVerdicts(ctx: Context, jobId: bigint): void {
  const said = verdictsOf(ctx, jobId);
  for (const { validator } of said) ctx.store(STORE).delete(verdictKey(jobId, validator));
}

// ── What stays ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function putRoot(ctx: Context, jobId: bigint, root: Uint8Array): void {
  ctx.store(STORE).set(jobRootKey(jobId), root);
}

export function* allRoots(ctx: Context): IterableIterator<Root> {
  for (const [key, root] of ctx.store(STORE).iterate(prefixRange(ROOT_PREFIX)))
    yield { jobId: u64FromBytes(key.subarray(1)), root };
}
