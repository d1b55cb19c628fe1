/** Flags that commands share, named as Cosmos's; each can come from the environment as OPGD_<FLAG>. */

import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { WebSocket } from "ws";
import { prefixOf } from "../../chain/genesis.ts";
import { DEFAULT_BECH32_PREFIX } from "../../chain/modules/auth/index.ts";
import { OpgClient, RpcClient, type RpcOptions, type Signer } from "../../client/index.ts";
import { parseGenesis } from "../../genesis/index.ts";
import { defaultHome, homePaths } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { BACKENDS, type Backend, Keyring } from "../keys/keyring.ts";

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
  return command.addOption(flag("--home <dir>", "folder of configuration, keys and data", defaultHome()));
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

/** The keyring of a home. A passphrase comes from OPGD_KEYRING_PASSPHRASE, or is asked for on a terminal. */
export function keyringOf({ home, keyringBackend }: KeyOptions): Keyring {
  return new Keyring({ home, backend: keyringBackend, prefix: prefixIn(home), passphrase: askPassphrase });
}

/** The bech32 prefix of the chain of a home; the usual one if it has no genesis. */
export function prefixIn(home: string): string {
  const { genesis } = homePaths(home);
  return existsSync(genesis)
    ? prefixOf(parseGenesis(readFileSync(genesis, "utf8")).app_state)
    : DEFAULT_BECH32_PREFIX;
}

async function askPassphrase(isNew: boolean): Promise<string> {
  const given = process.env["OPGD_KEYRING_PASSPHRASE"];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    throw new NodeError(
      "keys",
      "the file keyring needs its passphrase: set OPGD_KEYRING_PASSPHRASE, or use a terminal",
    );
  const first = await askHidden(isNew ? "New passphrase of the keyring: " : "Passphrase of the keyring: ");
  if (isNew && first !== (await askHidden("Once more: ")))
    throw new NodeError("keys", "the two passphrases differ");
  return first;
}

async function askHidden(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const reader = createInterface({ input: process.stdin, terminal: true, output: undefined });
  try {
    return await reader.question("");
  } finally {
    reader.close();
    process.stderr.write("\n");
  }
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

// The socket of package ws has the browser's interface; Node 20 has none of its own.
// Its handlers are typed by `this`, which ours are not.
const RPC_OPTIONS = { WebSocket: WebSocket as unknown as NonNullable<RpcOptions["WebSocket"]> };

export function rpcOf(options: NodeClientOptions): RpcClient {
  return new RpcClient(nodeUrl(options), RPC_OPTIONS);
}

/** Runs `work` with a client of the node, and ends its subscriptions. */
export async function withClient<T>(
  options: NodeClientOptions,
  work: (client: OpgClient) => Promise<T>,
  more: { readonly signer?: Signer; readonly chainId?: string } = {},
): Promise<T> {
  const client = await OpgClient.connect(nodeUrl(options), { ...more, rpc: RPC_OPTIONS });
  try {
    return await work(client);
  } finally {
    client.close();
  }
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
