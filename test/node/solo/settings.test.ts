/** What the embedded engine takes from config.toml, and what it says of a setting that it cannot take. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { setSettings } from "../../../node/comet/index.ts";
import { configTemplate } from "../../../node/comet/template.ts";
import { readSettings, signedStateOf } from "../../../node/solo/index.ts";
import { durationMs } from "../../../node/solo/settings.ts";

t.test("durations are Go's", async (t) => {
  for (const [text, ms] of [
    ["1s", 1_000],
    ["0s", 0],
    ["0", 0],
    ["500ms", 500],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    ["250us", 0.25],
    ["1", undefined],
    ["", undefined],
    ["s", undefined],
    ["1s ", undefined],
  ] as const)
    t.equal(durationMs(text), ms, JSON.stringify(text));
});

t.test("a home's own config.toml gives CometBFT's limits", async (t) => {
  t.match(readSettings(configTemplate), {
    intervalMs: 1_000,
    emptyBlocks: true,
    mempool: { maxTxs: 5_000, maxBytes: 67_108_864, maxTxBytes: 1_048_576 },
    rpc: { address: "tcp://127.0.0.1:26657", maxBatch: 10, maxClients: 100, maxSubscriptions: 5 },
  });
});

t.test("a setting that it cannot take is named with what it must be", async (t) => {
  for (const [settings, message] of [
    [{ "consensus.timeout_commit": "soon" }, /consensus.timeout_commit = "soon" must be a duration/],
    [{ "consensus.create_empty_blocks": "yes" }, /create_empty_blocks = "yes" must be true or false/],
    [{ "mempool.size": -1 }, /mempool.size = -1 must be a number from 0 up/],
    [{ "rpc.tls_cert_file": "cert.pem" }, /rpc.tls_cert_file: the embedded engine has none/],
    [{ priv_validator_laddr: "tcp://127.0.0.1:1" }, /priv_validator_laddr: the embedded engine has none/],
  ] as const)
    t.throws(() => readSettings(setSettings(configTemplate, settings)), { code: "setting", message });
});

t.test("the signing state is written as CometBFT writes it, and read back", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "opg-signed-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "priv_validator_state.json");
  const state = signedStateOf(path);
  t.equal(state.height, 0n);
  await state.save(7n, Uint8Array.of(1, 2, 3), Uint8Array.of(0xab, 0x01));
  t.same(JSON.parse(readFileSync(path, "utf8")), {
    height: "7",
    round: 0,
    step: 3,
    signature: "AQID",
    signbytes: "AB01",
  });
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(signedStateOf(path).height, 7n);
  for (const text of ["", "{}", '{"height":7}', "[]"]) {
    writeFileSync(path, text);
    t.throws(() => signedStateOf(path), { code: "signed", message: /could sign a height twice/ }, text);
  }
});
