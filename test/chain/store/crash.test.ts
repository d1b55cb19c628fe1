/** A writer is killed at random instants; nothing it committed is lost. STORE_CRASH_KILLS=200 is the long form. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { MultiStore } from "../../../chain/store/multistore.ts";
import { CRASH_STORES, openCrashStore, writeBlock } from "./crash-writer.ts";
import { seeded, temporaryFolder, toHex } from "./fixtures.ts";

const kills = Number(process.env["STORE_CRASH_KILLS"] ?? 12);
const seed = Number(process.env["STORE_CRASH_SEED"] ?? Date.now() % 1_000_000);

/** Starts the writer, kills it `delay` ms after it said `lines` things, and returns what it said. */
async function runAndKill(path: string, lines: number, delay: number): Promise<string[]> {
  const writer = spawn(
    process.execPath,
    ["--import", "tsx", "test/chain/store/crash-writer.ts", path, "1000000"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  const ended = new Promise<number | null>((resolve) => writer.on("close", resolve));
  await new Promise<void>((resolve, reject) => {
    writer.on("error", reject);
    writer.on("close", () => resolve());
    writer.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.split("\n").length > lines) resolve();
    });
  });
  await sleep(delay);
  writer.kill("SIGKILL");
  const code = await ended;
  if (code !== null) throw new RangeError(`the writer ended by itself with code ${code}`);
  return output.split("\n").slice(1, -1);
}

// A run directly by node ends after 30 s otherwise; the long form takes minutes.
t.setTimeout(60_000 + kills * 20_000);

t.test(
  `after each of ${kills} kills the last committed version is whole (STORE_CRASH_SEED=${seed})`,
  async (t) => {
    const below = seeded(seed);
    const path = temporaryFolder(t);
    // The same blocks without a crash: blocks depend on their version alone, so rollbacks change nothing.
    const reference = await MultiStore.open({ path: temporaryFolder(t), stores: CRASH_STORES, sync: false });
    t.teardown(() => reference.close());
    const hashes = new Map<bigint, string>([[0n, toHex(reference.appHash)]]);
    let inRollback = 0;
    for (let kill = 0; kill < kills; kill++) {
      const lines = await runAndKill(path, 1 + below(8), below(60));
      const said = lines.at(-1)?.split(" ") ?? [];
      const store = await openCrashStore(path, true);
      const { version } = store;
      while (reference.version < version) {
        writeBlock(reference, reference.version + 1n);
        const committed = await reference.commit();
        hashes.set(committed.version, toHex(committed.appHash));
      }
      if (said[0] === "back") {
        inRollback++;
        t.ok(
          version === BigInt(said[1]!) || version === BigInt(said[1]!) + 1n,
          "the rollback that was told holds",
        );
      } else if (said[0] !== undefined) {
        const told = BigInt(said[0]);
        t.equal(hashes.get(told), said[1], `kill ${kill}: version ${told} had the right app hash`);
        t.ok(
          version === told || version === told + 1n,
          `kill ${kill}: opens at ${version}, ${told} was told`,
        );
      }
      t.equal(toHex(store.appHash), hashes.get(version), `kill ${kill}: version ${version} has its app hash`);
      await t.resolves(store.audit(), "trees, flat index and blobs agree");
      const { earliest } = store.versions();
      if (version > 0n) {
        const view = store.at(earliest);
        t.equal(toHex(view.appHash), hashes.get(earliest), "the earliest kept version is readable");
        for (const name of CRASH_STORES) for (const _ of view.store(name).iterate());
        view.release();
      }
      await store.close();
    }
    t.comment(`${inRollback} kills right after a rollback; ${hashes.size - 1} versions in all`);
    t.ok(hashes.size > kills, "the writer got somewhere");
  },
);
