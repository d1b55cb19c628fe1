import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/staking/types/errors.go of the Cosmos SDK v0.53. */
export const StakingError = defineErrors("staking", {
  emptyValidatorAddr: 2,
  noValidatorFound: 3,
  validatorOwnerExists: 4,
  validatorPubKeyExists: 5,
  validatorPubKeyTypeNotSupported: 6,
  validatorJailed: 7,
  badRemoveValidator: 8,
  commissionNegative: 9,
  commissionHuge: 10,
  commissionGTMaxRate: 11,
  commissionUpdateTime: 12,
  commissionChangeRateNegative: 13,
  commissionChangeRateGTMaxRate: 14,
  commissionGTMaxChangeRate: 15,
  selfDelegationBelowMinimum: 16,
  minSelfDelegationDecreased: 17,
  noDelegation: 19,
  noDelegatorForAddress: 21,
  insufficientShares: 22,
  notEnoughDelegationShares: 24,
  noUnbondingDelegation: 26,
  maxUnbondingDelegationEntries: 27,
  noRedelegation: 28,
  selfRedelegation: 29,
  tinyRedelegationAmount: 30,
  badRedelegationDst: 31,
  transitiveRedelegation: 32,
  maxRedelegationEntries: 33,
  delegatorShareExRateInvalid: 34,
  noHistoricalInfo: 38,
  emptyValidatorPubKey: 39,
  commissionLTMinRate: 40,
  badRedelegationSrc: 44,
});

/** Where the SDK answers with an error that it has not registered, clients see this codespace and code. */
export const UnregisteredError = defineErrors("undefined", { plain: 1 });
