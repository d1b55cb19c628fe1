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
  { title: "a number out of range", text: "[inference]\nworkers = 0", says: /inference\.workers/ },
  { title: "an unknown choice", text: "pruning = 'some'", says: /pruning: / },
  { title: "text that is not TOML", text: "pruning = ", says: /not TOML/ },
];
for (const { title, text, says } of refusals) {
  t.test(`${title} is refused by name`, async (t) => {
    t.throws(() => read(text), { name: "NodeError", code: "config", message: says });
  });
}

t.test("a gas price without a denomination is refused", async (t) => {
  t.throws(() => parseGasPrices("0.025"), { message: /minimum-gas-prices/ });
  t.same(parseGasPrices(""), []);
});
