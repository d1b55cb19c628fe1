/** Runs CometBFT as a child: forwards its log, waits until its RPC answers, stops it, and never leaves it behind. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { CometError } from "./errors.ts";
import { isAlive } from "./find.ts";
import { exitOf, spawnGuarded } from "./guard.ts";

/** Pino's methods fit. */
export interface CometLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface CometOptions {
  readonly binary: string;
  readonly home: string;
  /** Where its RPC listens, `tcp://host:port` or `http://host:port`. */
  readonly rpc: string;
  /** Further arguments of `cometbft start`, such as `--proxy_app`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly log: CometLog;
  /** Milliseconds between SIGTERM and SIGKILL. Default 10,000. */
  readonly graceMs?: number;
}

export interface CometExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Somebody called `stop` or `kill`. */
  readonly expected: boolean;
  /** What CometBFT said when its consensus panicked; it would stay up without making blocks, so it was ended. */
  readonly consensusFailure: string | undefined;
  /** The last lines it wrote, for the report of an exit that nobody wanted. */
  readonly lastLines: readonly string[];
}

export interface CometProcess {
  /** Of CometBFT itself. */
  readonly pid: number;
  /** `http://host:port` */
  readonly rpcUrl: string;
  /** Resolves when the RPC answers, which is after the handshake and its replay. @throws CometError EXITED */
  readonly ready: Promise<void>;
  readonly exited: Promise<CometExit>;
  /** SIGTERM, then SIGKILL after the grace; resolves when it is gone. */
  stop(): Promise<void>;
  /** Sends a signal at once. */
  kill(signal: NodeJS.Signals): void;
}

const KEPT_LINES = 20;
const FAILURE_GRACE_MS = 3000;
const pidFile = (home: string): string => join(home, "data", "cometbft.pid");

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Waits for, and after the grace ends, a CometBFT of this home that an earlier run of ours left behind. */
async function clearLeftOver({ home, log, graceMs = 10_000 }: CometOptions): Promise<void> {
  let pid = 0;
  try {
    pid = Number(readFileSync(pidFile(home), "utf8"));
  } catch {
    return;
  }
  // Process ids are used again: only one whose command line names this home is ours.
  const isOurs = (): boolean =>
    Number.isInteger(pid) && pid > 1 && isAlive(pid) && commandLine(pid).includes(home);
  if (!isOurs()) return;
  log.warn({ pid }, `CometBFT of an earlier run (process ${pid}) still runs on this home: stopping it`);
  process.kill(pid, "SIGTERM");
  for (let waited = 0; waited < graceMs && isOurs(); waited += 50) await sleep(50);
  if (isOurs()) process.kill(pid, "SIGKILL");
  while (isOurs()) await sleep(20);
}

/** @param stopping we asked it to stop: it reports its own closed listeners as errors then */
function forward(line: string, log: CometLog, stopping: boolean): void {
  let fields: Record<string, unknown> | undefined;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // A panic's trace, or what the Go runtime says.
  }
  if (typeof fields !== "object" || fields === null) {
    log.warn({}, line);
    return;
  }
  const { level, _msg: message, ts: _, ...rest } = fields;
  const write = level === "error" && !stopping ? "error" : level === "debug" ? "debug" : "info";
  log[write](rest, String(message ?? ""));
}

async function waitForRpc(rpcUrl: string, exited: Promise<CometExit>): Promise<void> {
  let exit: CometExit | undefined;
  exited.then((seen) => {
    exit = seen;
  });
  for (;;) {
    if (exit !== undefined) {
      throw new CometError(
        "EXITED",
        `CometBFT ended (code ${exit.code}) before its RPC answered. Its last lines:\n${exit.lastLines.slice(-5).join("\n")}`,
      );
    }
    try {
      const answer = await fetch(`${rpcUrl}/status`, { signal: AbortSignal.timeout(2000) });
      if (answer.ok) return;
    } catch {
      // Not listening yet: it replays blocks before it opens its RPC, which may take long.
    }
    await sleep(50);
  }
}

/**
 * Starts `cometbft start` on a home. Its application must be listening, or start to soon: CometBFT retries.
 * @throws CometError BAD_BINARY if it cannot be started at all
 */
export async function startComet(options: CometOptions): Promise<CometProcess> {
  const { binary, home, log, graceMs = 10_000 } = options;
  await clearLeftOver(options);
  const rpcUrl = options.rpc.replace(/^tcp:/, "http:");
  const args = ["start", "--home", home, ...(options.args ?? [])];
  const { child, pid } = await spawnGuarded(binary, args, {
    ...(options.env ?? process.env),
    // The format has no flag; whatever the config file says, we read JSON.
    CMT_LOG_FORMAT: "json",
  });
  const lastLines: string[] = [];
  mkdirSync(join(home, "data"), { recursive: true });
  writeFileSync(pidFile(home), String(pid));
  let expected = false;
  let consensusFailure: string | undefined;
  const take = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > KEPT_LINES) lastLines.shift();
    forward(line, log, expected);
    if (consensusFailure === undefined && line.includes("CONSENSUS FAILURE!!!")) {
      consensusFailure = line;
      // With its consensus gone it does not always heed SIGTERM.
      signal(pid, "SIGTERM");
      setTimeout(() => signal(pid, "SIGKILL"), FAILURE_GRACE_MS).unref();
    }
  };
  createInterface({ input: child.stdout! }).on("line", take);
  createInterface({ input: child.stderr! }).on("line", take);
  const exited = new Promise<CometExit>((resolve) => {
    child.once("close", (code) => {
      rmSync(pidFile(home), { force: true });
      const exit = exitOf(code);
      if (!expected) log.error(exit, `CometBFT ended by itself (${exit.signal ?? `code ${exit.code}`})`);
      resolve({ ...exit, expected, consensusFailure, lastLines });
    });
  });
  const signal = (target: number, name: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null && isAlive(target)) process.kill(target, name);
  };
  const kill = (name: NodeJS.Signals): void => {
    expected = true;
    signal(pid, name);
  };
  const ready = waitForRpc(rpcUrl, exited);
  // Whoever does not wait for `ready` hears of the exit through `exited`.
  ready.catch(() => {});
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    kill("SIGTERM");
    const timer = new AbortController();
    const late = sleep(graceMs, undefined, { signal: timer.signal }).then(
      () => kill("SIGKILL"),
      () => {},
    );
    await exited;
    timer.abort();
    await late;
  };
  return {
    pid,
    rpcUrl,
    ready,
    exited,
    kill,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
