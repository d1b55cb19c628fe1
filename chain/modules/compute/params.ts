/** Parameters of the compute market: what jobs are judged and paid by, and bounds of everything that is open at one time. */
import type { Params, Terms } from "../../../proto/gen/opg.compute.v1.ts";
import { assertCounts, type CountBounds } from "../../runtime/bounds.ts";
import { assertDenom, parseAmount } from "../../runtime/coins.ts";
import { type Dec, decFromWire, decToWire, formatDec, ONE, parseDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { assertSplit, DEFAULT_INFERENCE_PARAMS as DEFAULT_INFERENCE } from "../inference/index.ts";
import { MAX_ENTRIES } from "./extension.ts";

const dec = (text: string): string => decToWire(parseDec(text));

export const DEFAULT_TERMS: Terms = {
  split: DEFAULT_INFERENCE.split,
  /** All of the collateral, which is twice the price. */
  slashWrong: dec("1"),
  /** As much: whoever sees by the verdicts that its answer is wrong must not gain by silence. */
  slashUnrevealed: dec("1"),
  slashLate: dec("0.1"),
  /** The other half goes to the validators who saw it. */
  challengerReward: dec("0.5"),
  /** Every item. */
  sample: dec("1"),
  /** A minute of 6-second blocks each. */
  verdictBlocks: 10,
  revealBlocks: 10,
  /** Ten minutes. */
  challengeBlocks: 100,
};

export const DEFAULT_PARAMS: Params = {
  denom: "uopg",
  terms: DEFAULT_TERMS,
  /** 1,000 OPG. */
  minBond: "1000000000",
  /** A week of 6-second blocks. */
  unbondingBlocks: 100_800,
  collateralRatio: dec("2"),
  /** 10 OPG. */
  challengeDeposit: "10000000",
  assignBlocks: 100,
  maxDeadlineBlocks: 100,
  maxAttempts: 3,
  maxItems: 10_000,
  /** A transaction holds at most 1 MiB. */
  maxInputBytes: 1_000_000n,
  maxOutputBytes: 1_000_000n,
  maxOpenJobs: 1_000,
  maxOffers: 100,
  refereeShare: dec("0.25"),
  /** A fiftieth of what signing twice costs: a wrong verdict may be a broken machine. */
  slashVerdict: dec("0.001"),
  maxVerdicts: 100,
  /** A day, and a week, of 6-second blocks. */
  outputRetentionBlocks: 14_400n,
  jobRetentionBlocks: 100_800n,
};

const COUNTS: CountBounds<Params> = {
  unbondingBlocks: [1n, 100_000_000n],
  assignBlocks: [1n, 1_000_000n],
  maxDeadlineBlocks: [1n, 1_000_000n],
  maxAttempts: [1n, 100n],
  maxItems: [1n, 100_000n],
  // A value of the store takes 16 MiB.
  maxInputBytes: [1n, 16_000_000n],
  maxOutputBytes: [1n, 16_000_000n],
  maxOpenJobs: [1n, 1_000_000n],
  maxOffers: [1n, 1_000n],
  maxVerdicts: [1n, BigInt(MAX_ENTRIES)],
  outputRetentionBlocks: [1n, 1_000_000_000n],
  jobRetentionBlocks: [1n, 1_000_000_000n],
};

const TERM_COUNTS: CountBounds<Terms> = {
  // Verdicts are in votes for a block, and those in the block after: two of the window's blocks have none (window.ts).
  verdictBlocks: [3n, 100_000n],
  revealBlocks: [1n, 100_000n],
  challengeBlocks: [1n, 1_000_000n],
};

/** Parts of a whole, by where they stand and the least and most that they may be. */
const TERM_PARTS: Readonly<Partial<Record<keyof Terms, readonly [least: Dec, most: Dec]>>> = {
  slashWrong: [ZERO, ONE],
  slashUnrevealed: [ZERO, ONE],
  slashLate: [ZERO, ONE],
  challengerReward: [ZERO, ONE],
  sample: [ZERO, ONE],
};

const PARTS: Readonly<Partial<Record<keyof Params, readonly [least: Dec, most: Dec]>>> = {
  collateralRatio: [ZERO, parseDec("1000")],
  refereeShare: [parseDec("0.01"), ONE],
  slashVerdict: [ZERO, ONE],
};

/** Far more than there will ever be of a coin, and far from where products of amounts leave 256 bits. */
export const MAX_PRICE = 1n << 120n;

function assertParts<Of extends object>(
  values: Of,
  bounds: Readonly<Partial<Record<keyof Of, readonly [least: Dec, most: Dec]>>>,
  path: string,
): void {
  for (const [name, [least, most]] of Object.entries(bounds) as [keyof Of & string, [Dec, Dec]][]) {
    const value = decFromWire(values[name] as string, `${path}.${name}`);
    if (value < least || value > most)
      throw SdkError.invalidRequest(
        `${path}.${name}: ${formatDec(value)} is not from ${formatDec(least)} to ${formatDec(most)}`,
      );
  }
}

/** @throws SdkError.invalidRequest naming the field under `path` */
export function validateTerms(terms: Terms, path = "params.terms"): void {
  assertSplit(terms.split, `${path}.split`);
  assertParts(terms, TERM_PARTS, path);
  assertCounts(terms, TERM_COUNTS, path);
}

/**
 * Blocks from posting a job to the end of its challenge window, at most: what waits for the referee beyond that has its
 * collateral locked.
 */
export function longestLife(params: Params): number {
  const { assignBlocks, maxAttempts, maxDeadlineBlocks, terms } = params;
  const judged = 2 * (terms.verdictBlocks + terms.revealBlocks) + 2;
  return maxAttempts * (assignBlocks + maxDeadlineBlocks) + judged + terms.challengeBlocks;
}

/** @throws SdkError.invalidRequest naming the parameter, its value and what is allowed */
export function validateParams(params: Params): void {
  assertDenom(params.denom, "params.denom");
  validateTerms(params.terms);
  for (const name of ["minBond", "challengeDeposit"] as const) {
    const amount = parseAmount(params[name], `params.${name}`);
    if (amount < 1n || amount > MAX_PRICE)
      throw SdkError.invalidRequest(`params.${name}: ${amount} is not from 1 to ${MAX_PRICE}`);
  }
  assertParts(params, PARTS, "params");
  assertCounts(params, COUNTS);
  const life = longestLife(params);
  if (params.unbondingBlocks <= life)
    throw SdkError.invalidRequest(
      `params.unbondingBlocks: ${params.unbondingBlocks} is not more than ${life}, the blocks that a job may take`,
    );
  if (params.outputRetentionBlocks > params.jobRetentionBlocks)
    throw SdkError.invalidRequest(
      `params.outputRetentionBlocks: ${params.outputRetentionBlocks} is more than jobs are kept (${params.jobRetentionBlocks}): outputs are found by their job`,
    );
}

/** Jobs that an operator can say it takes at one time. */
export const MAX_CAPACITY = 10_000;
/** Bytes of an operator's metadata, all its texts together. */
export const MAX_METADATA_BYTES = 1_024;
/** Parts of one bond that unbond at one time. Source: the SDK's max_entries of staking. */
export const MAX_UNBONDINGS = 7;
/** Unbonded parts that one end-block pays at most; the rest a block later. */
export const MAX_PAID_PER_BLOCK = 50;
/** Steps of jobs that one end-block takes at most (ADR-0160). */
export const MAX_STEPS_PER_BLOCK = 50;
