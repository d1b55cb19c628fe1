/** opgd doctor: what on this machine or in this home would keep a node from running. */
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { Command } from "commander";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { genesisProblems, parseGenesis, parseGenesisJson } from "../../genesis/index.ts";
import { findComet, findGo, getSetting } from "../comet/index.ts";
import { readAppConfig } from "../config/app-toml.ts";
import { homePaths } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { isFree } from "../run/ports.ts";
import { type HomeOptions, type OutputOptions, withHome, withOutput } from "./options.ts";
import { print } from "./output.ts";

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** What was found; of a problem, with its remedy. */
  readonly detail: string;
}

type Check = (home: string) => Promise<string> | string;

const GIB = 2 ** 30;
const LEAST_DISK = 5 * GIB;

/** Checks that mean nothing where there is no home: the check "home" says so once. */
const OF_A_HOME = ["config", "genesis", "ports"];

/** Each answers what it found, or throws what is wrong with its remedy. */
const checks: Readonly<Record<string, Check>> = {
  node: () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 12))
      throw new NodeError("failed", `Node ${process.versions.node} is too old: install 20.12 or later`);
    return `Node ${process.versions.node}`;
  },
  cometbft: async () => {
    const binary = await findComet({ env: process.env, say: () => undefined, build: false });
    if (binary) return `${binary.path} (${binary.origin})`;
    const go = await findGo({ env: process.env });
    return go
      ? `not there yet: opgd start builds it once with ${go}, in about a minute`
      : "neither CometBFT nor Go is there: opgd start runs one validator on the embedded engine, for development; else install Go 1.22 or later, or set COMETBFT_BIN";
  },
  engine: async () => {
    const engine = await CanonicalEngine.start();
    await engine.stop();
    return "reproduces all conformance vectors";
  },
  home: (home) => {
    const { configToml, genesis } = homePaths(home);
    for (const file of [configToml, genesis])
      if (!existsSync(file))
        throw new NodeError(
          "failed",
          `${file} is not there: make a home with opgd init, or name one with --home`,
        );
    return home;
  },
  config: (home) => {
    readAppConfig(homePaths(home).appToml, process.env);
    return "app.toml is valid";
  },
  genesis: (home) => {
    const text = readFileSync(homePaths(home).genesis, "utf8");
    const [problem, ...more] = genesisProblems(parseGenesisJson(text));
    if (problem)
      throw new NodeError(
        "failed",
        more.length === 0 ? problem : `${problem}; and ${more.length} more: see opgd genesis validate`,
      );
    return `genesis of ${parseGenesis(text).chain_id} is valid`;
  },
  ports: async (home) => {
    const text = readFileSync(homePaths(home).configToml, "utf8");
    const taken: string[] = [];
    for (const name of ["rpc.laddr", "p2p.laddr"]) {
      const address = String(getSetting(text, name));
      if (!(await isFree(Number(address.slice(address.lastIndexOf(":") + 1)))))
        taken.push(`${name} ${address}`);
    }
    return taken.length === 0
      ? "RPC and p2p ports are free"
      : `in use, by this node or another: ${taken.join(", ")}`;
  },
  disk: (home) => {
    const place = existsSync(home) ? home : ".";
    const { bavail, bsize } = statfsSync(place);
    const free = bavail * bsize;
    if (free < LEAST_DISK)
      throw new NodeError(
        "failed",
        `${(free / GIB).toFixed(1)} GiB are free for ${home}: make room for at least 5 GiB`,
      );
    return `${(free / GIB).toFixed(0)} GiB are free`;
  },
};

/** What there is to say of this machine and a home. */
export async function examine(home: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let isHome = true;
  for (const [check, run] of Object.entries(checks)) {
    if (!isHome && OF_A_HOME.includes(check)) continue;
    try {
      findings.push({ check, ok: true, detail: await run(home) });
    } catch (error) {
      if (check === "home") isHome = false;
      findings.push({ check, ok: false, detail: (error as Error).message });
    }
  }
  return findings;
}

export function doctorCommand(): Command {
  return withOutput(
    withHome(
      new Command("doctor").description(
        "check this machine and home for what would keep a node from running",
      ),
    ),
  ).action(async (options: HomeOptions & OutputOptions) => {
    const findings = await examine(options.home);
    print(
      options,
      findings,
      findings
        .map(({ check, ok, detail }) => `${ok ? "ok     " : "PROBLEM"} ${check.padEnd(9)} ${detail}`)
        .join("\n"),
    );
    const problems = findings.filter(({ ok }) => !ok).length;
    if (problems > 0)
      throw new NodeError("failed", `doctor: ${problems} problem${problems === 1 ? "" : "s"}`);
  });
}
