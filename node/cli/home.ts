/** opgd init, genesis, comet, export: a home and its chain at rest. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { openApp } from "../../chain/open.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import { parseCoins } from "../../chain/runtime/coins.ts";
import {
  addGenesisAccount,
  addGenesisValidator,
  formatGenesis,
  type GenesisDocument,
  genesisProblems,
  makeGenesis,
  PRESETS,
  parseGenesis,
  parseGenesisJson,
  sampleModels,
} from "../../genesis/index.ts";
import { startProblem } from "../../genesis/start.ts";
import { consensusAddress, findComet, initHome, pubKeyJson, writeGenesis } from "../comet/index.ts";
import { assertHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { withDatabase } from "../run/database.ts";
import { makeHome, placeGenesis } from "../run/init.ts";
import { VERSION } from "../version.ts";
import {
  flag,
  type HomeOptions,
  type KeyOptions,
  keyringOf,
  type OutputOptions,
  positive,
  withHome,
  withKeyring,
  withOutput,
} from "./options.ts";
import { formatJson, print } from "./output.ts";

function readGenesis(home: string): GenesisDocument {
  return parseGenesis(readFileSync(assertHome(home).genesis, "utf8"));
}

export function initCommand(): Command {
  return withOutput(
    withHome(
      new Command("init")
        .description("make a home: keys, configuration and a genesis")
        .argument("<moniker>", "name of this node"),
    ),
  )
    .addOption(flag("--chain-id <id>", "name of the chain", "opg-local-1"))
    .option("--preset <name>", `settings of the chain: ${Object.keys(PRESETS).join(", ")}`, "local")
    .option("--overwrite", "replace a genesis that is there")
    .action(
      async (
        moniker: string,
        options: HomeOptions & OutputOptions & { chainId: string; preset: string; overwrite?: true },
      ) => {
        if (!Object.hasOwn(PRESETS, options.preset))
          throw new NodeError(
            "usage",
            `--preset ${options.preset}: there are ${Object.keys(PRESETS).join(", ")}`,
          );
        const preset = PRESETS[options.preset as keyof typeof PRESETS];
        const home = await makeHome({ home: options.home, moniker });
        await placeGenesis(
          options.home,
          makeGenesis({ chainId: options.chainId, time: new Date().toISOString(), preset }),
          options.overwrite,
        );
        print(options, { moniker, chain_id: options.chainId, node_id: home.nodeId, home: options.home });
      },
    );
}

export function genesisCommand(): Command {
  const genesis = new Command("genesis").description("make and check the genesis of a chain");
  withKeyring(
    genesis
      .command("add-account <account> <coins>")
      .alias("add-genesis-account")
      .description("give coins to an address or a key of the home"),
  ).action(async (account: string, coins: string, options: KeyOptions) => {
    const address =
      account.includes("1") && !keyringOf(options).names().includes(account)
        ? account
        : keyringOf(options).show(account).address;
    await writeGenesis(
      options.home,
      formatGenesis(addGenesisAccount(readGenesis(options.home), { address, coins: parseCoins(coins) })),
    );
  });
  withKeyring(
    genesis
      .command("add-validator <reward-account>")
      .description("name this home's consensus key as a validator, paid to an address or a key of the home"),
  )
    .option("--power <n>", "voting power", "10")
    .option("--moniker <name>", "name of the validator", "validator")
    .action(async (reward: string, options: KeyOptions & { power: string; moniker: string }) => {
      const keyring = keyringOf(options);
      const rewardAddress = keyring.names().includes(reward) ? keyring.show(reward).address : reward;
      const { validator } = await initHome(options.home);
      const entry = {
        moniker: options.moniker,
        consensusKey: validator.pub,
        power: positive(options.power, "--power"),
        rewardAddress,
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

export function exportCommand(): Command {
  return withHome(
    new Command("export").description("print the state as a genesis, of a node that is stopped"),
  )
    .option("--height <n>", "of an earlier height that is still kept", "0")
    .action(async (options: HomeOptions & { height: string }) => {
      const paths = assertHome(options.home);
      const before = readGenesis(options.home);
      const height = options.height === "0" ? 0n : positive(options.height, "--height");
      const engine = await CanonicalEngine.start();
      try {
        const log = { info: () => undefined, warn: () => undefined };
        const { app, close } = await withDatabase(options.home, () =>
          openApp(
            {
              chainId: before.chain_id,
              version: VERSION,
              path: paths.database,
              pruning: { strategy: "nothing" },
            },
            { engine, log },
          ),
        );
        try {
          const at = height || app.info().lastBlockHeight;
          process.stdout.write(
            formatGenesis({ ...before, initial_height: `${at + 1n}`, app_state: app.exportGenesis(at) }),
          );
        } finally {
          await close();
        }
      } finally {
        await engine.stop();
      }
    });
}

export function cometCommand(): Command {
  const comet = new Command("comet").alias("tendermint").description("CometBFT: keys, binary, data");
  withHome(comet.command("show-node-id").description("print how peers name this node")).action(
    async (options: HomeOptions) => {
      assertHome(options.home);
      process.stdout.write(`${(await initHome(options.home)).nodeId}\n`);
    },
  );
  withHome(comet.command("show-validator").description("print the public key that signs blocks")).action(
    async (options: HomeOptions) => {
      assertHome(options.home);
      const { validator } = await initHome(options.home);
      const { value } = pubKeyJson(validator.pub);
      process.stdout.write(`${formatJson({ "@type": "/cosmos.crypto.ed25519.PubKey", key: value })}\n`);
    },
  );
  withHome(comet.command("show-address").description("print the consensus address, in hex")).action(
    async (options: HomeOptions) => {
      assertHome(options.home);
      process.stdout.write(
        `${toHex(consensusAddress((await initHome(options.home)).validator.pub)).toUpperCase()}\n`,
      );
    },
  );
  comet
    .command("install")
    .description("find CometBFT, or build it once")
    .action(async () => {
      const binary = await findComet({ env: process.env, say: (line) => process.stderr.write(`${line}\n`) });
      if (!binary)
        throw new NodeError(
          "running",
          "CometBFT is not there and Go is not, to build it: install Go, or set COMETBFT_BIN",
        );
      process.stdout.write(`${binary.path} (${binary.origin})\n`);
    });
  withHome(
    comet
      .command("unsafe-reset-all")
      .description("remove all blocks and state of this home; keys and configuration stay"),
  ).action(async (options: HomeOptions) => {
    assertHome(options.home);
    const data = join(options.home, "data");
    if (existsSync(join(data, "cometbft.pid")))
      throw new NodeError("running", `${options.home} is in use: stop the node first`);
    rmSync(data, { recursive: true, force: true });
    await initHome(options.home);
  });
  return comet;
}
