/** Events of the compute market. Every event of a job carries job_id, of an operator operator. */
import type { Job, Offer, Operator, Tolerance } from "../../../proto/gen/opg.compute.v1.ts";
import { JobStatus } from "../../../proto/gen/opg.compute.v1.ts";
import type { Context } from "../../runtime/context.ts";

export function emitOperator(
  ctx: Context,
  type:
    | "operator_registered"
    | "operator_updated"
    | "operator_bonded"
    | "operator_unbonding"
    | "operator_unbonded"
    | "operator_slashed",
  { address, bond }: Pick<Operator, "address" | "bond">,
  more: Readonly<Record<string, string | bigint | undefined>> = {},
): void {
  ctx.events.emit(type, { operator: address, bond, ...more });
}

export function emitOffer(
  ctx: Context,
  type: "offer_set" | "offer_removed",
  { operator, modelId, verification, unitPrice, itemPrice }: Offer,
): void {
  ctx.events.emit(type, {
    operator,
    model_id: modelId,
    verification: BigInt(verification),
    unit_price: unitPrice,
    item_price: itemPrice,
  });
}

export function emitTolerance(
  ctx: Context,
  { modelId, absolute, relative, sameArgmax }: Tolerance,
  owner: string,
): void {
  ctx.events.emit("tolerance_set", {
    model_id: modelId,
    owner,
    absolute,
    relative,
    same_argmax: String(sameArgmax),
  });
}

/** A step of a job, by the status that it has now: `job_posted`, `job_assigned`, … `job_settled`. */
export function emitJob(
  ctx: Context,
  job: Pick<Job, "id" | "status" | "requester" | "operator" | "modelId">,
  more: Readonly<Record<string, string | bigint | undefined>> = {},
): void {
  ctx.events.emit(`job_${statusName(job.status)}`, {
    job_id: job.id,
    model_id: job.modelId,
    requester: job.requester,
    operator: job.operator || undefined,
    ...more,
  });
}

const NAMES = new Map<number, string>(
  Object.entries(JobStatus).map(([name, value]) => [value, name.slice("JOB_STATUS_".length).toLowerCase()]),
);

/** `posted`, `assigned` and so on. */
export function statusName(status: number): string {
  return NAMES.get(status) ?? String(status);
}
