import type { Job } from "../../proto/gen/opg.compute.v1.ts";

/**
 * - no_offer: nobody offers the model so
 * - invalid_job: what is asked has no items, or answers do not fit the job
 * - not_settled: the job came to another end
 * - still_open: the job has not come to its end in time
 */
export type MarketErrorCode = "no_offer" | "invalid_job" | "not_settled" | "still_open";

/** The market cannot do, or did not do, what was asked. */
export class MarketError extends Error {
  override readonly name = "MarketError";
  readonly code: MarketErrorCode;
  /** As it was when this was thrown, if it is of a job that exists. */
  readonly job: Job | undefined;
  constructor(code: MarketErrorCode, message: string, job?: Job) {
    super(message);
    this.code = code;
    this.job = job;
  }
}
