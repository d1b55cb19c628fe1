/** opgd chain-info: the chain as wallets and registries take it, from a home or from a node that runs. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { factsOfHome, factsOfNode } from "../chain-info/facts.ts";
import { keplrChain } from "../chain-info/keplr.ts";
import {
  assertPresentation,
  NETWORK_TYPES,
  type NetworkType,
  type Presentation,
  registryName,
} from "../chain-info/names.ts";
import { registryAssets, registryChain } from "../chain-info/registry.ts";
import { COMET_VERSION } from "../comet/find.ts";
import { VERSION } from "../version.ts";
import { withClient } from "./client.ts";
import { flag, type HomeOptions, nodeUrl, withHome } from "./options.ts";
import { formatJson } from "./output.ts";

/** What each file is made by. */
const FORMATS = { keplr: keplrChain, chain: registryChain, assetlist: registryAssets } as const;

interface Flags extends HomeOptions {
  readonly format: keyof typeof FORMATS;
  readonly node?: string;
  readonly rpc?: string;
  readonly rest?: string;
  readonly grpc?: string;
  readonly chainName?: string;
  readonly prettyName?: string;
  readonly networkType: NetworkType;
  readonly website?: string;
  readonly about?: string;
  readonly genesisUrl?: string;
  readonly outputDocument?: string;
}

export function chainInfoCommand(): Command {
  return withHome(
    new Command("chain-info")
      .summary("the chain as wallets and registries take it")
      .description(
        "print the chain as wallet Keplr takes it (keplr), or as the Cosmos chain registry does (chain for chain.json, " +
          "assetlist for assetlist.json); from the home's genesis and configuration, or with --node from a node that runs",
      ),
  )
    .addOption(flag("--format <format>", "which file").choices(Object.keys(FORMATS)).makeOptionMandatory())
    .option("--node <url>", "ask this node, in place of the home")
    .option("--rpc <url>", "public address of the RPC; default: where the node listens")
    .option("--rest <url>", "public address of REST; default: where the node listens")
    .option("--grpc <host:port>", "public address of gRPC; default: where the node listens")
    .option("--chain-name <name>", "the chain's folder in the registry; default: from the chain id")
    .option("--pretty-name <name>", "as people say it; default: the chain id")
    .addOption(flag("--network-type <type>", "what it is for", "devnet").choices(NETWORK_TYPES))
    .option("--website <url>", "of the chain")
    .option("--about <text>", "description of the chain")
    .option("--genesis-url <url>", "where its genesis is found")
    .option("--output-document <file>", "write it there, not to standard output")
    .action(async (flags: Flags) => {
      const { node } = flags;
      const facts =
        node === undefined
          ? await factsOfHome(flags.home, process.env)
          : await withClient({ node }, (client) => factsOfNode(client, nodeUrl({ node })));
      const names: Presentation = assertPresentation({
        chainName: flags.chainName ?? registryName(facts.chainId),
        prettyName: flags.prettyName ?? facts.chainId.slice(0, 36),
        networkType: flags.networkType,
        rpc: flags.rpc ?? facts.rpc,
        rest: flags.rest ?? facts.rest,
        grpc: flags.grpc ?? facts.grpc,
        version: VERSION,
        cometVersion: COMET_VERSION,
        ...(flags.website ? { website: flags.website } : {}),
        ...(flags.about ? { description: flags.about } : {}),
        ...(flags.genesisUrl ? { genesisUrl: flags.genesisUrl } : {}),
      });
      const text = `${formatJson(FORMATS[flags.format](facts, names))}\n`;
      if (flags.outputDocument) writeFileSync(flags.outputDocument, text);
      else process.stdout.write(text);
    });
}
