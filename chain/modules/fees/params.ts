/** Parameters of the base fee, with bounds and defaults (ADR-0123). */
import type { Params } from "../../../proto/gen/opg.fees.v1.ts";
import { assertDenom } from "../../runtime/coins.ts";
import {
  type Dec,
  decFromWire,
  decToWire,
  formatDec,
  ONE,
  parseDec,
  SMALLEST,
} from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";

export const DEFAULT_PARAMS: Params = {
  /** Off: fees are the SDK's. */
  enabled: false,
  burnBaseFee: true,
  denom: "uopg",
  /** Half, as EIP-1559. */
  targetGasShare: decToWire(parseDec("0.5")),
  /** An eighth, as EIP-1559. */
  maxChangeDenominator: 8,
  /** 1,000 gas for 1 uopg. */
  minBaseFee: decToWire(parseDec("0.001")),
};

const MAX_DENOMINATOR = 1_000;
const LEAST_SHARE = parseDec("0.01");
const MOST_BASE_FEE = parseDec("1000000000");

/** @throws ChainError naming the parameter, its value and what is allowed */
export function validateParams(params: Params): void {
  assertDenom(params.denom, "params.denom");
  assertWithin(
    "target_gas_share",
    decFromWire(params.targetGasShare, "params.target_gas_share"),
    LEAST_SHARE,
    ONE,
  );
  const { maxChangeDenominator: denominator } = params;
  if (denominator < 1 || denominator > MAX_DENOMINATOR)
    throw SdkError.invalidRequest(
      `params.max_change_denominator: ${denominator} is not from 1 to ${MAX_DENOMINATOR}`,
    );
  assertWithin(
    "min_base_fee",
    decFromWire(params.minBaseFee, "params.min_base_fee"),
    SMALLEST,
    MOST_BASE_FEE,
  );
}

function assertWithin(name: string, value: Dec, least: Dec, most: Dec): void {
  if (value < least || value > most) {
    throw SdkError.invalidRequest(
      `params.${name}: ${formatDec(value)} is not from ${formatDec(least)} to ${formatDec(most)}`,
    );
  }
}
