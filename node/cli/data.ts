/** opgd rollback, prune, snapshots: the data of a home whose node is stopped. */
import { Command } from "commander";
import { toHex } from "../../chain/runtime/bytes.ts";
import type { SnapshotInfo } from "../../chain/store/index.ts";
import { PRUNING, pruningOf, readAppConfig } from "../config/app-toml.ts";
import { assertHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import {
  createSnapshot,
  deleteSnapshot,
  listSnapshots,
  pruneHome,
  rollBackApp,
  rollBackBlock,
} from "../run/database.ts";
import { flag, type HomeOptions, type OutputOptions, positive, withHome, withOutput } from "./options.ts";
import { print } from "./output.ts";

type Options = HomeOptions & OutputOptions;

export function rollbackCommand(): Command {
  return withOutput(
    withHome(
      new Command("rollback")
        .summary("take the last block back, of a node that is stopped")
        .description(
          "take the last block back, in CometBFT and in the application: the next start executes it again. " +
            "With --height only the application goes back; at the next start CometBFT gives it the blocks after that " +
            "height again, from its own store, where its own state must be right",
        ),
    ),
  )
    .option("--height <n>", "height that the application goes back to")
    .option(
      "--hard",
      "remove the block too, to fetch it again from peers; never if no peer has it: a validator signs no height twice",
    )
    .action(async (options: Options & { height?: string; hard?: true }) => {
      if (options.height !== undefined && options.hard)
        throw new NodeError("usage", "--hard removes CometBFT's last block: it cannot go with --height");
      const done =
        options.height === undefined
          ? await rollBackBlock(options.home, {
              hard: options.hard ?? false,
              env: process.env,
              say: (line) => process.stderr.write(`${line}\n`),
            })
          : await rollBackApp(options.home, positive(options.height, "--height"));
      print(options, done, `the application is at height ${done.height}, app hash ${done.app_hash}`);
    });
}

export function pruneCommand(): Command {
  return withOutput(
    withHome(
      new Command("prune").description("remove old versions of the state now, of a node that is stopped"),
    ),
  )
    .addOption(flag("--pruning <strategy>", "which versions stay; default as app.toml says").choices(PRUNING))
    .option("--keep-recent <n>", "how many versions stay beside the latest; at least 2")
    .action(async (options: Options & { pruning?: (typeof PRUNING)[number]; keepRecent?: string }) => {
      const config = readAppConfig(assertHome(options.home).appToml, process.env);
      const pruning =
        options.keepRecent === undefined
          ? pruningOf({ ...config, pruning: options.pruning ?? config.pruning })
          : { strategy: "custom" as const, keepRecent: keptRecent(options.keepRecent), interval: 1n };
      const done = await pruneHome(options.home, pruning);
      print(options, done, `the state is kept from height ${done.earliest_height} to ${done.latest_height}`);
    });
}

function keptRecent(text: string): bigint {
  const count = positive(text, "--keep-recent");
  if (count < 2n) throw new NodeError("usage", `--keep-recent: ${count} is too few; keep 2 or more`);
  return count;
}

/** A snapshot as it is printed. */
function snapshotJson({ height, format, chunks, hash }: SnapshotInfo) {
  return { height: `${height}`, format, chunks, hash: toHex(hash) };
}

function snapshotText(snapshot: SnapshotInfo): string {
  const { height, format, chunks, hash } = snapshotJson(snapshot);
  return `height ${height}  format ${format}  chunks ${chunks}  ${hash}`;
}

export function snapshotsCommand(): Command {
  const snapshots = new Command("snapshots").description("snapshots that new nodes can start from");
  const sub = (usage: string, description: string) =>
    withOutput(withHome(snapshots.command(usage).description(description)));
  sub("list", "list them, newest first").action(async (options: Options) => {
    const all = await listSnapshots(options.home);
    print(options, all.map(snapshotJson), all.map(snapshotText).join("\n") || "no snapshots");
  });
  sub("create", "make one, of a node that is stopped")
    .option("--height <n>", "of an earlier height that is still kept")
    .action(async (options: Options & { height?: string }) => {
      const height = options.height === undefined ? undefined : positive(options.height, "--height");
      const made = await createSnapshot(options.home, height);
      print(options, snapshotJson(made), snapshotText(made));
    });
  sub("delete <height>", "remove one").action((height: string, options: Options) =>
    deleteSnapshot(options.home, positive(height, "height")),
  );
  return snapshots;
}
