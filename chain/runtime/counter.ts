/** Numbers that only grow: ids, sequences. */
import { SdkError } from "./errors.ts";

/** Far from the end of 64 bits, past which they would begin anew, or not decode at all. */
const MAX_COUNTER = 1n << 63n;

/** @throws SdkError.invalidRequest naming `field`, if a genesis begins too high */
export function assertCounter(value: bigint, field: string): void {
  if (value >= MAX_COUNTER) throw SdkError.invalidRequest(`${field}: ${value} is not below 2^63`);
}
