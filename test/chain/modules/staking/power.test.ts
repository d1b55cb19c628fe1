/** Who is bonded, what CometBFT is told, and what becomes of those who are not. */
import t from "tap";
import { DEFAULT_PARAMS } from "../../../../chain/modules/staking/params.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { compareBytes } from "../../../../chain/runtime/bytes.ts";
import { ChainError } from "../../../../chain/runtime/errors.ts";
import { Msg, Query } from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { account, codec, consensusAddress, type Delivered } from "../sandbox.ts";
import { addressOf, dec, operatorOf, pubkeyOf, rates, Stakes, UNIT } from "./stakes.ts";

const codeOf = ({ error }: Delivered<unknown>) =>
  error instanceof ChainError ? `${error.codespace} ${error.code}` : "ok";
const names = ["ann", "ben", "cat", "dan"];

t.test("the most powerful are bonded, at most as many as there may be, and none without power", (t) => {
  const stakes = new Stakes({ maxValidators: 2 });
  for (const [index, name] of names.entries()) stakes.create(name, BigInt(index + 1) * UNIT);
  stakes.create("mini", UNIT - 1n);
  stakes.next();
  t.same(stakes.told(...names), { dan: 4n, cat: 3n });
  t.equal(stakes.keeper.lastTotalPower(stakes.ctx), 7n);
  t.equal(stakes.keeper.totalBonded(stakes.ctx), 7n * UNIT);
  t.equal(stakes.keeper.totalNotBonded(stakes.ctx), 4n * UNIT - 1n);
  // Ben overtakes: Cat begins to unbond, and its tokens change the pool.
  stakes.fund("bob", 5n * UNIT);
  stakes.delegate("bob", "ben", 5n * UNIT);
  stakes.next();
  t.same(stakes.told(...names), { ben: 7n, cat: 0n });
  t.match(stakes.line("cat"), /^unbonding 3000000/);
  t.equal(stakes.keeper.totalBonded(stakes.ctx), 11n * UNIT);
  t.same(
    stakes.keeper.bondedByPower(stakes.ctx).map(({ description }) => description.moniker),
    ["ben", "dan"],
  );
  // It comes back before its time is over.
  stakes.undelegate("bob", "ben", 5n * UNIT);
  stakes.next();
  t.same(stakes.told(...names), { cat: 3n, ben: 0n });
  t.match(stakes.line("cat"), /^bonded/);
  // And Ben is unbonded when it is.
  stakes.next(9);
  t.match(stakes.line("ben"), /^unbonding/);
  stakes.next();
  t.match(stakes.line("ben"), /^unbonded 2000000/);
  t.end();
});

t.test("of equals, the smaller operator address is bonded", (t) => {
  const stakes = new Stakes({ maxValidators: 2 });
  for (const name of names) stakes.create(name, 2n * UNIT);
  stakes.next();
  const first = [...names].sort((a, b) => compareBytes(addressOf(a), addressOf(b))).slice(0, 2);
  t.same(Object.keys(stakes.told(...names)), first);
  t.end();
});

t.test("fewer places let the least powerful go, at the end of the block", (t) => {
  const stakes = new Stakes();
  for (const [index, name] of names.entries()) stakes.create(name, BigInt(index + 1) * UNIT);
  stakes.next();
  const authority = codec.format(moduleAddress("gov"));
  const params = { ...DEFAULT_PARAMS, maxValidators: 1 };
  t.equal(codeOf(stakes.sandbox.deliver(Msg.methods.UpdateParams, { authority, params })), "ok");
  stakes.next();
  t.same(stakes.told(...names), { ann: 0n, ben: 0n, cat: 0n });
  const other = { authority: account("bob"), params };
  t.equal(codeOf(stakes.sandbox.deliver(Msg.methods.UpdateParams, other)), "gov 13");
  for (const bad of [
    { maxValidators: 0 },
    { maxEntries: 0 },
    { bondDenom: "1" },
    { minCommissionRate: dec("1.1") },
    { unbondingTime: { seconds: 0n, nanos: 0 } },
    { unbondingTime: { seconds: 10_000_000_000n, nanos: 0 } },
  ])
    t.match(
      codeOf(stakes.sandbox.deliver(Msg.methods.UpdateParams, { authority, params: { ...params, ...bad } })),
      /^sdk/,
    );
  t.end();
});

t.test("who is jailed leaves at the end of the block, and comes back when free", (t) => {
  const stakes = new Stakes();
  for (const name of ["ann", "ben"]) stakes.create(name, 5n * UNIT);
  stakes.next();
  stakes.jail("ann");
  t.throws(() => stakes.jail("ann"), { codespace: "staking", code: 7 });
  t.match(stakes.line("ann"), /^bonded jailed/);
  stakes.next();
  t.same(stakes.told("ann", "ben"), { ann: 0n });
  t.match(stakes.line("ann"), /^unbonding jailed/);
  stakes.unjail("ann");
  t.throws(() => stakes.unjail("ann"), { codespace: "undefined", code: 1 });
  stakes.next();
  t.same(stakes.told("ann", "ben"), { ann: 5n });
  t.throws(() => stakes.jail("nobody"), { codespace: "staking", code: 3 });
  t.end();
});

t.test("an operator whose own stake falls under its minimum is jailed", (t) => {
  const stakes = new Stakes({}, { bob: 9n * UNIT });
  stakes.create("ann", 5n * UNIT, { minSelfDelegation: (3n * UNIT).toString() });
  stakes.create("ben", 1n * UNIT);
  stakes.delegate("bob", "ann", 9n * UNIT);
  stakes.next();
  stakes.undelegate("ann", "ann", 2n * UNIT);
  t.match(stakes.line("ann"), /^bonded 12000000/);
  stakes.undelegate("ann", "ann", 1n);
  t.match(stakes.line("ann"), /^bonded jailed 11999999/);
  stakes.next();
  t.same(stakes.told("ann", "ben"), { ann: 0n });
  t.end();
});

t.test("a validator is made under the SDK's conditions", (t) => {
  const stakes = new Stakes({ minCommissionRate: dec("0.05") });
  t.equal(codeOf(stakes.create("ann", 5n * UNIT)), "ok");
  const description = {
    moniker: "x".repeat(71),
    identity: "",
    website: "",
    securityContact: "",
    details: "",
  };
  const secp = { typeUrl: "/cosmos.crypto.secp256k1.PubKey", value: new Uint8Array([10, 1, 1]) };
  const cases: readonly (readonly [code: string, parts: Parameters<Stakes["create"]>[2]])[] = [
    ["staking 5", { pubkey: pubkeyOf("ann") }],
    ["staking 4", { validatorAddress: operatorOf("ann") }],
    ["staking 6", { pubkey: secp }],
    ["staking 39", { pubkey: undefined }],
    ["sdk 8", { pubkey: { ...pubkeyOf("x"), value: new Uint8Array([10, 1, 1]) } }],
    ["staking 40", { commission: rates("0.04", "0.5", "0.1") }],
    ["staking 11", { commission: rates("0.6", "0.5", "0.1") }],
    ["staking 10", { commission: rates("0.6", "1.1", "0.1") }],
    ["staking 14", { commission: rates("0.1", "0.5", "0.6") }],
    ["staking 9", { commission: { ...rates("0.1", "0.5", "0"), rate: "-1" } }],
    ["staking 13", { commission: { ...rates("0.1", "0.5", "0"), maxChangeRate: "-1" } }],
    ["sdk 18", { commission: { rate: "", maxRate: "", maxChangeRate: "" } }],
    ["sdk 18", { description }],
    ["sdk 18", { description: { ...description, moniker: "" } }],
    ["sdk 18", { minSelfDelegation: "0" }],
    ["sdk 18", { minSelfDelegation: "-1" }],
    ["staking 16", { minSelfDelegation: "9000000" }],
    ["sdk 18", { value: { denom: "uatom", amount: "1000000" } }],
    ["sdk 18", { value: { denom: "uopg", amount: "0" } }],
    ["sdk 18", { value: { denom: "uopg", amount: "-5" } }],
    ["sdk 7", { validatorAddress: account("ben") }],
    ["ok", {}],
  ];
  for (const [index, [code, parts]] of cases.entries())
    t.equal(codeOf(stakes.create("ben", 5n * UNIT, parts)), code, `case ${index}`);
  t.end();
});

t.test("a validator is changed under the SDK's conditions", (t) => {
  const stakes = new Stakes();
  stakes.create("ann", 5n * UNIT);
  const keep = "[do-not-modify]";
  const description = {
    moniker: keep,
    identity: keep,
    website: "https://ann",
    securityContact: keep,
    details: keep,
  };
  const edit = (parts: Parameters<typeof send>[0]) => codeOf(send(parts));
  const send = (parts: {
    commissionRate?: string;
    minSelfDelegation?: string;
    name?: string;
    moniker?: string;
  }) =>
    stakes.sandbox.deliver(Msg.methods.EditValidator, {
      validatorAddress: operatorOf(parts.name ?? "ann"),
      description: { ...description, ...(parts.moniker === undefined ? {} : { moniker: parts.moniker }) },
      commissionRate: parts.commissionRate ?? "",
      minSelfDelegation: parts.minSelfDelegation ?? "",
    });
  t.equal(edit({}), "ok");
  t.match(stakes.validator("ann")!.description, { moniker: "ann", website: "https://ann" });
  t.equal(edit({ name: "nobody" }), "staking 3");
  t.equal(edit({ moniker: "x".repeat(71) }), "sdk 18");
  t.equal(edit({ commissionRate: dec("0.12") }), "staking 12", "not within a day of its making");
  t.equal(edit({ commissionRate: dec("1.2") }), "sdk 18");
  t.equal(edit({ minSelfDelegation: "1" }), "staking 17");
  t.equal(edit({ minSelfDelegation: "0" }), "sdk 18");
  t.equal(edit({ minSelfDelegation: "6000000" }), "staking 16");
  t.equal(edit({ minSelfDelegation: "2000000" }), "ok");
  stakes.sandbox.advance(86_400n);
  t.equal(edit({ commissionRate: dec("0.51") }), "staking 11");
  t.equal(edit({ commissionRate: dec("0.16") }), "staking 15");
  const { events } = send({ commissionRate: dec("0.15") });
  t.equal(stakes.validator("ann")!.commission.rate.toString(), dec("0.15"));
  t.match(events.at(-1), {
    type: "edit_validator",
    attributes: [
      {
        value: `commission_rates:<rate:"${dec("0.15")}" max_rate:"${dec("0.5")}" max_change_rate:"${dec("0.05")}" > update_time:<seconds:${stakes.ctx.block.time.seconds} > `,
      },
      { value: "2000000" },
    ],
  });
  t.equal(edit({ commissionRate: dec("0.1") }), "staking 12");
  t.end();
});

t.test("headers and validators of recent blocks are kept, and no older ones", (t) => {
  const stakes = new Stakes({ historicalEntries: 3 });
  stakes.create("ann", 5n * UNIT);
  stakes.create("ben", 7n * UNIT);
  stakes.next(5);
  const { height } = stakes.ctx.block;
  const { hist } = stakes.sandbox.query(Query.methods.HistoricalInfo, { height });
  t.match(hist!.header, { chainId: "sandbox", height });
  t.same(
    hist!.valset.map(({ tokens }) => tokens),
    ["7000000", "5000000"],
  );
  t.same(hist!.valset[0]!.operatorAddress, operatorOf("ben"));
  const kept = Array.from({ length: Number(height) }, (_, i) => BigInt(i + 1)).filter((at) =>
    stakes.keeper.historicalInfo(stakes.ctx, at),
  );
  t.same(kept, [height - 2n, height - 1n, height]);
  t.throws(() => stakes.sandbox.query(Query.methods.HistoricalInfo, { height: 1n }), {
    codespace: "sdk",
    code: 22,
  });
  t.ok(consensusAddress("ann"));
  t.end();
});
