/** opgd operator: the daemon that computes jobs of the market, and what its owner sends. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { NodeError } from "../errors.ts";
import { makeFolder, writeFileSafely } from "../files.ts";
import { createLog, type LogFormat } from "../log.ts";
import { OPERATOR_TOML, type OperatorConfig, readOperatorConfig, startOperator } from "../operator/index.ts";
import { rpcOptions, withClient } from "./client.ts";
import { keyringOf } from "./keyring.ts";
import { OPERATOR_VERBS } from "./operator-messages.ts";
import {
  flag,
  type HomeOptions,
  type KeyOptions,
  type OutputOptions,
  withHome,
  withKeyring,
  withOutput,
} from "./options.ts";
import { print } from "./output.ts";
import { addTx } from "./verbs/tx.ts";

interface StartFlags extends KeyOptions {
  readonly from?: string;
  readonly node?: string;
  readonly operator?: string;
  readonly gasPrices?: string;
  readonly metricsAddress?: string;
  readonly logLevel: string;
  readonly logFormat: LogFormat;
}

export function operatorCommand(): Command {
  const operator = new Command("operator").description("compute jobs of the market");
  addStart(operator);
  addStatus(operator);
  addConfig(operator);
  for (const verb of OPERATOR_VERBS) addTx(operator, verb);
  return operator;
}

function configPath(home: string): string {
  return join(home, "config", "operator.toml");
}

function addStart(parent: Command): void {
  withKeyring(
    parent
      .command("start")
      .description("run the daemon: compute, commit and reveal, until it is told to stop"),
  )
    .addOption(
      flag("--from <key>", "the key that signs: the operator's hot address; default: operator.toml's"),
    )
    .addOption(flag("--node <url>", "RPC of the node to follow; default: operator.toml's"))
    .addOption(flag("--operator <address>", "the operator; default: the one that the key signs for"))
    .addOption(flag("--gas-prices <price>", "price of gas, such as 0.025uopg; default: what the node asks"))
    .addOption(
      flag("--metrics-address <address>", "where /metrics and /status are; default: operator.toml's"),
    )
    .addOption(flag("--log-level <level>", "debug, info, warn or error", "info"))
    .addOption(
      flag("--log-format <format>", "json or plain")
        .default(process.stderr.isTTY ? "plain" : "json", "plain on a terminal, else json")
        .choices(["json", "plain"]),
    )
    .action(async (flags: StartFlags) => {
      const log = createLog({ level: flags.logLevel, format: flags.logFormat });
      const config = withFlags(readOperatorConfig(configPath(flags.home)), flags);
      const signer = await keyringOf(flags).signer(config.from);
      const running = await startOperator(
        {
          home: flags.home,
          config,
          signer,
          rpc: rpcOptions(),
          ...(flags.operator === undefined ? {} : { operator: flags.operator }),
        },
        { log },
      );
      log.info(
        {
          operator: running.operator,
          hot: signer.address,
          node: config.node,
          status: running.statusUrl ?? "none",
        },
        "the operator is up",
      );
      await untilTold(running.ended);
      await running.stop();
      // What waits for a block would hold the process for a minute; it is looked at again after the next start.
      process.exit();
    });
}

function withFlags(config: OperatorConfig, flags: StartFlags): OperatorConfig {
  return {
    ...config,
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.node === undefined ? {} : { node: flags.node }),
    ...(flags.gasPrices === undefined ? {} : { "gas-prices": flags.gasPrices }),
    ...(flags.metricsAddress === undefined ? {} : { "metrics-address": flags.metricsAddress }),
  };
}

/** Until SIGINT or SIGTERM; a second one ends the process. Rejects as `ended` does. */
function untilTold(ended: Promise<void>): Promise<void> {
  const told = new Promise<void>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const)
      process.once(name, () => {
        resolve();
        process.once(name, () => process.exit(130));
      });
  });
  return Promise.race([told, ended]);
}

interface StatusFlags extends HomeOptions, OutputOptions {
  readonly metricsAddress?: string;
  readonly node?: string;
}

function addStatus(parent: Command): void {
  withOutput(
    withHome(
      parent.command("status").description("what the daemon of a home does, and its record on the chain"),
    ),
  )
    .addOption(flag("--metrics-address <address>", "where the daemon tells it; default: operator.toml's"))
    .addOption(flag("--node <url>", "RPC of the node to ask for the record; default: operator.toml's"))
    .action(async (flags: StatusFlags) => {
      const config = readOperatorConfig(configPath(flags.home));
      const address = flags.metricsAddress ?? config["metrics-address"];
      if (address === "")
        throw new NodeError("usage", "metrics-address is empty in operator.toml: the daemon tells nothing");
      const daemon = await daemonStatus(address);
      const node = flags.node ?? config.node;
      const record = await withClient({ node }, (client) => client.market.operator(daemon.operator));
      print(flags, { ...daemon, record });
    });
}

async function daemonStatus(address: string): Promise<{ readonly operator: string }> {
  try {
    const response = await fetch(`http://${address}/status`, { signal: AbortSignal.timeout(10_000) });
    return (await response.json()) as { readonly operator: string };
  } catch (error) {
    throw new NodeError(
      "running",
      `no operator daemon answers at ${address} (${(error as Error).message}); start it with opgd operator start, or name another address with --metrics-address`,
    );
  }
}

function addConfig(parent: Command): void {
  withHome(
    parent.command("config").description("write config/operator.toml with every setting at its default"),
  ).action(({ home }: HomeOptions) => {
    const path = configPath(home);
    if (existsSync(path)) throw new NodeError("home", `${path} is there already`);
    makeFolder(join(home, "config"));
    writeFileSafely(path, new TextEncoder().encode(OPERATOR_TOML));
    process.stdout.write(`${path}\n`);
  });
}
