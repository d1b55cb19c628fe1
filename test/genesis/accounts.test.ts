/** Accounts of a genesis, those whose coins unlock over time too: as functions, as a command, and as a chain that starts from them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import {
  addGenesisAccount,
  addGenesisValidator,
  type GenesisAccount,
  genesisProblems,
  makeGenesis,
  PRESETS,
  parseGenesis,
} from "../../genesis/index.ts";
import { Query as Bank } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { CHAIN_ID, DENOM, TestChain, testSigner, testValidator } from "../chain/chain.ts";
import { opgd } from "../node/cli/net.ts";

t.setTimeout(120_000);
const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const { address } = testSigner("saver");
const coins = (amount: bigint) => [{ denom: DENOM, amount }];
const START = 1_700_000_000n;

function shell() {
  return makeGenesis({ chainId: CHAIN_ID, time: "2023-11-14T22:13:20Z", preset: PRESETS.test });
}

/** JSON to be looked into. */
// biome-ignore lint/suspicious/noExplicitAny: a file may hold anything
type Loose = any;

t.test("an account's coins unlock evenly, or at once at the end", async (t) => {
  const cases: readonly (readonly [GenesisAccount["vesting"], object])[] = [
    [
      { amount: coins(60n), start: START, end: START + 100n },
      {
        "@type": "/cosmos.vesting.v1beta1.ContinuousVestingAccount",
        start_time: `${START}`,
        base_vesting_account: { end_time: `${START + 100n}`, original_vesting: [{ amount: "60" }] },
      },
    ],
    [
      { amount: coins(100n), end: START },
      {
        "@type": "/cosmos.vesting.v1beta1.DelayedVestingAccount",
        base_vesting_account: { end_time: `${START}`, original_vesting: [{ amount: "100" }] },
      },
    ],
  ];
  for (const [vesting, shown] of cases) {
    const document = addGenesisAccount(shell(), { address, coins: coins(100n), vesting: vesting! });
    t.match((document.app_state["auth"] as Loose).accounts, [shown]);
    // More coins for it are no second account, and free.
    const more = addGenesisAccount(document, { address, coins: coins(5n) });
    t.match((more.app_state["auth"] as Loose).accounts, [shown]);
    t.equal((more.app_state["auth"] as Loose).accounts.length, 1);
    t.match((more.app_state["bank"] as Loose).balances, [{ address, coins: [{ amount: "105" }] }]);
  }
});

t.test("what cannot vest is refused", async (t) => {
  const cases: readonly (readonly [GenesisAccount["vesting"], RegExp])[] = [
    [{ amount: coins(101n), end: START }, /vesting amount: 101uopg is more than the account has, 100uopg/],
    [{ amount: [{ denom: "ubar", amount: 1n }], end: START }, /more than the account has/],
    [{ amount: [], end: START }, /original_vesting: no coins/],
    [{ amount: coins(1n), start: START, end: START }, /start_time/],
  ];
  for (const [vesting, message] of cases)
    t.throws(() => addGenesisAccount(shell(), { address, coins: coins(100n), vesting: vesting! }), {
      message,
    });
  const there = addGenesisAccount(shell(), { address, coins: coins(100n) });
  const vesting = { amount: coins(1n), end: START };
  t.throws(() => addGenesisAccount(there, { address, coins: coins(9n), vesting }), { code: "exists" });
});

t.test("a chain starts with it, and lets go of the coins with time", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "opg-accounts-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...args: readonly string[]) => opgd(...args, "--home", folder);
  await run("init", "one", "--chain-id", CHAIN_ID, "--preset", "test");
  // The blocks of the tests are five seconds apart.
  const now = START;
  const vesting = ["--vesting-amount", `80${DENOM}`, "--vesting-start-time", `${now}`];
  await run(
    "genesis",
    "add-account",
    address,
    `100${DENOM}`,
    ...vesting,
    "--vesting-end-time",
    `${now + 40n}`,
  );
  await t.rejects(run("genesis", "add-genesis-account", address, "1uopg", "--vesting-amount", "1uopg"), {
    message: /give both/,
  });
  const document = parseGenesis(readFileSync(join(folder, "config", "genesis.json"), "utf8"));
  const { publicKey } = testValidator("val");
  const operator = testSigner("operator").address;
  const whole = addGenesisValidator(document, {
    moniker: "val",
    consensusKey: publicKey,
    power: 5n,
    operator,
  });
  t.strictSame(genesisProblems(JSON.parse(JSON.stringify(whole))), []);
  const second = await TestChain.start({ engine, validators: [testValidator("val", 5n)] });
  t.teardown(() => second.close());
  await second.initFrom(whole.app_state, { maxBytes: 4_194_304n, maxGas: 200_000_000n });
  const spendable = async () =>
    (await second.query(Bank.methods.SpendableBalanceByDenom, { address, denom: DENOM })).balance?.amount;
  const seen = [];
  for (let block = 0; block < 12; block++) {
    await second.block();
    seen.push(Number(await spendable()));
  }
  t.ok(seen[0]! < 100 && seen[0]! >= 20, `${seen}`);
  t.equal(seen.at(-1), 100);
  t.strictSame(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  t.same(second.app.brokenInvariants(), []);
});
