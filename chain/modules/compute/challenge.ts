/** Calling the referee on a verified job (ADR-0160). */
import { type Job, JobStatus, type MsgChallenge } from "../../../proto/gen/opg.compute.v1.ts";
import type { Context } from "../../runtime/context.ts";
import type { ComputeDeps } from "./deps.ts";
import { ComputeError } from "./errors.ts";
import { emitJob } from "./events.ts";
import { BONDS } from "./keys.ts";
import { findOperator, jobOf, operatorOf, paramsOf, putJob } from "./state.ts";
import { isExact } from "./window.ts";

/** @throws ComputeError.notFound, notYours, wrongStatus; SdkError.insufficientFunds */
export function challenge(ctx: Context, deps: ComputeDeps, { challenger, jobId }: MsgChallenge): Job {
  const before = jobOf(ctx, jobId);
  if (before.status !== JobStatus.JOB_STATUS_VERIFIED || !isExact(before))
    throw ComputeError.wrongStatus(
      `job ${jobId} cannot be challenged: only EXACT jobs can, from their answer until they settle`,
    );
  const who = ctx.addresses.parse(challenger, "challenger");
  const operator = operatorOf(ctx, ctx.addresses.parse(before.operator, "operator"));
  if ([operator.address, operator.hotAddress, operator.withdrawAddress].includes(challenger))
    throw ComputeError.notYours(`challenger: ${challenger} is the operator of job ${jobId}`);
  const params = paramsOf(ctx);
  const bond = BigInt(findOperator(ctx, who)?.bond ?? 0);
  const validator = deps.staking.validator(ctx, who);
  const isBonded = validator?.status === "bonded" && !validator.jailed;
  if (!isBonded && bond < BigInt(params.minBond))
    throw ComputeError.notYours(
      `challenger: ${challenger} is the account of no bonded validator, and of no operator with min_bond`,
    );
  // Refunds must arrive.
  if (deps.bank.isBlocked(who))
    throw ComputeError.notYours(`challenger: ${challenger} is a module account and cannot be paid back`);
  const deposit = BigInt(params.challengeDeposit);
  deps.bank.sendToModule(ctx, who, BONDS, [{ denom: params.denom, amount: deposit }]);
  const job: Job = {
    ...before,
    status: JobStatus.JOB_STATUS_DISPUTED,
    challenger,
    deposit: deposit.toString(),
    dueHeight: 0n,
  };
  putJob(ctx, job);
  emitJob(ctx, job, { challenger, deposit });
  return job;
}
