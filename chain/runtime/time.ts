/** Times and durations as blocks have them: seconds and nanoseconds, no clock. */
import type { Duration, Timestamp } from "../../proto/gen/google.protobuf.ts";
import { formatTimestamp } from "../../proto/text.ts";
import { utf8 } from "./bytes.ts";
import { SdkError } from "./errors.ts";

const NANOS = 1_000_000_000n;

/** Negative if `a` is before `b`, 0 if they are one. */
export function compareTimes(a: Timestamp, b: Timestamp): number {
  if (a.seconds !== b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return a.nanos - b.nanos;
}

export function isBefore(a: Timestamp, b: Timestamp): boolean {
  return compareTimes(a, b) < 0;
}

/** @throws SdkError.invalidRequest if the sum is past the year 9999, which no timestamp can say */
export function addDuration(time: Timestamp, duration: Duration): Timestamp {
  const nanos = toNanos(time) + toNanos(duration);
  const sum = fromNanos(nanos);
  assertTime(sum, "time");
  return sum;
}

/** Nanoseconds of a duration, or since 1970 of a time. */
export function toNanos({ seconds, nanos }: Timestamp | Duration): bigint {
  return seconds * NANOS + BigInt(nanos);
}

export function fromNanos(nanos: bigint): { readonly seconds: bigint; readonly nanos: number } {
  const rest = ((nanos % NANOS) + NANOS) % NANOS;
  return { seconds: (nanos - rest) / NANOS, nanos: Number(rest) };
}

/** @throws SdkError.invalidRequest naming `field`, unless the time is of the years 1 to 9999 */
export function assertTime(time: Timestamp, field: string): void {
  if (formatTimestamp(time) === undefined)
    throw SdkError.invalidRequest(`${field}: ${time.seconds} seconds is not of the years 1 to 9999`);
}

/** How a time stands in keys, in order: `2026-11-24T08:00:00.123000000`. Source: FormatTimeBytes of the SDK, types/utils.go. */
export function timeKey(time: Timestamp): Uint8Array {
  const text = formatTimestamp({ seconds: time.seconds, nanos: 0 });
  if (text === undefined)
    throw SdkError.invalidRequest(`time: ${time.seconds} seconds is not of the years 1 to 9999`);
  return utf8(`${text.slice(0, 19)}.${time.nanos.toString().padStart(9, "0")}`);
}

/** Bytes of a time in keys. */
export const TIME_KEY_LENGTH = 29;
