/**
 * The query language of searches and subscriptions: conditions joined by AND, on the values of events' attributes.
 *
 *     tm.event='Tx' AND transfer.amount >= 100 AND message.action CONTAINS 'Send'
 *
 * Source: libs/pubsub/query of CometBFT v0.40.
 */
import { SoloError } from "./errors.ts";

type Op = "=" | "<" | "<=" | ">" | ">=" | "CONTAINS" | "EXISTS";

/** A decimal: `digits` / 10^`scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

type Argument =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: Decimal; readonly text: string }
  /** Milliseconds since 1970. */
  | { readonly kind: "time" | "date"; readonly value: number };

export interface Condition {
  /** `type.attribute` */
  readonly key: string;
  readonly op: Op;
  /** Of every operator but EXISTS. */
  readonly argument: Argument | undefined;
}

export type Query = readonly Condition[];

/** `type.attribute` → its values. */
export type Attributes = ReadonlyMap<string, readonly string[]>;

type Token =
  | { readonly kind: "tag" | "op"; readonly text: string; readonly at: number }
  | { readonly kind: "argument"; readonly argument: Argument; readonly at: number }
  | { readonly kind: "and" | "end"; readonly at: number };

/** CometBFT's longest query. */
export const MAX_QUERY_LENGTH = 512;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

const bad = (at: number, reason: string): SoloError => new SoloError("query", `offset ${at}: ${reason}`);

/** @throws SoloError query, with the place in the text */
export function parseQuery(text: string): Query {
  const tokens = tokensOf(text);
  const conditions: Condition[] = [];
  let next = 0;
  const take = (): Token => tokens[Math.min(next++, tokens.length - 1)]!;
  for (;;) {
    const tag = take();
    if (tag.kind !== "tag") throw bad(tag.at, unexpected(tag, "tag"));
    const op = take();
    if (op.kind !== "op") throw bad(op.at, unexpected(op, "an operator"));
    conditions.push({ key: tag.text, op: op.text as Op, argument: argumentOf(op.text as Op, take) });
    const and = take();
    if (and.kind === "end") return conditions;
    if (and.kind !== "and") throw bad(and.at, unexpected(and, "AND"));
  }
}

function argumentOf(op: Op, take: () => Token): Argument | undefined {
  if (op === "EXISTS") return undefined;
  const token = take();
  if (token.kind !== "argument") throw bad(token.at, unexpected(token, "a value"));
  const { argument, at } = token;
  if (op === "CONTAINS" && argument.kind !== "text") throw bad(at, "CONTAINS takes text in quotes");
  if (op !== "CONTAINS" && op !== "=" && argument.kind === "text")
    throw bad(at, `${op} takes a number, time or date`);
  return argument;
}

function unexpected(token: Token, wanted: string): string {
  if (token.kind === "end") return "EOF";
  if (token.kind === "and") return `got AND, wanted ${wanted}`;
  const got = token.kind === "tag" || token.kind === "op" ? token.text : "a value";
  return `got ${got}, wanted ${wanted}`;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const scan =
    /\s+|(\d+(?:\.\d*)?)|(TIME|DATE) ([-T:+Z.\d]*)|([\p{L}_][\p{L}\p{Nd}._-]*)|'([^']*)'|(<=|>=|[<>=])/uy;
  while (scan.lastIndex < text.length) {
    const at = scan.lastIndex;
    const found = scan.exec(text);
    if (!found) throw bad(at, text[at] === "'" ? "EOF" : `invalid input ${text[at]}`);
    const [, number, moment, when, word, quoted, compare] = found;
    if (number !== undefined)
      tokens.push({
        kind: "argument",
        argument: { kind: "number", value: decimalOf(number)!, text: number },
        at,
      });
    else if (moment !== undefined)
      tokens.push({ kind: "argument", argument: momentOf(moment, when!, at), at });
    else if (word === "AND") tokens.push({ kind: "and", at });
    else if (word === "EXISTS" || word === "CONTAINS") tokens.push({ kind: "op", text: word, at });
    else if (word !== undefined) tokens.push({ kind: "tag", text: word, at });
    else if (quoted !== undefined)
      tokens.push({ kind: "argument", argument: { kind: "text", value: quoted }, at });
    else if (compare !== undefined) tokens.push({ kind: "op", text: compare, at });
  }
  return [...tokens, { kind: "end", at: text.length }];
}

function momentOf(kind: string, text: string, at: number): Argument {
  const value = (kind === "TIME" ? TIME : DATE).test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(value)) throw bad(at, `invalid ${kind} value: ${text}`);
  return { kind: kind === "TIME" ? "time" : "date", value };
}

/** The number that a text begins with, so that coins compare by their amount. */
function decimalOf(text: string): Decimal | undefined {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return whole === undefined ? undefined : { digits: BigInt(whole + fraction), scale: fraction.length };
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const left = a.digits * 10n ** BigInt(b.scale);
  const right = b.digits * 10n ** BigInt(a.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether a value holds a condition. */
export function holds({ op, argument }: Condition, value: string): boolean {
  if (argument === undefined) return true;
  if (argument.kind === "text")
    return op === "CONTAINS" ? value.includes(argument.value) : value === argument.value;
  const order = orderOf(value, argument);
  if (order === undefined) return false;
  if (op === "=") return order === 0;
  if (op === "<") return order < 0;
  if (op === "<=") return order <= 0;
  return op === ">" ? order > 0 : order >= 0;
}

function orderOf(value: string, argument: Exclude<Argument, { kind: "text" }>): number | undefined {
  if (argument.kind === "number") {
    const decimal = decimalOf(value);
    return decimal && compareDecimals(decimal, argument.value);
  }
  const moment = (argument.kind === "time" ? TIME : DATE).test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(moment) ? undefined : moment - argument.value;
}

/** Whether every condition is held by some value. */
export function matches(query: Query, attributes: Attributes): boolean {
  return query.every((condition) =>
    (attributes.get(condition.key) ?? []).some((value) => holds(condition, value)),
  );
}

/** The heights that the conditions on `key` allow, from `first` to `last`. */
export function heightRange(query: Query, key: string, first: bigint, last: bigint): [bigint, bigint] {
  let [low, high] = [first, last];
  for (const { key: name, op, argument } of query) {
    if (name !== key || argument?.kind !== "number") continue;
    const { digits, scale } = argument.value;
    const below = digits / 10n ** BigInt(scale);
    const isWhole = below * 10n ** BigInt(scale) === digits;
    const above = isWhole ? below : below + 1n;
    const from = op === "=" || op === ">=" ? above : op === ">" ? below + 1n : low;
    const to = op === "=" || op === "<=" ? below : op === "<" ? above - 1n : high;
    if (from > low) low = from;
    if (to < high) high = to;
  }
  return [low, high];
}
