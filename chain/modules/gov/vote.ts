/** What a vote may say. Source: x/gov/keeper/msg_server.go and types/v1/vote.go of the Cosmos SDK v0.53. */
import { VoteOption, type WeightedVoteOption } from "../../../proto/gen/cosmos.gov.v1.ts";
import { type Dec, formatDec, ONE, parseDec, ZERO } from "../../runtime/decimal.ts";
import { ChainError, SdkError } from "../../runtime/errors.ts";
import { GovError } from "./errors.ts";

const OPTIONS: ReadonlySet<number> = new Set([
  VoteOption.VOTE_OPTION_YES,
  VoteOption.VOTE_OPTION_ABSTAIN,
  VoteOption.VOTE_OPTION_NO,
  VoteOption.VOTE_OPTION_NO_WITH_VETO,
]);

/** @throws GovError.invalidVote */
export function assertOption(option: number, field = "option"): void {
  if (!OPTIONS.has(option))
    throw GovError.invalidVote(`${field}: ${option} is not yes (1), abstain (2), no (3) or no with veto (4)`);
}

/** The whole vote for one option. */
export function wholeVote(option: number): readonly WeightedVoteOption[] {
  return [{ option, weight: formatDec(ONE) }];
}

/** Each option once, weights that sum to exactly 1. @throws GovError.invalidVote, SdkError.invalidRequest */
export function assertWeights(options: readonly WeightedVoteOption[]): void {
  if (options.length === 0) throw SdkError.invalidRequest("options: at least one is needed");
  const seen = new Set<number>();
  let sum = 0n;
  for (const [index, { option, weight: text }] of options.entries()) {
    assertOption(option, `options[${index}].option`);
    const weight = weightOf(text, `options[${index}].weight`);
    if (weight <= ZERO || weight > ONE)
      throw GovError.invalidVote(`options[${index}].weight: ${text} is not above 0 and at most 1`);
    if (seen.has(option)) throw GovError.invalidVote(`options[${index}].option: ${option} is there twice`);
    seen.add(option);
    sum += weight;
  }
  if (sum !== ONE)
    throw GovError.invalidVote(
      `options: total weight ${sum > ONE ? "overflow" : "lower than"} 1.00: it is ${formatDec(sum as Dec)}`,
    );
}

function weightOf(text: string, field: string): Dec {
  try {
    return parseDec(text, field);
  } catch (error) {
    if (error instanceof ChainError) throw GovError.invalidVote(error.message);
    throw error;
  }
}
