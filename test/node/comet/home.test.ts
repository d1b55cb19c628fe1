import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import {
  cometVersion,
  consensusAddress,
  findComet,
  getSetting,
  homeFiles,
  initHome,
  nodeId,
  parseKeyFile,
} from "../../../node/comet/index.ts";
import { run } from "./run.ts";

const folder = await mkdtemp(join(tmpdir(), "comet-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));
t.setTimeout(120_000);

t.test("a home is made once: keys and signing state are never overwritten", async (t) => {
  const home = join(folder, "a");
  const made = await initHome(home, { moniker: "one" });
  const read = (file: string): Promise<string> => readFile(join(home, file), "utf8");
  const files = [homeFiles.validatorKey, homeFiles.nodeKey, homeFiles.validatorState];
  await writeFile(join(home, homeFiles.validatorState), '{"height":"7"}');
  const before = await Promise.all(files.map(read));
  const again = await initHome(home, { "p2p.laddr": "tcp://0.0.0.0:1" });
  t.strictSame(await Promise.all(files.map(read)), before);
  t.strictSame(again, made);
  const config = await read(homeFiles.config);
  t.equal(getSetting(config, "moniker"), "one");
  t.equal(getSetting(config, "p2p.laddr"), "tcp://0.0.0.0:1");
  for (const file of files)
    t.equal((await stat(join(home, file))).mode & 0o777, 0o600, `${file} is the owner's alone`);
  await writeFile(join(home, homeFiles.nodeKey), "{}");
  await t.rejects(initHome(home), { code: "BAD_HOME" });
});

// Made by `cometbft init` of v0.40.0.
const stockKey = `{
  "address": "A9E8EB36457FDA98276CC3D677CAE67748E53E35",
  "pub_key": {"type": "tendermint/PubKeyEd25519", "value": "dxQY1g2vh0J+XB5xqEgWRMfbuN0Pi75V2z/FmiU5sYU="},
  "priv_key": {
    "type": "tendermint/PrivKeyEd25519",
    "value": "HTZdTQTO1bW8XpcjtSZh+AnPFxK+V1yfMMLPofRGFmB3FBjWDa+HQn5cHnGoSBZEx9u43Q+LvlXbP8WaJTmxhQ=="
  }
}`;

t.test("keys and addresses are CometBFT's", async (t) => {
  const key = parseKeyFile(stockKey);
  t.equal(
    Buffer.from(consensusAddress(key!.pub)).toString("hex").toUpperCase(),
    "A9E8EB36457FDA98276CC3D677CAE67748E53E35",
  );
  t.equal(parseKeyFile("{"), undefined);
  t.equal(parseKeyFile('{"priv_key":{"value":"AAAA"}}'), undefined);
});

const binary = await findComet({ env: process.env, say: () => {}, build: false });

t.test("CometBFT reads our keys as we do", { skip: binary === undefined && "no CometBFT" }, async (t) => {
  const home = join(folder, "b");
  const made = await initHome(home);
  const shown = await run(binary!.path, "show-node-id", "--home", home);
  t.equal(shown.trim(), made.nodeId);
  t.equal(nodeId(parseKeyFile(await readFile(join(home, homeFiles.nodeKey), "utf8"))!.pub), made.nodeId);
  const validator = JSON.parse(await run(binary!.path, "show-validator", "--home", home)) as {
    value: string;
  };
  t.equal(validator.value, Buffer.from(made.validator.pub).toString("base64"));
  t.match(await cometVersion(binary!.path, process.env), /^0\.3/);
});

async function program(path: string, script: string): Promise<string> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

t.test(
  "the binary is the one named, else a compatible one on PATH, else the cached one, else none",
  async (t) => {
    const said: string[] = [];
    const say = (line: string): void => {
      said.push(line);
    };
    const good = await program(join(folder, "good/cometbft"), "echo 0.38.12");
    const old = await program(join(folder, "old/cometbft"), "echo 0.34.24");
    const cache = join(folder, "cache");
    const env = { XDG_CACHE_HOME: cache, PATH: join(folder, "good") };
    t.strictSame(await findComet({ env: { ...env, COMETBFT_BIN: old }, say }), {
      path: old,
      origin: "COMETBFT_BIN",
    });
    await t.rejects(findComet({ env: { COMETBFT_BIN: "/nowhere" }, say }), {
      code: "BAD_BINARY",
      message: /\/nowhere/,
    });
    t.strictSame(await findComet({ env, say }), { path: good, origin: "PATH" });
    t.equal(said.length, 0);
    const onlyOld = { ...env, PATH: join(folder, "old") };
    t.equal(await findComet({ env: onlyOld, say, build: false }), undefined);
    t.match(said, [/0\.34\.24.*not used/]);
    const cached = await program(join(cache, "opg-chain/cometbft-v0.40.0/cometbft"), "echo 0.39.0");
    t.strictSame(await findComet({ env: onlyOld, say, build: false }), { path: cached, origin: "cache" });
  },
);

t.test(
  "several processes that want to build build once, and a dead builder's lock holds nobody up",
  async (t) => {
    const cache = join(folder, "building");
    const place = join(cache, "opg-chain/cometbft-v0.40.0");
    await mkdir(place, { recursive: true });
    // A process id that cannot be: its holder is gone.
    await writeFile(join(place, "build.lock"), "4194305");
    const log = join(folder, "builds");
    await program(
      join(folder, "go/go"),
      `echo built >> ${log}; sleep 1; printf '#!/bin/sh\\necho 0.39.0\\n' > "$GOBIN/cometbft"; chmod +x "$GOBIN/cometbft"`,
    );
    const env = { XDG_CACHE_HOME: cache, PATH: `${join(folder, "go")}:/usr/bin:/bin` };
    const said: string[] = [];
    const found = await Promise.all([1, 2, 3].map(() => findComet({ env, say: (line) => said.push(line) })));
    t.equal(await readFile(log, "utf8"), "built\n");
    t.strictSame(
      found.map((each) => each?.path),
      Array(3).fill(join(place, "cometbft")),
    );
    t.equal(found.filter((each) => each?.origin === "built").length, 1);
    t.equal(said.filter((line) => line.startsWith("building CometBFT v0.40.0 once")).length, 1);
  },
);

t.test("a build that fails says why and leaves nothing behind", async (t) => {
  await program(join(folder, "nogo/go"), "echo no network >&2; exit 1");
  const env = { XDG_CACHE_HOME: join(folder, "failing"), PATH: `${join(folder, "nogo")}:/usr/bin:/bin` };
  await t.rejects(findComet({ env, say: () => {} }), { code: "BUILD_FAILED", message: /no network/ });
  await t.rejects(findComet({ env, say: () => {} }), { code: "BUILD_FAILED" }, "and can be tried again");
});
