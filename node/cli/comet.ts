/** opgd comet: CometBFT's keys, binary and data in a home. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { toHex } from "../../chain/runtime/bytes.ts";
import { consensusAddress, findComet, initHome, pubKeyJson } from "../comet/index.ts";
import { assertHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { type HomeOptions, withHome } from "./options.ts";
import { formatJson } from "./output.ts";

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
    const { assertStopped } = await import("../run/database.ts");
    await assertStopped(options.home);
    const data = join(options.home, "data");
    if (existsSync(join(data, "cometbft.pid")))
      throw new NodeError("running", `${options.home} is in use: stop the node first`);
    rmSync(data, { recursive: true, force: true });
    await initHome(options.home);
  });
  return comet;
}
