import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/gov/types/errors.go of the Cosmos SDK v0.53. */
export const GovError = defineErrors("gov", {
  inactiveProposal: 3,
  alreadyActive: 4,
  invalidContent: 5,
  invalidType: 6,
  invalidVote: 7,
  invalidGenesis: 8,
  noHandler: 9,
  unroutable: 10,
  noMessages: 11,
  invalidMessage: 12,
  invalidSigner: 13,
  metadataTooLong: 15,
  depositTooSmall: 16,
  invalidProposer: 18,
  votingEnded: 20,
  invalidProposal: 21,
  summaryTooLong: 22,
  invalidDepositDenom: 23,
});
