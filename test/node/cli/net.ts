/** The command line in the test's own process, before a chain in the same process that answers the RPC it asks. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Command } from "commander";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { fromHex, toHex } from "../../../chain/runtime/bytes.ts";
import { PrivateKey, txHash } from "../../../client/index.ts";
import { program } from "../../../node/cli/program.ts";
import { Keyring } from "../../../node/keys/keyring.ts";
import type { ExecTxResult } from "../../../proto/gen/tendermint.abci.ts";
import * as abci from "../../../proto/gen/tendermint.abci.ts";
import { CHAIN_ID, TestChain, type TestChainOptions } from "../../chain/chain.ts";

/** Groups of commands that were made once: a parse leaves nothing behind. */
const made = new Map<string, Command>();

async function rootOf(args: readonly string[]): Promise<Command> {
  const known = made.get(args[0]!);
  if (known) return known;
  const root = await program(args, "0");
  made.set(args[0]!, root);
  return root;
}

let last: Promise<unknown> = Promise.resolve();

/** Runs a command, after those that were begun before it, and gives what it wrote to standard output. @throws what it throws */
export function opgd(...args: readonly string[]): Promise<string> {
  const turn = last.then(() => run(args));
  last = turn.catch(() => undefined);
  return turn;
}

async function run(args: readonly string[]): Promise<string> {
  const root = await rootOf(args);
  const silent = (command: typeof root): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    command.commands.forEach(silent);
  };
  silent(root);
  let text = "";
  const { write } = process.stdout;
  process.stdout.write = ((part: string) => {
    text += part;
    return true;
  }) as typeof write;
  try {
    await root.parseAsync([...args], { from: "user" });
  } finally {
    process.stdout.write = write;
  }
  return text;
}

/** The private key of `testSigner(name)`. */
export function testKey(name: string): PrivateKey {
  return new PrivateKey(sha256(new TextEncoder().encode(`opg-test:${name}`)));
}

/** A home with a keyring of these test accounts, and files for commands to read. */
export class CliHome {
  readonly folder = mkdtempSync(join(tmpdir(), "opg-cli-"));

  static async make(names: readonly string[]): Promise<CliHome> {
    const home = new CliHome();
    const keyring = new Keyring({
      home: home.folder,
      backend: "test",
      prefix: "opg",
      passphrase: async () => "",
    });
    for (const name of names) await keyring.add(name, testKey(name));
    return home;
  }

  /** Writes a file, and gives its path. */
  file(name: string, content: unknown): string {
    const path = join(this.folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface RpcCall {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
}

type Handler = (params: RpcCall["params"]) => unknown;

/** A server of JSON-RPC that answers by a table of methods. */
export class RpcServer {
  readonly calls: RpcCall[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(methods: Readonly<Record<string, Handler>>): Promise<RpcServer> {
    const server = createServer(async (request, response) => {
      const parts: Uint8Array[] = [];
      for await (const part of request) parts.push(part as Uint8Array);
      const { id, method, params } = JSON.parse(Buffer.concat(parts).toString()) as RpcCall & { id: number };
      rpc.calls.push({ method, params });
      const handler = methods[method];
      const answer = { jsonrpc: "2.0", id };
      try {
        if (!handler) throw new RangeError(`${method} not found`);
        response.end(JSON.stringify({ ...answer, result: await handler(params) }));
      } catch (error) {
        const { message } = error as Error;
        response.end(JSON.stringify({ ...answer, error: { code: -32603, message, data: message } }));
      }
    });
    const rpc = new RpcServer(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return rpc;
  }

  get url(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const NOTHING = "0".repeat(64);

export function statusJson(height: bigint): object {
  return {
    node_info: { id: "0".repeat(40), network: CHAIN_ID, version: "0.39.0", moniker: "test" },
    sync_info: {
      latest_block_hash: NOTHING,
      latest_app_hash: NOTHING,
      latest_block_height: `${height}`,
      latest_block_time: "2023-11-14T22:13:20Z",
      catching_up: false,
    },
    validator_info: { address: "0".repeat(40), voting_power: "1" },
  };
}

function resultJson(result: ExecTxResult): object {
  const { code, codespace, data, log, info, gasWanted, gasUsed, events } = result;
  return {
    code,
    codespace,
    data: base64(data),
    log,
    info,
    gas_wanted: `${gasWanted}`,
    gas_used: `${gasUsed}`,
    events,
  };
}

/** A chain whose every transaction makes a block, and a home before it. */
export class CliNet {
  readonly chain: TestChain;
  readonly home: CliHome;
  readonly rpc: RpcServer;
  readonly #engine: CanonicalEngine;

  private constructor(chain: TestChain, home: CliHome, rpc: RpcServer, engine: CanonicalEngine) {
    this.chain = chain;
    this.home = home;
    this.rpc = rpc;
    this.#engine = engine;
  }

  static async start(keys: readonly string[], options: Partial<TestChainOptions> = {}): Promise<CliNet> {
    const engine = await CanonicalEngine.start();
    const chain = await TestChain.start({ engine, accounts: keys, ...options });
    await chain.block();
    const found = new Map<string, object>();
    const rpc = await RpcServer.start({
      status: () => statusJson(chain.height),
      abci_query: async ({ path = "", data = "", height = "0" }) => {
        const answer = await chain.app.query(
          abci.RequestQuery.create({
            path,
            data: fromHex(data) ?? new Uint8Array(0),
            height: BigInt(height),
          }),
        );
        const { code, codespace, log, key, value } = answer;
        return {
          response: {
            code,
            codespace,
            log,
            key: base64(key),
            value: base64(value),
            height: `${answer.height}`,
          },
        };
      },
      broadcast_tx_sync: async ({ tx = "" }) => {
        const bytes = new Uint8Array(Buffer.from(tx, "base64"));
        const hash = txHash(bytes);
        const { code, codespace, log } = chain.checkTx(bytes);
        if (code === 0) {
          const [result] = (await chain.block([bytes])).txResults;
          found.set(hash, {
            hash,
            height: `${chain.height}`,
            index: 0,
            tx_result: resultJson(result!),
            tx,
          });
        }
        return { code, codespace, log, hash };
      },
      tx: ({ hash = "" }) => {
        const result = found.get(toHex(new Uint8Array(Buffer.from(hash, "base64"))).toUpperCase());
        if (!result) throw new RangeError("tx not found");
        return result;
      },
    });
    const home = await CliHome.make(keys);
    return new CliNet(chain, home, rpc, engine);
  }

  /** Runs a command with this home and node, and gives what it printed. */
  text(...args: readonly string[]): Promise<string> {
    return opgd(...args, "--home", this.home.folder, "--node", this.rpc.url);
  }

  /** The same, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read any command's answer.
  async json(...args: readonly string[]): Promise<any> {
    return JSON.parse(await this.text(...args, "--output", "json"));
  }

  async stop(): Promise<void> {
    await this.rpc.stop();
    await this.chain.close();
    await this.#engine.stop();
    this.home.remove();
  }
}
