/** What a fault costs, and whom: the validator, those who left since, and those who moved on. */
import t from "tap";
import { Stakes, UNIT } from "./stakes.ts";

/** Ann with 10 of her own and 10 of Bob's, bonded; Ben with 5. */
function started(): Stakes {
  const stakes = new Stakes({}, { bob: 10n * UNIT });
  stakes.create("ann", 10n * UNIT);
  stakes.create("ben", 5n * UNIT);
  stakes.delegate("bob", "ann", 10n * UNIT);
  stakes.next();
  return stakes;
}

const supply = (stakes: Stakes) => stakes.keeper.stakingSupply(stakes.ctx);

t.test("a fault of this block burns a part of the validator's tokens, and with them of everyone's", (t) => {
  const stakes = started();
  const before = supply(stakes);
  t.equal(stakes.slash("ann", stakes.ctx.block.height, 20n, "0.05"), 1n * UNIT);
  t.equal(stakes.line("ann"), "bonded 19000000 20000000.000000000000000000");
  t.equal(before - supply(stakes), 1n * UNIT);
  stakes.next();
  t.same(stakes.told("ann", "ben"), { ann: 19n });
  // Ten shares are 9.5 now.
  stakes.undelegate("bob", "ann", 9_500_000n);
  t.equal(stakes.shares("bob", "ann"), undefined);
  t.same(stakes.unbonding("bob", "ann"), [9_500_000n]);
  t.end();
});

t.test("who began to leave after the fault pays, who left before does not", (t) => {
  const stakes = started();
  stakes.undelegate("bob", "ann", 4n * UNIT);
  stakes.next();
  const fault = stakes.ctx.block.height;
  stakes.next();
  stakes.undelegate("bob", "ann", 2n * UNIT);
  stakes.next();
  const before = supply(stakes);
  // Of 16 at the fault a half is 8: 1 of what left since, 7 of the validator's 14.
  t.equal(stakes.slash("ann", fault, 16n, "0.5"), 7n * UNIT);
  t.same(stakes.unbonding("bob", "ann"), [4n * UNIT, 1n * UNIT]);
  t.equal(stakes.line("ann"), "bonded 7000000 14000000.000000000000000000");
  t.equal(before - supply(stakes), 8n * UNIT);
  // A second time: by what they began with, but no more than is left.
  t.equal(stakes.slash("ann", fault, 16n, "1"), 7n * UNIT);
  t.same(stakes.unbonding("bob", "ann"), [4n * UNIT, 0n]);
  t.match(stakes.line("ann"), /^bonded 0 14/);
  stakes.next();
  t.same(stakes.told("ann", "ben"), { ann: 0n });
  stakes.next(12);
  t.equal(stakes.balance("bob"), 4n * UNIT);
  t.end();
});

t.test("who moved on after the fault pays at the validator moved to", (t) => {
  const stakes = started();
  const fault = stakes.ctx.block.height;
  stakes.next();
  stakes.redelegate("bob", "ann", "ben", 6n * UNIT);
  stakes.next();
  const before = supply(stakes);
  // Of 20 a half is 10: 3 of the 6 moved, 7 of Ann's 14.
  t.equal(stakes.slash("ann", fault, 20n, "0.5"), 7n * UNIT);
  t.equal(stakes.shares("bob", "ben"), "3000000.000000000000000000");
  t.equal(stakes.line("ben"), "bonded 8000000 8000000.000000000000000000");
  t.equal(before - supply(stakes), 10n * UNIT);
  stakes.next();
  t.end();
});

t.test("who moved on and then left pays from what is leaving first", (t) => {
  const stakes = started();
  const fault = stakes.ctx.block.height;
  stakes.next();
  stakes.redelegate("bob", "ann", "ben", 6n * UNIT);
  stakes.next();
  stakes.undelegate("bob", "ben", 2n * UNIT);
  stakes.next();
  const before = supply(stakes);
  t.equal(stakes.slash("ann", fault, 20n, "0.5"), 7n * UNIT);
  // Three are owed: two of them are on their way out; then half of the shares moved, as in the SDK.
  t.same(stakes.unbonding("bob", "ben"), [0n]);
  t.equal(stakes.shares("bob", "ben"), "1000000.000000000000000000");
  t.equal(before - supply(stakes), 12n * UNIT);
  stakes.next();
  t.end();
});

t.test(
  "a validator that is gone, or unbonded, has nothing to pay with; heights to come have no faults",
  (t) => {
    const stakes = started();
    t.equal(stakes.slash("nobody", 1n, 10n, "0.5"), 0n);
    t.throws(() => stakes.slash("ann", stakes.ctx.block.height + 1n, 10n, "0.5"), { code: 35 });
    stakes.jail("ann");
    stakes.next(12);
    t.match(stakes.line("ann"), /^unbonded/);
    t.equal(stakes.slash("ann", 1n, 10n, "0.5"), 0n);
    t.equal(stakes.slash("ben", stakes.ctx.block.height, 5n, "0"), 0n);
    t.end();
  },
);

t.test("burning the last shares of an unbonded validator that one moved to halts nobody", (t) => {
  const stakes = new Stakes(
    { maxValidators: 1, unbondingTime: { seconds: 100n, nanos: 0 } },
    { bob: 3n * UNIT },
  );
  stakes.create("ann", 10n * UNIT);
  stakes.create("ben", 1n * UNIT);
  stakes.delegate("bob", "ann", 3n * UNIT);
  stakes.next();
  const fault = stakes.ctx.block.height;
  stakes.next();
  stakes.redelegate("bob", "ann", "ben", 3n * UNIT);
  stakes.undelegate("ben", "ben", 1n * UNIT);
  t.equal(stakes.line("ben"), "unbonded jailed 3000000 3000000.000000000000000000");
  stakes.next();
  t.equal(stakes.slash("ann", fault, 13n, "1"), 10n * UNIT);
  t.equal(stakes.line("ben"), "none");
  stakes.next();
  t.end();
});

t.test("what a slash leaves of a fraction is rounded as the SDK does", (t) => {
  const stakes = new Stakes({}, { bob: 10n * UNIT });
  stakes.create("ann", 1_000_003n);
  stakes.next();
  // 1 · 10^6 · 0.0001 = 100 of power 1.
  t.equal(stakes.slash("ann", stakes.ctx.block.height, 1n, "0.0001"), 100n);
  t.equal(stakes.line("ann"), "bonded 999903 1000003.000000000000000000");
  stakes.delegate("bob", "ann", 7n);
  t.equal(stakes.shares("bob", "ann"), "7.000700067906586938");
  stakes.next();
  t.same(stakes.told("ann"), { ann: 0n });
  t.end();
});
