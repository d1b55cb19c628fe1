/** Statuses of jobs as people read them, and which are an end. */
import { enumName } from "../../proto/codec.ts";
import { type Job, JobStatus, JobStatusEnum } from "../../proto/gen/opg.compute.v1.ts";

/** Ends of a job: nothing follows. */
export const CLOSED: readonly number[] = [
  JobStatus.JOB_STATUS_SETTLED,
  JobStatus.JOB_STATUS_REFUTED,
  JobStatus.JOB_STATUS_EXPIRED,
  JobStatus.JOB_STATUS_CANCELLED,
  JobStatus.JOB_STATUS_UNDECIDED,
];

/** `settled`, for JOB_STATUS_SETTLED. */
export function statusName(status: number): string {
  const name = enumName(JobStatusEnum, status) ?? String(status);
  return name.replace(/^JOB_STATUS_/, "").toLowerCase();
}

export function isClosed({ status }: Pick<Job, "status">): boolean {
  return CLOSED.includes(status);
}
