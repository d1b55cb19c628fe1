/** Signing twice: slashed, jailed for ever, and once only; what CometBFT may report and users may not. */
import t from "tap";
import { Equivocation, Msg, Query } from "../../../../proto/gen/cosmos.evidence.v1beta1.ts";
import { Msg as SlashingMsg, Query as SlashingQuery } from "../../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { type Misbehavior, MisbehaviorType } from "../../../../proto/gen/tendermint.abci.ts";
import { account, codec, consensusAddress, Sandbox } from "../sandbox.ts";
import { operatorOf, Stakes, UNIT } from "../staking/stakes.ts";

const consAddress = codec.consensus.format(consensusAddress("ann"));

function start(): Stakes {
  const stakes = new Stakes({}, { bob: 100n * UNIT });
  stakes.create("ann", 10n * UNIT);
  stakes.create("ben", 20n * UNIT);
  stakes.delegate("bob", "ann", 10n * UNIT);
  stakes.next(2);
  return stakes;
}

const report = (stakes: Stakes, parts: Partial<Misbehavior> = {}): Misbehavior => ({
  type: MisbehaviorType.DUPLICATE_VOTE,
  validator: { address: consensusAddress("ann"), power: 20n },
  height: stakes.ctx.block.height,
  time: stakes.ctx.block.time,
  totalVotingPower: 40n,
  ...parts,
});
const info = (stakes: Stakes) =>
  stakes.sandbox.query(SlashingQuery.methods.SigningInfo, { consAddress }).valSigningInfo;

for (const [name, type] of [
  ["double signing", MisbehaviorType.DUPLICATE_VOTE],
  ["an attack on light clients", MisbehaviorType.LIGHT_CLIENT_ATTACK],
] as const) {
  t.test(`${name} costs a twentieth of all that was staked then, and ends the validator`, async (t) => {
    const stakes = start();
    const misbehavior = report(stakes, { type });
    stakes.undelegate("bob", "ann", 4n * UNIT);
    stakes.next(1, { misbehavior: [misbehavior] });
    t.equal(stakes.line("ann"), "bonded jailed 15200000 16000000.000000000000000000");
    t.same(stakes.unbonding("bob", "ann"), [3_800_000n]);
    t.match(info(stakes), { tombstoned: true, jailedUntil: { seconds: 253_402_300_799n } });
    const slashes = stakes.begun.filter(({ type }) => type === "slash");
    t.match(slashes, [
      {
        attributes: [
          { key: "address", value: consAddress },
          { key: "power", value: "20" },
          { key: "reason", value: "double_sign" },
          { key: "burned_coins", value: "800000" },
        ],
      },
      { attributes: [{ key: "jailed", value: consAddress }] },
    ]);
    stakes.next();
    t.same(stakes.told("ann"), { ann: 0n });
    const { evidence } = stakes.sandbox.query(Query.methods.AllEvidence);
    t.match(Equivocation.decode(evidence[0]!.value), {
      height: misbehavior.height,
      power: 20n,
      consensusAddress: consAddress,
    });
    const again = stakes.sandbox.deliver(SlashingMsg.methods.Unjail, { validatorAddr: operatorOf("ann") });
    t.match(again.error, { codespace: "slashing", code: 4, message: /tombstoned/ });
  });
}

t.test("nobody is slashed twice for it", async (t) => {
  const stakes = start();
  const misbehavior = report(stakes);
  stakes.next(1, { misbehavior: [misbehavior, misbehavior] });
  stakes.next(1, { misbehavior: [misbehavior, report(stakes)] });
  t.match(stakes.line("ann"), /jailed 19000000/);
  t.equal(stakes.sandbox.query(Query.methods.AllEvidence).evidence.length, 1);
});

t.test("what is too old by blocks and by time, of an unknown kind or of nobody is passed over", async (t) => {
  const stakes = start();
  const { time } = stakes.ctx.block;
  const old = { seconds: time.seconds - 172_801n, nanos: 0 };
  stakes.next(1, {
    misbehavior: [
      report(stakes, { height: -100_000n, time: old }),
      report(stakes, { type: MisbehaviorType.UNKNOWN }),
      report(stakes, { validator: { address: consensusAddress("nobody"), power: 1n } }),
    ],
  });
  t.match(stakes.line("ann"), /^bonded 20000000/);
  stakes.next(1, { misbehavior: [report(stakes, { height: 1n, time: old })] });
  t.match(stakes.line("ann"), /jailed 19000000/, "old by time alone is not too old");
});

t.test("one that was jailed before stays jailed, and is tombstoned", async (t) => {
  const stakes = start();
  stakes.jail("ann");
  const misbehavior = report(stakes);
  stakes.next(1, { misbehavior: [misbehavior] });
  t.equal(stakes.line("ann"), "unbonding jailed 19000000 20000000.000000000000000000");
  t.ok(info(stakes).tombstoned);
  t.equal(stakes.begun.filter(({ type }) => type === "slash").length, 1);
});

t.test("evidence of users is refused, whatever it says", async (t) => {
  const stakes = start();
  const submit = (parts: Partial<Equivocation>) => {
    const value = Equivocation.encode(
      Equivocation.create({
        height: 1n,
        time: stakes.ctx.block.time,
        power: 1n,
        consensusAddress: consAddress,
        ...parts,
      }),
    );
    const evidence = { typeUrl: Equivocation.typeUrl, value };
    return stakes.sandbox.deliver(Msg.methods.SubmitEvidence, { submitter: account("bob"), evidence }).error;
  };
  t.match(submit({}), { codespace: "evidence", code: 2 });
  t.match(submit({ height: 0n }), { codespace: "evidence", code: 3, message: /height: 0/ });
  t.match(submit({ power: 0n }), { codespace: "evidence", code: 3 });
  t.match(submit({ time: { seconds: 0n, nanos: 0 } }), { codespace: "evidence", code: 3 });
  t.match(submit({ consensusAddress: "x" }), { codespace: "sdk", code: 7 });
  const misbehavior = report(stakes);
  stakes.next(1, { misbehavior: [misbehavior] });
  const { height, time } = misbehavior;
  t.match(submit({ height, time, power: 20n }), { codespace: "evidence", code: 5 });
  t.match(stakes.sandbox.deliver(Msg.methods.SubmitEvidence, { submitter: account("bob") }).error, {
    codespace: "evidence",
    code: 3,
  });
});

t.test("evidence is found by its hash, and survives export and import", async (t) => {
  const stakes = start();
  stakes.next(1, { misbehavior: [report(stakes)] });
  const { evidence } = stakes.sandbox.query(Query.methods.AllEvidence);
  const { sha256 } = await import("@noble/hashes/sha2.js");
  const hash = Buffer.from(sha256(evidence[0]!.value)).toString("hex").toUpperCase();
  t.same(stakes.sandbox.query(Query.methods.Evidence, { hash }).evidence, evidence[0]);
  t.throws(() => stakes.sandbox.query(Query.methods.Evidence, { hash: "00" }), { code: 22 });
  t.throws(() => stakes.sandbox.query(Query.methods.Evidence, { hash: "zz" }), { code: 18 });
  stakes.sandbox.end();
  const genesis = stakes.sandbox.exported();
  const second = new Sandbox({ genesis, validators: [] });
  t.same(second.exported().evidence, genesis.evidence);
});
