/** Times and durations of the chain: block times plus periods, compared, and as they stand in keys and events. */
import type { Duration, Timestamp } from "../../proto/gen/google.protobuf.ts";
import { durationNanos, formatTimestamp } from "../../proto/text.ts";
import { utf8 } from "./bytes.ts";
import { SdkError } from "./errors.ts";

const NANOS = 1_000_000_000;

/** 1970-01-01T00:00:00Z. */
export const UNIX_EPOCH: Timestamp = { seconds: 0n, nanos: 0 };
/** Go's time.Time{}: what the SDK writes for a time that was never set. */
export const ZERO_TIME: Timestamp = { seconds: -62_135_596_800n, nanos: 0 };

/** Negative if `a` is before `b`, 0 if they are the same. */
export function compareTimes(a: Timestamp, b: Timestamp): number {
  if (a.seconds !== b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return a.nanos - b.nanos;
}

export function isBefore(a: Timestamp, b: Timestamp): boolean {
  return compareTimes(a, b) < 0;
}

/** @throws SdkError.invalidRequest naming `field`, unless the time is of the years 1 to 9999 */
export function assertTime(time: Timestamp, field: string): void {
  if (formatTimestamp(time) === undefined)
    throw SdkError.invalidRequest(
      `${field}: ${time.seconds} seconds, ${time.nanos} nanoseconds is no time of the years 1 to 9999`,
    );
}

export function addDuration(time: Timestamp, { seconds, nanos }: Duration): Timestamp {
  const sum = time.nanos + nanos;
  const carry = Math.floor(sum / NANOS);
  return { seconds: time.seconds + seconds + BigInt(carry), nanos: sum - carry * NANOS };
}

/** Nanoseconds that Go's time.Duration holds: some 292 years. */
export const MAX_DURATION_NANOS = (1n << 63n) - 1n;

/** Nanoseconds from `b` to `a`. */
export function nanosBetween(a: Timestamp, b: Timestamp): bigint {
  return durationNanos(a) - durationNanos(b);
}

function said(time: Timestamp): string {
  const text = formatTimestamp(time);
  if (text === undefined) throw SdkError.logic(`time ${time.seconds}s is outside the years 1 to 9999`);
  return text;
}

const TO_SECONDS = "2006-01-02T15:04:05".length;

/** `2006-01-02T15:04:05Z`, without a fraction: RFC 3339 as events have it. */
export function formatTime(time: Timestamp): string {
  return `${said(time).slice(0, TO_SECONDS)}Z`;
}

/** Bytes of a time in keys. */
export const TIME_KEY_LENGTH = 29;

/** `2006-01-02T15:04:05.000000000` in bytes, which sort as the times do. Source: FormatTimeBytes of the SDK's types/utils.go. */
export function timeKey(time: Timestamp): Uint8Array {
  return utf8(`${said(time).slice(0, TO_SECONDS)}.${time.nanos.toString().padStart(9, "0")}`);
}
