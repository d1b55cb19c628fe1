import t from "tap";
import { getSetting, proxyApp, setSettings } from "../../../node/comet/index.ts";
import { configTemplate } from "../../../node/comet/template.ts";

const stock = `# top comment
moniker = "vm" # trailing
abci = "socket"

[p2p]
laddr = "tcp://0.0.0.0:26656"
seeds = ""   

[[p2p.libp2p.scaler.overrides]]
min_workers = 8

[rpc]
laddr = "tcp://127.0.0.1:26657"
cors_allowed_methods = ["HEAD", "GET", "POST", ]
keep-invalid-txs-in-cache = false
`;

t.test("a setting changes in its own section and every other line stays", async (t) => {
  const changed = setSettings(stock, {
    "rpc.laddr": "tcp://127.0.0.1:1",
    "rpc.keep-invalid-txs-in-cache": true,
  });
  const before = stock.split("\n");
  const different = changed.split("\n").filter((line, index) => line !== before[index]);
  t.strictSame(different, ['laddr = "tcp://127.0.0.1:1"', "keep-invalid-txs-in-cache = true"]);
  t.equal(getSetting(changed, "p2p.laddr"), "tcp://0.0.0.0:26656");
});

t.test("every kind of value reads back as it was set", async (t) => {
  for (const value of ['a "quoted" \\ text\nand more', "", 7, 0.5, true, false] as const) {
    t.equal(getSetting(setSettings(stock, { moniker: value }), "moniker"), value);
  }
  const origins = ["*", 'https://"x'];
  t.strictSame(
    getSetting(setSettings(stock, { "rpc.cors_allowed_methods": origins }), "rpc.cors_allowed_methods"),
    origins,
  );
});

t.test("a setting that is not there, or in another section, is refused by name", async (t) => {
  for (const name of ["laddr", "p2p.moniker", "rpc.ladr", "mempool.size"]) {
    t.throws(
      () => setSettings(stock, { [name]: "x" }),
      { code: "BAD_SETTING", message: new RegExp(name) },
      name,
    );
  }
  t.throws(() => setSettings(stock, { moniker: Number.NaN }), { code: "BAD_SETTING" });
  t.equal(getSetting(stock, "p2p.nothing"), undefined);
  t.throws(() => getSetting("a = ", "a"), { code: "BAD_HOME" });
});

t.test("our own config.toml is TOML, and each of its settings can be set", async (t) => {
  t.equal(getSetting(configTemplate, "consensus.timeout_commit"), "1s");
  let section = "";
  for (const line of configTemplate.split("\n")) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const key = /^([\w-]+) =/.exec(line)?.[1];
    if (key)
      t.doesNotThrow(() => setSettings(configTemplate, { [section ? `${section}.${key}` : key]: "x" }), key);
  }
});

t.test("CometBFT is told of a server in the way its transport wants", async (t) => {
  t.equal(proxyApp("tcp://127.0.0.1:5", "grpc"), "127.0.0.1:5");
  t.equal(proxyApp("tcp://127.0.0.1:5", "socket"), "tcp://127.0.0.1:5");
  t.equal(proxyApp("unix:///a", "grpc"), "unix:///a");
});
