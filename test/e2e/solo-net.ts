/** opgd with the embedded engine, as a process on a home of its own: the same chain as opgd-net.ts makes under CometBFT. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Settings, writeGenesis } from "../../node/comet/index.ts";
import { APP_TOML, withGateways } from "../../node/config/app-toml.ts";
import { testBinary } from "./net.ts";
import { opgdGenesis, startOpgdNet } from "./opgd-net.ts";
import { layOut, type NodePlace } from "./places.ts";

const root = new URL("../..", import.meta.url).pathname;
/** Neither CometBFT nor Go is found with these: PATH has node alone, and the cache is empty. */
const BARE = { PATH: "/nothing", GO_BIN: "", XDG_CACHE_HOME: "/nothing", COMETBFT_BIN: "" };

/** What tests of one validator ask of a network, whichever engine makes its blocks. */
export interface OneValidator {
  rpcUrl(index: number): string;
  waitHeight(height: number): Promise<unknown>;
  stop(): Promise<void>;
}

/** One validator under CometBFT, and one on the embedded engine, which nobody should be able to tell apart. */
export async function oneValidator(): Promise<
  readonly {
    readonly name: string;
    readonly skip: string | false;
    readonly start: () => Promise<OneValidator>;
  }[]
> {
  const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;
  return [
    { name: "CometBFT", skip, start: () => startOpgdNet(1) },
    { name: "the embedded engine", skip: false, start: () => startSoloNet() },
  ];
}

export interface SoloNetOptions {
  readonly settings?: Settings;
  /** Default --comet embedded. */
  readonly flags?: readonly string[];
  /** Over the environment of the tests; default: neither CometBFT nor Go are found. */
  readonly env?: NodeJS.ProcessEnv;
  /** Do not start it. */
  readonly stopped?: true;
}

export interface Ended {
  readonly code: number | null;
  readonly text: string;
}

export class SoloNet implements OneValidator {
  readonly place: NodePlace;
  readonly #folder: string;
  readonly #options: SoloNetOptions;
  #child: ChildProcess | undefined;
  #text = "";

  constructor(folder: string, place: NodePlace, options: SoloNetOptions) {
    this.#folder = folder;
    this.place = place;
    this.#options = options;
  }

  get home(): string {
    return this.place.home;
  }

  /** What the process that runs, or ran last, wrote. */
  get text(): string {
    return this.#text;
  }

  rpcUrl(): string {
    return `http://127.0.0.1:${this.place.rpcPort}`;
  }

  #spawn(command: readonly string[]): ChildProcess {
    const { env = {} } = this.#options;
    const args = ["--import", "tsx", join(root, "node/main.ts"), ...command, "--home", this.home];
    this.#text = "";
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...BARE, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const collect = (chunk: Buffer) => {
      this.#text += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    return child;
  }

  /** Starts it and waits for a block. @throws TypeError with what it wrote, if it ends before */
  async start(flags = this.#options.flags ?? ["--comet", "embedded", "--check-invariants"]): Promise<void> {
    const child = this.#spawn(["start", ...flags]);
    this.#child = child;
    while (!this.#text.includes("the node is up")) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new TypeError(`opgd start ended: ${this.#text}`);
      await sleep(20);
    }
    await this.waitHeight(1);
  }

  /** Starts what is expected to be refused. */
  fails(flags: readonly string[]): Promise<Ended> {
    return this.run(["start", ...flags]);
  }

  /** Runs a command on the home, to its end. */
  async run(command: readonly string[]): Promise<Ended> {
    const child = this.#spawn(command);
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const [code] = (await once(child, "close")) as [number | null];
    clearTimeout(timer);
    return { code, text: this.#text };
  }

  /** Sends a signal and waits for the end; gives the exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const closed = once(child, "close");
    child.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }

  async height(): Promise<number> {
    const response = await fetch(`${this.rpcUrl()}/status`);
    const { result } = (await response.json()) as {
      result: { sync_info: { latest_block_height: string } };
    };
    return Number(result.sync_info.latest_block_height);
  }

  async waitHeight(height: number): Promise<void> {
    while ((await this.height()) < height) await sleep(20);
  }

  async stop(): Promise<void> {
    await this.end("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export async function startSoloNet(options: SoloNetOptions = {}): Promise<SoloNet> {
  const { settings = {} } = options;
  const { folder, places } = await layOut({ validators: 1, settings });
  const [place] = places;
  await writeGenesis(place!.home, opgdGenesis(places));
  writeFileSync(join(place!.home, "config", "app.toml"), withGateways(APP_TOML, 0, 0));
  const net = new SoloNet(folder, place!, options);
  if (options.stopped) return net;
  try {
    await net.start();
  } catch (error) {
    await net.stop();
    throw error;
  }
  return net;
}
