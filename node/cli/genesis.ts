/** opgd genesis: the file that a chain starts from. */
import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { parseCoins } from "../../chain/runtime/coins.ts";
import {
  addGenesisAccount,
  addGenesisValidator,
  formatGenesis,
  type GenesisVesting,
  genesisProblems,
  makeGenesis,
  migrateGenesis,
  PRESETS,
  parseGenesis,
  parseGenesisJson,
  sampleModels,
} from "../../genesis/index.ts";
import { startProblem } from "../../genesis/start.ts";
import { initHome, writeGenesis } from "../comet/index.ts";
import { assertHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { readGenesis } from "../run/init.ts";
import { addGentxCommands } from "./gentx.ts";
import { keyringOf } from "./keyring.ts";
import { type HomeOptions, type KeyOptions, positive, withHome, withKeyring } from "./options.ts";

interface AccountOptions extends KeyOptions {
  readonly vestingAmount?: string;
  readonly vestingStartTime?: string;
  readonly vestingEndTime?: string;
}

interface MigrateOptions extends HomeOptions {
  readonly from?: string;
  readonly outputDocument?: string;
}

/** @throws NodeError if what unlocks, or when, is left out */
function vestingOf(options: AccountOptions): { readonly vesting?: GenesisVesting } {
  const { vestingAmount, vestingStartTime, vestingEndTime } = options;
  if (vestingAmount === undefined && vestingStartTime === undefined && vestingEndTime === undefined)
    return {};
  if (vestingAmount === undefined || vestingEndTime === undefined)
    throw new NodeError("usage", "--vesting-amount, --vesting-end-time: give both; a start time is optional");
  return {
    vesting: {
      amount: parseCoins(vestingAmount, "--vesting-amount"),
      end: positive(vestingEndTime, "--vesting-end-time"),
      ...(vestingStartTime === undefined
        ? {}
        : { start: positive(vestingStartTime, "--vesting-start-time") }),
    },
  };
}

export function genesisCommand(): Command {
  const genesis = new Command("genesis").description("make and check the genesis of a chain");
  withKeyring(
    genesis
      .command("add-account <account> <coins>")
      .alias("add-genesis-account")
      .description("give coins to an address or a key of the home"),
  )
    .option("--vesting-amount <coins>", "so many of them unlock over time")
    .option(
      "--vesting-start-time <seconds>",
      "Unix time from which on they unlock evenly; else all at the end",
    )
    .option("--vesting-end-time <seconds>", "Unix time at which all are unlocked")
    .option("--append", "add to an account that is there (always done; taken for the habit of it)")
    .action(async (account: string, coins: string, options: AccountOptions) => {
      const keyring = keyringOf(options);
      const isAddress = account.includes("1") && !keyring.names().includes(account);
      const address = isAddress ? account : keyring.show(account).address;
      const entry = { address, coins: parseCoins(coins), ...vestingOf(options) };
      await writeGenesis(options.home, formatGenesis(addGenesisAccount(readGenesis(options.home), entry)));
    });
  withKeyring(
    genesis
      .command("add-validator <operator>")
      .description(
        "make this home's consensus key a validator of an address or a key of the home, staked with new coins",
      ),
  )
    .option("--power <n>", "voting power: OPG staked", "10")
    .option("--moniker <name>", "name of the validator", "validator")
    .action(async (account: string, options: KeyOptions & { power: string; moniker: string }) => {
      const keyring = keyringOf(options);
      const operator = keyring.names().includes(account) ? keyring.show(account).address : account;
      const { validator } = await initHome(options.home);
      const entry = {
        moniker: options.moniker,
        consensusKey: validator.pub,
        power: positive(options.power, "--power"),
        operator,
      };
      await writeGenesis(options.home, formatGenesis(addGenesisValidator(readGenesis(options.home), entry)));
    });
  withKeyring(
    genesis
      .command("add-sample-models <owner>")
      .description("publish the sample models from the start, owned by an address or a key of the home"),
  ).action(async (owner: string, options: KeyOptions) => {
    const keyring = keyringOf(options);
    const address = keyring.names().includes(owner) ? keyring.show(owner).address : owner;
    const before = readGenesis(options.home);
    const made = makeGenesis({
      chainId: before.chain_id,
      time: before.genesis_time,
      preset: PRESETS.local,
      models: { owner: address, samples: sampleModels() },
    });
    const after = { ...before, app_state: { ...before.app_state, models: made.app_state["models"]! } };
    await writeGenesis(options.home, formatGenesis(after));
  });
  withHome(
    genesis.command("validate [file]").description("check a genesis as the chain will when it starts"),
  ).action(async (file: string | undefined, options: HomeOptions) => {
    const text = readFileSync(file ?? assertHome(options.home).genesis, "utf8");
    const problems = await problemsOf(text);
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    if (problems.length > 0)
      throw new NodeError("failed", `genesis: ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
    process.stdout.write(`genesis of ${parseGenesis(text).chain_id} is valid\n`);
  });
  withHome(
    genesis
      .command("migrate <version> [file]")
      .description("print a genesis in the form that a version of this program reads"),
  )
    .option("--from <version>", "that wrote it; default: what the file says, else the first")
    .option("--output-document <file>", "write it there, not to standard output")
    .action((version: string, file: string | undefined, options: MigrateOptions) => {
      const text = readFileSync(file ?? assertHome(options.home).genesis, "utf8");
      const range = { to: version, ...(options.from ? { from: options.from } : {}) };
      const migrated = formatGenesis(migrateGenesis(parseGenesis(text), range));
      if (options.outputDocument) writeFileSync(options.outputDocument, migrated);
      else process.stdout.write(migrated);
    });
  addGentxCommands(genesis);
  return genesis;
}

/** What reading the file tells; if that is nothing, what a start on trial tells. */
async function problemsOf(text: string): Promise<readonly string[]> {
  const problems = genesisProblems(parseGenesisJson(text));
  if (problems.length > 0) return problems;
  const engine = await CanonicalEngine.start();
  try {
    const problem = await startProblem(parseGenesis(text), engine);
    return problem === undefined ? [] : [problem];
  } finally {
    await engine.stop();
  }
}
