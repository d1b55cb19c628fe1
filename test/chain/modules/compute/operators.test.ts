/** Operators, their bonds, offers and tolerances (ADR-0160). */
import t from "tap";
import { lockCollateral, releaseCollateral, slash } from "../../../../chain/modules/compute/operators.ts";
import { MAX_PAID_PER_BLOCK, MAX_UNBONDINGS } from "../../../../chain/modules/compute/params.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import type { AnyMethod } from "../../../../proto/codec.ts";
import { Msg, Query, Verification } from "../../../../proto/gen/opg.compute.v1.ts";
import { matmul, publishModel } from "../samples.ts";
import { account, codec, DENOM } from "../sandbox.ts";
import { BOND, FUNDS, Market } from "./market.ts";

const { methods } = Msg;
const { VERIFICATION_EXACT, VERIFICATION_TOLERANCE } = Verification;
const MIN_BOND = 1_000_000_000n;
const coin = (amount: bigint, denom = DENOM) => ({ denom, amount: amount.toString() });
const op = account("op");
const MODULE_ACCOUNT = codec.format(moduleAddress("gov"));

const registration = {
  operator: account("bob"),
  metadata: { moniker: "bob", endpoint: "", details: "" },
  capacity: 1,
  bond: coin(MIN_BOND),
};
const offer = {
  operator: op,
  modelId: 1n,
  verification: VERIFICATION_EXACT,
  unitPrice: "0",
  itemPrice: "5",
  maxItems: 10,
};
const tolerance = { owner: account("owner"), modelId: 1n, absolute: "0", relative: "0", sameArgmax: false };
const change = (more: object) => ({
  operator: op,
  metadata: { moniker: "op", endpoint: "", details: "" },
  capacity: 1,
  ...more,
});

/** What is refused: the message, and the error's codespace and code. */
const REFUSED: readonly (readonly [string, AnyMethod, object, string, number])[] = [
  ["to register twice", methods.RegisterOperator, { ...registration, operator: op }, "compute", 4],
  ["a small bond", methods.RegisterOperator, { ...registration, bond: coin(MIN_BOND - 1n) }, "compute", 6],
  ["no bond", methods.RegisterOperator, { ...registration, bond: coin(0n) }, "compute", 6],
  [
    "another coin",
    methods.RegisterOperator,
    { ...registration, bond: coin(MIN_BOND, "other") },
    "compute",
    12,
  ],
  ["more than there is", methods.RegisterOperator, { ...registration, bond: coin(FUNDS + 1n) }, "sdk", 5],
  ["no name", methods.RegisterOperator, { ...registration, metadata: { moniker: " " } }, "compute", 5],
  [
    "a long story",
    methods.RegisterOperator,
    { ...registration, metadata: { moniker: "m", endpoint: "", details: "d".repeat(1_024) } },
    "compute",
    5,
  ],
  ["no capacity", methods.RegisterOperator, { ...registration, capacity: 0 }, "compute", 5],
  ["too much capacity", methods.RegisterOperator, { ...registration, capacity: 10_001 }, "compute", 5],
  [
    "a module as operator",
    methods.RegisterOperator,
    { ...registration, operator: MODULE_ACCOUNT },
    "compute",
    5,
  ],
  [
    "a module that is paid",
    methods.RegisterOperator,
    { ...registration, withdrawAddress: MODULE_ACCOUNT },
    "compute",
    5,
  ],
  ["no address", methods.RegisterOperator, { ...registration, hotAddress: "x" }, "sdk", 7],
  ["a change of nobody", methods.UpdateOperator, change({ operator: account("bob") }), "compute", 2],
  ["a change to a module", methods.UpdateOperator, change({ withdrawAddress: MODULE_ACCOUNT }), "compute", 5],
  ["a bond of nobody", methods.Bond, { operator: account("bob"), amount: coin(1n) }, "compute", 2],
  ["a bond of nothing", methods.Bond, { operator: op, amount: coin(0n) }, "compute", 6],
  ["a bond beyond all", methods.Bond, { operator: op, amount: coin(1n << 121n) }, "compute", 6],
  ["to unbond as nobody", methods.Unbond, { operator: account("bob"), amount: coin(1n) }, "compute", 2],
  ["to unbond more than all", methods.Unbond, { operator: op, amount: coin(BOND + 1n) }, "compute", 6],
  [
    "to leave less than the least",
    methods.Unbond,
    { operator: op, amount: coin(BOND - MIN_BOND + 1n) },
    "compute",
    6,
  ],
  ["an offer of nobody", methods.SetOffer, { ...offer, operator: account("bob") }, "compute", 2],
  ["an offer judged by nothing", methods.SetOffer, { ...offer, verification: 0 }, "compute", 9],
  ["an offer for no model", methods.SetOffer, { ...offer, modelId: 9n }, "models", 2],
  ["an offer of no items", methods.SetOffer, { ...offer, maxItems: 0 }, "compute", 9],
  ["an offer of too many items", methods.SetOffer, { ...offer, maxItems: 10_001 }, "compute", 9],
  ["a price below nothing", methods.SetOffer, { ...offer, unitPrice: "-1" }, "compute", 9],
  ["a price that is none", methods.SetOffer, { ...offer, itemPrice: "x" }, "sdk", 10],
  [
    "an offer within no bounds",
    methods.SetOffer,
    { ...offer, modelId: 2n, verification: VERIFICATION_TOLERANCE },
    "compute",
    11,
  ],
  [
    "to take back what is not there",
    methods.RemoveOffer,
    { operator: op, modelId: 2n, verification: 1 },
    "compute",
    2,
  ],
  ["bounds by another", methods.SetTolerance, { ...tolerance, owner: op }, "compute", 3],
  ["bounds below nothing", methods.SetTolerance, { ...tolerance, absolute: "-1" }, "compute", 11],
  [
    "bounds as wide as all",
    methods.SetTolerance,
    { ...tolerance, relative: "1000000000000000001" },
    "compute",
    11,
  ],
  ["bounds of no model", methods.SetTolerance, { ...tolerance, modelId: 9n }, "models", 2],
];

/** A market with an operator, and a second model without a tolerance. */
function market(): Market {
  const made = new Market({ params: { unbondingBlocks: 800 } });
  made.block(() => publishModel(made.sandbox, "owner", matmul(8)));
  return made;
}

t.test("what is refused", async (t) => {
  const { sandbox } = market();
  sandbox.begin();
  for (const [what, method, message, codespace, code] of REFUSED) {
    const { error } = sandbox.deliver(method, message);
    t.match(error, { codespace, code }, what);
  }
  sandbox.end();
  t.same(sandbox.broken(), []);
});

t.test("a bond comes in, grows, and goes out in parts after its time", async (t) => {
  const made = market();
  const { sandbox } = made;
  const held = () => made.held("compute_bonds");
  t.equal(held(), BOND);
  made.block(() => sandbox.run(methods.Bond, { operator: op, amount: coin(7n) }));
  t.equal(held(), BOND + 7n);
  const before = made.balance(op);
  const heights = [5n, 2n].map((amount) =>
    made.block(() => sandbox.run(methods.Unbond, { operator: op, amount: coin(amount) }).dueHeight),
  );
  t.same(heights, [sandbox.height - 1n + 800n, sandbox.height + 800n]);
  t.match(made.operator("op"), { bond: BOND.toString(), unbonding: [{ amount: "5" }, { amount: "2" }] });
  made.blocks(798);
  t.equal(made.balance(op), before, "not yet");
  made.blocks(1);
  t.equal(made.balance(op), before + 5n);
  made.blocks(1);
  t.equal(made.balance(op), before + 7n);
  t.equal(held(), BOND);
  t.same(made.operator("op").unbonding, []);
});

t.test("parts that are asked back in one block are one part; there are seven at most", async (t) => {
  const made = market();
  const { sandbox } = made;
  const unbond = () => sandbox.deliver(methods.Unbond, { operator: op, amount: coin(1n) }).error;
  made.block(() => [unbond(), unbond()]);
  t.match(made.operator("op").unbonding, [{ amount: "2" }]);
  for (let i = 1; i < MAX_UNBONDINGS; i++) made.block(unbond);
  t.equal(made.operator("op").unbonding.length, MAX_UNBONDINGS);
  t.match(made.block(unbond), { codespace: "compute", code: 8 });
});

t.test("a block pays so many that unbond, and the rest after it", async (t) => {
  const names = Array.from({ length: MAX_PAID_PER_BLOCK + 2 }, (_, index) => `o${index}`);
  const made = new Market({
    operators: {},
    params: { unbondingBlocks: 800 },
    funds: Object.fromEntries(names.map((name) => [name, MIN_BOND])),
  });
  made.block(() => {
    for (const name of names) made.register(name, 1n, MIN_BOND);
    for (const name of names)
      made.sandbox.run(methods.Unbond, { operator: account(name), amount: coin(MIN_BOND) });
  });
  made.blocks(799);
  t.equal(made.held("compute_bonds"), MIN_BOND * BigInt(names.length));
  made.blocks(1);
  t.equal(made.held("compute_bonds"), MIN_BOND * 2n);
  made.blocks(1);
  t.equal(made.held("compute_bonds"), 0n);
});

t.test(
  "what answers for a job cannot be unbonded; a slash reaches the bond, then what unbonds",
  async (t) => {
    const made = market();
    const { sandbox } = made;
    const address = codec.parse(op);
    const deliver = () => sandbox.context("deliver");
    sandbox.begin();
    lockCollateral(deliver(), address, BOND - MIN_BOND);
    t.match(sandbox.deliver(methods.Unbond, { operator: op, amount: coin(BOND) }).error, { code: 7 });
    const { error } = sandbox.deliver(methods.Unbond, { operator: op, amount: coin(MIN_BOND + 1n) });
    t.match(error, { codespace: "compute", code: 7 });
    releaseCollateral(deliver(), address, BOND - MIN_BOND);
    t.match(made.operator("op"), { locked: "0", openJobs: 0, record: { assigned: 1n } });
    sandbox.run(methods.Unbond, { operator: op, amount: coin(100n) });
    sandbox.end();
    sandbox.begin();
    sandbox.run(methods.Unbond, { operator: op, amount: coin(BOND - 100n) });
    t.equal(slash(deliver(), address, 50n), 50n);
    t.match(made.operator("op"), {
      bond: "0",
      unbonding: [{ amount: "100" }, { amount: (BOND - 150n).toString() }],
      record: { slashed: "50" },
    });
    t.equal(slash(deliver(), address, BOND), BOND - 50n, "no more than there is");
    t.match(made.operator("op"), { bond: "0", unbonding: [], record: { slashed: BOND.toString() } });
    // Whoever slashes moves what it took.
    sandbox.modules.bank.burn(deliver(), "compute_bonds", [{ denom: DENOM, amount: BOND }]);
    sandbox.end();
    t.same(sandbox.broken(), []);
  },
);

t.test("settings are set anew; what is not given is the operator's own", async (t) => {
  const made = market();
  made.block(() => made.sandbox.run(methods.UpdateOperator, change({ paused: true, capacity: 3 })));
  t.match(made.operator("op"), {
    hotAddress: op,
    withdrawAddress: op,
    capacity: 3,
    paused: true,
    bond: BOND.toString(),
  });
});

t.test("a full list of offers makes room for whoever bonds more", async (t) => {
  const made = new Market({
    operators: { op: 5n, other: 6n },
    params: { maxOffers: 2 },
    funds: { third: FUNDS },
  });
  const { sandbox } = made;
  const operators = () =>
    sandbox
      .query(Query.methods.Offers, { modelId: made.modelId })
      .offers.flatMap((each) => (each.verification === VERIFICATION_EXACT ? [each.operator] : []));
  const all = (...names: readonly string[]) =>
    names
      .map((name) => codec.parse(account(name)))
      .sort(Buffer.compare)
      .map((each) => codec.format(each));
  const third = { ...registration, operator: account("third"), bond: coin(BOND) };
  const offered = { ...offer, operator: account("third") };
  made.block(() => {
    sandbox.run(methods.RegisterOperator, third);
    t.match(sandbox.deliver(methods.SetOffer, offered).error, { codespace: "compute", code: 10 });
  });
  t.same(operators(), all("op", "other"));
  made.block(() => {
    sandbox.run(methods.Bond, { operator: account("third"), amount: coin(1n) });
    sandbox.run(methods.SetOffer, offered);
    t.equal(
      sandbox.deliver(methods.SetOffer, { ...offered, itemPrice: "9" }).error,
      undefined,
      "its own anew",
    );
  });
  const last = all("op", "other").at(-1)!;
  t.same(
    operators(),
    all("op", "other", "third").filter((each) => each !== last),
  );
});

t.test("queries of operators, offers and tolerances", async (t) => {
  const made = new Market({ operators: { op: 5n, other: 6n } });
  const { sandbox, modelId } = made;
  const { operators, pagination } = sandbox.query(Query.methods.Operators, {
    pagination: { key: new Uint8Array(0), offset: 0n, limit: 1n, countTotal: true, reverse: false },
  });
  t.equal(operators.length, 1);
  t.equal(pagination?.total, 2n);
  const offers = (request: { operator?: string; modelId?: bigint }) =>
    sandbox.query(Query.methods.Offers, request).offers;
  t.equal(offers({}).length, 4);
  t.same(
    offers({ operator: op }).map(({ verification }) => verification),
    [1, 2],
  );
  t.equal(offers({ modelId }).length, 4);
  t.equal(offers({ modelId: 9n }).length, 0);
  t.throws(() => offers({ modelId, operator: op }), { code: 18 });
  t.throws(() => sandbox.query(Query.methods.Operator, { operator: account("bob") }), {
    codespace: "sdk",
    code: 22,
  });
  t.equal(sandbox.query(Query.methods.Tolerance, { modelId }).tolerance.relative, "0");
  t.throws(() => sandbox.query(Query.methods.Tolerance, { modelId: 9n }), { codespace: "sdk", code: 22 });
  made.block(() =>
    sandbox.run(methods.RemoveOffer, { operator: op, modelId, verification: VERIFICATION_EXACT }),
  );
  t.equal(offers({ operator: op }).length, 1);
});
