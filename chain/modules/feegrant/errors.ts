import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/feegrant/errors.go of the Cosmos SDK v0.53. */
export const FeegrantError = defineErrors("feegrant", {
  feeLimitExceeded: 2,
  feeLimitExpired: 3,
  invalidDuration: 4,
  noAllowance: 5,
  noMessages: 6,
  messageNotAllowed: 7,
});
