/** Dividing an amount by weights, without losing or making a unit. */
import { SdkError } from "./errors.ts";

/**
 * Parts of `amount`, in proportion to `weights`: each is rounded down, then the units that are left go one each to the
 * largest fractions; equal fractions in the order of the weights. The parts sum to the amount.
 * @throws SdkError.logic unless the amount and all weights are non-negative and some weight is positive
 */
export function splitByWeight(amount: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (amount < 0n || total <= 0n || weights.some((weight) => weight < 0n)) {
    throw SdkError.logic(`cannot split ${amount} by the weights ${weights.join(", ")}`);
  }
  const shares = weights.map((weight, index) => ({
    index,
    part: (amount * weight) / total,
    rest: (amount * weight) % total,
  }));
  const left = Number(amount - shares.reduce((sum, { part }) => sum + part, 0n));
  const byRest = [...shares].sort((a, b) => (a.rest > b.rest ? -1 : a.rest < b.rest ? 1 : a.index - b.index));
  for (const share of byRest.slice(0, left)) share.part += 1n;
  return shares.map(({ part }) => part);
}
