/**
 * Networks of real CometBFT validators on this machine, each with its own application process, in temporary homes and on
 * free ports. Every end-to-end test uses this; the application is whatever command the test gives.
 *
 *     const net = await startNet({ validators: 4, app: (node) => ({ command, args, address, transport: "grpc" }) });
 *     await net.waitHeight(3);
 *     net.kill(1, "both", "SIGKILL");
 *     await net.restart(1);
 *     await net.compareAppHashes();
 *     await net.stop();
 */
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type CometProcess,
  findComet,
  proxyApp,
  type Settings,
  startComet,
  writeGenesis,
} from "../../node/comet/index.ts";
import { type AppCommand, type AppProcess, keep, signalTo, startApp, waitForAddress } from "./apps.ts";
import type { Link } from "./links.ts";
import { type Layout, layOut, type NodePlace, plainGenesis } from "./places.ts";

export { type AppCommand, tsx } from "./apps.ts";
export type { NodePlace } from "./places.ts";

export class NetError extends Error {
  override readonly name = "NetError";
}

export interface NetOptions {
  readonly validators: number;
  readonly app: (node: NodePlace) => AppCommand;
  /** The genesis document, or its text. Default: every validator with power 10 and no application state. */
  readonly genesis?: (nodes: readonly NodePlace[]) => Awaitable<object | string>;
  /** Settings of config.toml by dotted name, over `localSettings` and the ports. */
  readonly settings?: Settings;
  /** Called when homes exist and nothing runs yet, to add what an application wants in its home. */
  readonly prepare?: (nodes: readonly NodePlace[]) => Awaitable<void>;
  readonly chainId?: string;
  /** Further arguments of `cometbft start`. */
  readonly cometArgs?: readonly string[];
}

type Awaitable<T> = T | Promise<T>;
export type Part = "app" | "comet" | "both";

interface Node extends NodePlace {
  app: AppProcess | undefined;
  cometProcess: CometProcess | undefined;
  /** The last lines of CometBFT that are errors or no log lines at all. */
  readonly troubles: string[];
  /** Ends that signals of ours will bring about. */
  readonly dying: Promise<unknown>[];
}

export interface NodeStatus {
  readonly height: bigint;
  readonly appHash: string;
  readonly catchingUp: boolean;
}

export class Net {
  readonly nodes: readonly NodePlace[];
  readonly folder: string;
  readonly #nodes: readonly Node[];
  readonly #options: NetOptions;
  readonly #binary: string;
  /** One for each pair of nodes, dialled by the first. */
  readonly #links: readonly Link[];
  #stopped: Promise<void> | undefined;
  readonly #removeFolder = (): void => rmSync(this.folder, { recursive: true, force: true });

  constructor(options: NetOptions, parts: Layout & { readonly binary: string }) {
    this.#options = options;
    this.#binary = parts.binary;
    this.#nodes = parts.places.map((place) => ({
      ...place,
      app: undefined,
      cometProcess: undefined,
      troubles: [],
      dying: [],
    }));
    this.nodes = parts.places;
    this.folder = parts.folder;
    this.#links = parts.links;
    process.once("exit", this.#removeFolder);
  }

  #at(index: number): Node {
    const node = this.#nodes[index];
    if (node === undefined)
      throw new NetError(`there is no node ${index}: this net has ${this.#nodes.length}`);
    return node;
  }

  rpcUrl(index: number): string {
    return `http://127.0.0.1:${this.#at(index).rpcPort}`;
  }

  /** The process ids that run for a node now. */
  pids(index: number): { readonly app: number | undefined; readonly comet: number | undefined } {
    const node = this.#at(index);
    return { app: node.app?.pid, comet: node.cometProcess?.pid };
  }

  /** What the application wrote to stdout and stderr since the net began. */
  async appLog(index: number): Promise<string> {
    return readFile(join(this.#at(index).folder, "app.log"), "utf8").catch(() => "");
  }

  /** One call of CometBFT's JSON-RPC. @throws NetError with the error that the node answered */
  async rpc<T = unknown>(index: number, method: string, params: object = {}): Promise<T> {
    const response = await fetch(this.rpcUrl(index), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = (await response.json()) as { result?: T; error?: { message: string; data?: string } };
    if (answer.error) {
      throw new NetError(`${method} at node ${index}: ${answer.error.message} ${answer.error.data ?? ""}`);
    }
    return answer.result as T;
  }

  async status(index: number): Promise<NodeStatus> {
    const { sync_info: sync } = await this.rpc<{
      sync_info: { latest_block_height: string; latest_app_hash: string; catching_up: boolean };
    }>(index, "status");
    return {
      height: BigInt(sync.latest_block_height),
      appHash: sync.latest_app_hash,
      catchingUp: sync.catching_up,
    };
  }

  /**
   * Waits until the nodes named (all that run CometBFT, unless told) are at `height`.
   * @throws NetError after `timeoutMs` (default 60 s) with what the nodes and their applications said last
   */
  async waitHeight(
    height: number | bigint,
    options: { readonly nodes?: readonly number[]; readonly timeoutMs?: number } = {},
  ): Promise<void> {
    const indexes =
      options.nodes ?? this.#nodes.filter((node) => node.cometProcess).map((node) => node.index);
    const deadline = Date.now() + (options.timeoutMs ?? 60_000);
    for (const index of indexes) {
      let seen: bigint | undefined;
      while (seen === undefined || seen < BigInt(height)) {
        if (Date.now() > deadline) {
          throw new NetError(
            `node ${index} is at ${seen} and not at ${height}.\n${await this.report(index)}`,
          );
        }
        seen = (await this.status(index).catch(() => undefined))?.height ?? seen;
        if (seen === undefined || seen < BigInt(height)) await sleep(50);
      }
    }
  }

  /** Waits until every running node has made `blocks` more blocks than the highest has now. */
  async waitBlocks(blocks: number, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const running = this.#nodes.filter((node) => node.cometProcess);
    const heights = await Promise.all(running.map((node) => this.status(node.index)));
    const highest = heights.reduce((most, { height }) => (height > most ? height : most), 0n);
    await this.waitHeight(highest + BigInt(blocks), options);
  }

  /** What to read when a node is in trouble. */
  async report(index: number): Promise<string> {
    const node = this.#at(index);
    const app = (await this.appLog(index)).split("\n").slice(-15).join("\n");
    return `CometBFT of node ${index}:\n${node.troubles.slice(-10).join("\n")}\nits application:\n${app}`;
  }

  /** Sends a signal at once (default SIGKILL). Use `restart` to bring the node back. */
  kill(index: number, part: Part, signal: NodeJS.Signals = "SIGKILL"): void {
    const node = this.#at(index);
    const ends = signal === "SIGKILL" || signal === "SIGTERM" || signal === "SIGINT";
    if (part !== "comet" && node.app) {
      if (ends) node.dying.push(node.app.exited);
      signalTo(node.app.pid, signal);
    }
    if (part !== "app" && node.cometProcess) {
      if (ends) node.dying.push(node.cometProcess.exited);
      node.cometProcess.kill(signal);
    }
  }

  /** Stops the node's processes in the clean way: CometBFT first. */
  async stopNode(index: number): Promise<void> {
    const node = this.#at(index);
    await node.cometProcess?.stop();
    node.cometProcess = undefined;
    if (node.app) {
      signalTo(node.app.pid, "SIGTERM");
      const late = setTimeout(() => node.app && signalTo(node.app.pid, "SIGKILL"), 10_000);
      await node.app.exited;
      clearTimeout(late);
    }
  }

  /**
   * Brings a node back: waits for what was killed to be gone, ends a CometBFT whose application is gone (as a service
   * manager does), starts what does not run, and waits until CometBFT's RPC answers.
   */
  async restart(index: number): Promise<void> {
    const node = this.#at(index);
    await Promise.all(node.dying.splice(0));
    if (node.app === undefined) await node.cometProcess?.stop();
    await this.#start(node);
    await node.cometProcess?.ready;
  }

  /** Starts the application again beneath a CometBFT that was left running. */
  async restartApp(index: number): Promise<void> {
    const node = this.#at(index);
    while (node.app !== undefined) await sleep(20);
    await this.#startApp(node, this.#options.app(node));
  }

  /** Resolves when the node's application is gone. */
  async appEnded(index: number): Promise<void> {
    await this.#at(index).app?.exited;
  }

  async #start(node: Node): Promise<void> {
    const app = this.#options.app(node);
    if (node.app === undefined) await this.#startApp(node, app);
    if (node.cometProcess !== undefined) return;
    const process_ = await startComet({
      binary: this.#binary,
      home: node.home,
      rpc: this.rpcUrl(node.index),
      args: [
        "--proxy_app",
        proxyApp(app.address, app.transport),
        "--abci",
        app.transport,
        ...(this.#options.cometArgs ?? []),
      ],
      log: {
        debug: () => {},
        info: () => {},
        warn: (fields, message) => keep(node.troubles, message, fields),
        error: (fields, message) => keep(node.troubles, message, fields),
      },
    });
    node.cometProcess = process_;
    process_.exited.then(() => {
      if (node.cometProcess === process_) node.cometProcess = undefined;
    });
  }

  async #startApp(node: Node, command: AppCommand): Promise<void> {
    const app = await startApp(command, join(node.folder, "app.log"));
    node.app = app;
    app.exited.then((how) => {
      if (node.app === app) node.app = undefined;
      keep(node.troubles, `the application ended (${how})`, {});
    });
    const listens = await waitForAddress(command.address, () => node.app === app);
    if (listens) return;
    throw new NetError(
      `the application of node ${node.index} does not listen on ${command.address}.\n${await this.report(node.index)}`,
    );
  }

  /** Starts every node and waits until each answers. Called by `startNet`. */
  async start(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.open()));
    await Promise.all(this.#nodes.map((node) => this.#start(node)));
    await Promise.all(this.#nodes.map((node) => node.cometProcess?.ready));
  }

  /** Freezes CometBFT of a node, as a machine that hangs: its connections stay open and nothing moves. */
  pause(index: number): void {
    const pid = this.#at(index).cometProcess?.pid;
    if (pid !== undefined) signalTo(pid, "SIGSTOP");
  }

  resume(index: number): void {
    const pid = this.#at(index).cometProcess?.pid;
    if (pid !== undefined) signalTo(pid, "SIGCONT");
  }

  /** Cuts the network: nodes of different groups no longer reach each other. Nodes in no group are alone. */
  partition(...groups: readonly (readonly number[])[]): void {
    const groupOf = (index: number): number => {
      const found = groups.findIndex((group) => group.includes(index));
      return found === -1 ? -1 - index : found;
    };
    for (const link of this.#links) link.cut(groupOf(link.from) !== groupOf(link.to));
  }

  heal(): void {
    for (const link of this.#links) link.cut(false);
  }

  /**
   * Compares the app hashes of all running nodes at every height they share, and each application's own answer with
   * the header that follows it. Answers the height compared up to.
   * @throws NetError naming height and nodes
   */
  async compareAppHashes(): Promise<bigint> {
    const running = this.#nodes.filter((node) => node.cometProcess).map((node) => node.index);
    const heights = await Promise.all(running.map(async (index) => (await this.status(index)).height));
    const top = heights.reduce((least, height) => (height < least ? height : least));
    const reference = await this.#appHashes(running[0]!, top);
    for (const index of running) {
      const hashes = await this.#appHashes(index, top);
      for (const [height, hash] of reference) {
        if (hashes.get(height) !== hash) {
          throw new NetError(
            `app hash at height ${height}: ${hash} at node ${running[0]}, ${hashes.get(height)} at node ${index}`,
          );
        }
      }
      await this.#compareWithApp(index);
    }
    return top;
  }

  /** App hashes by height of header; the header at H holds the hash after block H - 1. */
  async #appHashes(index: number, top: bigint): Promise<Map<bigint, string>> {
    const hashes = new Map<bigint, string>();
    for (let from = 1n; from <= top; from += 20n) {
      const to = from + 19n < top ? from + 19n : top;
      const { block_metas: metas } = await this.rpc<{
        block_metas: { header: { height: string; app_hash: string } }[];
      }>(index, "blockchain", { minHeight: String(from), maxHeight: String(to) });
      for (const { header } of metas) hashes.set(BigInt(header.height), header.app_hash);
    }
    return hashes;
  }

  async #compareWithApp(index: number): Promise<void> {
    const { response } = await this.rpc<{
      response: { last_block_height?: string; last_block_app_hash?: string };
    }>(index, "abci_info");
    const height = BigInt(response.last_block_height ?? 0);
    if (height === 0n) return;
    await this.waitHeight(height + 1n, { nodes: [index] });
    const { header } = await this.rpc<{ header: { app_hash: string } }>(index, "header", {
      height: String(height + 1n),
    });
    const own = Buffer.from(response.last_block_app_hash ?? "", "base64")
      .toString("hex")
      .toUpperCase();
    if (own !== header.app_hash) {
      throw new NetError(
        `application of node ${index} has ${own} at ${height}, the chain has ${header.app_hash}`,
      );
    }
  }

  /** Ends every process and removes the folder. Safe to call more than once. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      // A frozen process takes no SIGTERM.
      for (const node of this.#nodes) this.resume(node.index);
      await Promise.all(this.#nodes.map((node) => this.stopNode(node.index)));
      await Promise.all(this.#links.map((link) => link.close()));
      this.#removeFolder();
      process.off("exit", this.#removeFolder);
    })();
    return this.#stopped;
  }
}

/**
 * The CometBFT binary that end-to-end tests run, or undefined where there is neither one nor Go to build one: such tests
 * are skipped then.
 */
export async function testBinary(): Promise<string | undefined> {
  return (await findComet({ env: process.env, say: (line) => console.error(line) }))?.path;
}

/** @throws NetError if there is no CometBFT, or a node does not come up */
export async function startNet(options: NetOptions): Promise<Net> {
  const binary = await testBinary();
  if (binary === undefined) throw new NetError("no CometBFT: set COMETBFT_BIN, or install it or Go");
  const { folder, places, links } = await layOut(options);
  const genesis = await (options.genesis ?? ((all) => plainGenesis(all, options.chainId)))(places);
  for (const node of places) await writeGenesis(node.home, genesis);
  await options.prepare?.(places);
  const net = new Net(options, { folder, binary, places, links });
  try {
    await net.start();
  } catch (error) {
    await net.stop();
    throw error;
  }
  return net;
}
