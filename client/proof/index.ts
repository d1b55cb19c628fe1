export { VerificationError, type VerificationStep } from "./errors.ts";
export {
  type ItemOutputs,
  type ItemQuery,
  type VerifiedItem,
  type VerifiedJob,
  verifyItem,
  verifyJob,
  type WholeJobQuery,
} from "./item.ts";
export { type KeptReceiptQuery, verifyKeptReceipt } from "./kept-receipt.ts";
export { type ProofSources, queryVerified, type VerifiedQuery, type VerifiedValue } from "./query.ts";
export {
  type ReceiptExpectation,
  type ReceiptQuery,
  type VerifiedReceipt,
  verifyReceipt,
} from "./receipt.ts";
export { formatReport, type Report, type ReportStep } from "./report.ts";
