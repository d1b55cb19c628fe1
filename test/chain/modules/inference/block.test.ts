import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { DEFAULT_PARAMS } from "../../../../chain/modules/inference/params.ts";
import { nextUnitPrice } from "../../../../chain/modules/inference/price.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { decAmountOf, decCoinsFromState } from "../../../../chain/runtime/dec-coins.ts";
import { type Dec, decFromInt, decToWire, decTruncate } from "../../../../chain/runtime/decimal.ts";
import { hashItems } from "../../../../chain/store/merkle.ts";
import { Query as DistributionQuery } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { GenesisState, Query, Receipt } from "../../../../proto/gen/opg.inference.v1.ts";
import { ask, matmul, publishModel, vector } from "../samples.ts";
import { account, codec, DENOM, operatorAccount, Sandbox } from "../sandbox.ts";

const FUNDS = 1_000_000_000n;
const validators = [
  { name: "v1", power: 10n },
  { name: "v2", power: 20n },
  { name: "v3", power: 30n },
];

function started(params: Partial<typeof DEFAULT_PARAMS> = {}): Sandbox {
  const inference = GenesisState.create({
    params: { ...DEFAULT_PARAMS, ...params },
    unitPrice: "1000000000000000",
    nextReceiptId: 1n,
  });
  const sandbox = new Sandbox({ funds: { alice: FUNDS }, genesis: { inference }, validators });
  sandbox.block(() => {
    publishModel(sandbox, "owner", matmul(4), 1_000n);
    publishModel(sandbox, "heir", matmul(5));
  });
  return sandbox;
}

/** Asks `count` different things of the first model. */
function askMany(sandbox: Sandbox, count: number, from = 0): void {
  for (let i = 0; i < count; i++) {
    const { error } = ask(sandbox, { requester: "alice", modelId: 1n, inputs: [vector(4, from + i)] });
    if (error) throw error;
  }
}

/** What a validator and its delegators have to get; whole coins, as inferences are paid in such. */
function outstanding(sandbox: Sandbox, validator: string): bigint {
  const validatorAddress = codec.operators.format(codec.parse(operatorAccount(validator)));
  const { rewards } = sandbox.query(DistributionQuery.methods.ValidatorOutstandingRewards, {
    validatorAddress,
  });
  return decTruncate(decAmountOf(decCoinsFromState(rewards.rewards), DENOM));
}

const receiptsAt = (sandbox: Sandbox, height: bigint) =>
  sandbox.query(Query.methods.Receipts, { height }).receipts;

t.test(
  "a block's fees reach who computed, who verified, the owners and the treasury; the rest is burnt",
  (t) => {
    const sandbox = started();
    const supply = () => sandbox.modules.bank.supply(sandbox.context(), DENOM);
    const before = supply();
    sandbox.block(
      () => {
        askMany(sandbox, 3);
        ask(sandbox, { requester: "alice", modelId: 2n, inputs: [vector(5, 1)] });
      },
      { proposer: "v2" },
    );
    const receipts = receiptsAt(sandbox, 2n);
    t.equal(receipts.length, 4);
    const sum = (part: keyof Receipt["split"], of = receipts) =>
      of.reduce((total, { split }) => total + BigInt(split[part]), 0n);
    const byModel = (id: bigint) => receipts.filter(({ modelId }) => modelId === id);
    t.equal(sandbox.balance(account("owner")), sum("owner", byModel(1n)));
    t.equal(sandbox.balance(account("heir")), sum("owner", byModel(2n)));
    const pool = sandbox.modules.distribution.communityPool(sandbox.context());
    t.equal(decAmountOf(pool, DENOM), decFromInt(sum("treasury")));
    t.equal(before - supply(), sum("burn"));
    const rewards = validators.map(({ name }) => outstanding(sandbox, name));
    t.equal(
      rewards.reduce((a, b) => a + b, 0n),
      sum("compute") + sum("verification"),
    );
    t.equal(
      rewards[1]! - sum("compute"),
      (sum("verification") * 20n + 30n) / 60n,
      "the proposer computed first",
    );
    t.strictSame(sandbox.modules.bank.balances(sandbox.context(), moduleAddress("inference")), []);
    const types = sandbox.events.map(({ type }) => type);
    for (const type of ["fee_split", "royalty", "validator_share", "burn", "compute_price"])
      t.ok(types.includes(type), type);
    t.strictSame(sandbox.broken(), []);
    t.end();
  },
);

t.test(
  "the root of a block is over its receipts in order of id, and every receipt's path leads to it",
  (t) => {
    const sandbox = started();
    for (const count of [1, 2, 3, 5, 8]) {
      sandbox.block(() => askMany(sandbox, count));
      const receipts = receiptsAt(sandbox, sandbox.height);
      const { root } = sandbox.query(Query.methods.ReceiptsRoot, { height: sandbox.height });
      const leaves = receipts.map((receipt) => Receipt.encode(receipt));
      t.strictSame(root.root, hashItems(leaves));
      t.equal(root.count, count);
      for (const [position, { id }] of receipts.entries()) {
        const proof = sandbox.query(Query.methods.ReceiptProof, { receiptId: id });
        t.equal(proof.index, position);
        t.strictSame(climb(leaves[position]!, position, count, proof.aunts), root.root);
      }
    }
    t.end();
  },
);

/** RFC 6962 section 2.1.1, in the form of CometBFT's merkle.Proof, written down a second time. */
function climb(leaf: Uint8Array, index: number, total: number, aunts: readonly Uint8Array[]): Uint8Array {
  const hash = (prefix: number, ...parts: readonly Uint8Array[]) =>
    sha256(Uint8Array.of(prefix, ...parts.flatMap((part) => [...part])));
  const up = (position: number, count: number, path: readonly Uint8Array[]): Uint8Array => {
    if (count === 1) return hash(0, leaf);
    let left = 1;
    while (left * 2 < count) left *= 2;
    const [last, rest] = [path.at(-1)!, path.slice(0, -1)];
    return position < left
      ? hash(1, up(position, left, rest), last)
      : hash(1, last, up(position - left, count - left, rest));
  };
  return up(index, total, aunts);
}

t.test("a block without inferences has no root and lets the price fall", (t) => {
  const sandbox = started();
  const price = () => BigInt(sandbox.query(Query.methods.Price).unitPrice) as Dec;
  const before = price();
  sandbox.block(() => undefined);
  t.equal(price(), nextUnitPrice(before, 0n, DEFAULT_PARAMS));
  t.throws(() => sandbox.query(Query.methods.ReceiptsRoot, { height: 2n }), { code: 22 });
  t.end();
});

t.test("the price of the next block follows the use of this one, and a block has one price", (t) => {
  const one = started().query(Query.methods.Quote, { modelId: 1n }).computeUnits;
  const sandbox = started({ blockComputeBudget: one * 4n });
  const before = BigInt(sandbox.query(Query.methods.Price).unitPrice) as Dec;
  sandbox.block(() => askMany(sandbox, 4));
  const params = { ...DEFAULT_PARAMS, blockComputeBudget: one * 4n };
  t.equal(sandbox.query(Query.methods.Price).unitPrice, decToWire(nextUnitPrice(before, 4n * one, params)));
  t.strictSame(
    new Set(receiptsAt(sandbox, 2n).map(({ unitPrice }) => unitPrice)),
    new Set([before.toString()]),
  );
  t.end();
});

t.test("outputs and receipts go when their time is over, roots stay", (t) => {
  const sandbox = started({ outputRetentionBlocks: 2n, receiptRetentionBlocks: 4n });
  sandbox.block(() => askMany(sandbox, 2));
  const { root } = sandbox.query(Query.methods.ReceiptsRoot, { height: 2n });
  const there = () => {
    try {
      sandbox.query(Query.methods.Output, { receiptId: 1n });
      return "output";
    } catch (error) {
      t.match(error, { codespace: "inference", code: 10 });
    }
    return receiptsAt(sandbox, 2n).length > 0 ? "receipt" : "root";
  };
  const seen = [3, 4, 5, 6].map(() => sandbox.block(() => undefined) ?? there());
  t.strictSame(seen, ["output", "receipt", "receipt", "root"]);
  t.strictSame(sandbox.query(Query.methods.ReceiptsRoot, { height: 2n }).root, root);
  t.throws(() => sandbox.query(Query.methods.Receipt, { receiptId: 1n }), {
    codespace: "inference",
    code: 10,
  });
  t.throws(() => sandbox.query(Query.methods.ReceiptProof, { receiptId: 1n }), {
    codespace: "inference",
    code: 10,
  });
  t.throws(() => sandbox.query(Query.methods.Receipt, { receiptId: 3n }), { codespace: "sdk", code: 22 });
  for (const filter of [{ requester: account("alice") }, { modelId: 1n }, {}])
    t.strictSame(sandbox.query(Query.methods.Receipts, filter).receipts, []);
  t.strictSame(sandbox.broken(), []);
  t.end();
});

t.test("a shorter retention is caught up with, a bounded number of blocks at a time", (t) => {
  const sandbox = started({ outputRetentionBlocks: 1_000n, receiptRetentionBlocks: 1_000n });
  for (let i = 0; i < 50; i++) sandbox.block(() => askMany(sandbox, 1, i));
  const authorised = { ...DEFAULT_PARAMS, outputRetentionBlocks: 1n, receiptRetentionBlocks: 1n };
  sandbox.block(() => sandbox.modules.inference.scheduleParams(sandbox.context("deliver"), authorised));
  const left = () => sandbox.query(Query.methods.Receipts).pagination!.total;
  const counts = [1, 2, 3].map(() => sandbox.block(() => undefined) ?? left());
  t.strictSame(counts, [30n, 10n, 0n]);
  t.strictSame(sandbox.broken(), []);
  t.end();
});

t.test("receipts are listed by requester, model and height, page by page", (t) => {
  const sandbox = started();
  sandbox.fund(account("bob"), FUNDS);
  sandbox.block(() => {
    askMany(sandbox, 5);
    ask(sandbox, { requester: "bob", modelId: 2n, inputs: [vector(5, 1)] });
  });
  sandbox.block(() => askMany(sandbox, 1));
  const ids = (request: Parameters<typeof list>[0]) => list(request).receipts.map(({ id }) => id);
  const list = (request: Partial<ReturnType<typeof Query.methods.Receipts.request.create>>) =>
    sandbox.query(Query.methods.Receipts, request);
  t.strictSame(ids({}), [1n, 2n, 3n, 4n, 5n, 6n, 7n]);
  t.strictSame(ids({ requester: account("bob") }), [6n]);
  t.strictSame(ids({ modelId: 1n }), [1n, 2n, 3n, 4n, 5n, 7n]);
  t.strictSame(ids({ height: 3n }), [7n]);
  t.strictSame(ids({ height: 9n }), []);
  t.throws(() => list({ height: 2n, modelId: 1n }), { codespace: "sdk", code: 18 });
  for (const reverse of [false, true]) {
    const seen: bigint[] = [];
    let key = new Uint8Array(0);
    do {
      const page = list({
        height: 2n,
        pagination: { key, offset: 0n, limit: 4n, countTotal: false, reverse },
      });
      seen.push(...page.receipts.map(({ id }) => id));
      key = page.pagination!.nextKey as Uint8Array<ArrayBuffer>;
    } while (key.length > 0);
    const all = [1n, 2n, 3n, 4n, 5n, 6n];
    t.strictSame(seen, reverse ? all.reverse() : all);
  }
  t.strictSame(
    ids({
      height: 2n,
      pagination: { key: new Uint8Array(0), offset: 4n, limit: 9n, countTotal: false, reverse: false },
    }),
    [5n, 6n],
  );
  t.throws(
    () =>
      list({
        height: 2n,
        pagination: { key: Uint8Array.of(1), offset: 0n, limit: 9n, countTotal: false, reverse: false },
      }),
    { codespace: "sdk", code: 18 },
  );
  t.end();
});
