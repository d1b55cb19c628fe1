import type { Report } from "./report.ts";

/**
 * The steps of a proof, in their order.
 * - header: a header of the height after the state, signed by more than 2/3 of verified validators
 * - answer: the node answered, for the key, store and height asked
 * - store_root: the store's root is in the app hash of that header (ics23:simple)
 * - key: the key has the value, or is absent, under the store's root (ics23:iavl)
 * - root, path: of a receipt that was kept: the root of its block's receipts is in the state, and the receipt under it
 * - receipt: the value is a receipt, encoded canonically, with the id asked
 * - fields: its hashes, heights and status are sound
 * - split: the parts of the fee sum to the fee
 * - job: the value is a job of the market, encoded canonically, with the id asked; or, of a pruned one, what stays of it
 * - settled: enough verdicts agreed with the job's answers, and they were paid
 * - model, input, output: the hashes are those of what the caller has
 */
export type VerificationStep =
  | "header"
  | "answer"
  | "store_root"
  | "key"
  | "root"
  | "path"
  | "receipt"
  | "fields"
  | "split"
  | "job"
  | "settled"
  | "model"
  | "input"
  | "output";

/** What could not be proven, at which step; the report says what was before. */
export class VerificationError extends Error {
  override readonly name = "VerificationError";
  readonly step: VerificationStep;
  readonly report: Report;
  constructor(step: VerificationStep, message: string, report: Report, cause?: unknown) {
    super(`${report.subject}: not proven, step ${step}: ${message}`, cause === undefined ? {} : { cause });
    this.step = step;
    this.report = report;
  }
}
