import { defineErrors } from "../../runtime/errors.ts";

export const InferenceError = defineErrors("inference", {
  notFound: 2,
  badInput: 3,
  feeTooHigh: 4,
  budgetExceeded: 5,
  unsupportedMode: 6,
  outputTooLarge: 7,
  invalidTags: 8,
  wrongDenom: 9,
  pruned: 10,
  engineMismatch: 11,
});
