import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import {
  formatGenesis,
  type GenesisDocument,
  genesisProblems,
  makeGenesis,
  PRESETS,
  parseGenesis,
  sampleModels,
} from "../../genesis/index.ts";
import { startProblem } from "../../genesis/start.ts";
import { DENOM, testSigner, testValidator } from "../chain/chain.ts";

const [alice, bob] = [testSigner("alice").address, testSigner("bob").address];
const validator = testValidator("v1");

const whole = makeGenesis({
  chainId: "opg-test-1",
  time: "2026-01-31T12:00:00Z",
  preset: PRESETS.test,
  accounts: [alice, bob].map((address) => ({ address, coins: [{ denom: DENOM, amount: 100n }] })),
  validators: [
    { moniker: "v1", consensusKey: validator.publicKey, power: 10n, operator: validator.operator },
  ],
  models: { owner: alice, samples: sampleModels() },
});

/** JSON to be spoilt at will. */
// biome-ignore lint/suspicious/noExplicitAny: a file may hold anything
type Loose = any;

function spoilt(change: (genesis: Loose, state: Loose) => void): unknown {
  const genesis = JSON.parse(formatGenesis(whole)) as Loose;
  change(genesis, genesis.app_state);
  return genesis;
}

t.test("a genesis as we make it has no problems, for every preset", async (t) => {
  t.strictSame(genesisProblems(whole), []);
  for (const [name, preset] of Object.entries(PRESETS)) {
    const bare = makeGenesis({ chainId: "x", time: "2026-01-31T12:00:00Z", preset });
    t.strictSame(
      genesisProblems(bare),
      [
        "app_state.staking.validators: a chain needs one at least; sign one in with opgd genesis gentx and collect-gentxs, or give this home's with opgd genesis add-validator",
      ],
      name,
    );
  }
});

t.test("parameters of consensus that are left out whole are CometBFT's defaults", async (t) => {
  t.strictSame(genesisProblems(spoilt((genesis) => delete genesis.consensus_params)), []);
});

const validators = "app_state.staking.validators";
/** Each: what is spoilt, and the paths of all problems that are named. */
const table: readonly (readonly [
  why: string,
  change: (genesis: Loose, state: Loose) => void,
  paths: readonly string[],
])[] = [
  ["no chain id", (g) => delete g.chain_id, ["chain_id"]],
  ["a chain id that CometBFT finds too long", (g) => (g.chain_id = "x".repeat(51)), ["chain_id"]],
  ["a height that is a number", (g) => (g.initial_height = 1), ["initial_height"]],
  ["height 0", (g) => (g.initial_height = "0"), ["initial_height"]],
  ["no time", (g) => delete g.genesis_time, ["genesis_time"]],
  ["a day that is none", (g) => (g.genesis_time = "2026-13-01T00:00:00Z"), ["genesis_time"]],
  ["a state that is a list", (g) => (g.app_state = []), ["app_state"]],
  ["a field that nobody reads", (g) => (g.chainid = "x"), ["chainid"]],
  ["parameters where CometBFT does not look", (g) => (g.consensus = {}), ["consensus"]],
  ["an app hash", (g) => (g.app_hash = "00"), ["app_hash"]],
  ["validators beside the state's", (g) => (g.validators = [{}]), ["validators"]],
  ["parameters that are no object", (g) => (g.consensus_params = 1), ["consensus_params"]],
  [
    "parameters without a part",
    (g) => delete g.consensus_params.validator,
    ["consensus_params.validator.pub_key_types"],
  ],
  [
    "every rule of the parameters broken",
    (g) => {
      const { block, evidence, validator, abci } = g.consensus_params;
      block.max_bytes = "0";
      block.max_gas = "-2";
      evidence.max_age_num_blocks = "0";
      evidence.max_age_duration = "0";
      evidence.max_bytes = "-1";
      validator.pub_key_types = ["secp256k1"];
      abci.vote_extensions_enable_height = "-1";
    },
    [
      "block.max_bytes",
      "block.max_gas",
      "evidence.max_age_num_blocks",
      "evidence.max_age_duration",
      "evidence.max_bytes",
      "validator.pub_key_types",
      "abci.vote_extensions_enable_height",
    ].map((path) => `consensus_params.${path}`),
  ],
  [
    "parameters that are no integers in text, or of other names",
    (g) => {
      g.consensus_params.block.max_gas = 5;
      g.consensus_params.block.max_byte = "5";
      g.consensus_params.blok = {};
    },
    ["consensus_params.block.max_byte", "consensus_params.blok", "consensus_params.block.max_gas"],
  ],
  ["an unknown module", (_, s) => (s.stakin = {}), ["app_state.stakin"]],
  ["a prefix that is none", (_, s) => (s.auth.bech32_prefix = "O1"), ["app_state.auth.bech32_prefix"]],
  ["a module that is no object", (_, s) => (s.bank = 1), ["app_state.bank"]],
  [
    "accounts of another chain, twice and of an unknown kind",
    (_, s) => {
      const [first] = s.auth.accounts;
      s.auth.accounts.push({ ...first }, { "@type": "/x.Y" }, { ...first, address: "cosmos1xyz" });
    },
    [2, 3, 4].map((i) => `app_state.auth.accounts[${i}]`),
  ],
  [
    "parameters of auth",
    (_, s) => {
      s.auth.params.max_memo_characters = "0";
      s.auth.params.tx_sig_limit = "x";
    },
    ["app_state.auth.params.tx_sig_limit", "app_state.auth.params.max_memo_characters"],
  ],
  [
    "balances of nobody, twice, negative, of no denomination",
    (_, s) => {
      const coins = [{ denom: DENOM, amount: "1" }];
      s.bank.balances.push(
        { address: "x", coins },
        { address: alice, coins },
        { address: testSigner("carol").address, coins: [{ denom: DENOM, amount: "-1" }] },
        { address: testSigner("dave").address, coins: [{ denom: "1", amount: "1" }] },
      );
      s.bank.denom_metadata[0].name = " ";
    },
    [
      "balances[3].address",
      "balances[4].address",
      "balances[5].coins",
      "balances[6].coins",
      "denom_metadata[0].name",
    ].map((path) => `app_state.bank.${path}`),
  ],
  [
    "a supply that is not the sum",
    (_, s) => (s.bank.supply = [{ denom: DENOM, amount: "5" }]),
    ["app_state.bank.supply"],
  ],
  [
    "a supply that would be the sum, were a balance right",
    (_, s) => {
      // Two accounts, a validator's stake and what is spoilt.
      s.bank.supply = [{ denom: DENOM, amount: "10000300" }];
      s.bank.balances.push({ address: "x", coins: [{ denom: DENOM, amount: "100" }] });
    },
    ["app_state.bank.balances[3].address"],
  ],
  [
    "no validator",
    (_, s) => {
      s.staking.validators = [];
      s.staking.delegations = [];
    },
    [validators],
  ],
  [
    "validators twice, without a key, of nobody, with more commission than they may have",
    (_, s) => {
      const [first] = s.staking.validators;
      s.staking.validators = [
        { ...first, consensus_pubkey: null },
        first,
        { ...first, operator_address: "x" },
        { ...first },
        {
          ...first,
          commission: {
            ...first.commission,
            commission_rates: { rate: "0.5", max_rate: "0.2", max_change_rate: "0" },
          },
        },
        { ...first, status: "BOND_STATUS_UNSPECIFIED" },
      ];
    },
    [
      `${validators}[0].consensus_pubkey`,
      `${validators}[2].operator_address`,
      `${validators}[3].operator_address`,
      `${validators}[4].commission`,
      `${validators}[5].status`,
    ],
  ],
  [
    "delegations without shares, to nobody, of nobody",
    (_, s) => {
      const [first] = s.staking.delegations;
      s.staking.delegations.push(
        { ...first, shares: "0" },
        { ...first, validator_address: "x" },
        { ...first, delegator_address: "x" },
      );
    },
    [
      "app_state.staking.delegations[1].shares",
      "app_state.staking.delegations[2].validator_address",
      "app_state.staking.delegations[3].delegator_address",
    ],
  ],
  [
    "shares that are more than the delegations'",
    (_, s) => (s.staking.validators[0].delegator_shares = "10000001"),
    [`${validators}[0]`],
  ],
  [
    "a genesis transaction that is none",
    (_, s) => (s.genutil.gen_txs = [{ body: { messages: [] } }]),
    ["app_state.genutil.gen_txs[0]"],
  ],
  [
    "a misspelt field, models of nobody and without a size, a chunk too many",
    (_, s) => {
      s.models.modles = 1;
      s.models.models[0].size = "0";
      s.models.models[2].owner = "x";
      s.models.params.max_nodes = 0;
    },
    ["modles", "params.max_nodes", "models[0].size", "models[2].owner"].map(
      (path) => `app_state.models.${path}`,
    ),
  ],
  ["a chunk that does not fit", (_, s) => (s.models.chunks[1].index = 99), ["app_state.models.chunks[1]"]],
  [
    "shares that do not sum to 1, and a target beyond all",
    (_, s) => {
      s.inference.params.split.burn = "0.9";
      s.inference.params.target_use = "7";
    },
    ["app_state.inference.params.split", "app_state.inference.params.target_use"],
  ],
];

for (const [why, change, paths] of table) {
  t.test(`named by path: ${why}`, async (t) => {
    const problems = genesisProblems(spoilt(change));
    const found = problems.map((problem) => problem.slice(0, problem.indexOf(": "))).sort();
    const wanted = [...paths].sort();
    // The chain may name a place within what is named here.
    const agree = found.length === wanted.length && wanted.every((path, i) => found[i]!.startsWith(path));
    t.ok(agree, `${JSON.stringify(problems, undefined, 2)}\nwanted ${JSON.stringify(wanted)}`);
    for (const problem of problems) t.match(problem, /^\S+: .{6,}/);
  });
}

t.test("problems of every part are listed together", async (t) => {
  const changes = table.filter(([why]) => !/state that is|prefix|no object/.test(why));
  const problems = genesisProblems(
    spoilt((genesis, state) => {
      for (const [why, change] of changes)
        if (/time|hash|supply that is|validators twice|shares|unknown module/.test(why))
          change(genesis, state);
    }),
  );
  for (const part of [
    "genesis_time",
    "app_hash",
    "app_state.stakin",
    "app_state.bank",
    validators,
    "app_state.inference",
  ])
    t.ok(
      problems.some((problem) => problem.startsWith(part)),
      part,
    );
});

t.test("a file with countless problems is answered with a bounded list", async (t) => {
  const problems = genesisProblems(
    spoilt((_, state) => {
      state.bank.balances = Array.from({ length: 500 }, () => ({ address: "x", coins: [] }));
    }),
  );
  t.equal(problems.length, 101);
  t.match(problems.at(-1), /app_state\.bank: more than 100/);
});

t.test("what is no JSON object is refused in one line", async (t) => {
  t.strictSame(genesisProblems([]), ["$: [] must be an object"]);
  t.throws(() => parseGenesis("{"), { name: "GenesisError", code: "malformed", message: /not JSON/ });
  t.throws(() => parseGenesis("[]"), { code: "malformed", message: /must be a JSON object/ });
  t.throws(() => parseGenesis(JSON.stringify({ ...whole, chain_id: "" })), { message: /^chain_id: "" must/ });
});

t.test("a start on trial tells what reading cannot", async (t) => {
  const engine = await CanonicalEngine.start();
  t.teardown(() => engine.stop());
  t.equal(await startProblem(whole, engine), undefined);
  const cases: readonly (readonly [why: string, change: (state: Loose) => void, says: RegExp])[] = [
    [
      "a model's file is not the one of its hash",
      (s) => (s.models.models[0].hash = s.models.models[1].hash),
      /models\[0\]/,
    ],
    [
      "the stake of validators is not in its account",
      (s) => {
        const pool = s.bank.balances.pop();
        s.bank.balances.push({ ...pool, coins: [{ denom: DENOM, amount: "1" }] });
        s.bank.supply = [];
      },
      /not_bonded_tokens_pool/,
    ],
    ["chunks of a published model are missing", (s) => s.models.chunks.pop(), /chunks are missing/],
    [
      "another engine",
      (s) => (s.inference.engine = { id: "other", id_hash: zeros, conformance_hash: zeros }),
      /engine/,
    ],
  ];
  for (const [why, change, says] of cases) {
    const document = spoilt((_, state) => change(state)) as GenesisDocument;
    t.strictSame(genesisProblems(document), [], why);
    t.match(await startProblem(document, engine), says, why);
  }
});

const zeros = `${"A".repeat(43)}=`;
