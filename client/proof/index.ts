export { VerificationError, type VerificationStep } from "./errors.ts";
export { type ProofSources, queryVerified, type VerifiedQuery, type VerifiedValue } from "./query.ts";
export {
  INFERENCE_STORE,
  type ReceiptExpectation,
  type ReceiptQuery,
  type VerifiedReceipt,
  verifyReceipt,
} from "./receipt.ts";
export { formatReport, type Report, type ReportStep } from "./report.ts";
