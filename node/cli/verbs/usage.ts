/** How a verb is written: its name, its arguments by the names of the message's fields, and a flag for every other field. */
import type { Command } from "commander";
import { type AnyMessageType, type Field, toCamelCase } from "../../../proto/codec.ts";
import { PageRequest } from "../../../proto/gen/cosmos.base.query.v1beta1.ts";
import { NodeError } from "../../errors.ts";
import type { KeyNames } from "./addresses.ts";
import { readField, wordsOf } from "./value.ts";

/** One argument of a usage such as `delegation <delegator_addr> [validator_addr]` or `fund <amount...>`. */
export interface ArgumentOf {
  readonly field: Field;
  readonly required: boolean;
  readonly variadic: boolean;
}

export interface Usage {
  readonly name: string;
  readonly arguments: readonly ArgumentOf[];
  /** With dashes, as commander reads it. */
  readonly text: string;
}

const ARGUMENT = /^([<[])([a-z0-9_]+)(\.\.\.)?[>\]]$/;

/** Reads `verb <field> [field] [field...]`. @throws NodeError if the message has no such field: a fault in a table */
export function readUsage(usage: string, type: AnyMessageType): Usage {
  const [name = "", ...words] = usage.split(" ");
  const args = words.map((word): ArgumentOf => {
    const match = ARGUMENT.exec(word);
    const field = type.fields.find((each) => each.name === match?.[2]);
    if (!match || !field) throw new NodeError("usage", `${usage}: ${type.typeName} has no field ${word}`);
    return { field, required: match[1] === "<", variadic: match[3] !== undefined };
  });
  return { name, arguments: args, text: usage.replaceAll("_", "-") };
}

/** What people are told of a field that is a flag. */
export type FlagTexts = Readonly<Record<string, string>>;

function dashed(field: Field): string {
  return field.name.replaceAll("_", "-");
}

/** The fields that are flags: all but arguments, the page, and those that are filled in. */
export function flagFields(type: AnyMessageType, usage: Usage, filled: readonly string[]): readonly Field[] {
  return type.fields.filter(
    (field) =>
      field.type !== PageRequest &&
      !filled.includes(field.name) &&
      !usage.arguments.some(({ field: each }) => each === field),
  );
}

/** Adds a flag for each of these fields. */
export function withFields(command: Command, fields: readonly Field[], texts: FlagTexts): void {
  for (const field of fields) {
    const flag = `--${dashed(field)}`;
    const about = texts[field.name] ?? field.name.replaceAll("_", " ");
    if (field.type === "bool") command.option(flag, about);
    else command.option(`${flag} <${placeholder(field)}>`, about);
  }
}

function placeholder({ type, repeated }: Field): string {
  if (typeof type === "string") return repeated ? "list" : type.includes("int") ? "n" : "text";
  return type.kind === "enum" ? "name" : (type.typeName.split(".").at(-1)?.toLowerCase() ?? "json");
}

/** The message's fields that the words of a command line give. @throws NodeError naming argument or flag */
export function fieldsOf(
  type: AnyMessageType,
  usage: Usage,
  words: readonly unknown[],
  fields: readonly Field[],
  flags: Readonly<Record<string, unknown>>,
  keys: KeyNames,
): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const [at, { field, required }] of usage.arguments.entries()) {
    const word = words[at];
    if (word === undefined) continue;
    const given = Array.isArray(word) ? (word as string[]) : [word as string];
    if (given.length === 0 && !required) continue;
    message[field.property] = readField(type, field, given, dashed(field), keys);
  }
  for (const field of fields) {
    const given = flags[toCamelCase(field.name)];
    if (given === undefined) continue;
    message[field.property] =
      given === true
        ? true
        : readField(type, field, wordsOf(field, String(given)), `--${dashed(field)}`, keys);
  }
  return message;
}
