import { sha256 } from "@noble/hashes/sha2.js";
import t, { type Test } from "tap";
import { DEFAULT_PARAMS } from "../../../../chain/modules/models/params.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { toHex } from "../../../../chain/runtime/bytes.ts";
import {
  GenesisState,
  ModelStatus,
  Msg,
  type MsgCreateModel,
  type MsgUpdateModel,
  Query,
  type QueryModelsRequest,
} from "../../../../proto/gen/opg.models.v1.ts";
import { single } from "../../engine/onnx/build.ts";
import { chunksOf, draftModel, matmul, metadata, publishModel, uploadModel } from "../samples.ts";
import { account, codec, DENOM, type Delivered, Sandbox } from "../sandbox.ts";

const CHUNK = 1_024;
const { methods } = Msg;
const owner = account("owner");

/** Three chunks of 1,024 bytes and less. */
const FILE = matmul(300);

/** A chain with small chunks, in the middle of block 1. */
function started(params: Partial<typeof DEFAULT_PARAMS> = {}): Sandbox {
  const models = GenesisState.create({
    params: { ...DEFAULT_PARAMS, chunkBytes: CHUNK, ...params },
    nextId: 1n,
  });
  const sandbox = new Sandbox({ genesis: { models } });
  sandbox.begin();
  return sandbox;
}

function ended(t: Test, sandbox: Sandbox): void {
  sandbox.end();
  t.strictSame(sandbox.broken(), []);
  t.end();
}

const created = {
  owner,
  metadata,
  hash: sha256(FILE),
  size: BigInt(FILE.length),
  price: { denom: DENOM, amount: "0" },
};
const upload = (sandbox: Sandbox, modelId: bigint, index: number, data: Uint8Array) =>
  sandbox.deliver(methods.UploadChunk, { owner, modelId, index, data });

t.test("a model is created, uploaded in any order, and published with a profile", (t) => {
  const sandbox = started();
  t.strictSame(sandbox.run(methods.CreateModel, created), { modelId: 1n, chunks: 3, chunkSize: CHUNK });
  const chunks = chunksOf(FILE, CHUNK);
  t.strictSame(sandbox.query(Query.methods.UploadStatus, { modelId: 1n }), {
    chunks: 3,
    chunkSize: CHUNK,
    missing: [0, 1, 2],
    missingTotal: 3,
  });
  for (const [index, missing] of [
    [2, 2],
    [0, 1],
    [0, 1],
    [1, 0],
  ] as const)
    t.strictSame(upload(sandbox, 1n, index, chunks[index]!).response, { missing });
  const { profile } = sandbox.run(methods.PublishModel, { owner, modelId: 1n });
  t.match(profile, {
    inputs: [{ name: "x", dtype: "float32", dims: [-1n, 300n] }],
    outputs: [{ name: "y", dtype: "float32", dims: [-1n, 2n] }],
    nodes: 1n,
    parameters: 600n,
  });
  t.ok(profile.computeUnits >= 600n);
  const { model } = sandbox.query(Query.methods.Model, { modelId: 1n });
  t.match(model, { status: ModelStatus.MODEL_STATUS_PUBLISHED, publishedHeight: 1n, profile });
  t.strictSame(sandbox.query(Query.methods.ModelByHash, { hash: toHex(sha256(FILE)) }).model, model);
  for (const [index, data] of chunks.entries())
    t.strictSame(sandbox.query(Query.methods.Chunk, { modelId: 1n, index }).data, data);
  t.strictSame(sandbox.modules.models.callable(sandbox.context(), 1n).bytes(), FILE);
  ended(t, sandbox);
});

t.test("another chunk in the place of one replaces it", (t) => {
  const sandbox = started();
  const modelId = draftModel(sandbox, "owner", FILE);
  const chunks = chunksOf(FILE, CHUNK);
  upload(sandbox, modelId, 0, new Uint8Array(CHUNK).fill(7));
  for (const [index, data] of chunks.entries()) upload(sandbox, modelId, index, data);
  t.equal(sandbox.deliver(methods.PublishModel, { owner, modelId }).error, undefined);
  t.notOk(
    sandbox.state.blobs.has(sha256(new Uint8Array(CHUNK).fill(7))),
    "the blob that was replaced is gone",
  );
  ended(t, sandbox);
});

t.test("every refusal has its code and changes nothing", (t) => {
  type Case = readonly [
    name: string,
    code: readonly [codespace: string, code: number],
    before: (sandbox: Sandbox) => unknown,
    message: (sandbox: Sandbox) => Delivered<unknown>,
  ];
  const nothing = () => undefined;
  const published = (s: Sandbox) => publishModel(s, "owner", FILE);
  const draft = (s: Sandbox) => draftModel(s, "owner", FILE);
  const whole = (file: Uint8Array) => (s: Sandbox) =>
    uploadModel(s, "owner", draftModel(s, "owner", file), file);
  const [thief, gov] = [account("thief"), codec.format(moduleAddress("gov"))];
  const modelId = 1n;
  const data = new Uint8Array(CHUNK);
  const create = (change: Partial<MsgCreateModel>) => (s: Sandbox) =>
    s.deliver(methods.CreateModel, { ...created, ...change });
  const change = (partial: Partial<MsgUpdateModel>) => (s: Sandbox) =>
    s.deliver(methods.UpdateModel, { owner, modelId, ...partial });
  const publish = (s: Sandbox) => s.deliver(methods.PublishModel, { owner, modelId });
  const retire = (s: Sandbox) => s.deliver(methods.RetireModel, { owner, modelId });
  const foreign = { denom: "uatom", amount: "1" };
  const cases: readonly Case[] = [
    ["a hash of another length", ["models", 12], nothing, create({ hash: new Uint8Array(31) })],
    ["no size", ["models", 12], nothing, create({ size: 0n })],
    ["a size over the limit", ["models", 12], nothing, create({ size: 67_108_865n })],
    ["a blank name", ["models", 10], nothing, create({ metadata: { ...metadata, name: " \t" } })],
    [
      "metadata that is too long",
      ["models", 10],
      nothing,
      create({ metadata: { ...metadata, uri: "é".repeat(2_048) } }),
    ],
    ["a price in another denomination", ["models", 11], nothing, create({ price: foreign })],
    ["a negative price", ["sdk", 10], nothing, create({ price: { denom: DENOM, amount: "-1" } })],
    ["an owner that is no address", ["sdk", 7], nothing, create({ owner: "me" })],
    ["a file that is published", ["models", 8], published, create({})],
    ["a chunk of no model", ["models", 2], nothing, (s) => upload(s, 9n, 0, data)],
    [
      "a chunk of another's model",
      ["models", 3],
      draft,
      (s) => s.deliver(methods.UploadChunk, { owner: thief, modelId, index: 0, data }),
    ],
    ["a chunk beyond the last", ["models", 5], draft, (s) => upload(s, 1n, 3, data)],
    ["a chunk that is too short", ["models", 5], draft, (s) => upload(s, 1n, 0, data.slice(1))],
    ["a last chunk that is too long", ["models", 5], draft, (s) => upload(s, 1n, 2, data)],
    ["a chunk of a published model", ["models", 4], published, (s) => upload(s, 1n, 0, data)],
    ["publishing with chunks missing", ["models", 6], draft, publish],
    [
      "publishing another file",
      ["models", 7],
      (s) => {
        draft(s);
        uploadModel(s, "owner", modelId, matmul(300, 1));
      },
      publish,
    ],
    [
      "publishing another's model",
      ["models", 3],
      whole(FILE),
      (s) => s.deliver(methods.PublishModel, { owner: thief, modelId }),
    ],
    ["publishing what is no model", ["models", 9], whole(new Uint8Array(2_000).fill(3)), publish],
    ["publishing an operator that is not allowed", ["models", 9], whole(single("NonZero")), publish],
    ["publishing twice", ["models", 4], published, publish],
    [
      "publishing the first of two drafts of one file after the second",
      ["models", 8],
      (s) => {
        whole(FILE)(s);
        published(s);
      },
      publish,
    ],
    ["updating another's model", ["models", 3], published, change({ owner: thief })],
    ["updating to a blank name", ["models", 10], published, change({ metadata: { ...metadata, name: "" } })],
    ["updating to a price in another denomination", ["models", 11], published, change({ price: foreign })],
    [
      "transferring to a module's account",
      ["models", 3],
      published,
      (s) => s.deliver(methods.TransferModel, { owner, modelId, newOwner: gov }),
    ],
    [
      "transferring another's model",
      ["models", 3],
      published,
      (s) => s.deliver(methods.TransferModel, { owner: thief, modelId, newOwner: thief }),
    ],
    ["retiring a draft", ["models", 4], draft, retire],
    [
      "retiring twice",
      ["models", 4],
      (s) => {
        published(s);
        retire(s);
      },
      retire,
    ],
    [
      "deleting a published model",
      ["models", 4],
      published,
      (s) => s.deliver(methods.DeleteDraft, { owner, modelId }),
    ],
    [
      "deleting another's draft",
      ["models", 3],
      draft,
      (s) => s.deliver(methods.DeleteDraft, { owner: thief, modelId }),
    ],
    [
      "parameters by somebody",
      ["gov", 13],
      nothing,
      (s) => s.deliver(methods.UpdateParams, { authority: owner, params: DEFAULT_PARAMS }),
    ],
    [
      "parameters out of bounds",
      ["sdk", 18],
      nothing,
      (s) => s.deliver(methods.UpdateParams, { authority: gov, params: { ...DEFAULT_PARAMS, maxRank: 0 } }),
    ],
  ];
  for (const [name, [codespace, code], before, message] of cases) {
    const sandbox = started();
    before(sandbox);
    const state = sandbox.stateHash();
    const { error } = message(sandbox);
    t.match(error, { codespace, code }, `${name}: ${error?.message}`);
    t.strictSame(sandbox.stateHash(), state, `${name}: the state is as it was`);
  }
  t.end();
});

t.test("publishing is paid by the byte and by the node before it is done", (t) => {
  const sandbox = started();
  const modelId = draftModel(sandbox, "owner", FILE);
  uploadModel(sandbox, "owner", modelId, FILE);
  const { gasUsed } = sandbox.deliver(methods.PublishModel, { owner, modelId: 99n });
  const limit = gasUsed + 2_000n;
  t.match(sandbox.deliver(methods.PublishModel, { owner, modelId }, limit).error, {
    codespace: "sdk",
    code: 11,
  });
  ended(t, sandbox);
});

t.test("two models share a chunk, and the last one that goes takes it along", (t) => {
  const sandbox = started();
  const [first, second] = [matmul(600), matmul(600, 1)];
  const shared = new Uint8Array(CHUNK).fill(9);
  const ids = [first, second].map((file) => draftModel(sandbox, "owner", file));
  for (const modelId of ids) upload(sandbox, modelId, 0, shared);
  upload(sandbox, ids[0]!, 1, shared);
  t.ok(sandbox.state.blobs.has(sha256(shared)));
  sandbox.run(methods.DeleteDraft, { owner, modelId: ids[0]! });
  t.ok(sandbox.state.blobs.has(sha256(shared)), "the second draft still has it");
  sandbox.run(methods.DeleteDraft, { owner, modelId: ids[1]! });
  t.notOk(sandbox.state.blobs.has(sha256(shared)));
  ended(t, sandbox);
});

t.test("a retired model keeps its entry, lets its file go, and its file may be published again", (t) => {
  const sandbox = started();
  const modelId = publishModel(sandbox, "owner", FILE);
  sandbox.run(methods.RetireModel, { owner, modelId });
  t.match(sandbox.query(Query.methods.Model, { modelId }).model, {
    status: ModelStatus.MODEL_STATUS_RETIRED,
    retiredHeight: 1n,
  });
  t.notOk(sandbox.state.blobs.has(sha256(FILE.slice(0, CHUNK))));
  t.throws(() => sandbox.query(Query.methods.ModelByHash, { hash: toHex(sha256(FILE)) }), { code: 22 });
  t.throws(() => sandbox.modules.models.callable(sandbox.context(), modelId), {
    codespace: "models",
    code: 4,
  });
  t.equal(publishModel(sandbox, "heir", FILE), 2n);
  ended(t, sandbox);
});

t.test("drafts that are not published in time go, a few a block, and published ones stay", (t) => {
  const sandbox = started({ draftLifetimeBlocks: 2n });
  const kept = publishModel(sandbox, "owner", FILE);
  const drafts = Array.from({ length: 12 }, (_, i) => draftModel(sandbox, "owner", matmul(300, i + 1)));
  upload(sandbox, drafts[0]!, 0, new Uint8Array(CHUNK).fill(5));
  sandbox.end();
  const left = () =>
    sandbox.query(Query.methods.Models, { status: ModelStatus.MODEL_STATUS_DRAFT }).models.length;
  const counts = [2, 3, 4].map(() => sandbox.block(() => undefined) ?? left());
  t.strictSame(counts, [12, 2, 0]);
  t.notOk(sandbox.state.blobs.has(sha256(new Uint8Array(CHUNK).fill(5))));
  t.ok(sandbox.modules.models.callable(sandbox.context(), kept));
  t.strictSame(sandbox.broken(), []);
  t.end();
});

t.test("models are listed by owner and status, page by page", (t) => {
  const sandbox = started();
  for (let i = 0; i < 5; i++) draftModel(sandbox, i % 2 === 0 ? "owner" : "heir", matmul(300, i));
  publishModel(sandbox, "owner", matmul(301));
  const ids = (request: Partial<QueryModelsRequest>) =>
    sandbox.query(Query.methods.Models, request).models.map(({ id }) => id);
  t.strictSame(ids({}), [1n, 2n, 3n, 4n, 5n, 6n]);
  t.strictSame(ids({ owner: account("heir") }), [2n, 4n]);
  t.strictSame(ids({ status: ModelStatus.MODEL_STATUS_PUBLISHED }), [6n]);
  t.strictSame(ids({ owner, status: ModelStatus.MODEL_STATUS_DRAFT }), [1n, 3n, 5n]);
  const page = sandbox.query(Query.methods.Models, {
    pagination: { key: new Uint8Array(0), offset: 0n, limit: 4n, countTotal: true, reverse: false },
  });
  t.equal(page.pagination!.total, 6n);
  const rest = sandbox.query(Query.methods.Models, {
    pagination: { key: page.pagination!.nextKey, offset: 0n, limit: 4n, countTotal: false, reverse: false },
  });
  t.strictSame(
    [...page.models, ...rest.models].map(({ id }) => id),
    [1n, 2n, 3n, 4n, 5n, 6n],
  );
  ended(t, sandbox);
});

t.test("a transfer moves the model to the new owner's list, and the old owner has no say any more", (t) => {
  const sandbox = started();
  const modelId = publishModel(sandbox, "owner", FILE);
  sandbox.run(methods.TransferModel, { owner, modelId, newOwner: account("heir") });
  t.strictSame(sandbox.query(Query.methods.Models, { owner }).models, []);
  t.equal(sandbox.query(Query.methods.Models, { owner: account("heir") }).models.length, 1);
  t.match(sandbox.deliver(methods.RetireModel, { owner, modelId }).error, { code: 3 });
  t.equal(sandbox.deliver(methods.RetireModel, { owner: account("heir"), modelId }).error, undefined);
  ended(t, sandbox);
});

t.test("an update changes what it gives and leaves the rest", (t) => {
  const sandbox = started();
  const modelId = publishModel(sandbox, "owner", FILE, 5n);
  sandbox.run(methods.UpdateModel, { owner, modelId, price: { denom: DENOM, amount: "9" } });
  t.match(sandbox.query(Query.methods.Model, { modelId }).model, { price: { amount: "9" }, metadata });
  sandbox.run(methods.UpdateModel, { owner, modelId, metadata: { ...metadata, uri: "ipfs://x" } });
  t.match(sandbox.query(Query.methods.Model, { modelId }).model, {
    price: { amount: "9" },
    metadata: { ...metadata, uri: "ipfs://x" },
  });
  ended(t, sandbox);
});
