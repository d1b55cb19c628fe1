/** opgd export: the state of a stopped node as a genesis. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { openApp } from "../../chain/open.ts";
import { AddressCodec } from "../../chain/runtime/address.ts";
import type { ZeroHeight } from "../../chain/runtime/module.ts";
import { exportDocument, formatGenesis } from "../../genesis/index.ts";
import { assertHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { withDatabase } from "../run/database.ts";
import { readGenesis } from "../run/init.ts";
import { VERSION } from "../version.ts";
import { prefixIn } from "./keyring.ts";
import { type HomeOptions, positive, withHome } from "./options.ts";

interface ExportFlags extends HomeOptions {
  readonly height: string;
  readonly forZeroHeight?: true;
  readonly jailAllowedAddrs?: string;
  readonly outputDocument?: string;
}

/** @throws NodeError, ChainError */
function zeroOf({ home, forZeroHeight, jailAllowedAddrs }: ExportFlags): ZeroHeight | undefined {
  if (jailAllowedAddrs === undefined) return forZeroHeight ? {} : undefined;
  if (!forZeroHeight)
    throw new NodeError("usage", "--jail-allowed-addrs: goes with --for-zero-height; give both");
  const { operators } = new AddressCodec(prefixIn(home));
  const texts = jailAllowedAddrs.split(",").map((text) => text.trim());
  return { jailAllowed: texts.map((text) => operators.parse(text, "--jail-allowed-addrs")) };
}

export function exportCommand(): Command {
  return withHome(
    new Command("export").description("print the state as a genesis, of a node that is stopped"),
  )
    .option("--height <n>", "of an earlier height that is still kept", "0")
    .option(
      "--for-zero-height",
      "for a chain that starts again at height 1: rewards are paid out, heights and receipts forgotten",
    )
    .option("--jail-allowed-addrs <operators>", "with it: jail all validators but these, with commas between")
    .option("--output-document <file>", "write it there, not to standard output")
    .action(async (options: ExportFlags) => {
      const zero = zeroOf(options);
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
          const document = await exportDocument(app, before, { height, ...(zero ? { zero } : {}) });
          const text = formatGenesis(document);
          if (options.outputDocument) writeFileSync(options.outputDocument, text);
          else process.stdout.write(text);
        } finally {
          await close();
        }
      } finally {
        await engine.stop();
      }
    });
}
