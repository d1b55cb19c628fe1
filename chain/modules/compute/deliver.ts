/** An operator's answer: bound to, shown, opened (ADR-0160). What fails changes nothing: the right message may follow. */
import {
  type Job,
  JobStatus,
  type MsgCommit,
  type MsgOpen,
  type MsgReveal,
  type Verdict,
} from "../../../proto/gen/opg.compute.v1.ts";
import { EngineError } from "../../engine/errors.ts";
import { decodeTensors } from "../../engine/tensor.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { GasMeter } from "../../runtime/gas.ts";
import { sha256 } from "../../store/sha256.ts";
import { refute, undecide } from "./close.ts";
import type { ComputeDeps } from "./deps.ts";
import { ComputeError } from "./errors.ts";
import { emitJob } from "./events.ts";
import {
  answerOf,
  commitmentOf,
  DIGEST_BYTES,
  decoyOrder,
  judgedItems,
  leavesOf,
  resultRootOf,
  SALT_BYTES,
} from "./hashes.ts";
import { record } from "./operators.ts";
import { Payouts } from "./payouts.ts";
import {
  type Answers,
  inputsOf,
  jobOf,
  operatorOf,
  outputsOf,
  paramsOf,
  putJob,
  putOutputs,
  putVerdict,
} from "./state.ts";
import { isOfAnswer, isQuorum, type Votes, votesOf } from "./tally.ts";
import { ENTRY_BYTES, entriesOf, isExact, lastHeight, openingWindow, verdictWindow } from "./window.ts";

/** Gas of an answer, beside what the state's bytes cost: an item, a byte, and the verdicts, however many there are. */
const ITEM_GAS = 400n;
const OUTPUT_GAS_PER_BYTE = 2n;
const TALLY_GAS = 200_000n;

const { JOB_STATUS_ASSIGNED, JOB_STATUS_COMMITTED, JOB_STATUS_REVEALED } = JobStatus;

/** Binds the operator to its answer. @throws ComputeError.notFound, notYours, wrongStatus, tooLate, badReveal */
export function commit(ctx: Context, { hotAddress, jobId, commitment }: MsgCommit): Job {
  if (commitment.length !== DIGEST_BYTES)
    throw ComputeError.badReveal(`commitment: SHA-256 has ${DIGEST_BYTES} bytes, not ${commitment.length}`);
  const before = answered(ctx, hotAddress, jobId, [JOB_STATUS_ASSIGNED]);
  const { height } = ctx.block;
  const job: Job = {
    ...before,
    status: JOB_STATUS_COMMITTED,
    commitment,
    committedHeight: height,
    // Next, what is judged is drawn.
    dueHeight: height + 1n,
  };
  putJob(ctx, job);
  record(ctx, ctx.addresses.parse(job.operator, "operator"), (was) => ({
    ...was,
    latencyBlocks: was.latencyBlocks + (height - job.assignedHeight),
  }));
  emitJob(ctx, job);
  return job;
}

/** @throws ComputeError.notFound, notYours, wrongStatus, tooEarly, tooLate, badReveal */
export function reveal(ctx: Context, deps: ComputeDeps, msg: MsgReveal): Job {
  const before = answered(ctx, msg.hotAddress, msg.jobId, [JOB_STATUS_COMMITTED]);
  const perItem = entriesOf(before.verification);
  const bytes = msg.items.reduce((sum, item) => sum + item.length, 0);
  ctx.gas.consume(
    TALLY_GAS + ITEM_GAS * BigInt(msg.items.length) + OUTPUT_GAS_PER_BYTE * BigInt(bytes),
    "an answer",
  );
  const why = tooEarly(ctx, deps, before);
  if (why !== undefined) throw ComputeError.tooEarly(why);
  if (msg.items.length !== before.items * perItem)
    throw ComputeError.badReveal(
      `items: ${msg.items.length} are given; the job has ${before.items} items, of ${perItem} each`,
    );
  const most = paramsOf(ctx).maxOutputBytes;
  const room = BigInt(bytes) + ENTRY_BYTES * BigInt(msg.items.length);
  if (room > most)
    throw ComputeError.badReveal(`items: they take ${room} bytes in a message; ${most} are allowed`);
  for (const [index, item] of msg.items.entries()) assertTensors(item, index);
  const inputHashes = inputsOf(ctx, before.id)!.map((input) => sha256(input));
  const answers = { items: msg.items, inputHashes };
  return isExact(before)
    ? revealExact(ctx, deps, before, answers, msg.salt)
    : showAmongDecoys(ctx, before, answers, msg.salt);
}

function assertTensors(item: Uint8Array, index: number): void {
  // Empty: the model could not run.
  if (item.length === 0) return;
  try {
    decodeTensors(item);
  } catch (error) {
    if (error instanceof EngineError) throw ComputeError.badReveal(`items[${index}]: ${error.message}`);
    throw error;
  }
}

function revealExact(ctx: Context, deps: ComputeDeps, before: Job, answers: Answers, salt: Uint8Array): Job {
  const leaves = leavesOf(answers.items, answers.inputHashes);
  const root = resultRootOf(leaves);
  assertOpens(ctx, before, root, salt);
  putOutputs(ctx, before.id, answers);
  const answer = answerOf(judgedItems(before).map((index) => leaves[index]!));
  const { votes, total } = counted(ctx, deps, before);
  const agree = votes.filter(({ verdict }) => isOfAnswer(before.id, verdict, answer));
  markAgreed(
    ctx,
    before.id,
    agree.map(({ verdict }) => verdict),
  );
  const isVerified = isQuorum(agree, total);
  const job: Job = {
    ...before,
    status: isVerified ? JobStatus.JOB_STATUS_VERIFIED : JobStatus.JOB_STATUS_DISPUTED,
    resultRoot: root,
    revealedHeight: ctx.block.height,
    dueHeight: isVerified ? ctx.block.height + BigInt(before.terms.challengeBlocks) : 0n,
  };
  putJob(ctx, job);
  emitJob(ctx, job, { agree: BigInt(agree.length), verdicts: BigInt(votes.length) });
  return job;
}

/** TOLERANCE: which of each pair is the answer is known to nobody but the operator. */
function showAmongDecoys(ctx: Context, before: Job, answers: Answers, salt: Uint8Array): Job {
  if (salt.length > 0)
    throw ComputeError.badReveal("salt: a job within tolerance is opened with MsgOpen, after the verdicts");
  putOutputs(ctx, before.id, answers);
  const shown: Job = { ...before, status: JOB_STATUS_REVEALED, revealedHeight: ctx.block.height };
  const job = { ...shown, dueHeight: lastHeight(shown) };
  putJob(ctx, job);
  emitJob(ctx, job);
  return job;
}

/** Opens a TOLERANCE answer: counts the choices. @throws ComputeError.notFound, notYours, wrongStatus, tooEarly, tooLate, badReveal */
export function open(ctx: Context, deps: ComputeDeps, { hotAddress, jobId, salt }: MsgOpen): Job {
  const before = answered(ctx, hotAddress, jobId, [JOB_STATUS_REVEALED]);
  ctx.gas.consume(TALLY_GAS + ITEM_GAS * BigInt(before.items), "an answer");
  const why = tooEarly(ctx, deps, before);
  if (why !== undefined) throw ComputeError.tooEarly(why);
  const { items, inputHashes } = outputsOf(ctx, jobId)!;
  const own = Array.from({ length: before.items }, (_, index) => ownChoice(items, before.id, salt, index));
  const answers = { items: own.map((choice, index) => items[2 * index + choice]!), inputHashes };
  const root = resultRootOf(leavesOf(answers.items, inputHashes));
  assertOpens(ctx, before, root, salt);
  putOutputs(ctx, jobId, answers);
  const wanted = Uint8Array.from(judgedItems(before), (index) => own[index]!);
  const { votes, total } = counted(ctx, deps, before);
  const opened = votes.filter(({ verdict }) => verdict.choices.length > 0);
  const right = opened.filter(({ verdict }) => bytesEqual(verdict.choices, wanted));
  const job: Job = { ...before, resultRoot: root };
  if (isQuorum(right, total)) {
    markAgreed(
      ctx,
      jobId,
      right.map(({ verdict }) => verdict),
    );
    // Nobody can challenge it: it settles with this block.
    const verified = { ...job, status: JobStatus.JOB_STATUS_VERIFIED, dueHeight: ctx.block.height };
    putJob(ctx, verified);
    emitJob(ctx, verified, { agree: BigInt(right.length), verdicts: BigInt(votes.length) });
    return verified;
  }
  const payouts = new Payouts(ctx, deps);
  const others = opened.find(({ verdict: { choices } }) =>
    isQuorum(
      opened.filter(({ verdict }) => bytesEqual(verdict.choices, choices)),
      total,
    ),
  );
  if (others) {
    const { choices } = others.verdict;
    const against = opened.flatMap(({ verdict }) => (bytesEqual(verdict.choices, choices) ? [verdict] : []));
    refute(ctx, payouts, job, { reason: "wrong", right: against });
  } else undecide(ctx, payouts, job);
  payouts.settle();
  return jobOf(ctx, jobId);
}

/** Which of an item's two entries is the operator's own. Two empty ones both say that the model could not run. */
function ownChoice(items: readonly Uint8Array[], jobId: bigint, salt: Uint8Array, index: number): 0 | 1 {
  if (items[2 * index]!.length === 0 && items[2 * index + 1]!.length === 0) return 0;
  return decoyOrder(jobId, salt, index);
}

function assertOpens(ctx: Context, job: Job, root: Uint8Array, salt: Uint8Array): void {
  if (salt.length !== SALT_BYTES)
    throw ComputeError.badReveal(`salt: ${SALT_BYTES} bytes are wanted, ${salt.length} are given`);
  const operator = ctx.addresses.parse(job.operator, "operator");
  if (!bytesEqual(commitmentOf({ jobId: job.id, operator, root, salt }), job.commitment))
    throw ComputeError.badReveal(`items: they and the salt do not open the commitment of job ${job.id}`);
}

/** Verdicts are looked at for a flat price: what an operator pays does not grow with the validators. */
function counted(ctx: Context, deps: ComputeDeps, job: Job): Votes {
  return votesOf(ctx.branch({ gas: new GasMeter() }).ctx, deps, job);
}

function markAgreed(ctx: Context, jobId: bigint, verdicts: readonly Verdict[]): void {
  const { ctx: own, write } = ctx.branch({ gas: new GasMeter() });
  for (const verdict of verdicts) putVerdict(own, jobId, { ...verdict, agrees: true });
  write();
}

/** The job that this hot address is to answer. @throws ComputeError.notFound, notYours, wrongStatus, tooLate */
function answered(ctx: Context, hotAddress: string, id: bigint, statuses: readonly number[]): Job {
  const job = jobOf(ctx, id);
  const operator =
    job.operator === "" ? undefined : operatorOf(ctx, ctx.addresses.parse(job.operator, "operator"));
  if (operator?.hotAddress !== hotAddress)
    throw ComputeError.notYours(
      operator
        ? `job ${id} is answered by ${operator.hotAddress}, not by ${hotAddress}`
        : `job ${id} has no operator`,
    );
  if (!statuses.includes(job.status))
    throw ComputeError.wrongStatus(`job ${id} does not wait for this: its status is ${job.status}`);
  const until = lastHeight(job);
  if (ctx.block.height > until) throw ComputeError.tooLate(`job ${id} was to be answered by height ${until}`);
  return job;
}

/** Why the operator's next message for a job would be too early in the block of `ctx`; undefined if it would not. */
function tooEarly(ctx: Context, deps: ComputeDeps, job: Job): string | undefined {
  if (job.status === JOB_STATUS_ASSIGNED) return undefined;
  if (job.sampleSeed.length === 0)
    return `job ${job.id}: what is judged is drawn at the end of the next block`;
  if (!isExact(job) && job.status === JOB_STATUS_COMMITTED) return undefined;
  const { votes, total } = counted(ctx, deps, job);
  if (isExact(job)) {
    const { until } = verdictWindow(job);
    if (ctx.block.height > until || isQuorum(votes, total)) return undefined;
    return `job ${job.id}: wait for verdicts of more than 2/3 of power, or for height ${until + 1n}`;
  }
  const { from, until } = openingWindow(job);
  const opened = votes.filter(({ verdict }) => verdict.choices.length > 0);
  if (ctx.block.height > until || (ctx.block.height >= from && isQuorum(opened, total))) return undefined;
  return `job ${job.id}: wait for openings of more than 2/3 of power, or for height ${until + 1n}`;
}

/** Whether the block of `ctx` takes the operator's next message: commitment, answer or opening. */
export function isReady(ctx: Context, deps: ComputeDeps, job: Job): boolean {
  const waits = [JOB_STATUS_ASSIGNED, JOB_STATUS_COMMITTED, JOB_STATUS_REVEALED] as readonly number[];
  if (!waits.includes(job.status) || ctx.block.height > lastHeight(job)) return false;
  return tooEarly(ctx, deps, job) === undefined;
}
