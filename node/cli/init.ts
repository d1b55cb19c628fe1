import { Command } from "commander";
import { makeGenesis, PRESETS } from "../../genesis/index.ts";
import { NodeError } from "../errors.ts";
import { makeHome, placeGenesis } from "../run/init.ts";
import { assertChainId } from "./chain-id.ts";
import { flag, type HomeOptions, type OutputOptions, withHome, withOutput } from "./options.ts";
import { print } from "./output.ts";

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
        assertChainId(options.chainId);
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
