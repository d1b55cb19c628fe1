/** opgd quickstart: what `npm start` runs. */
import { Command } from "commander";
import { createLog } from "../log.ts";
import { quickstart } from "../run/quickstart.ts";
import { flag, type HomeOptions, withHome } from "./options.ts";
import { untilStopped } from "./start.ts";

export function quickstartCommand(): Command {
  return withHome(
    new Command("quickstart").description(
      "make a local chain, run one inference on it and prove its receipt",
    ),
  )
    .addOption(flag("--log-level <level>", "debug, info, warn or error", "warn"))
    .action(async (options: HomeOptions & { logLevel: string }) => {
      const say = (line: string) => process.stdout.write(`${line}\n`);
      const log = createLog({ level: options.logLevel, format: "plain" });
      await untilStopped(await quickstart({ home: options.home, say, log, env: process.env }));
    });
}
