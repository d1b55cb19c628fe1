/** Finds the CometBFT binary, or builds it once. */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CometError } from "./errors.ts";

/** The release that the project is held to. It reports itself as 0.39.0. */
export const COMET_VERSION = "v0.40.0";
const MODULE = `github.com/cometbft/cometbft/cmd/cometbft@${COMET_VERSION}`;
/** Releases that speak the same ABCI 2.0, as `cometbft version` reports them. */
const COMPATIBLE = /^v?0\.(38|39|40)\./;

type Env = Readonly<Record<string, string | undefined>>;

export interface CometBinary {
  readonly path: string;
  readonly origin: "COMETBFT_BIN" | "PATH" | "cache" | "built";
}

export interface FindOptions {
  readonly env: Env;
  /** One plain line before something that takes long or goes another way than expected. */
  readonly say: (line: string) => void;
  /** False: do not build. Default true. */
  readonly build?: boolean;
  /** Where Go may be when it is not on PATH. Default `GO_PLACES`. */
  readonly goPlaces?: readonly string[];
}

/** Where Go's own installer puts it; it is often not on the PATH of services. */
const GO_PLACES: readonly string[] = ["/usr/local/go/bin/go"];

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function onPath(name: string, env: Env): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    if (folder !== "" && (await isExecutable(join(folder, name)))) return join(folder, name);
  }
  return undefined;
}

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

function run(command: string, args: readonly string[], env: Env): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", (error) => resolve({ code: null, output: error.message }));
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** What `cometbft version` prints. @throws CometError BAD_BINARY */
export async function cometVersion(path: string, env: Env): Promise<string> {
  const { code, output } = await run(path, ["version"], env);
  if (code !== 0) throw new CometError("BAD_BINARY", `${path} does not run: ${output.trim()}`);
  return output.trim();
}

/** Where the binary that this project builds is kept. */
export function cacheFolder(env: Env): string {
  const root = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(root, "opg-chain", `cometbft-${COMET_VERSION}`);
}

/**
 * COMETBFT_BIN, else a compatible `cometbft` on PATH, else the one in the user's cache, else one built there by
 * `go install`. Undefined if there is neither a binary nor Go.
 * @throws CometError BAD_BINARY if COMETBFT_BIN is not a binary that runs; BUILD_FAILED
 */
export async function findComet(options: FindOptions): Promise<CometBinary | undefined> {
  const { env, say } = options;
  const named = env["COMETBFT_BIN"];
  if (named) {
    if (!(await isExecutable(named))) {
      throw new CometError(
        "BAD_BINARY",
        `COMETBFT_BIN=${named} is not an executable file: correct or unset it`,
      );
    }
    return { path: named, origin: "COMETBFT_BIN" };
  }
  const installed = await onPath("cometbft", env);
  if (installed !== undefined) {
    const version = await cometVersion(installed, env).catch(() => "unknown");
    if (COMPATIBLE.test(version)) return { path: installed, origin: "PATH" };
    say(`${installed} is CometBFT ${version}, which is not one of 0.38 to 0.40: it is not used`);
  }
  const folder = cacheFolder(env);
  const cached = join(folder, "cometbft");
  if (await isExecutable(cached)) return { path: cached, origin: "cache" };
  if (options.build === false) return undefined;
  const go = await findGo(options);
  return go === undefined ? undefined : build(go, folder, options);
}

/** GO_BIN, which is none if it is set and empty; else `go` on PATH, else in one of `goPlaces`. @throws CometError BAD_BINARY */
export async function findGo({
  env,
  goPlaces = GO_PLACES,
}: Pick<FindOptions, "env" | "goPlaces">): Promise<string | undefined> {
  const named = env["GO_BIN"];
  if (named === "") return undefined;
  if (named !== undefined) {
    if (await isExecutable(named)) return named;
    throw new CometError("BAD_BINARY", `GO_BIN=${named} is not an executable file: correct or unset it`);
  }
  const installed = await onPath("go", env);
  if (installed !== undefined) return installed;
  for (const place of goPlaces) if (await isExecutable(place)) return place;
  return undefined;
}

/** Only one process builds; the others wait for it. A builder that died leaves a lock that names a dead process. */
async function build(go: string, folder: string, { env, say }: FindOptions): Promise<CometBinary> {
  const binary = join(folder, "cometbft");
  const lock = join(folder, "build.lock");
  await mkdir(folder, { recursive: true });
  for (let waited = false; !(await takeLock(lock)); waited = true) {
    if (!waited) say(`waiting for another process that builds CometBFT ${COMET_VERSION}`);
    await sleep(500);
    if (await isExecutable(binary)) return { path: binary, origin: "cache" };
  }
  try {
    if (await isExecutable(binary)) return { path: binary, origin: "cache" };
    say(`building CometBFT ${COMET_VERSION} once, into ${folder} (go install; about a minute)`);
    const made = await mkdtemp(join(folder, "build-"));
    try {
      const { code, output } = await run(go, ["install", MODULE], {
        ...env,
        GOBIN: made,
        GOFLAGS: "",
        CGO_ENABLED: "0",
      });
      if (code !== 0) {
        const reason = output.trim().split("\n").slice(-5).join("\n");
        throw new CometError(
          "BUILD_FAILED",
          `go install ${MODULE} failed: ${reason}\nInstall CometBFT yourself and name it in COMETBFT_BIN`,
        );
      }
      await rename(join(made, "cometbft"), binary);
    } finally {
      await rm(made, { recursive: true, force: true });
    }
    return { path: binary, origin: "built" };
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  // Not yet written, or gone again: look once more later.
  if (holder === 0) return false;
  if (!isAlive(holder)) await rm(path, { force: true });
  return false;
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
