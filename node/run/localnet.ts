/** Several validators on one machine: a home and a process each, one genesis, real p2p between them. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { generateMnemonic, keyFromMnemonic, RpcClient } from "../../client/index.ts";
import { parseGenesis } from "../../genesis/index.ts";
import { changeSettings, findComet, getSetting } from "../comet/index.ts";
import { readAppConfig, withGateways } from "../config/app-toml.ts";
import { homePaths } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { Keyring } from "../keys/keyring.ts";
import { LOCAL_CHAIN_SETTINGS, localGenesis, makeHome, placeGenesis } from "./init.ts";
import { freePorts } from "./ports.ts";

export interface LocalnetOptions {
  readonly home: string;
  readonly validators: number;
  readonly chainId: string;
  /** Remove what is there and begin anew. */
  readonly reset: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

export interface LocalnetNode {
  readonly name: string;
  readonly home: string;
  readonly rpc: string;
  readonly p2p: string;
  readonly grpc: string;
  readonly api: string;
  readonly pid: number;
}

export interface Localnet {
  readonly nodes: readonly LocalnetNode[];
  /** Settles when a node ends by itself, with the reason. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const IS_SOURCE = import.meta.url.endsWith(".ts");
const MAIN = fileURLToPath(new URL(IS_SOURCE ? "../main.ts" : "../main.js", import.meta.url));
const FUNDS = 1_000_000_000_000n;
const GRACE_MS = 15_000;

/** Makes the homes that are not there, and runs a process for each. @throws NodeError */
export async function startLocalnet(options: LocalnetOptions): Promise<Localnet> {
  const { home, validators: count, env, say } = options;
  if (options.reset) rmSync(home, { recursive: true, force: true });
  const homes = Array.from({ length: count }, (_, index) => join(home, `node${index}`));
  const there = homes.filter((each) => existsSync(homePaths(each).genesis)).length;
  if (there !== 0 && there !== count) {
    throw new NodeError(
      "home",
      `${home} has ${there} nodes, not ${count}; give --validators ${there}, or --reset to begin anew`,
    );
  }
  if (there === 0) await makeNetwork(options, homes);
  else
    say(
      `Going on with the chain ${parseGenesis(readFileSync(homePaths(homes[0]!).genesis, "utf8")).chain_id} in ${home}`,
    );
  // Once here rather than in every process: a build takes a minute.
  const binary = await findComet({ env, say });
  if (!binary)
    throw new NodeError(
      "running",
      "CometBFT is not there and Go is not, to build it: install Go, or set COMETBFT_BIN",
    );
  const children = homes.map((each) => startChild(each, { ...env, COMETBFT_BIN: binary.path }));
  const nodes = homes.map((each, index) => describe(each, children[index]!));
  let stopping = false;
  const ended = Promise.race(
    children.map(
      (child, index) =>
        new Promise<string>((resolve) =>
          child.once("exit", (code, signal) =>
            resolve(
              `node${index} ended (${signal ?? `code ${code}`}); its log is ${join(homes[index]!, "node.log")}`,
            ),
          ),
        ),
    ),
  );
  const stop = async () => {
    stopping = true;
    await Promise.all(children.map(stopChild));
  };
  const failed = ended.then((reason) => (stopping ? undefined : reason));
  const up = Promise.all(nodes.map(({ rpc }) => waitForHeight(rpc, 2n)));
  const fault = await Promise.race([up.then(() => undefined), failed]);
  if (fault) {
    await stop();
    throw new NodeError("running", fault);
  }
  return { nodes, ended, stop };
}

async function makeNetwork({ home, chainId, say }: LocalnetOptions, homes: readonly string[]): Promise<void> {
  const ports = await freePorts(homes.length * 4);
  const made = await Promise.all(
    homes.map((each, index) =>
      makeHome({ home: each, moniker: `node${index}`, settings: LOCAL_CHAIN_SETTINGS }),
    ),
  );
  const keyring = new Keyring({
    home: homes[0]!,
    backend: "test",
    prefix: "opg",
    passphrase: async () => "",
  });
  const key = async (name: string) => (await keyring.add(name, keyFromMnemonic(generateMnemonic()))).address;
  const [alice, owner] = [await key("alice"), await key("owner")];
  const operators: string[] = [];
  for (const index of homes.keys()) operators.push(await key(`validator${index}`));
  const genesis = localGenesis({
    chainId,
    preset: "local",
    accounts: [alice, owner].map((address) => ({ address, amount: FUNDS })),
    validators: made.map((each, index) => ({
      home: each,
      moniker: `node${index}`,
      operator: operators[index]!,
    })),
    modelOwner: owner,
  });
  const peers = made.map(({ nodeId }, index) => `${nodeId}@127.0.0.1:${ports[2 * index + 1]}`);
  for (const [index, each] of homes.entries()) {
    await placeGenesis(each, genesis);
    const [grpc, api] = [2, 3].map((which) => ports[which * homes.length + index]!) as [number, number];
    placeGateways(each, { grpc, api });
    await changeSettings(each, {
      "rpc.laddr": `tcp://127.0.0.1:${ports[2 * index]}`,
      "p2p.laddr": `tcp://127.0.0.1:${ports[2 * index + 1]}`,
      "p2p.persistent_peers": peers.filter((_, other) => other !== index).join(","),
    });
  }
  say(
    `Made the chain ${chainId} with ${homes.length} validators in ${home}; alice has ${FUNDS / 1_000_000n} OPG (key in ${homes[0]})`,
  );
}

/** Each node has its own ports: app.toml says which. */
function placeGateways(home: string, { grpc, api }: { readonly grpc: number; readonly api: number }): void {
  const path = homePaths(home).appToml;
  writeFileSync(path, withGateways(readFileSync(path, "utf8"), grpc, api));
}

function startChild(home: string, env: LocalnetOptions["env"]): ChildProcess {
  mkdirSync(home, { recursive: true });
  const child = spawn(
    process.execPath,
    [
      ...(IS_SOURCE ? ["--import", import.meta.resolve("tsx")] : []),
      MAIN,
      "start",
      "--home",
      home,
      "--log-format",
      "json",
    ],
    {
      env: { ...env },
      // A group of its own: Ctrl-C reaches us, and we stop the nodes in order.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const log = createWriteStream(join(home, "node.log"), { flags: "a" });
  child.stdout!.pipe(log);
  child.stderr!.pipe(log);
  return child;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await gone;
  clearTimeout(timer);
}

function describe(home: string, child: ChildProcess): LocalnetNode {
  const config = readFileSync(homePaths(home).configToml, "utf8");
  const address = (name: string) => String(getSetting(config, name));
  const gateways = readAppConfig(homePaths(home).appToml, {});
  return {
    name: String(getSetting(config, "moniker")),
    home,
    rpc: address("rpc.laddr").replace("tcp:", "http:"),
    p2p: address("p2p.laddr"),
    grpc: gateways.grpc.address,
    api: gateways.api.address.replace("tcp:", "http:"),
    pid: child.pid!,
  };
}

async function waitForHeight(url: string, height: bigint): Promise<void> {
  const rpc = new RpcClient(url);
  for (;;) {
    try {
      if ((await rpc.status()).latestHeight >= height) return;
    } catch {
      // Not listening yet; a node that ends is seen by its exit.
    }
    await sleep(100);
  }
}
