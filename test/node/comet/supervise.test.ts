import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { isAlive } from "../../../node/comet/find.ts";
import { type CometLog, initHome, startComet } from "../../../node/comet/index.ts";
import { freePorts } from "../../../node/run/ports.ts";

t.setTimeout(60_000);
const folder = await mkdtemp(join(tmpdir(), "supervise-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));

/** A stand-in for CometBFT: what the supervisor does must not depend on a real one. It answers /status on PORT. */
const fake = `#!${process.execPath}
const mode = process.env.FAKE_MODE;
console.log(JSON.stringify({ level: "info", _msg: "hello", module: "main", ts: "x" }));
console.log(JSON.stringify({ level: "error", _msg: "trouble" }));
console.error("panic: not json");
if (mode === "exit") process.exit(3);
require("http").createServer((_, answer) => answer.end("{}")).listen(Number(process.env.FAKE_PORT));
if (mode === "stubborn") process.on("SIGTERM", () => {});
if (mode === "failure") setTimeout(() => console.log(JSON.stringify({ level: "error", _msg: "CONSENSUS FAILURE!!!" })), 300);
`;
const binary = join(folder, "cometbft");
await writeFile(binary, fake, { mode: 0o755 });

async function begin(mode: string, graceMs = 10_000) {
  const [port] = await freePorts(1);
  const home = join(folder, `home-${port}`);
  await initHome(home);
  const lines: string[] = [];
  const log: CometLog = {
    debug: (_, line) => lines.push(`debug ${line}`),
    info: (_, line) => lines.push(`info ${line}`),
    warn: (_, line) => lines.push(`warn ${line}`),
    error: (_, line) => lines.push(`error ${line}`),
  };
  const env = { ...process.env, FAKE_MODE: mode, FAKE_PORT: String(port) };
  const comet = await startComet({ binary, home, rpc: `tcp://127.0.0.1:${port}`, env, log, graceMs });
  return { comet, lines, home };
}

t.test(
  "it is ready when its RPC answers, its log is forwarded by level, and it stops by SIGTERM",
  async (t) => {
    const { comet, lines, home } = await begin("run");
    await comet.ready;
    t.equal(await readFile(join(home, "data/cometbft.pid"), "utf8"), String(comet.pid));
    await comet.stop();
    t.match(await comet.exited, { signal: "SIGTERM", expected: true });
    t.strictSame([...lines].sort(), ["error trouble", "info hello", "warn panic: not json"]);
    t.notOk(isAlive(comet.pid));
  },
);

t.test("one that does not heed SIGTERM is killed after the grace", async (t) => {
  const { comet } = await begin("stubborn", 200);
  await comet.ready;
  await comet.stop();
  t.match(await comet.exited, { signal: "SIGKILL", expected: true });
});

t.test("an exit that nobody asked for is reported with its last lines", async (t) => {
  const { comet, lines } = await begin("exit");
  await t.rejects(comet.ready, { code: "EXITED", message: /code 3/ });
  const exit = await comet.exited;
  t.match(exit, { code: 3, signal: null, expected: false });
  t.ok(exit.lastLines.includes("panic: not json"));
  t.match(lines.at(-1), /error CometBFT ended by itself \(code 3\)/);
});

t.test("a consensus failure ends it", async (t) => {
  const { comet } = await begin("failure");
  const exit = await comet.exited;
  t.equal(exit.expected, false);
  t.match(exit.consensusFailure, /CONSENSUS FAILURE/);
});

t.test(
  "when its supervisor is killed it ends, and the next start on the home does not meet it",
  async (t) => {
    const [port] = await freePorts(1);
    const home = join(folder, "orphan");
    await initHome(home);
    const script = join(folder, "supervisor.mts");
    await writeFile(
      script,
      `import { startComet } from ${JSON.stringify(new URL("../../../node/comet/index.ts", import.meta.url).href)};
const quiet = () => {};
const comet = await startComet({ binary: ${JSON.stringify(binary)}, home: ${JSON.stringify(home)}, rpc: "tcp://127.0.0.1:${port}", log: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
await comet.ready;
console.log(comet.pid);
`,
    );
    const supervisor = spawn(process.execPath, ["--import", "tsx", script], {
      env: { ...process.env, FAKE_MODE: "run", FAKE_PORT: String(port) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = Number(
      await new Promise((resolve) =>
        supervisor.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())),
      ),
    );
    t.ok(isAlive(pid));
    supervisor.kill("SIGKILL");
    while (isAlive(pid)) await sleep(20);
    t.pass("it is gone");
  },
);
