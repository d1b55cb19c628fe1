import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/distribution/types/errors.go of the Cosmos SDK v0.53. */
export const DistributionError = defineErrors("distribution", {
  emptyDelegatorAddr: 2,
  emptyWithdrawAddr: 3,
  emptyValidatorAddr: 4,
  emptyDelegationDistInfo: 5,
  noValidatorDistInfo: 6,
  noValidatorCommission: 7,
  setWithdrawAddrDisabled: 8,
  badDistribution: 9,
  invalidProposalAmount: 10,
  emptyProposalRecipient: 11,
  noValidatorExists: 12,
  noDelegationExists: 13,
});
