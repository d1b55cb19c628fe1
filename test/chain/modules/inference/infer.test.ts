import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { encodeTensors } from "../../../../chain/engine/tensor.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/inference/params.ts";
import { ComputePending, type ComputeRequest } from "../../../../chain/runtime/compute.ts";
import { GenesisState, Msg, type MsgInfer, Query, Status } from "../../../../proto/gen/opg.inference.v1.ts";
import { Msg as ModelsMsg, Query as ModelsQuery } from "../../../../proto/gen/opg.models.v1.ts";
import type { Event } from "../../../../proto/gen/tendermint.abci.ts";
import { FLOAT, model, single } from "../../engine/onnx/build.ts";
import { type Asked, ask, inferMessage, matmul, publishModel, vector } from "../samples.ts";
import { account, codec, DENOM, okOutcome, Sandbox } from "../sandbox.ts";

const FUNDS = 1_000_000_000n;

interface Started {
  readonly sandbox: Sandbox;
  readonly modelId: bigint;
}

/** A chain with one published model of width 4 at a price of 7, in the middle of block 2. */
function started(params: Partial<typeof DEFAULT_PARAMS> = {}): Started {
  const inference = GenesisState.create({
    params: { ...DEFAULT_PARAMS, ...params },
    unitPrice: "1000000000000000",
    nextReceiptId: 1n,
  });
  const sandbox = new Sandbox({ funds: { alice: FUNDS, bob: FUNDS }, genesis: { inference } });
  const modelId = sandbox.block(() => publishModel(sandbox, "owner", matmul(4), 7n));
  sandbox.begin();
  return { sandbox, modelId };
}

function attributesOf({ attributes }: Event): Readonly<Record<string, string>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

const asked = (modelId: bigint): Asked => ({ requester: "alice", modelId, inputs: [vector(4, 1)] });

t.test("an inference takes its fee and no more of max_fee, and writes a receipt that says all of it", (t) => {
  const { sandbox, modelId } = started();
  const quote = sandbox.query(Query.methods.Quote, { modelId });
  const { response, error, events } = ask(sandbox, { ...asked(modelId), tags: ["one", "two"] });
  t.equal(error, undefined);
  t.strictSame(response!.fee, quote.fee, "the quote holds");
  const fee = BigInt(response!.fee.amount);
  t.equal(sandbox.balance(account("alice")), FUNDS - fee);
  const { receipt } = sandbox.query(Query.methods.Receipt, { receiptId: 1n });
  t.match(receipt, {
    id: 1n,
    height: 2n,
    requester: account("alice"),
    payer: account("alice"),
    modelId,
    modelHash: sha256(matmul(4)),
    inputHash: sha256(encodeTensors([vector(4, 1)])),
    outputHash: response!.outputHash,
    computeUnits: quote.computeUnits,
    unitPrice: quote.unitPrice,
    split: quote.split,
    status: Status.STATUS_OK,
    tags: ["one", "two"],
    modelOwner: account("owner"),
  });
  t.strictSame(sandbox.query(Query.methods.Output, { receiptId: 1n }).tensors, response!.outputs);
  t.strictSame(sha256(response!.outputs), response!.outputHash);
  const event = events.find(({ type }) => type === "inference")!;
  const attributes = attributesOf(event);
  t.equal(attributes["fee"], `${fee}${DENOM}`);
  t.equal(attributes["max_fee"], `1000000${DENOM}`);
  const moved = events.filter(({ type }) => type === "transfer").map((each) => attributesOf(each)["amount"]);
  t.strictSame(moved, [`${fee}${DENOM}`], "nothing more is taken, and nothing given back");
  sandbox.end();
  t.strictSame(sandbox.broken(), []);
  t.end();
});

t.test("the price is units at the unit price, rounded up, and the model's own price", (t) => {
  const { sandbox, modelId } = started();
  const { computeUnits, fee, unitPrice } = sandbox.query(Query.methods.Quote, { modelId, batch: 3n });
  const scaled = computeUnits * BigInt(unitPrice);
  const ceiling = (scaled + 10n ** 18n - 1n) / 10n ** 18n;
  t.equal(BigInt(fee.amount), ceiling + 7n);
  t.end();
});

t.test("a payer that is not the requester pays, and gets the rest back", (t) => {
  const { sandbox, modelId } = started();
  const { response } = ask(sandbox, { ...asked(modelId), payer: "bob" });
  t.equal(sandbox.balance(account("alice")), FUNDS);
  t.equal(sandbox.balance(account("bob")), FUNDS - BigInt(response!.fee.amount));
  t.equal(sandbox.query(Query.methods.Receipt, { receiptId: 1n }).receipt.payer, account("bob"));
  t.end();
});

t.test("a run that the engine cannot do is charged and keeps a receipt without output", (t) => {
  const { sandbox, modelId } = started();
  sandbox.compute.answer = () => ({ status: "engine_error" });
  const { response } = ask(sandbox, asked(modelId));
  t.equal(response!.status, Status.STATUS_ENGINE_ERROR);
  t.equal(sandbox.balance(account("alice")), FUNDS - BigInt(response!.fee.amount));
  t.match(sandbox.query(Query.methods.Receipt, { receiptId: 1n }).receipt, {
    status: Status.STATUS_ENGINE_ERROR,
    outputHash: new Uint8Array(0),
  });
  t.throws(() => sandbox.query(Query.methods.Output, { receiptId: 1n }), {
    codespace: "inference",
    code: 10,
  });
  sandbox.end();
  t.strictSame(sandbox.broken(), []);
  t.end();
});

t.test("every refusal has its code and changes nothing", (t) => {
  const budget = 600_000n;
  type Case = readonly [string, readonly [string, number], (modelId: bigint) => Partial<MsgInfer>];
  const base = (modelId: bigint) => inferMessage(asked(modelId));
  const cases: readonly Case[] = [
    ["no such model", ["models", 2], () => base(99n)],
    ["inputs that are no tensors", ["inference", 3], (id) => ({ ...base(id), inputs: Uint8Array.of(1, 2) })],
    [
      "bytes after the inputs",
      ["inference", 3],
      (id) => ({ ...base(id), inputs: Uint8Array.of(...base(id).inputs, 0) }),
    ],
    [
      "an input of another name",
      ["inference", 3],
      (id) => ({ ...base(id), inputs: encodeTensors([{ ...vector(4, 1), name: "z" }]) }),
    ],
    [
      "an input of another type",
      ["inference", 3],
      (id) => ({ ...base(id), inputs: encodeTensors([{ ...vector(4, 1), dtype: "int32" }]) }),
    ],
    [
      "an input of another width",
      ["inference", 3],
      (id) => ({ ...base(id), inputs: encodeTensors([vector(5, 1)]) }),
    ],
    ["no input", ["inference", 3], (id) => ({ ...base(id), inputs: encodeTensors([]) })],
    [
      "a max_fee below the price",
      ["inference", 4],
      (id) => ({ ...base(id), maxFee: { denom: DENOM, amount: "7" } }),
    ],
    [
      "a max_fee in another denomination",
      ["inference", 9],
      (id) => ({ ...base(id), maxFee: { denom: "uatom", amount: "1000" } }),
    ],
    [
      "more than a block's budget",
      ["inference", 5],
      (id) => ({ ...base(id), inputs: encodeTensors([vector(4, 1, 40_000)]) }),
    ],
    ["another mode", ["inference", 6], (id) => ({ ...base(id), mode: 2 })],
    ["no mode", ["inference", 6], (id) => ({ ...base(id), mode: 0 })],
    [
      "too many tags",
      ["inference", 8],
      (id) => ({ ...base(id), tags: Array.from({ length: 9 }, () => "t") }),
    ],
    ["a tag that is too long", ["inference", 8], (id) => ({ ...base(id), tags: ["é".repeat(33)] })],
    ["an app that is too long", ["inference", 8], (id) => ({ ...base(id), app: "a".repeat(65) })],
    ["a payer without funds", ["sdk", 5], (id) => ({ ...base(id), payer: account("nobody") })],
    ["a requester that is no address", ["sdk", 7], (id) => ({ ...base(id), requester: "alice" })],
    ["a payer of another chain", ["sdk", 7], (id) => ({ ...base(id), payer: "cosmos1xyz" })],
  ];
  for (const [name, [codespace, code], make] of cases) {
    const { sandbox, modelId } = started({ blockComputeBudget: budget });
    const before = sandbox.stateHash();
    const { error } = sandbox.deliver(Msg.methods.Infer, make(modelId));
    t.match(error, { codespace, code }, `${name}: ${error?.message}`);
    t.strictSame(sandbox.stateHash(), before, `${name}: the state is as it was`);
  }
  t.end();
});

t.test(
  "admission refuses what the handler would, runs nothing and starts the engine for what it lets in",
  (t) => {
    const { sandbox, modelId } = started();
    const route = [...sandbox.router.msgs].find(({ method }) => method === Msg.methods.Infer)!;
    const admit = (message: MsgInfer) => route.admit!(sandbox.context("check").branch().ctx, message);
    const message = { ...inferMessage(asked(modelId)), app: "" };
    const before = sandbox.stateHash();
    sandbox.compute.answer = () => t.fail("the engine must not be asked") as never;
    admit(message);
    t.equal(sandbox.compute.warmed.length, 1);
    t.throws(() => admit({ ...message, maxFee: { denom: DENOM, amount: "1" } }), { code: 4 });
    t.throws(() => admit({ ...message, payer: account("nobody") }), { codespace: "sdk", code: 5 });
    t.throws(() => admit({ ...message, modelId: 99n }), { codespace: "models", code: 2 });
    t.equal(sandbox.compute.warmed.length, 1, "nothing is started for what is refused");
    t.strictSame(sandbox.stateHash(), before);
    t.equal(
      route.compute!(sandbox.context("prepare"), message).units,
      sandbox.query(Query.methods.Quote, { modelId }).computeUnits,
    );
    t.equal(sandbox.compute.warmed.length, 1, "what a proposal asks for is started when it is chosen");
    t.end();
  },
);

t.test("a block takes inferences up to its budget, and the next block takes more", (t) => {
  const one = started().sandbox.query(Query.methods.Quote, { modelId: 1n }).computeUnits;
  const { sandbox, modelId } = started({ blockComputeBudget: 2n * one + one / 2n });
  const codes = [1, 2, 3].map(() => ask(sandbox, asked(modelId)).error?.code ?? 0);
  t.strictSame(codes, [0, 0, 5]);
  sandbox.end();
  t.match(sandbox.query(Query.methods.Price), { used: 2n * one, budget: 2n * one + one / 2n });
  t.equal(sandbox.block(() => ask(sandbox, asked(modelId))).error, undefined);
  t.strictSame(sandbox.broken(), []);
  t.end();
});

t.test("an answer of unknown length that is too long is refused after the run, a known one before", (t) => {
  const { sandbox, modelId } = started({ maxOutputBytes: 8n });
  sandbox.compute.answer = () => t.fail("the engine must not be asked") as never;
  t.match(ask(sandbox, { ...asked(modelId), inputs: [vector(4, 1, 2)] }).error, {
    codespace: "inference",
    code: 7,
  });
  sandbox.compute.answer = () =>
    okOutcome([{ name: "y", dtype: "float32", dims: [1, 2], data: new Uint8Array(8) }]);
  t.match(ask(sandbox, asked(modelId)).error, { codespace: "inference", code: 7 });
  t.equal(sandbox.balance(account("alice")), FUNDS, "nothing was charged beside gas");
  t.end();
});

t.test("looking at a model is paid by its nodes and bytes, also where the call is refused", (t) => {
  const { sandbox } = started();
  const gas = (width: number) => {
    const modelId = publishModel(sandbox, "owner", matmul(width));
    const refused = { requester: "alice", modelId, inputs: [vector(width + 1, 1)] };
    const { gasUsed, error } = ask(sandbox, refused);
    t.match(error, { codespace: "inference", code: 3 });
    const { size, profile } = sandbox.query(ModelsQuery.methods.Model, { modelId }).model!;
    return {
      gasUsed,
      paid: 80n * profile!.nodes + size / 230n,
      bytes: BigInt(encodeTensors(refused.inputs).length),
    };
  };
  const [small, large] = [gas(5), gas(40_000)];
  const inputs = 2n * (large.bytes - small.bytes);
  const read = large.gasUsed - small.gasUsed - inputs;
  t.ok(read >= large.paid - small.paid, `${read} gas for ${large.paid} of model`);
  t.ok(large.paid > 1_000n);
  t.end();
});

t.test("gas grows with input bytes and compute units, so that a run whose transaction fails is paid", (t) => {
  const { sandbox } = started();
  const modelId = publishModel(sandbox, "owner", matmul(64));
  const gas = (batch: number) => {
    const { gasUsed, error } = ask(sandbox, {
      requester: "alice",
      modelId,
      inputs: [vector(64, 1, batch)],
    });
    t.equal(error, undefined);
    return gasUsed;
  };
  gas(2); // the module account is made once
  const [few, many] = [gas(1), gas(101)];
  const units = (batch: bigint) =>
    sandbox.query(Query.methods.Quote, { modelId, batch }).computeUnits / 1_000n;
  t.ok(many - few >= 2n * 100n * 64n * 4n + units(101n) - units(1n), `${few} and ${many}`);
  t.match(sandbox.deliver(Msg.methods.Infer, inferMessage({ ...asked(1n) }), 40_000n).error, {
    codespace: "sdk",
    code: 11,
  });
  t.end();
});

t.test("a model that is retired in a block is not called after that, and what it earned is paid", (t) => {
  const { sandbox, modelId } = started();
  const { response } = ask(sandbox, asked(modelId));
  sandbox.run(ModelsMsg.methods.RetireModel, { owner: account("owner"), modelId });
  t.match(ask(sandbox, asked(modelId)).error, { codespace: "models", code: 4 });
  sandbox.end();
  const { receipt } = sandbox.query(Query.methods.Receipt, { receiptId: response!.receiptId });
  t.equal(sandbox.balance(account("owner")), BigInt(receipt.split.owner));
  t.end();
});

t.test("a royalty goes to who owned the model when it ran", (t) => {
  const { sandbox, modelId } = started();
  const first = ask(sandbox, asked(modelId)).response!;
  sandbox.run(ModelsMsg.methods.TransferModel, {
    owner: account("owner"),
    modelId,
    newOwner: account("heir"),
  });
  const second = ask(sandbox, { ...asked(modelId), inputs: [vector(4, 2)] }).response!;
  sandbox.end();
  for (const [name, id] of [
    ["owner", first.receiptId],
    ["heir", second.receiptId],
  ] as const) {
    const { receipt } = sandbox.query(Query.methods.Receipt, { receiptId: id });
    t.equal(sandbox.balance(account(name)), BigInt(receipt.split.owner), name);
    t.equal(receipt.modelOwner, account(name));
  }
  t.end();
});

t.test("a model priced in a denomination that fees are no longer paid in is not run for nothing", (t) => {
  const { sandbox, modelId } = started();
  sandbox.end();
  const authority = codec.format(sha256(new TextEncoder().encode("gov")).slice(0, 20));
  sandbox.block(() => {
    sandbox.run(Msg.methods.UpdateParams, { authority, params: { ...DEFAULT_PARAMS, feeDenom: "unew" } });
  });
  const { error } = sandbox.deliver(Msg.methods.Infer, {
    ...inferMessage(asked(modelId)),
    maxFee: { denom: "unew", amount: "1000" },
  });
  t.match(error, { codespace: "inference", code: 9 }, error?.message ?? "");
  t.end();
});

t.test("the engine is given the model's own bytes and the inputs as they were sent", (t) => {
  const { sandbox, modelId } = started();
  let seen: ComputeRequest | undefined;
  sandbox.compute.answer = (request) => {
    seen = request;
    return { status: "engine_error" };
  };
  ask(sandbox, asked(modelId));
  t.strictSame(seen!.modelBytes(), matmul(4));
  t.strictSame(seen!.inputs, [vector(4, 1)]);
  t.strictSame(seen!.inputHash, sha256(encodeTensors([vector(4, 1)])));
  t.end();
});

t.test("a model of fixed shapes runs as it is, and is not quoted for a batch", (t) => {
  const { sandbox } = started();
  const fixed = publishModel(sandbox, "owner", single("Relu", { dims: [1, 3] }));
  const x = { name: "x", dtype: "float32", dims: [1, 3], data: new Uint8Array(12) } as const;
  t.equal(ask(sandbox, { requester: "alice", modelId: fixed, inputs: [x] }).error, undefined);
  t.throws(() => sandbox.query(Query.methods.Quote, { modelId: fixed, batch: 2n }), {
    codespace: "inference",
    code: 3,
  });
  t.end();
});

t.test("a quote for a batch beyond all limits is refused in no time", (t) => {
  const { sandbox, modelId } = started();
  t.throws(() => sandbox.query(Query.methods.Quote, { modelId, batch: (1n << 64n) - 1n }), {
    codespace: "inference",
    code: 3,
  });
  t.end();
});

t.test("a computation that is pending leaves nothing behind", (t) => {
  const { sandbox, modelId } = started();
  const before = sandbox.stateHash();
  sandbox.compute.answer = (request) => {
    throw new ComputePending(request);
  };
  t.throws(() => ask(sandbox, asked(modelId)), { name: "ComputePending" });
  t.strictSame(sandbox.stateHash(), before);
  t.end();
});

t.test("a model without a free dimension and a declared output costs the same in a quote and a run", (t) => {
  const { sandbox } = started();
  const file = model({
    nodes: [{ op: "Add", in: ["x", "x"], out: ["y"] }],
    inputs: [{ name: "x", type: FLOAT, dims: [2, 2] }],
    outputs: [{ name: "y", type: FLOAT, dims: [2, 2] }],
  });
  const modelId = publishModel(sandbox, "owner", file);
  const x = { name: "x", dtype: "float32", dims: [2, 2], data: new Uint8Array(16) } as const;
  const { response } = ask(sandbox, { requester: "alice", modelId, inputs: [x] });
  t.equal(response!.computeUnits, sandbox.query(Query.methods.Quote, { modelId }).computeUnits);
  t.end();
});
