/** Parameters of distribution, with bounds and defaults. Source: x/distribution/types/params.go of the Cosmos SDK v0.53. */
import type { Params } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { decFromWire, decToWire, formatDec, ONE, parseDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";

export const DEFAULT_PARAMS: Params = {
  /** 2 % of gas fees and provisions go to the community pool. */
  communityTax: decToWire(parseDec("0.02")),
  /** Not in use since v0.46. */
  baseProposerReward: decToWire(ZERO),
  bonusProposerReward: decToWire(ZERO),
  withdrawAddrEnabled: true,
};

/** @throws SdkError.invalidRequest naming the parameter, its value and what is allowed */
export function validateParams(params: Params): void {
  const tax = decFromWire(params.communityTax, "params.community_tax");
  if (tax < ZERO || tax > ONE)
    throw SdkError.invalidRequest(`params.community_tax: ${formatDec(tax)} is not from 0 to 1`);
}

/** @throws SdkError.invalidRequest if a parameter that is no longer in use is set */
export function assertNoDeprecated(params: Params): void {
  for (const [name, text] of [
    ["base_proposer_reward", params.baseProposerReward],
    ["bonus_proposer_reward", params.bonusProposerReward],
  ] as const) {
    if (decFromWire(text, `params.${name}`) !== 0n)
      throw SdkError.invalidRequest(`params.${name}: is no longer in use; leave it 0`);
  }
}
