/** How jobs end: paid, refunded, slashed. Every coin of escrow, collateral and deposit leaves here (ADR-0160). */
import { type Job, JobStatus, type Verdict } from "../../../proto/gen/opg.compute.v1.ts";
import { toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { splitFee } from "../inference/index.ts";
import { emitJob } from "./events.ts";
import { keptRootOf } from "./hashes.ts";
import { BONDS, MODULE } from "./keys.ts";
import { record, releaseCollateral, slash } from "./operators.ts";
import type { Payouts } from "./payouts.ts";
import { partOf } from "./price.ts";
import { dropInputs, dropOutputs, operatorOf, putJob, putRoot } from "./state.ts";
import { workersOf } from "./tally.ts";

/** Pays a job that was answered right. `right` are the verdicts that say so. */
export function settle(ctx: Context, payouts: Payouts, before: Job, right: readonly Verdict[]): void {
  const price = BigInt(before.price);
  const parts = splitFee(price, before.terms.split);
  const address = ctx.addresses.parse(before.operator, "operator");
  const operator = operatorOf(ctx, address);
  payouts.pay(MODULE, ctx.addresses.parse(operator.withdrawAddress, "withdraw_address"), parts.compute);
  payouts.pay(MODULE, ctx.addresses.parse(before.modelOwner, "model_owner"), parts.owner);
  const isShared = payouts.share(MODULE, workersOf(right), parts.verification);
  payouts.treasury(MODULE, parts.treasury + (isShared ? 0n : parts.verification));
  payouts.burn(MODULE, parts.burn);
  const deposit = BigInt(before.deposit || "0");
  if (deposit > 0n) {
    // Half of it: else operator and challenger could be one, and call the referee for nothing.
    const half = deposit / 2n;
    payouts.pay(BONDS, ctx.addresses.parse(operator.withdrawAddress, "withdraw_address"), half);
    payouts.burn(BONDS, deposit - half);
  }
  releaseCollateral(ctx, address, BigInt(before.collateral));
  record(ctx, address, (was) => ({
    ...was,
    settled: was.settled + 1n,
    itemsSettled: was.itemsSettled + BigInt(before.items),
    earned: (BigInt(was.earned) + parts.compute).toString(),
  }));
  const job = closed(ctx, before, JobStatus.JOB_STATUS_SETTLED);
  putRoot(ctx, job.id, keptRootOf(job));
  emitJob(ctx, job, {
    price: before.price,
    items: BigInt(job.items),
    result_root: toHex(job.resultRoot),
    verdicts: BigInt(right.length),
    ...parts,
  });
}

/**
 * Ends a job whose answer was wrong, or never opened: the requester is refunded, the operator slashed.
 * @param right verdicts that saw it: they share what the challenger does not get
 */
export function refute(
  ctx: Context,
  payouts: Payouts,
  before: Job,
  why: { readonly reason: "wrong" | "unrevealed"; readonly right: readonly Verdict[] },
): void {
  const address = ctx.addresses.parse(before.operator, "operator");
  const collateral = BigInt(before.collateral);
  const fraction = why.reason === "wrong" ? before.terms.slashWrong : before.terms.slashUnrevealed;
  refund(ctx, payouts, before);
  releaseCollateral(ctx, address, collateral);
  const slashed = slash(ctx, address, partOf(collateral, fraction));
  let left = slashed;
  if (before.challenger !== "") {
    const reward = partOf(slashed, before.terms.challengerReward);
    const challenger = ctx.addresses.parse(before.challenger, "challenger");
    payouts.pay(BONDS, challenger, BigInt(before.deposit) + reward);
    left -= reward;
  }
  if (!payouts.share(BONDS, workersOf(why.right), left)) payouts.burn(BONDS, left);
  record(ctx, address, (was) =>
    why.reason === "wrong"
      ? { ...was, refuted: was.refuted + 1n }
      : { ...was, unrevealed: was.unrevealed + 1n },
  );
  emitJob(ctx, end(ctx, before, JobStatus.JOB_STATUS_REFUTED), {
    reason: why.reason,
    refund: before.escrow,
    slashed,
  });
}

/** Ends a job that nobody could decide: the requester is refunded, the operator is neither paid nor slashed. */
export function undecide(ctx: Context, payouts: Payouts, before: Job): void {
  refund(ctx, payouts, before);
  if (before.challenger !== "")
    payouts.pay(BONDS, ctx.addresses.parse(before.challenger, "challenger"), BigInt(before.deposit));
  const address = ctx.addresses.parse(before.operator, "operator");
  releaseCollateral(ctx, address, BigInt(before.collateral));
  emitJob(ctx, end(ctx, before, JobStatus.JOB_STATUS_UNDECIDED), { refund: before.escrow });
}

/** Ends a job that waits for an operator. */
export function withdraw(ctx: Context, payouts: Payouts, before: Job, status: number): void {
  refund(ctx, payouts, before);
  emitJob(ctx, end(ctx, before, status), { refund: before.escrow });
}

/** Takes a job from an operator who did not commit in time. Nobody profits by it. */
export function late(ctx: Context, payouts: Payouts, job: Job): void {
  const address = ctx.addresses.parse(job.operator, "operator");
  const collateral = BigInt(job.collateral);
  releaseCollateral(ctx, address, collateral);
  const slashed = slash(ctx, address, partOf(collateral, job.terms.slashLate));
  payouts.burn(BONDS, slashed);
  record(ctx, address, (was) => ({ ...was, late: was.late + 1n }));
  ctx.events.emit("job_late", { job_id: job.id, operator: job.operator, slashed });
}

function refund(ctx: Context, payouts: Payouts, { requester, escrow }: Job): void {
  payouts.pay(MODULE, ctx.addresses.parse(requester, "requester"), BigInt(escrow));
}

/** Of a job that was not settled, nothing but its record is kept. */
function end(ctx: Context, before: Job, status: number): Job {
  dropOutputs(ctx, before);
  return closed(ctx, before, status);
}

function closed(ctx: Context, before: Job, status: number): Job {
  dropInputs(ctx, before.id);
  const job = {
    ...before,
    status,
    escrow: "0",
    collateral: "0",
    deposit: "0",
    dueHeight: 0n,
    closedHeight: ctx.block.height,
  };
  putJob(ctx, job);
  return job;
}
