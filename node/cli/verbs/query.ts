/** A query of the chain as a command, made from a row of a table and the method's own fields. */
import type { Command } from "commander";
import { defaultRegistry, queryMethod } from "../../../client/index.ts";
import type { AnyMethod } from "../../../proto/codec.ts";
import { PageRequest } from "../../../proto/gen/cosmos.base.query.v1beta1.ts";
import { toJson } from "../../../proto/json.ts";
import { NodeError } from "../../errors.ts";
import { rpcOf } from "../client.ts";
import { keyringOf, prefixIn } from "../keyring.ts";
import {
  flag,
  type KeyOptions,
  type NodeClientOptions,
  type OutputOptions,
  positive,
  withKeyring,
  withNode,
  withOutput,
} from "../options.ts";
import { print } from "../output.ts";
import type { KeyNames } from "./addresses.ts";
import { type FlagTexts, fieldsOf, flagFields, readUsage, withFields } from "./usage.ts";
import { bytesOf } from "./value.ts";

export interface QueryVerb {
  /** `delegation <delegator_addr> <validator_addr>`: the arguments are fields of the request. */
  readonly usage: string;
  readonly method: AnyMethod;
  readonly about: string;
  readonly aliases?: readonly string[];
  /** What is told of fields that are flags. */
  readonly flags?: FlagTexts;
  /** Fields that are set if nothing is given. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Who answers, if not the application. */
  readonly ask?: (request: unknown, flags: QueryFlags) => Promise<unknown>;
  /** Turns what people write into what a field of texts holds. */
  readonly words?: Readonly<Record<string, (word: string) => string>>;
}

/** One row of a table of queries. */
export function row(
  usage: string,
  method: AnyMethod,
  about: string,
  more: Partial<Omit<QueryVerb, "usage" | "method" | "about">> = {},
): QueryVerb {
  return { usage, method, about, ...more };
}

export interface QueryGroup {
  readonly name: string;
  readonly about: string;
  readonly verbs: readonly QueryVerb[];
  readonly groups?: readonly QueryGroup[];
}

interface PageFlags {
  readonly limit?: string;
  readonly offset?: string;
  readonly page?: string;
  readonly pageKey?: string;
  readonly countTotal?: true;
  readonly reverse?: true;
}

export interface QueryFlags extends KeyOptions, NodeClientOptions, OutputOptions, PageFlags {
  readonly height?: string;
}

/** The flags of every query. */
export function withQuery(command: Command): Command {
  return withOutput(withNode(withKeyring(command))).addOption(
    flag("--height <n>", "ask the state as of this height, if the node still has it; default: the newest"),
  );
}

const DEFAULT_LIMIT = 100n;
/** --height is the height of the state that is asked. */
const TAKEN = ["height"];

/** The SDK's generated commands call them so, its others as we do. */
const PAGE_ALIASES: readonly (readonly [string, keyof PageFlags])[] = [
  ["--page-limit <n>", "limit"],
  ["--page-offset <n>", "offset"],
  ["--page-count-total", "countTotal"],
  ["--page-reverse", "reverse"],
];

function withPages(command: Command): void {
  command
    .option("--limit <n>", "entries of one page; default: 100")
    .option("--offset <n>", "entries to leave out")
    .option("--page <n>", "which page, from 1, instead of --offset")
    .option("--page-key <base64>", "where the page begins: next_key of the page before")
    .option("--count-total", "count all entries; costs more, the more there are")
    .option("--reverse", "from the end");
  for (const [flags, name] of PAGE_ALIASES) {
    const option = command.createOption(flags, "").hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, (value: string | undefined) =>
      command.setOptionValue(name, flags.endsWith(">") ? value : true),
    );
  }
}

/** @throws NodeError naming the flags that are wrong, or exclude each other */
export function pageOf(flags: PageFlags): PageRequest {
  const ways = [flags.offset, flags.page, flags.pageKey].filter((each) => each !== undefined && each !== "");
  if (ways.length > 1)
    throw new NodeError(
      "usage",
      "--offset, --page and --page-key: give one of them; each says where the page begins",
    );
  const limit = flags.limit === undefined ? DEFAULT_LIMIT : positive(flags.limit, "--limit");
  const page = flags.page === undefined ? 1n : positive(flags.page, "--page");
  const offset = flags.offset === undefined || flags.offset === "0" ? 0n : positive(flags.offset, "--offset");
  return PageRequest.create({
    key: flags.pageKey ? bytesOfKey(flags.pageKey) : new Uint8Array(0),
    offset: flags.page === undefined ? offset : (page - 1n) * limit,
    limit,
    countTotal: flags.countTotal ?? false,
    reverse: flags.reverse ?? false,
  });
}

/** Base64, though some keys read as hex too. */
function bytesOfKey(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(text, "base64"));
  return Buffer.from(bytes).toString("base64") === text ? bytes : bytesOf(text, "--page-key");
}

/** Names of keys and the prefix of the home, read only when they are asked for. */
export function keyNamesOf(flags: KeyOptions): KeyNames {
  const keyring = keyringOf(flags);
  return {
    get prefix() {
      return prefixIn(flags.home);
    },
    names: () => keyring.names(),
    show: (name) => keyring.show(name),
  };
}

export function addQuery(parent: Command, verb: QueryVerb): void {
  const { method } = verb;
  const type = method.request;
  const usage = readUsage(verb.usage, type);
  const fields = flagFields(type, usage, TAKEN);
  const page = type.fields.find((field) => field.type === PageRequest);
  const command = withQuery(parent.command(usage.text).description(verb.about));
  if (verb.aliases) command.aliases([...verb.aliases]);
  withFields(command, fields, verb.flags ?? {});
  if (page) withPages(command);
  command.action(async (...all: unknown[]) => {
    const flags = all.at(-2) as QueryFlags & Readonly<Record<string, unknown>>;
    const said = fieldsOf(type, usage, all.slice(0, -2), fields, flags, keyNamesOf(flags));
    for (const [name, change] of Object.entries(verb.words ?? {})) {
      const value = said[name];
      if (typeof value === "string") said[name] = change(value);
    }
    const request = { ...verb.defaults, ...said, ...(page ? { [page.property]: pageOf(flags) } : {}) };
    const height =
      flags.height === undefined || flags.height === "0"
        ? {}
        : { height: positive(flags.height, "--height") };
    const answer = verb.ask
      ? await verb.ask(method.request.create(request), flags)
      : await queryMethod(rpcOf(flags), method)(request, height);
    print(flags, toJson(method.response, answer, defaultRegistry()));
  });
}

/** Adds a group of queries, and the groups in it. */
export function addQueries(parent: Command, { name, about, verbs, groups = [] }: QueryGroup): Command {
  const group =
    parent.commands.find((each) => each.name() === name) ?? parent.command(name).description(about);
  for (const verb of verbs) addQuery(group, verb);
  for (const inner of groups) addQueries(group, inner);
  return group;
}
