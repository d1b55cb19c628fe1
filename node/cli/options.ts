/** Flags that commands share, named as Cosmos's; each can come from the environment as OPGD_<FLAG>. Every command loads this file: it loads little. */
import { type Command, Option } from "commander";
import { defaultHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { BACKENDS, type Backend } from "../keys/backend.ts";

/** A flag with its environment variable: `--node` is OPGD_NODE, `--rpc.laddr` is OPGD_RPC_LADDR. */
export function flag(flags: string, description: string, fallback?: string): Option {
  const name = /--([a-z0-9.-]+)/.exec(flags)![1]!;
  const option = new Option(flags, description).env(`OPGD_${name.replace(/[.-]/g, "_").toUpperCase()}`);
  return fallback === undefined ? option : option.default(fallback);
}

export interface HomeOptions {
  readonly home: string;
}

export function withHome(command: Command): Command {
  return command.addOption(
    flag("--home <dir>", "folder of configuration, keys and data")
      .default(defaultHome(), "~/.opgd")
      // Set and empty is not set.
      .argParser((folder) => folder || defaultHome()),
  );
}

export interface OutputOptions {
  readonly output: "json" | "text";
}

export function withOutput(command: Command): Command {
  return command.addOption(flag("-o, --output <format>", "json or text", "text").choices(["json", "text"]));
}

export interface KeyOptions extends HomeOptions {
  readonly keyringBackend: Backend;
}

export function withKeyring(command: Command): Command {
  return withHome(command).addOption(
    flag("--keyring-backend <backend>", "where keys are kept", "test").choices(BACKENDS),
  );
}

export interface NodeClientOptions {
  readonly node: string;
}

export function withNode(command: Command): Command {
  return command.addOption(flag("--node <url>", "RPC of the node to ask", "tcp://127.0.0.1:26657"));
}

/** The URL that fetch takes for a node named as Cosmos tools name it. */
export function nodeUrl({ node }: NodeClientOptions): string {
  return node.replace(/^tcp:/, "http:");
}

/** An index, from 0 to 2^31 - 1. @throws NodeError naming the argument */
export function index(text: string, name: string): number {
  if (!/^(0|[1-9]\d{0,9})$/.test(text) || Number(text) >= 2 ** 31)
    throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is not from 0 to ${2 ** 31 - 1}`);
  return Number(text);
}

/** @throws NodeError naming the argument unless `text` is a positive integer */
export function positive(text: string, name: string): bigint {
  if (!/^[1-9]\d{0,18}$/.test(text))
    throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is no positive integer`);
  return BigInt(text);
}
