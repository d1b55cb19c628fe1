/** One child process as the daemon sees it: a request at a time, within limits of time and memory that end it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ChildReply, ChildRequest } from "./messages.ts";

const IS_SOURCE = import.meta.url.endsWith(".ts");
const CHILD = fileURLToPath(new URL(IS_SOURCE ? "./child.ts" : "./child.js", import.meta.url));
/** Between two looks at a child's memory. */
const LOOK_MS = 100;
/** Of Linux's page, which /proc counts in. */
const PAGE_BYTES = 4096;
const MIB = 1024 * 1024;

export interface ChildLimits {
  /** For one request. */
  readonly timeoutMs: number;
  /** Resident memory. Looked at where there is /proc. */
  readonly memoryMib: number;
}

/** A child ended before it answered. */
export class ChildDied extends Error {
  override readonly name = "ChildDied";
}

export class NativeProcess {
  readonly #child: ChildProcess;
  readonly #limits: ChildLimits;
  /** Why we ended it, if we did. */
  #why: string | undefined;
  /** Path of the model that is open. */
  model: string | undefined;

  constructor(limits: ChildLimits) {
    this.#limits = limits;
    this.#child = fork(CHILD, {
      execArgv: IS_SOURCE ? ["--import", import.meta.resolve("tsx")] : [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    // What goes wrong with it ends it, which is where it is handled.
    this.#child.on("error", () => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#why === undefined;
  }

  /** @throws ChildDied if it ends before it answers, by itself or by its limits */
  ask(request: ChildRequest): Promise<ChildReply> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#kill(`took more than ${this.#limits.timeoutMs} ms`),
        this.#limits.timeoutMs,
      );
      const watch = setInterval(() => this.#watchMemory(), LOOK_MS);
      const settle = () => {
        clearTimeout(timer);
        clearInterval(watch);
        child.off("message", onMessage);
        child.off("exit", onExit);
      };
      const onMessage = (reply: ChildReply) => {
        settle();
        resolve(reply);
      };
      const onExit = (code: number | null, signal: string | null) => {
        settle();
        reject(new ChildDied(this.#why ?? `ended by itself (${signal ?? `code ${code}`})`));
      };
      if (!this.isAlive) {
        settle();
        reject(new ChildDied(this.#why ?? "has ended"));
        return;
      }
      child.on("message", onMessage);
      child.on("exit", onExit);
      // Its end, if it cannot be told, comes as an exit.
      child.send(request, () => undefined);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#kill("was stopped");
    await exited;
  }

  #kill(why: string): void {
    this.#why ??= why;
    this.#child.kill("SIGKILL");
  }

  #watchMemory(): void {
    const resident = residentBytes(this.pid);
    if (resident !== undefined && resident > this.#limits.memoryMib * MIB)
      this.#kill(`took ${Math.ceil(resident / MIB)} MiB of memory; ${this.#limits.memoryMib} are allowed`);
  }
}

/** Undefined where there is no /proc. */
function residentBytes(pid: number | undefined): number | undefined {
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
    return Number(pages) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}
