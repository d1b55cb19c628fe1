import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/evidence/types/errors.go of the Cosmos SDK v0.53. */
export const EvidenceError = defineErrors("evidence", {
  noEvidenceHandlerExists: 2,
  invalidEvidence: 3,
  evidenceExists: 5,
});
