/** Child processes that never outlive us. */
import { type ChildProcess, spawn } from "node:child_process";
import { CometError } from "./errors.ts";

/**
 * A shell between us and CometBFT, which reads a pipe that we hold: if we die, even by SIGKILL, the pipe closes and
 * the program is ended, so that CometBFT never goes on without its application, nor holds ports and databases of the next
 * start.
 * It tells the program's process id on descriptor 3.
 */
const GUARD = `
"$@" 3>&- </dev/null &
program=$!
echo "$program" >&3
exec 3>&- 4<&0 </dev/null 2>/dev/null
( trap '' TERM INT
  cat <&4 >/dev/null
  kill -TERM "$program" 2>/dev/null || exit 0
  n=0; while [ "$n" -lt 50 ] && kill -0 "$program" 2>/dev/null; do sleep 0.2; n=$((n+1)); done
  kill -KILL "$program" 2>/dev/null ) >/dev/null 2>&1 &
exec 4<&-
trap '' TERM INT
wait "$program"
`;

/** @throws CometError BAD_BINARY */
async function pidOf(child: ChildProcess, binary: string): Promise<number> {
  const told = await new Promise<string>((resolve) => {
    let text = "";
    child.stdio[3]!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stdio[3]!.once("close", () => resolve(text));
    child.once("error", () => resolve(""));
  });
  const pid = Number(told);
  if (!(pid > 1)) throw new CometError("BAD_BINARY", `${binary} could not be started: it needs /bin/sh`);
  return pid;
}

export interface Guarded {
  /** The shell; its output and exit code are the program's. */
  readonly child: ChildProcess;
  /** Of the program itself. */
  readonly pid: number;
}

/**
 * Starts a program that ends when this process does, by whatever cause. Signals go to `pid`.
 * @throws CometError BAD_BINARY
 */
export async function spawnGuarded(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Guarded> {
  const child = spawn("/bin/sh", ["-c", GUARD, "guard", command, ...args], {
    env: { ...env },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    // Ctrl-C in a terminal goes to the whole group: we tell the child ourselves, when we are ready for it.
    detached: true,
  });
  return { child, pid: await pidOf(child, command) };
}

const signals: Readonly<Record<number, NodeJS.Signals>> = {
  1: "SIGHUP",
  2: "SIGINT",
  6: "SIGABRT",
  9: "SIGKILL",
  11: "SIGSEGV",
  15: "SIGTERM",
};

/** What the shell's exit code says of the program: 128 + n for signal n. */
export function exitOf(code: number | null): {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
} {
  const signal = code === null ? undefined : signals[code - 128];
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}
