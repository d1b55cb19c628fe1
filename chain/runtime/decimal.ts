/**
 * Decimals with 18 digits after the point, as bigints scaled by 10^18: the arithmetic of the Cosmos SDK's LegacyDec.
 * Source: math/dec.go of cosmossdk.io/math. Where the SDK rounds half to even, so does this.
 */
import { SdkError } from "./errors.ts";

declare const brand: unique symbol;
/** A number times 10^18. */
export type Dec = bigint & { readonly [brand]: "Dec" };

export const DEC_DIGITS = 18;
/** 1.0 */
export const ONE = 1_000_000_000_000_000_000n as Dec;
export const ZERO = 0n as Dec;
/** The smallest positive decimal: 10^-18. */
export const SMALLEST = 1n as Dec;
/** The SDK's bound: below 2^256. Source: math v1.5, assertInValidRange. */
const MAX_ABS = (1n << 256n) * ONE - 1n;

function bounded(value: bigint): Dec {
  if (value > MAX_ABS || value < -MAX_ABS) throw SdkError.logic("decimal overflow: 2^256 or more");
  return value as Dec;
}

/** Divides, rounding half to even. */
function divideRound(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  let quotient = n / d;
  const twice = (n % d) * 2n;
  if (twice > d || (twice === d && (quotient & 1n) === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw SdkError.logic("decimal division by zero");
  return divisor;
}

export function decFromInt(value: bigint): Dec {
  return bounded(value * ONE);
}

/** `numerator / denominator`, rounded half to even. */
export function decFromRatio(numerator: bigint, denominator: bigint): Dec {
  return bounded(divideRound(numerator * ONE, nonZero(denominator)));
}

/** From the text of an integer scaled by 10^18, as it stands on the wire. @throws SdkError.invalidRequest */
export function decFromWire(text: string, field: string): Dec {
  if (!/^-?\d{1,96}$/.test(text)) {
    throw SdkError.invalidRequest(
      `${field}: ${JSON.stringify(text.slice(0, 100))} is not a decimal scaled by 10^18`,
    );
  }
  return bounded(BigInt(text));
}

export function decToWire(value: Dec): string {
  return value.toString();
}

/** From text such as `0.05` or `-12`. At most 18 digits after the point. @throws SdkError.invalidRequest */
export function parseDec(text: string, field = "decimal"): Dec {
  const match = /^(-?)(\d{1,78})(?:\.(\d{1,18}))?$/.exec(text);
  if (!match) {
    throw SdkError.invalidRequest(
      `${field}: ${JSON.stringify(text.slice(0, 100))} is not a decimal with at most ${DEC_DIGITS} digits after the point`,
    );
  }
  const [, sign, whole, fraction = ""] = match;
  const magnitude = BigInt(whole! + fraction.padEnd(DEC_DIGITS, "0"));
  return bounded(sign ? -magnitude : magnitude);
}

/** With all 18 digits, as the SDK prints: `0.050000000000000000`. */
export function formatDec(value: Dec): string {
  const digits = (value < 0n ? -value : value).toString().padStart(DEC_DIGITS + 1, "0");
  const sign = value < 0n ? "-" : "";
  return `${sign}${digits.slice(0, -DEC_DIGITS)}.${digits.slice(-DEC_DIGITS)}`;
}

export function decAdd(a: Dec, b: Dec): Dec {
  return bounded(a + b);
}

export function decSub(a: Dec, b: Dec): Dec {
  return bounded(a - b);
}

export function decMul(a: Dec, b: Dec): Dec {
  return bounded(divideRound(a * b, ONE));
}

/** Rounds towards zero. */
export function decMulTruncate(a: Dec, b: Dec): Dec {
  return bounded((a * b) / ONE);
}

export function decMulInt(a: Dec, b: bigint): Dec {
  return bounded(a * b);
}

/**
 * Rounds half to even what is left of 36 digits after the point, as the SDK: a quotient a hair over a half is a half
 * to it.
 */
export function decQuo(a: Dec, b: Dec): Dec {
  return bounded(divideRound((a * ONE * ONE) / nonZero(b), ONE));
}

/** Rounds towards zero. */
export function decQuoInt(a: Dec, b: bigint): Dec {
  return bounded(a / nonZero(b));
}

/** Rounds towards zero. */
export function decQuoTruncate(a: Dec, b: Dec): Dec {
  return bounded((a * ONE) / nonZero(b));
}

/** Rounds away from zero when both are positive. */
export function decQuoRoundUp(a: Dec, b: Dec): Dec {
  const numerator = a * ONE;
  const quotient = numerator / nonZero(b);
  const remainder = numerator % b;
  return bounded(remainder !== 0n && remainder > 0n === b > 0n ? quotient + 1n : quotient);
}

/** The integer part, rounded towards zero. */
export function decTruncate(value: Dec): bigint {
  return value / ONE;
}

/** The nearest integer, half to even. */
export function decRound(value: Dec): bigint {
  return divideRound(value, ONE);
}

/** The smallest integer that is not less. */
export function decCeil(value: Dec): bigint {
  const whole = value / ONE;
  return value % ONE > 0n ? whole + 1n : whole;
}
