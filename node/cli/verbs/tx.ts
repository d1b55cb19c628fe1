/** A message of the chain as a command, made from a row of a table and the message's own fields. */
import type { Command } from "commander";
import { pack } from "../../../client/index.ts";
import type { AnyMethod } from "../../../proto/codec.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { NodeError } from "../../errors.ts";
import { type ProposeFlags, propose, withProposal } from "../propose.ts";
import { type Sender, send, type TxFlags, withTx } from "../transact.ts";
import { addressKind, type KeyNames } from "./addresses.ts";
import { keyNamesOf } from "./query.ts";
import { type FlagTexts, fieldsOf, flagFields, readUsage, withFields } from "./usage.ts";

interface Verb {
  readonly usage: string;
  readonly about: string;
  readonly aliases?: readonly string[];
}

/** One message, whose fields are arguments and flags. */
export interface MessageVerb extends Verb {
  readonly method: AnyMethod;
  readonly flags?: FlagTexts;
}

/** Messages that are made from what a file, several flags or the chain say. */
export interface MadeVerb extends Verb {
  /** As commander has them: flags, what they mean, and a default. */
  readonly flags?: readonly (readonly [flags: string, about: string, fallback?: string])[];
  /** The first argument is a key, and stands for --from, as in the SDK. */
  readonly fromFirst?: true;
  readonly make: (made: Made) => readonly Any[] | Promise<readonly Any[]>;
}

/** What a verb is made from. */
export interface Made {
  readonly words: readonly string[];
  readonly flags: TxFlags & Readonly<Record<string, string | true | undefined>>;
  readonly sender: Sender;
  readonly keys: KeyNames;
}

export type TxVerb = MessageVerb | MadeVerb;

export interface TxGroup {
  readonly name: string;
  readonly about: string;
  readonly verbs: readonly TxVerb[];
}

function mayLeaveFromOut(command: Command): void {
  for (const option of command.options)
    if (option.attributeName() === "from") option.makeOptionMandatory(false);
}

function addMessage(parent: Command, verb: MessageVerb): void {
  const type = verb.method.request;
  const [signer] = type.options.signer ?? [];
  const signerField = type.fields.find(({ name }) => name === signer);
  if (!signerField) throw new NodeError("usage", `${verb.usage}: ${type.typeName} says nobody who signs it`);
  const usage = readUsage(verb.usage, type);
  const proposed = signerField.name === "authority";
  // Who signs is --from, unless it is an argument.
  const at = usage.arguments.findIndex(({ field }) => field === signerField);
  const isOperator = addressKind(type, signerField) === "operator";
  const fields = flagFields(type, usage, at < 0 ? [signerField.name] : []);
  const command = parent.command(usage.text).description(verb.about);
  if (verb.aliases) command.aliases([...verb.aliases]);
  (proposed ? withProposal : withTx)(command);
  withFields(command, fields, verb.flags ?? {});
  if (at >= 0 && !isOperator) mayLeaveFromOut(command);
  command.action(async (...all: unknown[]) => {
    const given = all.at(-2) as ProposeFlags & Readonly<Record<string, unknown>>;
    const words = all.slice(0, -2);
    const flags = at >= 0 && !isOperator ? { ...given, from: words[at] as string } : given;
    const said = fieldsOf(type, usage, words, fields, flags, keyNamesOf(flags));
    if (proposed) return propose(flags, (authority) => pack(type, { ...said, authority }));
    await send(flags, ({ address, operator }) => {
      const by = isOperator ? operator : address;
      const named = said[signerField.property];
      if (at >= 0 && named !== by)
        throw new NodeError(
          "usage",
          `--from: its operator's address is ${by}, not ${String(named)}; name the key of ${String(named)}`,
        );
      return [pack(type, { ...said, [signerField.property]: by })];
    });
  });
}

function addMade(parent: Command, verb: MadeVerb): void {
  const command = withTx(parent.command(verb.usage).description(verb.about));
  if (verb.aliases) command.aliases([...verb.aliases]);
  for (const [flags, about, fallback] of verb.flags ?? [])
    if (fallback === undefined) command.option(flags, about);
    else command.option(flags, about, fallback);
  if (verb.fromFirst) mayLeaveFromOut(command);
  command.action(async (...all: unknown[]) => {
    const given = all.at(-2) as Made["flags"];
    const words = (all.slice(0, -2) as (string | string[] | undefined)[])
      .flat()
      .filter((word) => word !== undefined);
    const flags = verb.fromFirst ? { ...given, from: words[0]! } : given;
    await send(flags, (sender) => verb.make({ words, flags, sender, keys: keyNamesOf(flags) }));
  });
}

export function addTx(parent: Command, verb: TxVerb): void {
  if ("method" in verb) addMessage(parent, verb);
  else addMade(parent, verb);
}

/** Adds a group of messages. */
export function addTxs(parent: Command, { name, about, verbs }: TxGroup): Command {
  const group =
    parent.commands.find((each) => each.name() === name) ?? parent.command(name).description(about);
  for (const verb of verbs) addTx(group, verb);
  return group;
}
