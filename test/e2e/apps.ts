/** The applications of a test network as processes. */
import { createWriteStream } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitOf, spawnGuarded } from "../../node/comet/guard.ts";

const here = new URL("../..", import.meta.url).pathname;

export interface AppCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where its ABCI server listens once it is up, `unix:///path` or `tcp://host:port`. */
  readonly address: string;
  readonly transport: "socket" | "grpc";
}

/** The command line that runs a TypeScript file of this repository. */
export function tsx(file: string, ...args: readonly string[]): { command: string; args: readonly string[] } {
  return { command: process.execPath, args: ["--import", "tsx", join(here, file), ...args] };
}

export interface AppProcess {
  readonly pid: number;
  /** Resolves to how it ended when it is gone. */
  readonly exited: Promise<string>;
}

/** Starts the application; what it writes is appended to `logFile`. */
export async function startApp({ command, args, env }: AppCommand, logFile: string): Promise<AppProcess> {
  const { child, pid } = await spawnGuarded(command, args, { ...process.env, ...env });
  const log = createWriteStream(logFile, { flags: "a" });
  child.stdout!.pipe(log, { end: false });
  child.stderr!.pipe(log, { end: false });
  const exited = new Promise<string>((resolve) => {
    child.once("close", (exitCode) => {
      log.end();
      const { code, signal } = exitOf(exitCode);
      resolve(signal ?? `code ${code}`);
    });
  });
  return { pid, exited };
}

/** Waits until somebody listens; false if `going` turns false or a minute passes first. */
export async function waitForAddress(address: string, going: () => boolean): Promise<boolean> {
  const deadline = Date.now() + 60_000;
  while (!(await answers(address))) {
    if (!going() || Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function answers(address: string): Promise<boolean> {
  const target = address.startsWith("unix://")
    ? { path: address.slice(7) }
    : { host: new URL(address.replace(/^tcp:/, "http:")).hostname, port: Number(address.split(":").pop()) };
  return new Promise((resolve) => {
    const probe = connect(target);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

/** Keeps the last fifty things that went wrong. */
export function keep(troubles: string[], message: string, fields: object): void {
  troubles.push(`${message} ${JSON.stringify(fields)}`.slice(0, 2000));
  if (troubles.length > 50) troubles.shift();
}
