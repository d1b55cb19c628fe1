/** Bounds of parameters that are whole numbers. */
import { SdkError } from "./errors.ts";

/** Least and most of each field that has bounds. */
export type CountBounds<Of> = Readonly<Partial<Record<keyof Of, readonly [least: bigint, most: bigint]>>>;

/** @throws SdkError.invalidRequest naming the field under `path`, its value and what is allowed */
export function assertCounts<Of extends object>(values: Of, bounds: CountBounds<Of>, path = "params"): void {
  for (const [name, [least, most]] of Object.entries(bounds) as [keyof Of & string, [bigint, bigint]][]) {
    const value = BigInt(values[name] as number | bigint);
    if (value < least || value > most)
      throw SdkError.invalidRequest(`${path}.${name}: ${value} is not from ${least} to ${most}`);
  }
}
