/** What people write on a command line, as the values of messages' fields: by the tables, whatever the message. */
import { coinsToProto, parseCoins } from "../../../chain/runtime/coins.ts";
import { defaultRegistry } from "../../../client/index.ts";
import type { AnyMessageType, EnumType, Field, Scalar } from "../../../proto/codec.ts";
import { Coin } from "../../../proto/gen/cosmos.base.v1beta1.ts";
import { type Duration, Duration as DurationType, Timestamp } from "../../../proto/gen/google.protobuf.ts";
import { fromJson, type Json, JsonError } from "../../../proto/json.ts";
import { parseDecimal, parseTimestamp } from "../../../proto/text.ts";
import { NodeError } from "../../errors.ts";
import { addressKind, type KeyNames, resolveAddress } from "./addresses.ts";
import { fileText } from "./file-text.ts";

/** Bits and sign of the integers. */
const INTEGERS: Partial<Record<Scalar, { readonly bits: bigint; readonly signed: boolean }>> = {
  int32: { bits: 32n, signed: true },
  int64: { bits: 64n, signed: true },
  uint32: { bits: 32n, signed: false },
  uint64: { bits: 64n, signed: false },
};

/**
 * The value of a field that `words` say: several words are a list, or one list of coins.
 * @param name of the argument or flag, for the error
 * @throws NodeError naming argument, value and what is expected
 */
export function readField(
  type: AnyMessageType,
  field: Field,
  words: readonly string[],
  name: string,
  keys: KeyNames,
): unknown {
  if (!field.repeated) return elementOf(type, field, words.join(" "), name, keys);
  if (field.type === Coin) return coinsOf(words.join(","), name);
  return words.map((word) => elementOf(type, field, word, name, keys));
}

/** The words of a flag: a list is written with commas, JSON as it is. */
export function wordsOf(field: Field, text: string): readonly string[] {
  if (
    !field.repeated ||
    (typeof field.type === "object" && field.type.kind === "message" && field.type !== Coin)
  )
    return [text];
  return text === "" ? [] : text.split(",").map((word) => word.trim());
}

function elementOf(type: AnyMessageType, field: Field, text: string, name: string, keys: KeyNames): unknown {
  const { type: of } = field;
  if (typeof of === "string") {
    const kind = addressKind(type, field);
    if (kind) return text === "" ? "" : resolveAddress(kind, text, name, keys);
    return scalarOf(field, of, text, name);
  }
  if (of.kind === "enum") return enumOf(of, text, name);
  if (of === Coin) return coinOf(text, name);
  if (of === Timestamp) return timeOf(text, name);
  if (of === DurationType) return durationOf(text, name);
  return messageOf(of, text, name);
}

function scalarOf(field: Field, type: Scalar, text: string, name: string): unknown {
  const integer = INTEGERS[type];
  if (integer) {
    const { bits, signed } = integer;
    const [least, most] = signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
    if (!/^-?\d{1,20}$/.test(text) || BigInt(text) < least || BigInt(text) > most)
      throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is no integer from ${least} to ${most}`);
    return bits === 32n ? Number(text) : BigInt(text);
  }
  switch (type) {
    case "bool":
      if (text !== "true" && text !== "false")
        throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is neither true nor false`);
      return text === "true";
    case "bytes":
      return bytesOf(text, name);
    case "string":
      return field.dec ? decimalOf(text, name) : text;
    default:
      throw new NodeError("usage", `${name}: values of type ${type} cannot be given here`);
  }
}

/** Hex, or base64 if it is no hex. */
export function bytesOf(text: string, name: string): Uint8Array {
  if (/^(0x)?([0-9a-fA-F]{2})*$/.test(text))
    return new Uint8Array(Buffer.from(text.replace(/^0x/, ""), "hex"));
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== text.replace(/=+$/, ""))
    throw new NodeError("usage", `${name}: ${JSON.stringify(text.slice(0, 80))} is neither hex nor base64`);
  return new Uint8Array(bytes);
}

/** As a cosmos.Dec on the wire: `0.05` is 0.05 × 10^18. @throws NodeError */
export function decimalOf(text: string, name: string): string {
  const wire = parseDecimal(text);
  if (wire === undefined)
    throw new NodeError(
      "usage",
      `${name}: ${JSON.stringify(text)} is no decimal of at most 18 digits after the point, such as 0.05`,
    );
  return wire;
}

/** `deposit-period`, `DEPOSIT_PERIOD` or `PROPOSAL_STATUS_DEPOSIT_PERIOD`, or the number. @throws NodeError */
export function enumOf({ values }: EnumType, text: string, name: string): number {
  const names = Object.keys(values);
  const prefix = commonPrefix(names);
  const wanted = text.toUpperCase().replaceAll("-", "_");
  const found = names.find((each) => each === wanted || each === `${prefix}${wanted}`);
  if (found !== undefined) return values[found]!;
  const said = names.map((each) => each.slice(prefix.length).toLowerCase().replaceAll("_", "-"));
  throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is not one of ${said.join(", ")}`);
}

/** Up to the last underscore that all have: `VOTE_OPTION_`. */
function commonPrefix(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let end = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, end))) end--;
  return first.slice(0, first.lastIndexOf("_", end - 1) + 1);
}

/** @throws NodeError */
export function coinsOf(text: string, name: string): Coin[] {
  return coinsToProto(parseCoins(text, name));
}

/** One coin; zero of a denomination is one too. @throws NodeError */
export function coinOf(text: string, name: string): Coin {
  const zero = /^\s*0+\s*([a-zA-Z][a-zA-Z0-9/:._-]{2,127})\s*$/.exec(text);
  if (zero) return { denom: zero[1]!, amount: "0" };
  const [coin, ...more] = coinsOf(text, name);
  if (!coin || more.length > 0)
    throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is not one coin, such as 1000uopg`);
  return coin;
}

/** RFC 3339, or seconds since 1970. @throws NodeError */
export function timeOf(text: string, name: string): Timestamp {
  const time = /^\d{1,11}$/.test(text) ? { seconds: BigInt(text), nanos: 0 } : parseTimestamp(text);
  if (!time)
    throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is no time such as 2027-01-30T15:04:05Z`);
  return time;
}

const NANOS: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  ns: 1n,
};
const SECOND = 1_000_000_000n;

/** As Go writes them: `336h`, `1h30m`, `2.5s`. @throws NodeError */
export function durationOf(text: string, name: string): Duration {
  const parts = [...text.matchAll(/(\d{1,12})(?:\.(\d{1,9}))?(h|ms|us|ns|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text)
    throw new NodeError(
      "usage",
      `${name}: ${JSON.stringify(text)} is no duration such as 336h, 1h30m or 45s`,
    );
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of parts) {
    const each = NANOS[unit]!;
    nanos += BigInt(whole) * each + (BigInt(fraction.padEnd(9, "0")) * each) / SECOND;
  }
  return { seconds: nanos / SECOND, nanos: Number(nanos % SECOND) };
}

/** JSON as such, or the file that holds it. @throws NodeError */
export function messageOf<T extends AnyMessageType>(type: T, text: string, name: string): unknown {
  const isJson = /^\s*[[{"]/.test(text);
  const json = isJson ? text : fileText(text, name);
  try {
    return fromJson(type, JSON.parse(json) as Json, defaultRegistry());
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonError)
      throw new NodeError("usage", `${name}: ${isJson ? "" : `${text}: `}${error.message}`);
    throw error;
  }
}
