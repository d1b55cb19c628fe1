/** Stakes that are made, moved, taken back and waited for. */
import t from "tap";
import { ChainError } from "../../../../chain/runtime/errors.ts";
import type { MsgUndelegateResponse } from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Delivered } from "../sandbox.ts";
import { Stakes, UNIT } from "./stakes.ts";

const codeOf = ({ error }: Delivered<unknown>) =>
  error instanceof ChainError ? `${error.codespace} ${error.code}` : "ok";

t.test("the first stake sets the rate to one; the validator is bonded at the end of the block", (t) => {
  const stakes = new Stakes();
  t.equal(codeOf(stakes.create("ann", 5n * UNIT)), "ok");
  t.equal(stakes.line("ann"), "unbonded 5000000 5000000.000000000000000000");
  stakes.next();
  t.equal(stakes.line("ann"), "bonded 5000000 5000000.000000000000000000");
  t.same(stakes.told("ann"), { ann: 5n });
  stakes.next();
  t.same(stakes.updates, []);
  t.end();
});

t.test("a delegation takes the coins, gives shares and raises the power", (t) => {
  const stakes = new Stakes({}, { bob: 10n * UNIT });
  stakes.create("ann", 5n * UNIT);
  stakes.next();
  const { events } = stakes.delegate("bob", "ann", 3n * UNIT);
  t.equal(stakes.balance("bob"), 7n * UNIT);
  t.equal(stakes.shares("bob", "ann"), "3000000.000000000000000000");
  t.match(events.at(-1), {
    type: "delegate",
    attributes: [
      { key: "validator" },
      { key: "delegator" },
      { key: "amount", value: "3000000uopg" },
      { key: "new_shares", value: "3000000.000000000000000000" },
    ],
  });
  stakes.next();
  t.same(stakes.told("ann"), { ann: 8n });
  t.end();
});

t.test("undelegated tokens wait for the unbonding time, and are paid back at the end of a block", (t) => {
  const stakes = new Stakes({}, { bob: 10n * UNIT });
  stakes.create("ann", 5n * UNIT);
  stakes.delegate("bob", "ann", 10n * UNIT);
  stakes.next();
  const { response, events } = stakes.undelegate("bob", "ann", 4n * UNIT) as Delivered<MsgUndelegateResponse>;
  t.equal(response!.amount.amount, "4000000");
  t.equal(response!.completionTime.seconds, stakes.ctx.block.time.seconds + 10n);
  t.match(events.at(-1), {
    type: "unbond",
    attributes: [{}, {}, { value: "4000000uopg" }, { value: /^2023-.*Z$/ }],
  });
  t.same(stakes.unbonding("bob", "ann"), [4n * UNIT]);
  stakes.next(10);
  t.equal(stakes.balance("bob"), 0n, "not a block too early");
  stakes.next();
  t.equal(stakes.balance("bob"), 4n * UNIT);
  t.same(stakes.unbonding("bob", "ann"), []);
  t.match(stakes.ended, [{ type: "coin_spent" }, { type: "coin_received" }, { type: "complete_unbonding" }]);
  t.end();
});

t.test("what is undelegated in one block is one entry, and entries are limited", (t) => {
  const stakes = new Stakes({ maxEntries: 2 }, { bob: 10n * UNIT });
  stakes.create("ann", 5n * UNIT);
  stakes.delegate("bob", "ann", 10n * UNIT);
  stakes.next();
  stakes.undelegate("bob", "ann", 1n * UNIT);
  stakes.undelegate("bob", "ann", 2n * UNIT);
  t.same(stakes.unbonding("bob", "ann"), [3n * UNIT]);
  stakes.next();
  t.equal(codeOf(stakes.undelegate("bob", "ann", 1n * UNIT)), "ok");
  stakes.next();
  t.equal(codeOf(stakes.undelegate("bob", "ann", 1n * UNIT)), "staking 27");
  t.end();
});

t.test("an unbonding can be taken back, whole or in part", (t) => {
  const stakes = new Stakes({}, { bob: 10n * UNIT });
  stakes.create("ann", 5n * UNIT);
  stakes.delegate("bob", "ann", 10n * UNIT);
  stakes.next();
  const { height } = stakes.ctx.block;
  stakes.undelegate("bob", "ann", 4n * UNIT);
  stakes.next();
  t.equal(codeOf(stakes.cancel("bob", "ann", 5n * UNIT, height)), "sdk 18");
  t.equal(codeOf(stakes.cancel("bob", "ann", 1n * UNIT, height + 1n)), "sdk 38");
  t.equal(codeOf(stakes.cancel("cat", "ann", 1n * UNIT, height)), "undefined 1");
  t.equal(codeOf(stakes.cancel("bob", "ann", 1n * UNIT, height)), "ok");
  t.same(stakes.unbonding("bob", "ann"), [3n * UNIT]);
  t.equal(stakes.shares("bob", "ann"), "7000000.000000000000000000");
  t.equal(codeOf(stakes.cancel("bob", "ann", 3n * UNIT, height)), "ok");
  t.same(stakes.unbonding("bob", "ann"), []);
  stakes.next(12);
  t.equal(stakes.balance("bob"), 0n);
  stakes.undelegate("bob", "ann", 1n * UNIT);
  const later = stakes.ctx.block.height;
  stakes.jail("ann");
  t.equal(codeOf(stakes.cancel("bob", "ann", 1n * UNIT, later)), "staking 7");
  t.end();
});

t.test("tokens move from one validator to another, but not on from there before their time", (t) => {
  const stakes = new Stakes({ maxEntries: 2 }, { bob: 10n * UNIT });
  for (const name of ["ann", "ben", "cat"]) stakes.create(name, 5n * UNIT);
  stakes.delegate("bob", "ann", 10n * UNIT);
  stakes.next();
  t.equal(codeOf(stakes.redelegate("bob", "ann", "ann", 1n)), "staking 29");
  t.equal(codeOf(stakes.redelegate("bob", "ann", "nobody", 1n)), "staking 31");
  t.equal(codeOf(stakes.redelegate("bob", "nobody", "ann", 1n)), "staking 3");
  t.equal(codeOf(stakes.redelegate("bob", "ann", "ben", 4n * UNIT)), "ok");
  t.equal(stakes.shares("bob", "ben"), "4000000.000000000000000000");
  t.equal(codeOf(stakes.redelegate("bob", "ben", "cat", 1n * UNIT)), "staking 32");
  t.equal(codeOf(stakes.redelegate("bob", "ann", "ben", 1n * UNIT)), "ok");
  t.equal(codeOf(stakes.redelegate("bob", "ann", "ben", 1n * UNIT)), "staking 33");
  stakes.next();
  t.same(stakes.told("ann", "ben"), { ann: 10n, ben: 10n });
  stakes.next(10);
  t.match(stakes.ended, [{ type: "complete_redelegation", attributes: [{ value: "5000000uopg" }] }]);
  t.equal(codeOf(stakes.redelegate("bob", "ben", "cat", 1n * UNIT)), "ok");
  t.end();
});

t.test("to an unbonded validator and from one, tokens move at once", (t) => {
  const stakes = new Stakes({ maxValidators: 1 }, { bob: 4n * UNIT });
  stakes.create("ann", 5n * UNIT);
  stakes.create("ben", 1n * UNIT);
  stakes.create("cat", 2n * UNIT);
  stakes.next();
  t.match([stakes.line("ann"), stakes.line("ben")], [/^bonded/, /^unbonded/]);
  stakes.delegate("bob", "ben", 1n * UNIT);
  t.equal(codeOf(stakes.redelegate("bob", "ben", "cat", 1n * UNIT)), "ok");
  t.same([...stakes.keeper.redelegationsOf(stakes.ctx, stakes.validator("ben")!.operator)], []);
  t.equal(codeOf(stakes.redelegate("bob", "cat", "ann", 1n * UNIT)), "ok");
  stakes.next();
  t.same(stakes.told("ann"), { ann: 6n });
  t.end();
});

t.test("a validator whose last shares are taken goes when it is unbonded", (t) => {
  const stakes = new Stakes({}, { bob: 3n });
  stakes.create("ann", 1n * UNIT);
  stakes.next();
  stakes.slash("ann", stakes.ctx.block.height, 1n, "0.333333");
  t.equal(stakes.line("ann"), "bonded 666667 1000000.000000000000000000");
  t.equal(codeOf(stakes.delegate("bob", "ann", 3n)), "ok");
  t.equal(stakes.shares("bob", "ann"), "4.499997750001124999");
  const { response } = stakes.undelegate("bob", "ann", 3n) as Delivered<MsgUndelegateResponse>;
  t.equal(response!.amount.amount, "3");
  t.equal(stakes.shares("bob", "ann"), undefined);
  t.equal(codeOf(stakes.undelegate("ann", "ann", 666_667n)), "ok");
  t.match(stakes.line("ann"), /^bonded jailed 0 0\.0/);
  stakes.next();
  t.match(stakes.line("ann"), /^unbonding jailed 0/);
  stakes.next(11);
  t.equal(stakes.line("ann"), "none");
  t.end();
});

t.test("what cannot be, is refused with the SDK's codes", (t) => {
  const stakes = new Stakes({}, { bob: 10n * UNIT });
  stakes.create("ann", 5n * UNIT);
  stakes.next();
  const cases: readonly (readonly [string, Delivered<unknown>])[] = [
    ["staking 3", stakes.delegate("bob", "nobody", 1n)],
    ["sdk 18", stakes.delegate("bob", "ann", 1n, "uatom")],
    ["sdk 18", stakes.delegate("bob", "ann", 0n)],
    ["sdk 5", stakes.delegate("bob", "ann", 11n * UNIT)],
    ["staking 19", stakes.undelegate("bob", "ann", 1n)],
    ["staking 3", stakes.undelegate("bob", "nobody", 1n)],
    ["sdk 18", stakes.undelegate("ann", "ann", 6n * UNIT)],
    ["sdk 18", stakes.undelegate("ann", "ann", 1n, "uatom")],
  ];
  for (const [index, [code, delivered]] of cases.entries()) t.equal(codeOf(delivered), code, `case ${index}`);
  stakes.slash("ann", stakes.ctx.block.height, 5n, "1");
  t.equal(codeOf(stakes.delegate("bob", "ann", 1n)), "staking 34");
  t.equal(codeOf(stakes.undelegate("ann", "ann", 1n)), "staking 22");
  t.end();
});
