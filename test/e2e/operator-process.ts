/** `opgd operator start` as a process on a home of its own, whose log tests read. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateKey } from "../../client/index.ts";
import { Keyring } from "../../node/keys/keyring.ts";
import { testKey } from "../chain/chain.ts";

const root = new URL("../..", import.meta.url).pathname;

export class OperatorProcess {
  readonly home: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #text = "";
  readonly #checks = new Set<() => void>();

  private constructor(home: string, args: readonly string[]) {
    this.home = home;
    this.#args = args;
  }

  /** A home with the key of the test account `hot`; not started yet. */
  static async make(hot: string, rpcUrl: string, args: readonly string[] = []): Promise<OperatorProcess> {
    const home = mkdtempSync(join(tmpdir(), "operator-"));
    const keyring = new Keyring({ home, backend: "test", prefix: "opg", passphrase: async () => "" });
    await keyring.add("operator-hot", new PrivateKey(testKey(hot)));
    return new OperatorProcess(home, ["--node", rpcUrl, "--metrics-address", "127.0.0.1:0", ...args]);
  }

  /** What it wrote, over all its lives. */
  get text(): string {
    return this.#text;
  }

  /** URL of /metrics and /status of the life that runs. */
  get statusUrl(): string {
    return /"status":"(http:[^"]+)"/.exec(this.#text.slice(this.#text.lastIndexOf('"hot"')))![1]!;
  }

  async start(): Promise<void> {
    const from = this.#text.length;
    const child = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        join(root, "node/main.ts"),
        "operator",
        "start",
        "--home",
        this.home,
        ...this.#args,
      ],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
    const collect = (chunk: Buffer) => {
      this.#text += chunk.toString();
      for (const check of [...this.#checks]) check();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("close", () => {
      for (const check of [...this.#checks]) check();
    });
    await this.until(/the operator is up/, from);
  }

  /** Until what it wrote since `from` matches. @throws TypeError with all of that, if it ends before */
  until(pattern: RegExp, from = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const said = this.#text.slice(from);
        const isOver = this.#child?.exitCode !== null || this.#child.signalCode !== null;
        if (pattern.test(said)) resolve();
        else if (isOver)
          reject(new TypeError(`the operator ended before it said ${String(pattern)}: ${said}`));
        else return;
        this.#checks.delete(check);
      };
      this.#checks.add(check);
      check();
    });
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const closed = once(child, "close");
    child.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }

  async stop(): Promise<void> {
    await this.end("SIGKILL");
    rmSync(this.home, { recursive: true, force: true });
  }
}
