import { defineErrors } from "../../runtime/errors.ts";

export const ComputeError = defineErrors("compute", {
  notFound: 2,
  /** The account has no right to it: not the operator, hot address, requester or owner. */
  notYours: 3,
  alreadyRegistered: 4,
  invalidOperator: 5,
  bondTooSmall: 6,
  /** That part of the bond answers for open jobs. */
  bondLocked: 7,
  tooManyUnbondings: 8,
  invalidOffer: 9,
  tooManyOffers: 10,
  invalidTolerance: 11,
  wrongDenom: 12,
  wrongStatus: 13,
  tooLate: 14,
  invalidItems: 15,
  priceTooHigh: 16,
  tooManyJobs: 17,
  /** What is revealed does not open the commitment, or is no answer at all. */
  badReveal: 18,
  tooEarly: 19,
  pruned: 20,
  invalidJob: 21,
  /** Votes come with blocks, never with transactions. */
  notATransaction: 22,
});
