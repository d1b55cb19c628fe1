/** Makes homes: keys, configuration, genesis. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import {
  formatGenesis,
  type GenesisDocument,
  makeGenesis,
  PRESETS,
  type PresetName,
  parseGenesis,
  sampleModels,
} from "../../genesis/index.ts";
import { type CometHome, initHome, localSettings, type Settings, writeGenesis } from "../comet/index.ts";
import { APP_TOML } from "../config/app-toml.ts";
import { assertHome, homePaths } from "../config/home.ts";
import { NodeError } from "../errors.ts";

/** A chain that people look at: a block a second, so that an idle one does not fill the disk. */
export const LOCAL_CHAIN_SETTINGS: Settings = { ...localSettings, "consensus.timeout_commit": "1s" };

export interface InitOptions {
  readonly home: string;
  readonly moniker: string;
  readonly settings?: Settings;
}

/** Makes what a home lacks, but for its genesis; what is there stays. */
export async function makeHome({ home, moniker, settings = {} }: InitOptions): Promise<CometHome> {
  const made = await initHome(home, { moniker, ...settings });
  const { appToml } = homePaths(home);
  if (!existsSync(appToml)) writeFileSync(appToml, APP_TOML);
  return made;
}

/** The genesis of a home. @throws NodeError, GenesisError */
export function readGenesis(home: string): GenesisDocument {
  return parseGenesis(readFileSync(assertHome(home).genesis, "utf8"));
}

/** Writes a genesis into a home. @throws NodeError if one is there and `overwrite` is not set */
export async function placeGenesis(
  home: string,
  document: GenesisDocument,
  overwrite = false,
): Promise<void> {
  const { genesis } = homePaths(home);
  if (existsSync(genesis) && !overwrite)
    throw new NodeError("home", `${genesis} is there already; remove it, or give --overwrite`);
  await writeGenesis(home, formatGenesis(document));
}

export interface LocalChain {
  readonly chainId: string;
  readonly preset: PresetName;
  /** Funded accounts. */
  readonly accounts: readonly { readonly address: string; readonly amount: bigint }[];
  /** Homes of the validators, with the account that operates each. */
  readonly validators: readonly {
    readonly home: CometHome;
    readonly moniker: string;
    readonly operator: string;
  }[];
  /** Account that owns the sample models. */
  readonly modelOwner: string;
}

/** The genesis of a chain on this machine, with the sample models. */
export function localGenesis({
  chainId,
  preset: name,
  accounts,
  validators,
  modelOwner,
}: LocalChain): GenesisDocument {
  const preset = PRESETS[name];
  return makeGenesis({
    chainId,
    time: new Date().toISOString(),
    preset,
    accounts: accounts.map(({ address, amount }) => ({ address, coins: [{ denom: preset.denom, amount }] })),
    validators: validators.map(({ home, moniker, operator }) => ({
      moniker,
      consensusKey: home.validator.pub,
      power: 10n,
      operator,
    })),
    models: { owner: modelOwner, samples: sampleModels() },
  });
}
