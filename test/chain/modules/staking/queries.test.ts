/** What the fourteen queries answer. */
import t from "tap";
import { Query } from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { account } from "../sandbox.ts";
import { operatorOf, Stakes, UNIT } from "./stakes.ts";

const { methods } = Query;

/** Ann and Ben bonded, Cat not; Bob has 4 with Ann, 2 on their way out of her and 3 moved from her to Ben. */
function started(): Stakes {
  const stakes = new Stakes({ maxValidators: 2 }, { bob: 9n * UNIT });
  stakes.create("ann", 10n * UNIT);
  stakes.create("ben", 5n * UNIT);
  stakes.create("cat", 1n * UNIT);
  stakes.delegate("bob", "ann", 9n * UNIT);
  stakes.next();
  stakes.undelegate("bob", "ann", 2n * UNIT);
  stakes.redelegate("bob", "ann", "ben", 3n * UNIT);
  return stakes;
}

const bob = { delegatorAddr: account("bob") };
const ann = { validatorAddr: operatorOf("ann") };

t.test("validators, by status and by name", (t) => {
  const { sandbox } = started();
  const names = (status: string) =>
    sandbox
      .query(methods.Validators, { status })
      .validators.map(({ description }) => description.moniker)
      .sort();
  t.same(names(""), ["ann", "ben", "cat"]);
  t.same(names("BOND_STATUS_BONDED"), ["ann", "ben"]);
  t.same(names("BOND_STATUS_UNBONDED"), ["cat"]);
  t.same(names("BOND_STATUS_UNBONDING"), []);
  for (const status of ["bonded", "BOND_STATUS_UNSPECIFIED", "toString"])
    t.throws(() => names(status), { codespace: "sdk", code: 18 }, status);
  const page = sandbox.query(methods.Validators, {
    pagination: { key: new Uint8Array(0), offset: 0n, limit: 2n, countTotal: true, reverse: false },
  });
  t.match([page.validators.length, page.pagination!.total], [2, 3n]);
  t.match(sandbox.query(methods.Validator, ann).validator, { tokens: "14000000", status: 3 });
  t.throws(() => sandbox.query(methods.Validator, { validatorAddr: operatorOf("bob") }), { code: 22 });
  t.throws(() => sandbox.query(methods.Validator, { validatorAddr: "" }), { code: 18 });
  t.throws(() => sandbox.query(methods.Validator, { validatorAddr: account("ann") }), { code: 7 });
  t.end();
});

t.test("delegations, with what they are worth", (t) => {
  const stakes = started();
  const { sandbox } = stakes;
  stakes.slash("ann", stakes.ctx.block.height, 14n, "0.5");
  const one = sandbox.query(methods.Delegation, { ...bob, ...ann }).delegationResponse!;
  t.match(one, {
    delegation: { shares: (4n * UNIT * 10n ** 18n).toString() },
    balance: { amount: "2000000" },
  });
  const worth = (list: readonly { balance: { amount: string } }[]) =>
    list.map(({ balance }) => balance.amount).sort();
  t.same(worth(sandbox.query(methods.DelegatorDelegations, bob).delegationResponses), ["2000000", "3000000"]);
  t.same(worth(sandbox.query(methods.ValidatorDelegations, ann).delegationResponses), ["2000000", "5000000"]);
  t.throws(() => sandbox.query(methods.Delegation, { ...bob, validatorAddr: operatorOf("cat") }), {
    code: 22,
  });
  t.throws(() => sandbox.query(methods.Delegation, { ...ann, delegatorAddr: "" }), { code: 18 });
  t.same(sandbox.query(methods.DelegatorValidators, bob).validators.length, 2);
  t.match(sandbox.query(methods.DelegatorValidator, { ...bob, ...ann }).validator.description, {
    moniker: "ann",
  });
  t.throws(() => sandbox.query(methods.DelegatorValidator, { ...bob, validatorAddr: operatorOf("cat") }), {
    code: 22,
  });
  t.end();
});

t.test("what is on its way out, or to another", (t) => {
  const { sandbox } = started();
  const entry = { balance: "2000000", initialBalance: "2000000", unbondingId: 1n };
  t.match(sandbox.query(methods.UnbondingDelegation, { ...bob, ...ann }).unbond.entries, [entry]);
  t.match(sandbox.query(methods.DelegatorUnbondingDelegations, bob).unbondingResponses, [
    { entries: [entry] },
  ]);
  t.match(sandbox.query(methods.ValidatorUnbondingDelegations, ann).unbondingResponses, [
    { entries: [entry] },
  ]);
  t.throws(() => sandbox.query(methods.UnbondingDelegation, { ...bob, validatorAddr: operatorOf("cat") }), {
    code: 22,
  });
  const [srcValidatorAddr, dstValidatorAddr] = [operatorOf("ann"), operatorOf("ben")];
  for (const request of [bob, { srcValidatorAddr }, { ...bob, srcValidatorAddr, dstValidatorAddr }]) {
    const { redelegationResponses } = sandbox.query(methods.Redelegations, request);
    t.match(redelegationResponses, [
      {
        redelegation: { delegatorAddress: account("bob"), entries: [] },
        entries: [{ balance: "3000000", redelegationEntry: { initialBalance: "3000000", unbondingId: 2n } }],
      },
    ]);
  }
  t.throws(
    () =>
      sandbox.query(methods.Redelegations, { ...bob, srcValidatorAddr: dstValidatorAddr, dstValidatorAddr }),
    { code: 22 },
  );
  t.end();
});

t.test("pools and parameters", (t) => {
  const { sandbox } = started();
  t.same(sandbox.query(methods.Pool).pool, { notBondedTokens: "3000000", bondedTokens: "22000000" });
  t.match(sandbox.query(methods.Params).params, { maxValidators: 2, bondDenom: "uopg", maxEntries: 7 });
  t.end();
});
