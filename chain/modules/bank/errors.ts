import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/bank/types/errors.go of the Cosmos SDK v0.53. */
export const BankError = defineErrors("bank", {
  noInputs: 2,
  noOutputs: 3,
  inputOutputMismatch: 4,
  sendDisabled: 5,
  metadataNotFound: 6,
  duplicateEntry: 8,
  multipleSenders: 9,
});
