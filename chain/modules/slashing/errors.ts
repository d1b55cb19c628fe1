import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/slashing/types/errors.go of the Cosmos SDK v0.53. */
export const SlashingError = defineErrors("slashing", {
  noValidatorForAddress: 2,
  badValidatorAddr: 3,
  validatorJailed: 4,
  validatorNotJailed: 5,
  missingSelfDelegation: 6,
  selfDelegationTooLowToUnjail: 7,
  noSigningInfoFound: 8,
  validatorTombstoned: 9,
});
