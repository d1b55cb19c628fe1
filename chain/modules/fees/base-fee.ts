/** How the base fee follows the use of blocks. A pure function. Source: EIP-1559. */
import type { Params } from "../../../proto/gen/opg.fees.v1.ts";
import { type Dec, decFromWire, decMulInt, decTruncate, SMALLEST } from "../../runtime/decimal.ts";

/**
 * The base fee after a block in which transactions asked for `gas` of `maxGas`: higher above the target, lower below it,
 * by at most one part in max_change_denominator where the block is at twice the target, or empty. Never below the minimum.
 * @param maxGas the block's limit; negative for none, which leaves the base fee at its minimum.
 */
export function nextBaseFee(baseFee: Dec, gas: bigint, maxGas: bigint, params: Params): Dec {
  const least = decFromWire(params.minBaseFee, "params.min_base_fee");
  if (maxGas < 0n) return least;
  const share = decFromWire(params.targetGasShare, "params.target_gas_share");
  const target = atLeast(decTruncate(decMulInt(share, maxGas)), 1n);
  const change = (distance: bigint) => (baseFee * distance) / target / BigInt(params.maxChangeDenominator);
  // A rise is never nothing: a base fee of few digits would not get off the ground.
  const next =
    gas > target ? baseFee + atLeast(change(gas - target), SMALLEST) : baseFee - change(target - gas);
  return atLeast(next, least) as Dec;
}

function atLeast(value: bigint, least: bigint): bigint {
  return value > least ? value : least;
}
