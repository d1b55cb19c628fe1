import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { APP_TOML, parseGasPrices, readAppConfig } from "../../../node/config/app-toml.ts";

const folder = mkdtempSync(join(tmpdir(), "opg-config-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "app.toml");

function read(text: string, env: Record<string, string> = {}) {
  writeFileSync(path, text);
  return readAppConfig(path, env);
}

t.test("the file that init writes is valid and says what the defaults say, gas price aside", async (t) => {
  t.same({ ...read(APP_TOML), "minimum-gas-prices": "" }, read(""));
});

t.test("the environment overrides settings and settings of sections", async (t) => {
  const env = { OPGD_INFERENCE_WORKERS: "3", OPGD_HALT_HEIGHT: "7", OPGD_CHECK_INVARIANTS: "true" };
  const config = read(APP_TOML, env);
  t.equal(config.inference.workers, 3);
  t.equal(config["halt-height"], 7);
  t.equal(config["check-invariants"], true);
});

const refusals = [
  {
    title: "a misspelt setting",
    text: "prunning = 'default'",
    says: /prunning is no setting; did you mean pruning/,
  },
  {
    title: "a misspelt setting of a section",
    text: "[inference]\nworker = 2",
    says: /inference\.worker is no setting; did you mean workers/,
  },
  {
    title: "a setting like none",
    text: "xyzzy = 1",
    says: /app\.toml: xyzzy is no setting; remove it$/,
  },
  {
    title: "a number too small",
    text: "[inference]\nworkers = 0",
    says: /app\.toml: inference\.workers: 0 is not allowed; give 1 or more$/,
  },
  {
    title: "a number too large",
    text: "[inference]\nworkers = 257",
    says: /inference\.workers: 257 is not allowed; give 256 or less$/,
  },
  {
    title: "fewer kept versions than proofs need",
    text: "pruning-keep-recent = 1",
    says: /pruning-keep-recent: 1 is not allowed; give 2 or more$/,
  },
  {
    title: "an unknown choice",
    text: "pruning = 'some'",
    says: /pruning: "some" is not allowed; give one of "default", "nothing", "everything", "custom"$/,
  },
  {
    title: "text where a number belongs",
    text: "halt-height = '7'",
    says: /halt-height: "7" is not allowed; give a whole number, without quotes$/,
  },
  {
    title: "part of a number",
    text: "halt-height = 7.5",
    says: /halt-height: 7.5 is not allowed; give a whole number, without quotes$/,
  },
  {
    title: "a number where a choice of two belongs",
    text: "check-invariants = 1",
    says: /check-invariants: 1 is not allowed; give true or false, without quotes$/,
  },
  {
    title: "a number where text belongs",
    text: "minimum-gas-prices = 1",
    says: /minimum-gas-prices: 1 is not allowed; give text, in quotes$/,
  },
  {
    title: "a section that is none",
    text: "store = 1",
    says: /store: 1 is not allowed; write it as a table, \[store\]$/,
  },
  { title: "text that is not TOML", text: "pruning = ", says: /not TOML/ },
];
for (const { title, text, says } of refusals) {
  t.test(`${title} is refused by name`, async (t) => {
    t.throws(() => read(text), { name: "NodeError", code: "config", message: says });
  });
}

t.test("a value from the environment is refused by its variable", async (t) => {
  const cases = [
    [{ OPGD_INFERENCE_WORKERS: "0" }, /^OPGD_INFERENCE_WORKERS in the environment: 0 is not allowed; give 1/],
    [{ OPGD_HALT_HEIGHT: "-1" }, /^OPGD_HALT_HEIGHT in the environment: -1 is not allowed; give 0 or more$/],
    [
      { OPGD_HALT_HEIGHT: "soon" },
      /^OPGD_HALT_HEIGHT in the environment: "soon" is not allowed; give a whole/,
    ],
    [
      { OPGD_STATE_SYNC_SNAPSHOT_KEEP_RECENT: "0" },
      /^OPGD_STATE_SYNC_SNAPSHOT_KEEP_RECENT .*give 1 or more$/,
    ],
  ] as const;
  for (const [env, message] of cases) t.throws(() => read(APP_TOML, env), { code: "config", message });
});

t.test("a gas price without a denomination is refused", async (t) => {
  t.throws(() => parseGasPrices("0.025"), { message: /minimum-gas-prices/ });
  t.same(parseGasPrices(""), []);
});
