/** What commands print: one JSON document, or text for people. Only results go to standard output. */

import type { TxResult } from "../../client/index.ts";
import type { OutputOptions } from "./options.ts";

/** JSON with 64-bit numbers as text. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each), 2);
}

export function print({ output }: OutputOptions, value: unknown, text?: string): void {
  process.stdout.write(`${output === "text" ? (text ?? formatText(value)) : formatJson(value)}\n`);
}

/** Nested names and values, indented. */
export function formatText(value: unknown, indent = ""): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${indent}[]`;
    return value
      .map((each) =>
        typeof each === "object" && each !== null
          ? `${indent}-\n${formatText(each, `${indent}  `)}`
          : `${indent}- ${String(each)}`,
      )
      .join("\n");
  }
  if (typeof value !== "object" || value === null) return `${indent}${String(value)}`;
  return Object.entries(value)
    .map(([key, each]) =>
      typeof each === "object" && each !== null && Object.keys(each).length > 0
        ? `${indent}${key}:\n${formatText(each, `${indent}  `)}`
        : `${indent}${key}: ${Array.isArray(each) ? "[]" : each === null ? "null" : typeof each === "object" ? "{}" : String(each)}`,
    )
    .join("\n");
}

/** `1234567uopg` as people say it: `1.234567 OPG`. Amounts of other denominations stay as they are. */
export function formatOpg({
  denom,
  amount,
}: {
  readonly denom: string;
  readonly amount: string | bigint;
}): string {
  if (!denom.startsWith("u")) return `${amount}${denom}`;
  const digits = amount.toString().padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/, "");
  return `${digits.slice(0, -6)}${fraction ? `.${fraction}` : ""} ${denom.slice(1).toUpperCase()}`;
}

/** A transaction's result with the names that Cosmos tools use. */
export function resultOf({ hash, height, result }: TxResult): object {
  const { code, codespace, log, gasWanted, gasUsed, events } = result;
  return {
    height,
    txhash: hash,
    codespace,
    code,
    raw_log: log,
    gas_wanted: gasWanted,
    gas_used: gasUsed,
    events,
  };
}
