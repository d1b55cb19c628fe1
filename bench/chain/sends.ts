/**
 * Bank sends: opgd against the Cosmos SDK's simd (bench/peers/simd), each with one validator under the same CometBFT, over
 * the same transport, with the same load, taking turns in one run.
 *
 *     node --import tsx bench/chain/sends.ts [--accounts 500] [--rounds 10] [--transport socket]… [--turns 2]
 *         [--side opgd|simd] [--profile FOLDER]
 *
 * Prints committed sends a second, the ratio, and CPU a send of application and CometBFT. Needs Go; the first run builds
 * simd into the cache folder, which takes minutes. With --profile opgd leaves its CPU profiles in the folder.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeGenesis, PRESETS } from "../../genesis/index.ts";
import { APP_TOML } from "../../node/config/app-toml.ts";
import { type Net, type NodePlace, startNet, tsx } from "../../test/e2e/net.ts";
import { cpuMs, type LoadAccount, loadAccounts, sendAll, signedSends } from "./load.ts";

const { values } = parseArgs({
  options: {
    accounts: { type: "string", default: "500" },
    rounds: { type: "string", default: "10" },
    turns: { type: "string", default: "2" },
    transport: { type: "string", multiple: true, default: ["socket", "grpc"] },
    side: { type: "string", multiple: true, default: ["opgd", "simd"] },
    profile: { type: "string" },
  },
});
const ACCOUNTS = Number(values.accounts);
const ROUNDS = Number(values.rounds);
const CHAIN = "bench-1";
const SETTINGS = {
  "consensus.timeout_commit": "500ms",
  "mempool.size": 50_000,
  "mempool.cache_size": 100_000,
  "tx_index.indexer": "null",
};
const here = new URL(".", import.meta.url).pathname;

/** simd, built once. */
function simd(): string {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "opg-chain");
  const binary = join(folder, "simd-v0.55");
  if (!existsSync(binary)) {
    console.error("building simd once (some minutes)");
    mkdirSync(folder, { recursive: true });
    execFileSync("go", ["build", "-o", binary, "."], {
      cwd: join(here, "../peers/simd"),
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "" },
      stdio: "inherit",
    });
  }
  return binary;
}

interface Side {
  readonly name: string;
  readonly denom: string;
  readonly accounts: readonly LoadAccount[];
  readonly accountNumbers: readonly bigint[];
  start(transport: string): Promise<Net>;
}

function addressOf(node: NodePlace, transport: string): string {
  return transport === "grpc"
    ? `tcp://127.0.0.1:${node.abciPort}`
    : `unix://${join(node.folder, "abci.sock")}`;
}

function ours(): Side {
  const accounts = loadAccounts(ACCOUNTS, "opg");
  const funds = [{ denom: "uopg", amount: 1_000_000_000_000n }];
  return {
    name: "opgd",
    denom: "uopg",
    accounts,
    accountNumbers: accounts.map((_, index) => BigInt(index)),
    start: (transport) =>
      startNet({
        validators: 1,
        chainId: CHAIN,
        settings: SETTINGS,
        app: (node) => {
          const address = addressOf(node, transport);
          const args = [
            "start",
            "--home",
            node.home,
            "--comet",
            "external",
            "--transport",
            transport,
            "--address",
            address,
            "--log-level",
            "warn",
          ];
          const { command, args: all } = tsx("node/main.ts", ...args);
          const profile = values.profile ? ["--cpu-prof", `--cpu-prof-dir=${values.profile}`] : [];
          return { command, args: [...profile, ...all], address, transport: transport as "grpc" | "socket" };
        },
        prepare: (nodes) => {
          for (const { home } of nodes) writeFileSync(join(home, "config", "app.toml"), APP_TOML);
        },
        genesis: (nodes) =>
          makeGenesis({
            chainId: CHAIN,
            time: new Date().toISOString(),
            preset: { ...PRESETS.local, block: { maxBytes: 4_194_304n, maxGas: -1n } },
            accounts: accounts.map(({ address }) => ({ address, coins: funds })),
            validators: nodes.map(({ comet }) => ({
              moniker: "v",
              consensusKey: comet.validator.pub,
              power: 10n,
              operator: accounts[0]!.address,
            })),
          }),
      }),
  };
}

function theirs(binary: string): Side {
  const accounts = loadAccounts(ACCOUNTS, "cosmos");
  // The validator's own account comes first.
  const accountNumbers = accounts.map((_, index) => BigInt(index + 1));
  const homeOf = (node: NodePlace) => join(node.folder, "simd");
  return {
    name: "simd",
    denom: "stake",
    accounts,
    accountNumbers,
    start: (transport) =>
      startNet({
        validators: 1,
        chainId: CHAIN,
        settings: SETTINGS,
        app: (node) => {
          const address = addressOf(node, transport);
          const args = [
            "start",
            "--home",
            homeOf(node),
            "--with-comet=false",
            "--transport",
            transport,
            "--address",
            address,
            "--log_level",
            "error",
          ];
          return { command: binary, args, address, transport: transport as "grpc" | "socket" };
        },
        genesis: ([node]) => simdGenesis(binary, homeOf(node!), node!, accounts),
      }),
  };
}

/** A genesis of simd with the load's accounts, for the net's own validator key, as CometBFT reads it. */
function simdGenesis(
  binary: string,
  home: string,
  node: NodePlace,
  accounts: readonly LoadAccount[],
): object {
  const run = (...args: string[]) =>
    execFileSync(binary, [...args, "--home", home], { stdio: ["ignore", "pipe", "ignore"] }).toString();
  run("init", "bench", "--chain-id", CHAIN, "--default-denom", "stake");
  copyFileSync(
    join(node.home, "config/priv_validator_key.json"),
    join(home, "config/priv_validator_key.json"),
  );
  run("keys", "add", "val", "--keyring-backend", "test");
  const validator = run("keys", "show", "val", "-a", "--keyring-backend", "test").trim();
  run("genesis", "add-genesis-account", validator, "1000000000000stake", "--keyring-backend", "test");
  const file = join(home, "config/genesis.json");
  const genesis = JSON.parse(readFileSync(file, "utf8"));
  const { auth, bank } = genesis.app_state;
  for (const [index, { address }] of accounts.entries()) {
    auth.accounts.push({
      "@type": "/cosmos.auth.v1beta1.BaseAccount",
      address,
      pub_key: null,
      account_number: `${index + 1}`,
      sequence: "0",
    });
    bank.balances.push({ address, coins: [{ denom: "stake", amount: "1000000000000" }] });
  }
  bank.supply = [{ denom: "stake", amount: `${1_000_000_000_000n * BigInt(accounts.length + 1)}` }];
  writeFileSync(file, JSON.stringify(genesis));
  run("genesis", "gentx", "val", "500000000000stake", "--chain-id", CHAIN, "--keyring-backend", "test");
  run("genesis", "collect-gentxs");
  const made = JSON.parse(readFileSync(file, "utf8"));
  return {
    genesis_time: made.genesis_time,
    chain_id: made.chain_id,
    initial_height: "1",
    consensus_params: made.consensus.params,
    validators: [],
    app_hash: "",
    app_state: made.app_state,
  };
}

interface Figures {
  readonly perSecond: number;
  readonly appUs: number;
  readonly cometUs: number;
}

async function measure(side: Side, transport: string): Promise<Figures> {
  const txs = signedSends(side.accounts, ROUNDS, {
    chainId: CHAIN,
    denom: side.denom,
    accountNumbers: side.accountNumbers,
    fee: "500",
  });
  const net = await side.start(transport);
  try {
    await net.waitHeight(2);
    const { app, comet } = net.pids(0);
    const before = [cpuMs(app), cpuMs(comet)];
    const { committed, seconds } = await sendAll(net.rpcUrl(0), txs);
    const us = (pid: number | undefined, start: number) => ((cpuMs(pid) - start) * 1_000) / committed;
    return { perSecond: committed / seconds, appUs: us(app, before[0]!), cometUs: us(comet, before[1]!) };
  } finally {
    await net.stop();
  }
}

const makers: Readonly<Record<string, () => Side>> = { opgd: ours, simd: () => theirs(simd()) };
const sides = values.side.map((name) => {
  const make = makers[name];
  if (!make) throw new RangeError(`--side: ${name} is neither opgd nor simd`);
  return make();
});
console.log(`${ACCOUNTS * ROUNDS} sends a turn, one validator, no indexer\n`);
for (const transport of values.transport) {
  const best = new Map<string, Figures>();
  for (let turn = 0; turn < Number(values.turns); turn++) {
    for (const side of sides) {
      const figures = await measure(side, transport);
      console.log(
        `${transport.padEnd(7)}${side.name.padEnd(6)}${figures.perSecond.toFixed(0).padStart(6)} sends/s   app ${figures.appUs.toFixed(0).padStart(5)} µs   CometBFT ${figures.cometUs.toFixed(0).padStart(5)} µs`,
      );
      const known = best.get(side.name);
      if (!known || figures.perSecond > known.perSecond) best.set(side.name, figures);
    }
  }
  const [a, b] = [best.get("opgd"), best.get("simd")];
  if (!a || !b) continue;
  console.log(
    `${transport.padEnd(7)}ratio ${(a.perSecond / b.perSecond).toFixed(2)} × in sends a second, ${(b.appUs / a.appUs).toFixed(2)} × in CPU of the application (best of ${values.turns} turns)\n`,
  );
}
