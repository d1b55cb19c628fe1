/** `npm start` as a newcomer runs it: makes the chain, shows a proven receipt, stops cleanly, goes on the second time. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { testBinary } from "./net.ts";

t.setTimeout(200_000);
const binary = await testBinary();
const skip = binary === undefined ? "no CometBFT and no Go to build it" : false;
const root = new URL("../..", import.meta.url).pathname;

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when standard output has `text`. */
  until(text: string): Promise<void>;
  /** Sends a signal and gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

function opgd(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(process.execPath, [join(root, "bin/opgd.mjs"), ...args], {
    cwd: root,
    env: { ...process.env, COMETBFT_BIN: binary, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const waiting: (() => void)[] = [];
  const collect = (chunk: Buffer) => {
    text += chunk.toString();
    for (const check of waiting) check();
  };
  child.stdout!.on("data", collect);
  child.stderr!.on("data", collect);
  return {
    child,
    output: () => text,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const check = () => text.includes(wanted) && resolve();
        waiting.push(check);
        check();
        child.once("exit", (code) =>
          reject(new TypeError(`ended with code ${code} before it said ${wanted}:\n${text}`)),
        );
      }),
    end: (signal) =>
      new Promise((resolve) => {
        child.once("exit", resolve);
        child.kill(signal);
      }),
  };
}

t.test(
  "quickstart shows a paid and proven inference, and goes on when started again",
  { skip },
  async (t) => {
    const home = mkdtempSync(join(tmpdir(), "opg-quickstart-"));
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    const first = opgd(["quickstart", "--home", home]);
    t.teardown(() => first.child.kill("SIGKILL"));
    await first.until("try:");
    t.match(first.output(), /answer {2}setosa/);
    t.match(first.output(), /fee {5}0\.\d+ OPG/);
    t.match(first.output(), /receipt 1: proven/);
    t.equal(await first.end("SIGINT"), 0, "SIGINT ends it cleanly");
    const second = opgd(["quickstart", "--home", home]);
    t.teardown(() => second.child.kill("SIGKILL"));
    await second.until("try:");
    t.match(second.output(), /Going on with the chain/);
    t.match(second.output(), /receipt 2: proven/, "receipts go on from the last block");
    const [, node = ""] = /--node (\S+)/.exec(second.output()) ?? [];
    const flags = node ? ["--node", node] : [];
    for (const [args, wanted] of [
      [["model", "list", ...flags], /iris/],
      [["infer", "iris", "--sample", "--from", "alice", "--home", home, ...flags], /answer {2}setosa/],
      [["verify", "receipt", "1", ...flags], /receipt 1: proven/],
    ] as const) {
      const run = opgd(args);
      const code = await new Promise((resolve) => run.child.once("exit", resolve));
      t.equal(code, 0, `opgd ${args.join(" ")}`);
      t.match(run.output(), wanted);
    }
    t.equal(await second.end("SIGTERM"), 0, "SIGTERM ends it cleanly");
  },
);

t.test("quickstart works where there is neither CometBFT nor Go, and goes on there", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "opg-bare-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const bare = { COMETBFT_BIN: "", GO_BIN: "", PATH: "/nothing", XDG_CACHE_HOME: join(home, "cache") };
  for (const [start, receipt] of [
    [/There is neither CometBFT nor Go/, /receipt 1: proven/],
    [/has blocks of the embedded engine, which goes on with them/, /receipt 2: proven/],
  ] as const) {
    const run = opgd(["quickstart", "--home", home], bare);
    t.teardown(() => run.child.kill("SIGKILL"));
    await run.until("try:");
    t.match(run.output(), start);
    t.match(run.output(), receipt);
    t.equal(await run.end("SIGINT"), 0);
  }
});

t.test("localnet runs four validators until Ctrl-C", { skip }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), "opg-localnet-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const net = opgd(["localnet", "--validators", "4", "--home", home]);
  t.teardown(() => net.child.kill("SIGKILL"));
  await net.until("All 4 validators");
  const urls = [...net.output().matchAll(/^node\d\s+(http:\S+)/gm)].map(([, url]) => url!);
  t.equal(urls.length, 4);
  const heights = await Promise.all(
    urls.map(
      async (url) =>
        (
          (await (await fetch(`${url}/status`)).json()) as {
            result: { sync_info: { latest_block_height: string } };
          }
        ).result.sync_info.latest_block_height,
    ),
  );
  t.ok(
    heights.every((height) => Number(height) >= 2),
    heights.join(", "),
  );
  t.equal(await net.end("SIGINT"), 0, "one Ctrl-C ends all");
  await t.rejects(fetch(`${urls[0]}/status`), "nothing is left behind");
});
