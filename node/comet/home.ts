/** A CometBFT home: the folders, key files and configuration that `cometbft start` wants. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Settings, setSettings } from "./config.ts";
import { CometError } from "./errors.ts";
import {
  type ConsensusKey,
  freshValidatorState,
  newConsensusKey,
  nodeId,
  nodeKeyFile,
  parseKeyFile,
  validatorKeyFile,
} from "./keys.ts";
import { configTemplate } from "./template.ts";

export const homeFiles = {
  config: "config/config.toml",
  genesis: "config/genesis.json",
  validatorKey: "config/priv_validator_key.json",
  validatorState: "data/priv_validator_state.json",
  nodeKey: "config/node_key.json",
} as const;

export interface CometHome {
  readonly home: string;
  readonly validator: ConsensusKey;
  /** How peers name this node. */
  readonly nodeId: string;
}

/** Writes beside and renames over: a crash leaves the old file or the new one, never half of one. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, text, { mode });
  await rename(beside, path);
}

async function keyIn(path: string, make: (key: ConsensusKey) => string): Promise<ConsensusKey> {
  if (!existsSync(path)) {
    const key = newConsensusKey();
    await writeWhole(path, make(key), 0o600);
    return key;
  }
  const key = parseKeyFile(await readFile(path, "utf8"));
  if (key === undefined) throw new CometError("BAD_HOME", `${path} is not an ed25519 key file of CometBFT`);
  return key;
}

/**
 * Makes whatever the home lacks: keys, signing state, config.toml. What is there is kept, settings given are changed.
 * genesis.json is not made here; see `writeGenesis`.
 * @throws CometError BAD_HOME, BAD_SETTING
 */
export async function initHome(home: string, settings: Settings = {}): Promise<CometHome> {
  await mkdir(join(home, "config"), { recursive: true });
  await mkdir(join(home, "data"), { recursive: true });
  const validator = await keyIn(join(home, homeFiles.validatorKey), validatorKeyFile);
  const node = await keyIn(join(home, homeFiles.nodeKey), nodeKeyFile);
  const state = join(home, homeFiles.validatorState);
  if (!existsSync(state)) await writeWhole(state, freshValidatorState, 0o600);
  const config = join(home, homeFiles.config);
  if (!existsSync(config)) await writeWhole(config, configTemplate, 0o644);
  await changeSettings(home, settings);
  return { home, validator, nodeId: nodeId(node.pub) };
}

/** Changes settings in the home's config.toml; comments stay. @throws CometError BAD_SETTING */
export async function changeSettings(home: string, settings: Settings): Promise<void> {
  if (Object.keys(settings).length === 0) return;
  const path = join(home, homeFiles.config);
  const text = await readFile(path, "utf8");
  const changed = setSettings(text, settings);
  if (changed !== text) await writeWhole(path, changed, 0o644);
}

/** Writes config/genesis.json: a document as `JSON.stringify` takes it, or its text. */
export async function writeGenesis(home: string, genesis: object | string): Promise<void> {
  const text = typeof genesis === "string" ? genesis : `${JSON.stringify(genesis, null, 2)}\n`;
  await writeWhole(join(home, homeFiles.genesis), text, 0o644);
}
