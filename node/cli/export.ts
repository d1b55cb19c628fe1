/** opgd export: the state of a stopped node as a genesis. */
import { Command } from "commander";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { openApp } from "../../chain/open.ts";
import { formatGenesis } from "../../genesis/index.ts";
import { assertHome } from "../config/home.ts";
import { withDatabase } from "../run/database.ts";
import { readGenesis } from "../run/init.ts";
import { VERSION } from "../version.ts";
import { type HomeOptions, positive, withHome } from "./options.ts";

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
