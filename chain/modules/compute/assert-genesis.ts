/** What a genesis of the market says of itself: every record alone, and with the others that it names. */
import {
  type GenesisState,
  type Job,
  JobStatus,
  type Operator,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { bytesEqual, compareBytes } from "../../runtime/bytes.ts";
import { coinFromProto, parseAmount } from "../../runtime/coins.ts";
import { assertCounter } from "../../runtime/counter.ts";
import { atPath, type ChainError, SdkError } from "../../runtime/errors.ts";
import { sha256 } from "../../store/sha256.ts";
import { BEACON_PATIENCE } from "./beacon.ts";
import { inputRootOf, leavesOf, resultRootOf } from "./hashes.ts";
import { assertOffer, assertTolerance, assertVerification } from "./offers.ts";
import { assertSettings } from "./operators.ts";
import { MAX_UNBONDINGS, validateParams, validateTerms } from "./params.ts";
import { hashesOf, isOpen } from "./state.ts";

const HASH_BYTES = 32;
const CONSENSUS_BYTES = 20;

/** @throws ChainError naming the JSON path, the value and the remedy */
export function assertGenesis(genesis: GenesisState, addresses: AddressCodec): void {
  validateParams(genesis.params);
  const next = genesis.nextJobId || 1n;
  assertCounter(next, "next_job_id");
  const { operators, jobs } = genesis;
  for (const [i, job] of jobs.entries()) assertJob(job, `jobs[${i}]`, addresses);
  assertAscending("jobs", "id", jobs, ({ id }) => id, next);
  const known = new Map<string, Operator>();
  for (const [i, operator] of operators.entries()) {
    const path = `operators[${i}]`;
    assertOperator(operator, path, addresses);
    if (known.has(operator.address)) throw invalid(`${path}.address`, `${operator.address} is there twice`);
    known.set(operator.address, operator);
  }
  for (const [i, job] of jobs.entries()) {
    if (job.operator !== "" && !known.has(job.operator))
      throw invalid(`jobs[${i}].operator`, `${job.operator} is not among operators`);
  }
  assertLoads(operators, jobs);
  assertOffers(genesis, known);
  assertAnswers(genesis);
  assertVotes(genesis, next);
}

// ── Operators and offers ─────────────────────────────────────────────────────────────────────────────────────────────

function assertOperator(operator: Operator, path: string, addresses: AddressCodec): void {
  atPath(path, () => {
    addresses.parse(operator.address, "address");
    addresses.parse(operator.hotAddress, "hot_address");
    addresses.parse(operator.withdrawAddress, "withdraw_address");
    assertSettings(operator.metadata, operator.capacity);
  });
  const [bond, locked] = [
    parseAmount(operator.bond, `${path}.bond`),
    parseAmount(operator.locked, `${path}.locked`),
  ];
  if (locked > bond) throw invalid(`${path}.locked`, `${locked} is more than the bond, ${bond}`);
  parseAmount(operator.record.slashed, `${path}.record.slashed`);
  parseAmount(operator.record.earned, `${path}.record.earned`);
  if (operator.unbonding.length > MAX_UNBONDINGS)
    throw invalid(`${path}.unbonding`, `${operator.unbonding.length} parts; ${MAX_UNBONDINGS} are allowed`);
  let before = 0n;
  for (const [i, { amount, dueHeight }] of operator.unbonding.entries()) {
    if (parseAmount(amount, `${path}.unbonding[${i}].amount`) === 0n)
      throw invalid(`${path}.unbonding[${i}].amount`, "must be positive");
    if (dueHeight <= before)
      throw invalid(`${path}.unbonding[${i}].due_height`, `${dueHeight} does not ascend after ${before}`);
    before = dueHeight;
  }
}

/** What is locked, and how many jobs are open, is what the jobs say. */
function assertLoads(operators: readonly Operator[], jobs: readonly Job[]): void {
  const loads = loadsOf(jobs);
  for (const [i, { address, locked, openJobs }] of operators.entries()) {
    const load = loads.get(address) ?? { locked: 0n, open: 0 };
    if (BigInt(locked) !== load.locked)
      throw invalid(
        `operators[${i}].locked`,
        `${locked} is not ${load.locked}, the collateral of its open jobs`,
      );
    if (openJobs !== load.open)
      throw invalid(`operators[${i}].open_jobs`, `${openJobs} is not ${load.open}, as many jobs say`);
  }
}

function assertOffers({ offers, tolerances }: GenesisState, known: ReadonlyMap<string, Operator>): void {
  const tolerant = new Set<bigint>();
  for (const [i, tolerance] of tolerances.entries()) {
    atPath(`tolerances[${i}]`, () => assertTolerance(tolerance));
    tolerant.add(tolerance.modelId);
  }
  assertAscending("tolerances", "model_id", tolerances, ({ modelId }) => modelId);
  const seen = new Set<string>();
  for (const [i, offer] of offers.entries()) {
    const path = `offers[${i}]`;
    atPath(path, () => assertOffer(offer));
    if (!known.has(offer.operator))
      throw invalid(`${path}.operator`, `${offer.operator} is not among operators`);
    if (offer.verification === Verification.VERIFICATION_TOLERANCE && !tolerant.has(offer.modelId))
      throw invalid(`${path}.verification`, `model ${offer.modelId} is not among tolerances`);
    const place = `${offer.operator}/${offer.modelId}/${offer.verification}`;
    if (seen.has(place)) throw invalid(path, `${offer.operator} has the offer twice`);
    seen.add(place);
  }
}

// ── Jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const { JOB_STATUS_POSTED, JOB_STATUS_ASSIGNED, JOB_STATUS_DISPUTED } = JobStatus;
const { JOB_STATUS_SETTLED, JOB_STATUS_VERIFIED } = JobStatus;

function assertJob(job: Job, path: string, addresses: AddressCodec): void {
  const isOver = !isOpen(job);
  if (job.status === 0 || !Object.values(JobStatus).includes(job.status as never))
    throw invalid(`${path}.status`, `${job.status} is no status of a job`);
  atPath(path, () => {
    addresses.parse(job.requester, "requester");
    addresses.parse(job.modelOwner, "model_owner");
    if (job.operator !== "") addresses.parse(job.operator, "operator");
    if (job.challenger !== "") addresses.parse(job.challenger, "challenger");
    for (const [i, each] of job.allowedOperators.entries()) addresses.parse(each, `allowed_operators[${i}]`);
    for (const [i, each] of job.excludedOperators.entries())
      addresses.parse(each, `excluded_operators[${i}]`);
    assertVerification(job.verification);
    coinFromProto(job.maxPrice, "max_price");
  });
  validateTerms(job.terms, `${path}.terms`);
  for (const name of ["escrow", "collateral", "deposit"] as const) {
    const amount = parseAmount(job[name], `${path}.${name}`);
    if (isOver && amount > 0n) throw invalid(`${path}.${name}`, `${amount} of a job that is over`);
  }
  if (job.price !== "") parseAmount(job.price, `${path}.price`);
  if (job.items < 1) throw invalid(`${path}.items`, "must be 1 or more");
  if (job.inputRoot.length !== HASH_BYTES)
    throw invalid(`${path}.input_root`, `SHA-256 has 32 bytes, not ${job.inputRoot.length}`);
  if (job.verification === Verification.VERIFICATION_TOLERANCE && job.tolerance?.modelId !== job.modelId)
    throw invalid(`${path}.tolerance`, `must be there, of model ${job.modelId}`);
  if (isOver !== job.closedHeight > 0n)
    throw invalid(`${path}.closed_height`, `${job.closedHeight} does not fit the status, ${job.status}`);
  const isDue = !isOver && job.status !== JOB_STATUS_DISPUTED;
  if (isDue !== job.dueHeight > 0n)
    throw invalid(`${path}.due_height`, `${job.dueHeight} does not fit the status, ${job.status}`);
  const hasOperator = !isOver && job.status !== JOB_STATUS_POSTED;
  if (hasOperator && job.operator === "")
    throw invalid(`${path}.operator`, "must be there: the job is assigned");
  if (job.status === JOB_STATUS_POSTED && job.operator !== "")
    throw invalid(`${path}.operator`, "must be empty: the job waits for one");
  const isBound = hasOperator && job.status !== JOB_STATUS_ASSIGNED;
  if (isBound && job.commitment.length !== HASH_BYTES)
    throw invalid(`${path}.commitment`, `SHA-256 has 32 bytes, not ${job.commitment.length}`);
}

/** Inputs are those of open jobs, outputs those of their hashes and roots. */
function assertAnswers({ jobs, inputs, outputs }: GenesisState): void {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  assertAscending("inputs", "job_id", inputs, ({ jobId }) => jobId);
  const given = new Set(inputs.map(({ jobId }) => jobId));
  for (const [i, { jobId, items }] of inputs.entries()) {
    const job = byId.get(jobId);
    if (!job || !isOpen(job)) throw invalid(`inputs[${i}].job_id`, `${jobId} is no job that is open`);
    if (items.length !== job.items || !bytesEqual(inputRootOf(items.map(sha256)), job.inputRoot))
      throw invalid(`inputs[${i}].items`, `are not the ones of job ${jobId}`);
  }
  for (const [i, job] of jobs.entries())
    if (isOpen(job) && !given.has(job.id)) throw invalid(`jobs[${i}]`, `inputs has none for job ${job.id}`);
  assertAscending("outputs", "job_id", outputs, ({ jobId }) => jobId);
  for (const [i, { jobId, items, inputHashes }] of outputs.entries()) {
    const job = byId.get(jobId);
    if (!job) throw invalid(`outputs[${i}].job_id`, `there is no job ${jobId}`);
    const hashes = hashesOf(inputHashes);
    if (inputHashes.length !== job.items * HASH_BYTES || !bytesEqual(inputRootOf(hashes), job.inputRoot))
      throw invalid(`outputs[${i}].input_hashes`, `are not the ones of job ${jobId}`);
    if (job.status !== JOB_STATUS_SETTLED && job.status !== JOB_STATUS_VERIFIED) continue;
    const leaves = leavesOf(items, hashes);
    if (items.length !== job.items || !bytesEqual(resultRootOf(leaves), job.resultRoot))
      throw invalid(`outputs[${i}].items`, `are not the ones of job ${jobId}'s result_root`);
  }
}

// ── Verdicts, beacon, roots ──────────────────────────────────────────────────────────────────────────────────────────

function assertVotes({ jobs, verdicts, beacon, roots, beaconMissed }: GenesisState, next: bigint): void {
  const ids = new Set(jobs.map(({ id }) => id));
  assertAscending("verdicts", "job_id", verdicts, ({ jobId }) => jobId);
  for (const [i, { jobId, verdicts: said }] of verdicts.entries()) {
    if (!ids.has(jobId)) throw invalid(`verdicts[${i}].job_id`, `there is no job ${jobId}`);
    assertValidators(`verdicts[${i}].verdicts`, said);
  }
  assertValidators("beacon", beacon);
  if (beaconMissed > BEACON_PATIENCE)
    throw invalid("beacon_missed", `${beaconMissed} is more than ${BEACON_PATIENCE}, at which it stops`);
  assertAscending("roots", "job_id", roots, ({ jobId }) => jobId, next);
  for (const [i, { root }] of roots.entries())
    if (root.length !== HASH_BYTES)
      throw invalid(`roots[${i}].root`, `SHA-256 has 32 bytes, not ${root.length}`);
}

function assertValidators(
  path: string,
  entries: readonly { readonly validator: Uint8Array; readonly digest: Uint8Array }[],
): void {
  for (const [i, { validator, digest }] of entries.entries()) {
    const place = `${path}[${i}]`;
    if (validator.length !== CONSENSUS_BYTES)
      throw invalid(`${place}.validator`, `a consensus address has 20 bytes, not ${validator.length}`);
    const before = entries[i - 1]?.validator;
    if (before && compareBytes(before, validator) >= 0)
      throw invalid(`${place}.validator`, "does not ascend after the one before");
    if (digest.length !== HASH_BYTES)
      throw invalid(`${place}.digest`, `SHA-256 has 32 bytes, not ${digest.length}`);
  }
}

function assertAscending<Entry>(
  list: string,
  field: string,
  entries: readonly Entry[],
  numberOf: (entry: Entry) => bigint,
  below?: bigint,
): void {
  let before = 0n;
  for (const [i, entry] of entries.entries()) {
    const value = numberOf(entry);
    if (value <= before) throw invalid(`${list}[${i}].${field}`, `${value} does not ascend after ${before}`);
    if (below !== undefined && value >= below)
      throw invalid(`${list}[${i}].${field}`, `${value} is not below next_job_id, ${below}`);
    before = value;
  }
}

// ── What the accounts must hold ──────────────────────────────────────────────────────────────────────────────────────

type Owing = Pick<GenesisState, "operators" | "jobs">;

export interface Load {
  readonly locked: bigint;
  readonly open: number;
}

/** What open jobs make of their operators' bonds and capacity, by address. */
export function loadsOf(jobs: Iterable<Job>): Map<string, Load> {
  const loads = new Map<string, Load>();
  for (const job of jobs) {
    if (!isOpen(job) || job.operator === "") continue;
    const load = loads.get(job.operator) ?? { locked: 0n, open: 0 };
    loads.set(job.operator, { locked: load.locked + BigInt(job.collateral), open: load.open + 1 });
  }
  return loads;
}

/** What the account of escrow holds: of every open job. */
export function escrowOwed({ jobs }: Pick<Owing, "jobs">): bigint {
  return sum(jobs.map(({ escrow }) => escrow));
}

/** What the account of bonds holds: bonds, what of them unbonds, and deposits of challenges. */
export function bondsOwed({ operators, jobs }: Owing): bigint {
  const bonds = operators.flatMap(({ bond, unbonding }) => [bond, ...unbonding.map(({ amount }) => amount)]);
  return sum([...bonds, ...jobs.map(({ deposit }) => deposit)]);
}

function sum(amounts: readonly string[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount), 0n);
}

function invalid(path: string, message: string): ChainError {
  return SdkError.invalidRequest(`${path}: ${message}`);
}
