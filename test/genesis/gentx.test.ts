/** Validators that sign themselves into a chain: made, collected, delivered in InitChain. */
import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import {
  addGenesisValidator,
  collectGentxs,
  type GenesisDocument,
  type GentxOrder,
  genesisProblems,
  makeGenesis,
  makeGentx,
  PRESETS,
} from "../../genesis/index.ts";
import { Query } from "../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Json } from "../../proto/json.ts";
import { CHAIN_ID, DENOM, TestChain, testSigner, testValidator } from "../chain/chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
t.setTimeout(120_000);

const names = ["ann", "ben"];
const validators = [testValidator("ann", 7n), testValidator("ben", 9n)];
const operator = (name: string) => testSigner(`operator-${name}`);

/** JSON to be spoilt at will. */
// biome-ignore lint/suspicious/noExplicitAny: a file may hold anything
type Loose = any;

function shell(): GenesisDocument {
  return makeGenesis({
    chainId: CHAIN_ID,
    time: "2023-11-14T22:13:20Z",
    preset: PRESETS.test,
    accounts: [...names.map((name) => operator(name).address), testSigner("alice").address].map(
      (address) => ({
        address,
        coins: [{ denom: DENOM, amount: 20_000_000n }],
      }),
    ),
  });
}

function order(index: number, changes: Partial<GentxOrder> = {}): GentxOrder {
  const { publicKey, power } = validators[index]!;
  return {
    chainId: CHAIN_ID,
    prefix: "opg",
    signer: operator(names[index]!),
    consensusKey: publicKey,
    stake: { denom: DENOM, amount: power * 1_000_000n },
    description: { moniker: names[index]! },
    node: `${names[index]}@10.0.0.${index}:26656`,
    ...changes,
  };
}

async function started(): Promise<TestChain> {
  const chain = await TestChain.start({ engine, validators });
  t.teardown(() => chain.close());
  return chain;
}

const BLOCK = { maxBytes: 4_194_304n, maxGas: 200_000_000n };
const gentxs = await Promise.all(names.map((_, index) => makeGentx(order(index))));
const named = (list: readonly Json[]) => list.map((json, index) => ({ file: `${index}.json`, json }));

t.test("two who signed themselves in are the validators of block 1", async (t) => {
  const { document, peers } = collectGentxs(shell(), named(gentxs));
  t.same(peers, [
    { moniker: "ann", node: "ann@10.0.0.0:26656" },
    { moniker: "ben", node: "ben@10.0.0.1:26656" },
  ]);
  t.same(genesisProblems(JSON.parse(JSON.stringify(document))), []);
  const chain = await started();
  const answer = await chain.initFrom(document.app_state, BLOCK);
  const powers = answer.validators.map(({ pubKey, power }) => [pubKey!.ed25519, power]);
  // The most powerful first, as staking bonds them.
  t.same(powers, [
    [validators[1]!.publicKey, 9n],
    [validators[0]!.publicKey, 7n],
  ]);
  await chain.block();
  const { validators: bonded } = await chain.query(Query.methods.Validators, {
    status: "BOND_STATUS_BONDED",
  });
  t.same(bonded.map(({ tokens }) => tokens).sort(), ["7000000", "9000000"]);
  const account = await chain.account("operator-ann");
  t.equal(account.sequence, 1n);
  t.ok(account.pubKey);
  // What the operator signs next counts on from there.
  await chain.block();
  t.same(chain.app.brokenInvariants(), []);
});

t.test("validators of the state and those who sign in start together", async (t) => {
  const { publicKey } = testValidator("cat");
  const withCat = addGenesisValidator(shell(), {
    moniker: "cat",
    consensusKey: publicKey,
    power: 3n,
    operator: operator("cat").address,
  });
  const { document } = collectGentxs(withCat, named(gentxs));
  const chain = await started();
  const answer = await chain.initFrom(document.app_state, BLOCK);
  t.same(answer.validators.map(({ power }) => power).sort(), [3n, 7n, 9n]);
});

t.test(
  "what was signed for another chain, or changed since, stops the chain before its first block",
  async (t) => {
    const other = await makeGentx(order(0, { chainId: "another-1" }));
    const change = (spoil: (tx: Loose) => void): Json => {
      const tx = structuredClone(gentxs[0]) as Loose;
      spoil(tx);
      return tx;
    };
    const cases: readonly (readonly [why: string, tx: Json, says: RegExp])[] = [
      ["another chain", other, /gen_txs\[0\]: signature verification failed/],
      [
        "more stake",
        change((tx) => (tx.body.messages[0].value.amount = "8000000")),
        /gen_txs\[0\]: signature verification failed/,
      ],
      [
        "a sequence",
        change((tx) => (tx.auth_info.signer_infos[0].sequence = "1")),
        /gen_txs\[0\]: account sequence mismatch/,
      ],
      [
        "more than there is",
        await makeGentx(order(0, { stake: { denom: DENOM, amount: 21_000_000n } })),
        /gen_txs\[0\]: .*smaller/,
      ],
      [
        "another coin",
        await makeGentx(order(0, { stake: { denom: "uatom", amount: 1n } })),
        /gen_txs\[0\]: .*denomination/,
      ],
    ];
    for (const [why, tx, says] of cases) {
      const document = shell();
      const state = { ...document.app_state, genutil: { gen_txs: [tx] } };
      const chain = await started();
      await t.rejects(chain.initFrom(state, BLOCK), { message: says }, why);
    }
  },
);

t.test("a transaction that is none of genesis is named by its place", async (t) => {
  const spoilt = (spoil: (tx: Loose) => void) => {
    const document = shell() as Loose;
    const tx = structuredClone(gentxs[0]) as Loose;
    spoil(tx);
    return genesisProblems({
      ...document,
      app_state: { ...document.app_state, genutil: { gen_txs: [gentxs[1], tx] } },
    });
  };
  const cases: readonly (readonly [spoil: (tx: Loose) => void, says: RegExp])[] = [
    [(tx) => delete tx.body, /gen_txs\[1\]\.body: must be given/],
    [(tx) => (tx.body.messages = []), /gen_txs\[1\]\.body\.messages: 0 are given/],
    [(tx) => tx.body.messages.push(tx.body.messages[0]), /body\.messages: 2 are given/],
    [
      (tx) =>
        (tx.body.messages[0] = {
          "@type": "/cosmos.bank.v1beta1.MsgSend",
          from_address: "",
          to_address: "",
          amount: [],
        }),
      /body\.messages\[0\]: \/cosmos\.bank/,
    ],
    [(tx) => (tx.signatures = []), /gen_txs\[1\]\.signatures: 0 are given/],
    [(tx) => (tx.body.messages[0].validator_address = "x"), /messages\[0\]\.validator_address: /],
    [(tx) => (tx.body.messages[0].pubkey = null), /messages\[0\]\.pubkey: /],
    [(tx) => (tx.body.messages[0].commission.rate = "0.3"), /messages\[0\]\.commission\.rate: /],
    [(tx) => (tx.body.messages[0].min_self_delegation = "0"), /messages\[0\]\.min_self_delegation: /],
    [(tx) => (tx.body.messages[0].stake = 1), /body\.messages\[0\]\.stake: .*no field/],
    [(tx) => Object.assign(tx, gentxs[1]), /gen_txs\[1\]\.body\.messages\[0\]\.validator_address: .*before/],
  ];
  for (const [spoil, says] of cases) {
    const problems = spoilt(spoil);
    t.equal(problems.length, 1, problems.join("; "));
    t.match(problems[0], says);
    t.match(problems[0], /^app_state\.genutil\.gen_txs\[1\]/);
  }
});

t.test("collecting names the file that is at fault", async (t) => {
  const poor = await makeGentx(order(0, { signer: testSigner("nobody") }));
  const cases: readonly (readonly [list: readonly Json[], says: RegExp])[] = [
    [[], /no genesis transaction/],
    [[gentxs[0]!, gentxs[0]!], /^1\.json: opgvaloper.* has another in 0\.json/],
    [[gentxs[0]!, poor], /^1\.json: opg1.* has 0uopg/],
    [[gentxs[0]!, {}], /^1\.json: body: /],
  ];
  for (const [list, says] of cases)
    t.throws(() => collectGentxs(shell(), named(list)), { name: "GenesisError", message: says });
});
