/** The home folder: where a node keeps its configuration, keys and data, laid out as Cosmos validators know it. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { NodeError } from "../errors.ts";

export interface HomePaths {
  readonly home: string;
  readonly genesis: string;
  readonly appToml: string;
  readonly configToml: string;
  readonly database: string;
  /** Folder of the snapshots that others can start from. */
  readonly snapshots: string;
}

/** `OPGD_HOME`, else `~/.opgd`: what every command takes that is given no `--home`. */
export function defaultHome(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env["OPGD_HOME"] || join(homedir(), ".opgd");
}

export function homePaths(home: string): HomePaths {
  return {
    home,
    genesis: join(home, "config", "genesis.json"),
    appToml: join(home, "config", "app.toml"),
    configToml: join(home, "config", "config.toml"),
    database: join(home, "data", "application.db"),
    snapshots: join(home, "data", "snapshots"),
  };
}

/** @throws NodeError if the folder is no home */
export function assertHome(home: string): HomePaths {
  const paths = homePaths(home);
  for (const file of [paths.configToml, paths.genesis]) {
    if (!existsSync(file)) {
      throw new NodeError(
        "home",
        `${home} is no home: ${file} is not there; make one with: opgd init MONIKER --home ${home}`,
      );
    }
  }
  return paths;
}
