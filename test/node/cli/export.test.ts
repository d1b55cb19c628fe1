/** opgd export of a home: as it stands, and for a chain that starts again at height 1. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { genesisProblems, parseGenesis } from "../../../genesis/index.ts";
import { startProblem } from "../../../genesis/start.ts";
import { homePaths } from "../../../node/config/home.ts";
import { CHAIN_ID, TestChain, testValidator } from "../../chain/chain.ts";
import { opgd } from "./net.ts";

t.setTimeout(180_000);
const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
const folder = mkdtempSync(join(tmpdir(), "opg-export-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const home = join(folder, "home");
const run = (...args: readonly string[]) => opgd(...args, "--home", home);

/** JSON to be looked into. */
// biome-ignore lint/suspicious/noExplicitAny: a file may hold anything
type Loose = any;

const { operators } = new AddressCodec("opg");
const validators = [testValidator("v1", 10n), testValidator("v2", 9n)];
const addresses = validators.map(({ operator }) => operators.format(new AddressCodec("opg").parse(operator)));

t.before(async () => {
  await run("init", "one", "--chain-id", CHAIN_ID, "--preset", "test");
  const path = join(folder, "chain");
  const chain = await TestChain.start({ engine, validators, path });
  for (let height = 0; height < 6; height++) await chain.block();
  await chain.close();
  mkdirSync(join(home, "data"), { recursive: true });
  renameSync(join(path, "db"), homePaths(home).database);
});

t.test("the state is a genesis that goes on at the next height", async (t) => {
  const text = await run("export");
  const document: Loose = JSON.parse(text);
  t.strictSame(genesisProblems(document), []);
  t.match(document, { initial_height: "7", chain_id: CHAIN_ID });
  // As the chain has them, whatever the home's genesis said.
  t.equal(document.consensus_params.evidence.max_age_num_blocks, "100000");
  t.equal(JSON.parse(await run("export", "--height", "3")).initial_height, "4");
});

t.test("for zero height it starts at 1, with the validators that are allowed", async (t) => {
  const file = join(folder, "zero.json");
  await run("export", "--for-zero-height", "--jail-allowed-addrs", addresses[1]!, "--output-document", file);
  const text = readFileSync(file, "utf8");
  const document: Loose = JSON.parse(text);
  t.strictSame(genesisProblems(document), []);
  t.equal(document.initial_height, "1");
  const jailed = document.app_state.staking.validators.map((each: Loose) => [
    each.operator_address,
    each.jailed,
  ]);
  t.strictSame(
    new Map(jailed),
    new Map([
      [addresses[0], true],
      [addresses[1], false],
    ]),
  );
  t.match(document.app_state.staking.last_validator_powers, [{ address: addresses[1], power: "9" }]);
  t.match(document.app_state.distribution, { outstanding_rewards: [{ outstanding_rewards: [] }, {}] });
  t.equal(await startProblem(parseGenesis(text), engine), undefined);
});

t.test("flags that do not fit are refused", async (t) => {
  await t.rejects(run("export", "--jail-allowed-addrs", addresses[0]!), { message: /--for-zero-height/ });
  const wrong = ["export", "--for-zero-height", "--jail-allowed-addrs"];
  await t.rejects(run(...wrong, "opgvaloper1"), { message: /jail-allowed-addrs/ });
  const nobody = operators.format(new AddressCodec("opg").parse(testValidator("v3").operator));
  await t.rejects(run(...wrong, nobody), { message: /is no validator/ });
});

t.test("migrate prints the genesis of a home for this version", async (t) => {
  const text = readFileSync(homePaths(home).genesis, "utf8");
  t.strictSame(JSON.parse(await run("genesis", "migrate", "0.1.0")), JSON.parse(text));
  await t.rejects(run("genesis", "migrate", "7.0.0"), { message: /"7.0.0" is no version/ });
});
