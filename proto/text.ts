/**
 * Text forms that JSON encodings share: RFC 3339 times, durations and decimals. Integer arithmetic only, no clock.
 * Sources: https://protobuf.dev/programming-guides/json/ and cosmossdk.io/math LegacyDec.
 */
import type { Duration, Timestamp } from "./gen/google.protobuf.ts";

const NANOS = 1_000_000_000n;
const DAY_SECONDS = 86_400n;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what RFC 3339 can name. */
const MIN_SECONDS = -62_135_596_800n;
const MAX_SECONDS = 253_402_300_799n;
/** Protobuf's bound of a Duration: about 10,000 years. */
const MAX_DURATION_SECONDS = 315_576_000_000n;
const DEC_DIGITS = 18;

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar; month 1 to 12. */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOf(days: number): [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

function pad(value: number | bigint, digits: number): string {
  return value.toString().padStart(digits, "0");
}

/** Nanoseconds as 0, 3, 6 or 9 digits after a point. */
function fraction(nanos: number): string {
  if (nanos === 0) return "";
  return `.${pad(nanos, 9).replace(/(000){1,2}$/, "")}`;
}

/** `2026-11-24T08:00:00.123Z`. @returns undefined for a time outside years 1 to 9999. */
export function formatTimestamp({ seconds, nanos }: Timestamp): string | undefined {
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanos < 0 || nanos > 999_999_999) return undefined;
  const secondOfDay = ((seconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
  const [year, month, day] = dateOf(Number((seconds - secondOfDay) / DAY_SECONDS));
  const s = Number(secondOfDay);
  const time = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map((part) => pad(part, 2)).join(":");
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${time}${fraction(nanos)}Z`;
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Any RFC 3339 time, with an offset or Z. @returns undefined if `text` is none, or names a day that does not exist. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const days = daysOf(year, month, day);
  if (month < 1 || month > 12 || dateOf(days).join() !== [year, month, day].join()) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = match[8] ? (Number(match[9]) * 60 + Number(match[10])) * (match[8] === "-" ? -60 : 60) : 0;
  const seconds = BigInt(days) * DAY_SECONDS + BigInt(hour * 3600 + minute * 60 + second - offset);
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) return undefined;
  return { seconds, nanos: Number((match[7] ?? "").padEnd(9, "0")) };
}

/** `1.500s`. @returns undefined if the parts differ in sign or are out of bounds. */
export function formatDuration({ seconds, nanos }: Duration): string | undefined {
  const negative = seconds < 0n || nanos < 0;
  const whole = seconds < 0n ? -seconds : seconds;
  if (whole > MAX_DURATION_SECONDS || Math.abs(nanos) > 999_999_999) return undefined;
  if ((seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0)) return undefined;
  return `${negative ? "-" : ""}${whole}${fraction(Math.abs(nanos))}s`;
}

/** Seconds with at most nine digits after the point, and an `s`. @returns undefined if `text` is no duration. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text);
  if (!match) return undefined;
  const seconds = BigInt(match[2]!);
  if (seconds > MAX_DURATION_SECONDS) return undefined;
  const nanos = Number((match[3] ?? "").padEnd(9, "0"));
  if (!match[1]) return { seconds, nanos };
  return { seconds: -seconds, nanos: nanos === 0 ? 0 : -nanos };
}

/** The whole duration in nanoseconds. */
export function durationNanos({ seconds, nanos }: Duration): bigint {
  return seconds * NANOS + BigInt(nanos);
}

/** `50000000000000000` (scaled by 10^18) → `0.050000000000000000`. @returns undefined if `wire` is no integer. */
export function formatDecimal(wire: string): string | undefined {
  const match = /^(-?)0*(\d*)$/.exec(wire);
  if (!match || wire === "-") return undefined;
  const digits = match[2]!.padStart(DEC_DIGITS + 1, "0");
  const sign = match[1] && /[1-9]/.test(digits) ? "-" : "";
  return `${sign}${digits.slice(0, -DEC_DIGITS)}.${digits.slice(-DEC_DIGITS)}`;
}

/** `0.05` → `50000000000000000`. @returns undefined if `text` is no decimal, or has more than 18 digits after the point. */
export function parseDecimal(text: string): string | undefined {
  const match = /^(-?)(\d{1,78})(?:\.(\d{1,18}))?$/.exec(text);
  if (!match) return undefined;
  const digits = (match[2]! + (match[3] ?? "").padEnd(DEC_DIGITS, "0")).replace(/^0+(?=\d)/, "");
  return match[1] && digits !== "0" ? `-${digits}` : digits;
}
