/** opgd version: what this program is. */
import { Command } from "commander";
import { COMET_VERSION } from "../comet/find.ts";
import { VERSION } from "../version.ts";
import { type OutputOptions, withOutput } from "./options.ts";
import { print } from "./output.ts";

export function versionCommand(): Command {
  return withOutput(
    new Command("version").description("print the version; with --output json also of what it stands on"),
  ).action(async (options: OutputOptions) => {
    if (options.output === "text") {
      process.stdout.write(`${VERSION}\n`);
      return;
    }
    // Hashes the engine's files, 14 MB.
    const { engineIdHash, engineIdText } = await import("../../chain/engine/id.ts");
    const { toHex } = await import("../../chain/store/bytes.ts");
    print(options, {
      name: "opgd",
      version: VERSION,
      engine: toHex(engineIdHash(engineIdText())),
      cometbft: COMET_VERSION,
      node: process.version,
    });
  });
}
