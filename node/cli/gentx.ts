/** opgd genesis gentx and collect-gentxs: validators of a chain to come sign themselves in. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { parseCoins } from "../../chain/runtime/coins.ts";
import { prefixOf } from "../../chain/runtime/prefix.ts";
import {
  collectGentxs,
  DEFAULT_COMMISSION,
  formatGenesis,
  makeGentx,
  type NamedGentx,
} from "../../genesis/index.ts";
import type { Json } from "../../proto/json.ts";
import { changeSettings, getSetting, initHome, writeGenesis } from "../comet/index.ts";
import { homePaths } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { readGenesis } from "../run/init.ts";
import { keyringOf } from "./keyring.ts";
import { type HomeOptions, type KeyOptions, positive, withHome, withKeyring } from "./options.ts";

interface GentxFlags extends KeyOptions {
  readonly moniker?: string;
  readonly identity: string;
  readonly website: string;
  readonly securityContact: string;
  readonly details: string;
  readonly commissionRate: string;
  readonly commissionMaxRate: string;
  readonly commissionMaxChangeRate: string;
  readonly minSelfDelegation: string;
  readonly ip: string;
  readonly p2pPort: string;
  readonly outputDocument?: string;
}

/** Where the transactions of a home lie. */
function gentxFolder(home: string): string {
  return join(home, "config", "gentx");
}

export function addGentxCommands(genesis: Command): void {
  withKeyring(
    genesis
      .command("gentx <key> <stake>")
      .description("sign this home's validator into the genesis, operated and staked by a key of the home"),
  )
    .option("--moniker <name>", "name of the validator; the home's if not given")
    .option("--identity <id>", "of UPort or Keybase, for a picture", "")
    .option("--website <url>", "of the validator", "")
    .option("--security-contact <address>", "whom to tell of faults", "")
    .option("--details <text>", "what people should know", "")
    .option("--commission-rate <rate>", "part of rewards kept", DEFAULT_COMMISSION.rate)
    .option("--commission-max-rate <rate>", "most it may become", DEFAULT_COMMISSION.maxRate)
    .option("--commission-max-change-rate <rate>", "most it may rise a day", DEFAULT_COMMISSION.maxChangeRate)
    .option("--min-self-delegation <n>", "least own stake, in units of the coin", "1")
    .option("--ip <host>", "where peers find this node", "127.0.0.1")
    .option("--p2p-port <port>", "and its port", "26656")
    .option("--output-document <file>", "where to write it; config/gentx/gentx-<node>.json if not given")
    .action(async (key: string, stake: string, flags: GentxFlags) => {
      const genesis = readGenesis(flags.home);
      const [coin, more] = parseCoins(stake, "stake");
      if (!coin || more)
        throw new NodeError("usage", `stake: ${JSON.stringify(stake)} must be one coin, such as 1000000uopg`);
      const { validator, nodeId } = await initHome(flags.home);
      const config = readFileSync(homePaths(flags.home).configToml, "utf8");
      const json = await makeGentx({
        chainId: genesis.chain_id,
        prefix: prefixOf(genesis.app_state),
        signer: await keyringOf(flags).signer(key),
        consensusKey: validator.pub,
        stake: coin,
        description: {
          moniker: flags.moniker ?? String(getSetting(config, "moniker")),
          identity: flags.identity,
          website: flags.website,
          securityContact: flags.securityContact,
          details: flags.details,
        },
        commission: {
          rate: flags.commissionRate,
          maxRate: flags.commissionMaxRate,
          maxChangeRate: flags.commissionMaxChangeRate,
        },
        minSelfDelegation: positive(flags.minSelfDelegation, "--min-self-delegation"),
        node: `${nodeId}@${flags.ip}:${flags.p2pPort}`,
      });
      // What collecting would refuse is told to whom can change it.
      collectGentxs(genesis, [{ file: "gentx", json }]);
      const folder = gentxFolder(flags.home);
      const file = flags.outputDocument ?? join(folder, `gentx-${nodeId}.json`);
      if (!flags.outputDocument) mkdirSync(folder, { recursive: true });
      writeFileSync(file, `${JSON.stringify(json, undefined, 2)}\n`);
      process.stderr.write(`Genesis transaction written to ${file}\n`);
    });
  withHome(
    genesis
      .command("collect-gentxs")
      .description(
        "put the genesis transactions of a folder into the genesis, and their nodes into the peers",
      ),
  )
    .option("--gentx-dir <folder>", "where they lie; config/gentx of the home if not given")
    .action(async ({ home, gentxDir }: HomeOptions & { readonly gentxDir?: string }) => {
      const found = readGentxs(gentxDir ?? gentxFolder(home));
      const { document, peers } = collectGentxs(readGenesis(home), found);
      await writeGenesis(home, formatGenesis(document));
      const { nodeId } = await initHome(home);
      const others = peers.filter(({ node }) => !node.startsWith(`${nodeId}@`)).map(({ node }) => node);
      await changeSettings(home, { "p2p.persistent_peers": others.join(",") });
      process.stderr.write(`${found.length} genesis transaction${found.length === 1 ? "" : "s"} collected\n`);
    });
}

function readGentxs(folder: string): readonly NamedGentx[] {
  if (!existsSync(folder))
    throw new NodeError("home", `${folder} is not there; make a transaction with: opgd genesis gentx`);
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.sort().map((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    try {
      return { file: name, json: JSON.parse(text) as Json };
    } catch (error) {
      throw new NodeError("usage", `${join(folder, name)}: is no JSON: ${(error as Error).message}`);
    }
  });
}
