/** Parameters of inference: price, budget, split, retention. */
import type { Params, SplitWeights } from "../../../proto/gen/opg.inference.v1.ts";
import { assertCounts, type CountBounds } from "../../runtime/bounds.ts";
import { assertDenom } from "../../runtime/coins.ts";
import { type Dec, decFromWire, decToWire, formatDec, ONE, parseDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";

export const DEFAULT_PARAMS: Params = {
  feeDenom: "uopg",
  split: {
    compute: decToWire(parseDec("0.40")),
    verification: decToWire(parseDec("0.25")),
    owner: decToWire(parseDec("0.20")),
    treasury: decToWire(parseDec("0.10")),
    burn: decToWire(parseDec("0.05")),
  },
  /** About half a second of one core: the cost table is near one unit a third of a nanosecond. */
  blockComputeBudget: 2_000_000_000n,
  targetUse: decToWire(parseDec("0.5")),
  /** An eighth, as EIP-1559 for gas. */
  maxPriceChange: decToWire(parseDec("0.125")),
  /** 1 uopg for 2,000 units: where the price of an idle chain rests. */
  minUnitPrice: decToWire(parseDec("0.0005")),
  maxUnitPrice: decToWire(parseDec("1000")),
  /** A transaction holds at most 1 MiB. */
  maxInputBytes: 1_000_000n,
  maxOutputBytes: 1_000_000n,
  maxTags: 8,
  maxTagBytes: 64,
  /** A day of 6-second blocks. */
  outputRetentionBlocks: 14_400n,
  /** Ninety days of 6-second blocks. */
  receiptRetentionBlocks: 1_296_000n,
};

/** What the price starts at if genesis does not say: 1 uopg for 1,000 units. */
export const DEFAULT_UNIT_PRICE = parseDec("0.001");

export const STREAMS = ["compute", "verification", "owner", "treasury", "burn"] as const;
export type Stream = (typeof STREAMS)[number];

/** The weights in stream order; `path` is where they stand, for the error. */
export function weightsOf(split: SplitWeights, path = "params.split"): readonly Dec[] {
  return STREAMS.map((stream) => decFromWire(split[stream], `${path}.${stream}`));
}

/** @throws SdkError.invalidRequest unless the weights sum to exactly 1 */
export function assertSplit(split: SplitWeights, path = "params.split"): void {
  const weights = weightsOf(split, path);
  for (const [index, weight] of weights.entries()) {
    if (weight < ZERO || weight > ONE)
      throw SdkError.invalidRequest(`${path}.${STREAMS[index]}: ${formatDec(weight)} is not from 0 to 1`);
  }
  const sum = weights.reduce<bigint>((total, weight) => total + weight, 0n);
  if (sum !== ONE)
    throw SdkError.invalidRequest(`${path}: weights sum to ${formatDec(sum as Dec)}, not to exactly 1`);
}

function assertWithin(name: string, value: Dec, least: Dec, most: Dec): void {
  if (value < least || value > most) {
    throw SdkError.invalidRequest(
      `params.${name}: ${formatDec(value)} is not from ${formatDec(least)} to ${formatDec(most)}`,
    );
  }
}

const SMALLEST = 1n as Dec;
const PRICE_CAP = parseDec("1000000000");

const COUNTS: CountBounds<Params> = {
  blockComputeBudget: [1n, 1_000_000_000_000n],
  maxInputBytes: [1n, 67_108_864n],
  // A value of the store takes 16 MiB.
  maxOutputBytes: [1n, 16_777_216n],
  maxTags: [0n, 64n],
  maxTagBytes: [0n, 1_024n],
  outputRetentionBlocks: [1n, 1_000_000_000n],
  receiptRetentionBlocks: [1n, 1_000_000_000n],
};

/** @throws SdkError.invalidRequest naming the parameter, its value and what is allowed */
export function validateParams(params: Params): void {
  assertDenom(params.feeDenom, "params.fee_denom");
  assertSplit(params.split);
  assertCounts(params, COUNTS);
  if (params.outputRetentionBlocks > params.receiptRetentionBlocks) {
    throw SdkError.invalidRequest(
      `params.outputRetentionBlocks: ${params.outputRetentionBlocks} is more than receipts are kept (${params.receiptRetentionBlocks}): an output is found by its receipt`,
    );
  }
  assertWithin(
    "target_use",
    decFromWire(params.targetUse, "params.target_use"),
    parseDec("0.01"),
    parseDec("0.99"),
  );
  assertWithin(
    "max_price_change",
    decFromWire(params.maxPriceChange, "params.max_price_change"),
    ZERO,
    parseDec("0.5"),
  );
  const least = decFromWire(params.minUnitPrice, "params.min_unit_price");
  assertWithin("min_unit_price", least, SMALLEST, PRICE_CAP);
  assertWithin("max_unit_price", decFromWire(params.maxUnitPrice, "params.max_unit_price"), least, PRICE_CAP);
}

/** Gas of one job, beside what its bytes and its writes cost. */
export const JOB_GAS = 50_000n;
/** Gas of an input byte: it is checked, hashed and copied to the engine. What the transaction's size costs comes on top. */
export const INPUT_GAS_PER_BYTE = 2n;
/**
 * Compute units for one gas. The fee pays for compute, but a transaction whose later message fails pays no fee: gas is
 * what it pays for the run that everyone did. A unit is near a third of a nanosecond, so a gas buys 300 ns.
 */
export const UNITS_PER_GAS = 1_000n;
/** Blocks whose outputs, or receipts, one end-block prunes at most. */
export const MAX_PRUNED_BLOCKS = 20;
/** Receipts of these at most, unless one block alone has more: what users made must not hold up a block. */
export const MAX_PRUNED_RECEIPTS = 500;
