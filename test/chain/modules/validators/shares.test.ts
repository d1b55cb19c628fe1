import t from "tap";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { toHex } from "../../../../chain/runtime/bytes.ts";
import { PubKey } from "../../../../proto/gen/cosmos.crypto.ed25519.ts";
import { type GenesisState, Query } from "../../../../proto/gen/opg.validators.v1.ts";
import { BlockIDFlag } from "../../../../proto/gen/tendermint.types.ts";
import { account, codec, consensusAddress, consensusKey, DENOM, Sandbox, voteOf } from "../sandbox.ts";

const validators = [
  { name: "v1", power: 10n },
  { name: "v2", power: 20n },
  { name: "v3", power: 40n },
];

/** A chain at the start of block 2, with 1,000 coins in the account of inference. */
function started(facts: Parameters<Sandbox["begin"]>[0] = {}): Sandbox {
  const sandbox = new Sandbox({ validators });
  sandbox.block(() => undefined);
  sandbox.begin(facts);
  sandbox.fund(codec.format(moduleAddress("inference")), 1_000n);
  return sandbox;
}

function allocate(sandbox: Sandbox, kind: "compute" | "verification", amount: bigint) {
  const ctx = sandbox.context("deliver");
  sandbox.modules.validators.allocate(ctx, kind, [{ denom: DENOM, amount }], "inference");
  return ctx.events.all.filter(({ type }) => type === "validator_share");
}

const rewards = (sandbox: Sandbox) =>
  validators.map(({ name }) => sandbox.balance(account(`reward-${name}`)));
const treasury = codec.format(moduleAddress("treasury"));

t.test("compute is the proposer's", (t) => {
  const sandbox = started({ proposer: "v3" });
  const events = allocate(sandbox, "compute", 700n);
  t.strictSame(rewards(sandbox), [0n, 0n, 700n]);
  t.match(events, [
    { attributes: [{ value: toHex(consensusAddress("v3")) }, { value: "compute" }, { value: "700uopg" }] },
  ]);
  t.end();
});

t.test("verification is shared by power among those who signed, to the last unit", (t) => {
  const sandbox = started();
  const events = allocate(sandbox, "verification", 100n);
  // 14.28, 28.57, 57.14: the unit that is left goes to the largest fraction.
  t.strictSame(rewards(sandbox), [14n, 29n, 57n]);
  t.equal(events.length, 3);
  t.end();
});

t.test("who did not sign for the block gets nothing", (t) => {
  const absent = { ...voteOf(validators[1]!), blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_ABSENT };
  const nil = { ...voteOf(validators[2]!), blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_NIL };
  const sandbox = started({ votes: [voteOf(validators[0]!), absent, nil] });
  allocate(sandbox, "verification", 100n);
  t.strictSame(rewards(sandbox), [100n, 0n, 0n]);
  t.end();
});

t.test("equal fractions go by address, whatever the order of the votes", (t) => {
  const equal = ["a", "b", "c"].map((name) => ({ name, power: 1n }));
  const outcome = (order: readonly number[]) => {
    const sandbox = new Sandbox({ validators: equal });
    sandbox.block(() => undefined);
    sandbox.begin({ votes: order.map((i) => voteOf(equal[i]!)) });
    sandbox.fund(codec.format(moduleAddress("inference")), 1_000n);
    allocate(sandbox, "verification", 10n);
    return equal.map(({ name }) => sandbox.balance(account(`reward-${name}`)));
  };
  const first = equal
    .map(({ name }) => name)
    .sort((a, b) => (toHex(consensusAddress(a)) < toHex(consensusAddress(b)) ? -1 : 1))[0];
  const wanted = equal.map(({ name }) => (name === first ? 4n : 3n));
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ])
    t.strictSame(outcome(order), wanted);
  t.end();
});

t.test("at the first block, with no votes yet, the proposer stands for those who signed", (t) => {
  const sandbox = new Sandbox({ validators });
  sandbox.begin({ proposer: "v2" });
  sandbox.fund(codec.format(moduleAddress("inference")), 1_000n);
  allocate(sandbox, "verification", 50n);
  t.strictSame(rewards(sandbox), [0n, 50n, 0n]);
  t.end();
});

t.test("what nobody known earned goes to the treasury", (t) => {
  const sandbox = started({ proposer: "stranger", votes: [voteOf({ name: "stranger", power: 5n })] });
  allocate(sandbox, "compute", 30n);
  allocate(sandbox, "verification", 12n);
  t.strictSame(rewards(sandbox), [0n, 0n, 0n]);
  t.equal(sandbox.balance(treasury), 42n);
  t.end();
});

t.test("gas fees of a block are shared at the start of the next", (t) => {
  const sandbox = new Sandbox({ validators });
  sandbox.block(() => undefined);
  sandbox.fund(codec.format(moduleAddress("fee_collector")), 700n);
  sandbox.begin();
  t.strictSame(rewards(sandbox), [100n, 200n, 400n]);
  t.equal(sandbox.balance(codec.format(moduleAddress("fee_collector"))), 0n);
  t.end();
});

t.test("genesis names the validators that consensus starts with", (t) => {
  const sandbox = new Sandbox({ validators });
  const module = sandbox.modules.all.find(({ name }) => name === "validators")!;
  const genesis = module.genesis!.export(sandbox.context()) as GenesisState;
  const updates = module.genesis!.init(new Sandbox({ validators: [] }).context("genesis"), genesis)!;
  const powers = updates.map(({ pubKey, power }) => [toHex(pubKey!.ed25519!), power]);
  for (const { name, power } of validators)
    t.ok(
      powers.some(([key, given]) => key === toHex(consensusKey(name)) && given === power),
      name,
    );
  const found = sandbox.query(Query.methods.Validator, {
    consensusAddress: toHex(consensusAddress("v2")).toUpperCase(),
  });
  t.match(found.validator, { moniker: "v2", power: 20n });
  t.equal(sandbox.query(Query.methods.Validators).validators.length, 3);
  t.throws(() => sandbox.query(Query.methods.Validator, { consensusAddress: "00" }), { code: 22 });
  t.end();
});

t.test("a genesis with a fault is refused by its place", (t) => {
  const module = new Sandbox({ validators: [] }).modules.all.find(({ name }) => name === "validators")!;
  const key = (name: string) => ({
    typeUrl: PubKey.typeUrl,
    value: PubKey.encode({ key: consensusKey(name) }),
  });
  const good = { moniker: "m", consensusPubkey: key("a"), power: 1n, rewardAddress: account("a") };
  const max = ((1n << 63n) - 1n) / 8n;
  const cases: readonly (readonly [GenesisState["validators"], RegExp])[] = [
    [[good, good], /validators\[1\]\.consensus_pubkey: is there twice/],
    [[{ ...good, power: 0n }], /validators\[0\]\.power: 0/],
    [[{ ...good, power: -3n }], /validators\[0\]\.power: -3/],
    [[{ ...good, rewardAddress: "x" }], /validators\[0\]\.reward_address/],
    [[{ ...good, consensusPubkey: undefined }], /consensus_pubkey: must be an ed25519 key/],
    [[{ ...good, consensusPubkey: { ...key("a"), typeUrl: "/cosmos.crypto.secp256k1.PubKey" } }], /ed25519/],
    [
      [{ ...good, consensusPubkey: { ...key("a"), value: PubKey.encode({ key: new Uint8Array(31) }) } }],
      /32 bytes/,
    ],
    [
      [
        { ...good, power: max },
        { ...good, consensusPubkey: key("b") },
      ],
      /powers sum to/,
    ],
  ];
  for (const [list, message] of cases)
    t.throws(() => module.genesis!.validate({ validators: list }, codec), { message }, String(message));
  const blocked = { ...good, rewardAddress: codec.format(moduleAddress("gov")) };
  t.throws(
    () => module.genesis!.init(new Sandbox({ validators: [] }).context("genesis"), { validators: [blocked] }),
    { codespace: "sdk", code: 4 },
  );
  t.end();
});
