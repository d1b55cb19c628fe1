/** opgd start: a node, until it is told to stop. */
import { Command } from "commander";
import type { Settings } from "../comet/index.ts";
import { PRUNING } from "../config/app-toml.ts";
import { NodeError } from "../errors.ts";
import { createLog, type LogFormat } from "../log.ts";
import { COMET_MODES, type CometMode, type NodeOptions, type RunningNode, runNode } from "../run/node.ts";
import { flag, type HomeOptions, positive, withHome } from "./options.ts";

interface StartOptions extends HomeOptions {
  readonly comet: CometMode;
  readonly transport: "grpc" | "socket";
  readonly address?: string;
  readonly minimumGasPrices?: string;
  readonly pruning?: (typeof PRUNING)[number];
  readonly haltHeight?: string;
  readonly checkInvariants?: true;
  readonly unsafeSkipUpgrades?: string;
  readonly "rpc.laddr"?: string;
  readonly "p2p.laddr"?: string;
  readonly "p2p.persistent_peers"?: string;
  readonly "grpc.address"?: string;
  readonly "grpc.enable"?: string;
  readonly "api.address"?: string;
  readonly "api.enable"?: string;
  readonly logLevel: string;
  readonly logFormat: LogFormat;
}

export function startCommand(): Command {
  return withHome(new Command("start").description("run the node: the application, and CometBFT beside it"))
    .addOption(
      flag(
        "--comet <how>",
        "managed: run CometBFT; external: serve ABCI to one that others run; embedded: one validator in this process, for development; auto: managed, or embedded where there is neither CometBFT nor Go, or the home's blocks are its own",
        "auto",
      ).choices(COMET_MODES),
    )
    .addOption(
      flag(
        "--transport <kind>",
        "ABCI over grpc or socket; grpc is the faster with CometBFT",
        "grpc",
      ).choices(["grpc", "socket"]),
    )
    .addOption(flag("--address <address>", "where ABCI is served, unix:///path or tcp://host:port"))
    .addOption(flag("--minimum-gas-prices <prices>", "least price of gas that is taken, such as 0.025uopg"))
    .addOption(flag("--pruning <strategy>", "default, nothing, everything or custom").choices(PRUNING))
    .addOption(flag("--halt-height <n>", "refuse blocks after this height"))
    .addOption(flag("--check-invariants", "check every invariant after every block"))
    .addOption(
      flag(
        "--unsafe-skip-upgrades <heights>",
        "go on at these heights, with commas between, without the upgrade that is planned: for all validators together, or the chain parts",
      ),
    )
    .addOption(flag("--rpc.laddr <address>", "where CometBFT's RPC listens, such as tcp://127.0.0.1:26657"))
    .addOption(flag("--p2p.laddr <address>", "where CometBFT listens for peers"))
    .addOption(
      flag("--p2p.persistent_peers <peers>", "peers to stay connected with, id@host:port with commas"),
    )
    .addOption(flag("--grpc.enable <bool>", "serve gRPC").choices(["true", "false"]))
    .addOption(flag("--grpc.address <address>", "where gRPC listens, such as 127.0.0.1:9090"))
    .addOption(flag("--api.enable <bool>", "serve REST").choices(["true", "false"]))
    .addOption(flag("--api.address <address>", "where REST listens, such as tcp://127.0.0.1:1317"))
    .addOption(flag("--log-level <level>", "debug, info, warn or error", "info"))
    .addOption(
      flag("--log-format <format>", "json or plain")
        .default(process.stderr.isTTY ? "plain" : "json", "plain on a terminal, else json")
        .choices(["json", "plain"]),
    )
    .action(async (options: StartOptions) => {
      const log = createLog({ level: options.logLevel, format: options.logFormat });
      const node = await runNode(nodeOptions(options), {
        log,
        env: process.env,
        say: (line) => log.info(line),
      });
      const fields = {
        chain: node.chainId,
        ...(node.abciAddress ? { abci: node.abciAddress } : {}),
        ...(node.rpcUrl ? { rpc: node.rpcUrl } : {}),
        ...(node.grpcAddress ? { grpc: node.grpcAddress } : {}),
        ...(node.restUrl ? { api: node.restUrl } : {}),
      };
      // Not before CometBFT's RPC answers, which is after its replay. Why it never does, `ended` says.
      node.ready.then(
        () => log.info(fields, "the node is up"),
        () => undefined,
      );
      await untilStopped(node);
    });
}

function nodeOptions(options: StartOptions): NodeOptions {
  const settings: Record<string, string> = {};
  for (const name of ["rpc.laddr", "p2p.laddr", "p2p.persistent_peers"] as const) {
    const value = options[name];
    if (value !== undefined) settings[name] = value;
  }
  return {
    home: options.home,
    comet: options.comet,
    transport: options.transport,
    ...(options.address ? { abciAddress: options.address } : {}),
    ...(options.unsafeSkipUpgrades
      ? {
          skipUpgrades: options.unsafeSkipUpgrades
            .split(",")
            .map((height) => positive(height.trim(), "--unsafe-skip-upgrades")),
        }
      : {}),
    settings: settings satisfies Settings,
    overrides: {
      ...(options.minimumGasPrices === undefined ? {} : { "minimum-gas-prices": options.minimumGasPrices }),
      ...(options.pruning ? { pruning: options.pruning } : {}),
      ...(options.haltHeight ? { "halt-height": Number(positive(options.haltHeight, "--halt-height")) } : {}),
      ...(options.checkInvariants ? { "check-invariants": true } : {}),
      grpc: listening(options["grpc.enable"], options["grpc.address"]),
      api: listening(options["api.enable"], options["api.address"]),
    },
  };
}

function listening(enable: string | undefined, address: string | undefined) {
  return {
    ...(enable === undefined ? {} : { enable: enable === "true" }),
    ...(address === undefined ? {} : { address }),
  };
}

/** Waits for SIGINT or SIGTERM and stops the node; a second signal ends the process. @throws NodeError if the node ended by itself */
export async function untilStopped(node: Pick<RunningNode, "ended" | "stop">): Promise<void> {
  const signal = new Promise<undefined>((resolve) => {
    const first = () => {
      resolve(undefined);
      for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
    };
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, first);
  });
  const reason = await Promise.race([signal, node.ended]);
  await node.stop();
  if (reason) throw new NodeError("running", reason);
}
