/** Parameters of governance. Source: x/gov/types/v1/params.go of the Cosmos SDK v0.53; bounds that it lacks are ADR-0131. */
import type { Params } from "../../../proto/gen/cosmos.gov.v1.ts";
import type { Duration } from "../../../proto/gen/google.protobuf.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { amountOf, type Coins, coinsFromProto, formatCoins } from "../../runtime/coins.ts";
import { type Dec, formatDec, ONE, parseDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";

const DAY = 86_400n;
const NANOS = 1_000_000_000n;

/** Bytes of a proposal's metadata and title, and of a vote's metadata. Source: DefaultConfig of x/gov. */
export const MAX_METADATA_BYTES = 255;
/** Bytes of a summary. */
export const MAX_SUMMARY_BYTES = 40 * MAX_METADATA_BYTES;
/** Messages of one proposal (ADR-0131). */
export const MAX_MESSAGES = 100;

/** Defaults of the SDK; deposits in uopg: 10 OPG, expedited 50 OPG. */
export const DEFAULT_PARAMS: Params = {
  minDeposit: [{ denom: "uopg", amount: "10000000" }],
  maxDepositPeriod: { seconds: 2n * DAY, nanos: 0 },
  votingPeriod: { seconds: 2n * DAY, nanos: 0 },
  quorum: formatDec(parseDec("0.334")),
  threshold: formatDec(parseDec("0.5")),
  vetoThreshold: formatDec(parseDec("0.334")),
  minInitialDepositRatio: formatDec(ZERO),
  proposalCancelRatio: formatDec(parseDec("0.5")),
  /** Empty: what a cancelled proposal forfeits is burnt. */
  proposalCancelDest: "",
  expeditedVotingPeriod: { seconds: DAY, nanos: 0 },
  expeditedThreshold: formatDec(parseDec("0.667")),
  expeditedMinDeposit: [{ denom: "uopg", amount: "50000000" }],
  burnVoteQuorum: false,
  burnProposalDepositPrevote: false,
  burnVoteVeto: true,
  minDepositRatio: formatDec(parseDec("0.01")),
};

/** 100 years of 365.25 days: times stay far from the year 9999, after which keys would not sort. */
const MAX_PERIOD_SECONDS = 3_155_760_000n;

interface RatioBound {
  readonly name: string;
  readonly read: (params: Params) => string;
  readonly positive: boolean;
}

const RATIOS: readonly RatioBound[] = [
  { name: "quorum", read: (params) => params.quorum, positive: false },
  { name: "threshold", read: (params) => params.threshold, positive: true },
  { name: "expedited_threshold", read: (params) => params.expeditedThreshold, positive: true },
  { name: "veto_threshold", read: (params) => params.vetoThreshold, positive: true },
  { name: "min_initial_deposit_ratio", read: (params) => params.minInitialDepositRatio, positive: false },
  { name: "proposal_cancel_ratio", read: (params) => params.proposalCancelRatio, positive: false },
  { name: "min_deposit_ratio", read: (params) => params.minDepositRatio, positive: false },
];

function fault(name: string, value: string, allowed: string): Error {
  return SdkError.invalidRequest(`params.${name}: ${value} is not ${allowed}`);
}

/** @throws SdkError naming the parameter, its value and what is allowed */
export function validateParams(params: Params, addresses: AddressCodec): void {
  const least = someCoins(params.minDeposit, "min_deposit");
  const expedited = someCoins(params.expeditedMinDeposit, "expedited_min_deposit");
  if (covers(least, expedited))
    throw fault(
      "expedited_min_deposit",
      formatCoins(expedited),
      `more than min_deposit, ${formatCoins(least)}`,
    );
  const deposit = period(params.maxDepositPeriod, "max_deposit_period");
  if (deposit <= 0n) throw fault("max_deposit_period", `${deposit} ns`, "positive");
  for (const { name, read, positive } of RATIOS) {
    const value = ratio(read(params), name);
    if (value < ZERO || (positive && value === ZERO) || value > ONE)
      throw fault(name, formatDec(value), positive ? "above 0 and at most 1" : "from 0 to 1");
  }
  if (ratio(params.expeditedThreshold, "") <= ratio(params.threshold, ""))
    throw fault("expedited_threshold", params.expeditedThreshold, `above threshold, ${params.threshold}`);
  const voting = period(params.votingPeriod, "voting_period");
  if (voting <= 0n) throw fault("voting_period", `${voting} ns`, "positive");
  const fast = period(params.expeditedVotingPeriod, "expedited_voting_period");
  if (fast <= 0n) throw fault("expedited_voting_period", `${fast} ns`, "positive");
  if (fast >= voting)
    throw fault("expedited_voting_period", `${fast} ns`, `shorter than voting_period, ${voting} ns`);
  if (params.proposalCancelDest !== "")
    addresses.parse(params.proposalCancelDest, "params.proposal_cancel_dest");
}

function someCoins(coins: Params["minDeposit"], name: string): Coins {
  const parsed = coinsFromProto(coins, `params.${name}`);
  if (parsed.length === 0) throw fault(name, "nothing", "at least one coin");
  return parsed;
}

/** Nanoseconds. */
function period(span: Duration | undefined, name: string): bigint {
  if (!span) throw fault(name, "nothing", "a duration, such as 172800s");
  if (span.seconds > MAX_PERIOD_SECONDS || span.seconds < -MAX_PERIOD_SECONDS)
    throw fault(name, `${span.seconds} s`, `at most ${MAX_PERIOD_SECONDS} s`);
  return span.seconds * NANOS + BigInt(span.nanos);
}

/** A ratio of the parameters as a decimal. @throws SdkError.invalidRequest */
export function ratio(text: string, name: string): Dec {
  return parseDec(text, `params.${name}`);
}

/** Whether `have` holds at least `want` of each of its denominations. Source: Coins.IsAllGTE of the SDK, types/coin.go. */
export function covers(have: Coins, want: Coins): boolean {
  if (want.length === 0) return true;
  return have.length > 0 && want.every(({ denom, amount }) => amountOf(have, denom) >= amount);
}
