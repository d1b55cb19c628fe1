import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { DEFAULT_PARAMS } from "../../../chain/modules/inference/params.ts";
import { toHex } from "../../../chain/runtime/bytes.ts";
import { GenesisState as InferenceGenesis, Msg, Query } from "../../../proto/gen/opg.inference.v1.ts";
import { ModelStatus, GenesisState as ModelsGenesis } from "../../../proto/gen/opg.models.v1.ts";
import { draftModel, inferMessage, matmul, publishModel, uploadModel, vector } from "./samples.ts";
import { account, DENOM, Sandbox } from "./sandbox.ts";

/** A chain with a published model, a draft, a retired model, and two blocks with receipts. */
function lived(): Sandbox {
  const sandbox = new Sandbox({ funds: { alice: 1_000_000_000n } });
  sandbox.block(() => {
    publishModel(sandbox, "owner", matmul(4), 3n);
    draftModel(sandbox, "owner", matmul(5));
    sandbox.modules.models.retire(
      sandbox.context("deliver"),
      sandbox.context().addresses.parse(account("owner")),
      publishModel(sandbox, "owner", matmul(6)),
    );
  });
  for (const count of [2, 3])
    sandbox.block(() => {
      for (let i = 0; i < count; i++)
        sandbox.run(
          Msg.methods.Infer,
          inferMessage({ requester: "alice", modelId: 1n, inputs: [vector(4, i)] }),
        );
    });
  return sandbox;
}

interface Exported {
  readonly models: ModelsGenesis;
  readonly inference: InferenceGenesis;
}

const exported = (sandbox: Sandbox) => sandbox.exported() as unknown as Exported & Record<string, unknown>;

t.test("the state comes through an export whole, and goes on the same", (t) => {
  const [before, after] = [lived(), new Sandbox({ genesis: lived().exported() })];
  t.strictSame(after.exported(), before.exported());
  t.strictSame(after.broken(), []);
  for (const receiptId of [1n, 3n, 5n])
    t.strictSame(
      after.query(Query.methods.ReceiptProof, { receiptId }),
      before.query(Query.methods.ReceiptProof, { receiptId }),
    );
  const next = (sandbox: Sandbox) =>
    sandbox.block(() =>
      sandbox.run(
        Msg.methods.Infer,
        inferMessage({ requester: "alice", modelId: 1n, inputs: [vector(4, 9)] }),
      ),
    );
  t.strictSame(next(after), next(before));
  t.end();
});

t.test("an exported state goes through its encoding unchanged", (t) => {
  const { models, inference } = exported(lived());
  t.strictSame(ModelsGenesis.decode(ModelsGenesis.encode(models)), models);
  t.strictSame(InferenceGenesis.decode(InferenceGenesis.encode(inference)), inference);
  t.end();
});

t.test("a genesis that leaves the engine out takes the node's, another engine is refused", (t) => {
  const sandbox = new Sandbox();
  const { engine } = sandbox.query(Query.methods.Engine);
  t.strictSame(engine, sandbox.compute.engine);
  const other = { id: "other", idHash: sha256(Uint8Array.of(9)), conformanceHash: sha256(Uint8Array.of(2)) };
  const inference = { ...exported(sandbox).inference, engine: other };
  t.throws(() => new Sandbox({ genesis: { inference } }), { codespace: "inference", code: 11 });
  const vectors = { ...sandbox.compute.engine, conformanceHash: sha256(Uint8Array.of(3)) };
  t.throws(() => sandbox.modules.inference.assertEngine(sandbox.context(), vectors), { code: 11 });
  t.doesNotThrow(() => sandbox.modules.inference.assertEngine(sandbox.context(), sandbox.compute.engine));
  t.end();
});

t.test("a fault in the registry is refused by its place", (t) => {
  const { models } = exported(lived());
  const [published, draft, retired] = models.models as [
    ModelsGenesis["models"][number],
    ModelsGenesis["models"][number],
    ModelsGenesis["models"][number],
  ];
  const [chunk] = models.chunks as [ModelsGenesis["chunks"][number]];
  const cases: readonly (readonly [string, Partial<ModelsGenesis>, RegExp])[] = [
    ["an owner that is no address", { models: [{ ...published, owner: "x" }] }, /models\[0\]: owner/],
    ["an id twice", { models: [published, { ...draft, id: 1n }] }, /models\[1\]\.id: 1/],
    ["id 0", { models: [{ ...published, id: 0n }] }, /models\[0\]\.id/],
    ["a short hash", { models: [{ ...published, hash: new Uint8Array(3) }] }, /models\[0\]\.hash/],
    ["no size", { models: [{ ...published, size: 0n }] }, /models\[0\]\.size/],
    ["a size beyond all", { models: [{ ...draft, size: 1n << 60n }] }, /models\[0\]\.size/],
    ["tiny chunks", { models: [{ ...draft, chunkSize: 1 }] }, /models\[0\]\.chunk_size/],
    ["no status", { models: [{ ...published, status: 0 }] }, /models\[0\]\.status/],
    [
      "a blank name",
      { models: [{ ...published, metadata: { ...published.metadata, name: "" } }] },
      /models\[0\]: metadata/,
    ],
    ["a chunk of no model", { chunks: [{ ...chunk, modelId: 9n }] }, /chunks\[0\]\.model_id/],
    ["a chunk twice", { chunks: [chunk, chunk] }, /chunks\[1\]: chunk 0 of model 1 is there twice/],
    [
      "a chunk of another length",
      { chunks: [{ ...chunk, data: new Uint8Array(1) }] },
      /chunks\[0\]: chunk 0 with 1 bytes/,
    ],
    [
      "another file of a retired model",
      {
        models: [retired],
        chunks: [{ ...chunk, modelId: retired.id, data: new Uint8Array(Number(retired.size)) }],
      },
      /models\[0\]: model 3: the file has SHA-256/,
    ],
    ["no chunks of a published model", { chunks: [] }, /models\[0\]: model 1: 1 chunks are missing/],
    [
      "another file",
      { chunks: [{ ...chunk, data: chunk.data.map((byte) => byte ^ 1) }] },
      /models\[0\]: model 1: the file has SHA-256/,
    ],
    [
      "a file twice",
      { models: [published, { ...published, id: 9n }], chunks: [chunk, { ...chunk, modelId: 9n }] },
      /models\[1\]: hash: model 1/,
    ],
    ["parameters out of bounds", { params: { ...models.params, maxNodes: 0 } }, /params\.maxNodes/],
  ];
  for (const [name, change, message] of cases)
    t.throws(() => new Sandbox({ genesis: { models: { ...models, ...change } } }), { message }, name);
  const junk = new Uint8Array(64).fill(1);
  const refused = {
    ...models,
    models: [{ ...published, hash: sha256(junk), size: 64n }],
    chunks: [{ modelId: 1n, index: 0, data: junk }],
  };
  t.throws(() => new Sandbox({ genesis: { models: refused } }), { codespace: "models", code: 9 });
  t.end();
});

t.test("a published model of genesis gets the profile of its file, whatever genesis says of it", (t) => {
  const sandbox = lived();
  const { models } = exported(sandbox);
  const wrong = models.models.map((model) =>
    model.profile ? { ...model, profile: { ...model.profile, computeUnits: 1n } } : model,
  );
  const again = new Sandbox({ genesis: { models: { ...models, models: wrong } } });
  const profile = (of: Sandbox) => of.modules.models.model(of.context(), 1n).profile;
  t.strictSame(profile(again), profile(sandbox));
  t.end();
});

t.test("a draft of genesis is completed and published as any other", (t) => {
  const again = new Sandbox({ genesis: { models: exported(lived()).models } });
  again.block(() => {
    uploadModel(again, "owner", 2n, matmul(5));
    again.modules.models.publish(
      again.context("deliver"),
      again.context().addresses.parse(account("owner")),
      2n,
    );
  });
  t.equal(again.modules.models.model(again.context(), 2n).status, ModelStatus.MODEL_STATUS_PUBLISHED);
  t.equal(publishedIdOf(again, matmul(5)), 2n);
  t.strictSame(again.broken(), []);
  t.end();
});

function publishedIdOf(sandbox: Sandbox, file: Uint8Array): bigint | undefined {
  return sandbox.modules.models.byHash(sandbox.context(), sha256(file))?.id;
}

t.test("a fault in inference is refused by its place", (t) => {
  const { inference } = exported(lived());
  const [first, second] = inference.receipts as [
    InferenceGenesis["receipts"][number],
    InferenceGenesis["receipts"][number],
  ];
  const [output] = inference.outputs as [InferenceGenesis["outputs"][number]];
  const [root] = inference.roots as [InferenceGenesis["roots"][number]];
  const rest = inference.receipts.slice(1);
  const change = (change: Partial<typeof first>) => ({ receipts: [{ ...first, ...change }, ...rest] });
  const cases: readonly (readonly [string, Partial<InferenceGenesis>, RegExp])[] = [
    ["a price out of bounds", { unitPrice: "0" }, /unit_price/],
    [
      "an engine of short hashes",
      { engine: { id: "x", idHash: new Uint8Array(3), conformanceHash: new Uint8Array(32) } },
      /engine/,
    ],
    ["use over the budget", { lastUsed: inference.lastBudget + 1n }, /last_used/],
    ["a requester that is no address", change({ requester: "x" }), /receipts\[0\]\.requester/],
    ["an owner that is no address", change({ modelOwner: "" }), /receipts\[0\]\.model_owner/],
    [
      "a split that does not sum",
      change({ split: { ...first.split, burn: "999" } }),
      /receipts\[0\]\.split: the parts sum/,
    ],
    ["a negative part", change({ split: { ...first.split, burn: "-1" } }), /receipts\[0\]\.split\.burn/],
    [
      "receipts out of order",
      { receipts: [second, first, ...inference.receipts.slice(2)] },
      /receipts\[1\]\.id: 1 does not ascend/,
    ],
    ["an id that is still to come", { nextReceiptId: 3n }, /receipts\[2\]\.id: 3 is not below/],
    [
      "an output of no receipt",
      { outputs: [{ ...output, receiptId: 5n, tensors: Uint8Array.of(1) }] },
      /outputs\[0\]/,
    ],
    ["another output", { outputs: [{ ...output, tensors: Uint8Array.of(1) }] }, /outputs\[0\]\.tensors/],
    ["another root", { roots: [{ ...root, root: new Uint8Array(32) }] }, /roots\[0\]\.root/],
    ["a receipt that was changed", change({ tags: ["new"] }), /roots\[0\]\.root/],
    ["a root of no receipts", { roots: [{ ...root, count: 0 }] }, /roots\[0\]/],
    ["roots out of order", { roots: [...inference.roots].reverse() }, /roots\[1\]\.height/],
    [
      "weights that are not 1",
      { params: { ...DEFAULT_PARAMS, split: { ...DEFAULT_PARAMS.split, burn: "0" } } },
      /params\.split/,
    ],
  ];
  for (const [name, partial, message] of cases)
    t.throws(() => new Sandbox({ genesis: { inference: { ...inference, ...partial } } }), { message }, name);
  t.end();
});

t.test("parameters that a block set are in the export of that block", (t) => {
  const sandbox = lived();
  const params = { ...DEFAULT_PARAMS, maxTags: 3, blockComputeBudget: 7n };
  sandbox.block(() => {
    sandbox.run(Msg.methods.Infer, inferMessage({ requester: "alice", modelId: 1n, inputs: [vector(4, 1)] }));
    sandbox.modules.inference.scheduleParams(sandbox.context("deliver"), params);
  });
  t.strictSame(exported(sandbox).inference.params, params);
  t.strictSame(sandbox.broken(), [], "a smaller budget says nothing of the block before it");
  const again = new Sandbox({ genesis: sandbox.exported() });
  t.strictSame(again.exported(), sandbox.exported());
  t.equal(toHex(again.compute.engine.idHash).length, 64);
  t.equal(again.balance(account("alice")), sandbox.balance(account("alice")), DENOM);
  t.end();
});

t.test("ids near the end of 64 bits are refused: they would begin anew", (t) => {
  const most = (1n << 63n) - 1n;
  const state = new Sandbox().exported() as unknown as Exported & { readonly gov: object };
  const cases = [
    ["models", "next_id", (next: bigint) => ({ ...state.models, nextId: next })],
    ["inference", "next_receipt_id", (next: bigint) => ({ ...state.inference, nextReceiptId: next })],
    ["gov", "starting_proposal_id", (next: bigint) => ({ ...state.gov, startingProposalId: next })],
  ] as const;
  for (const [module, field, genesis] of cases) {
    const start = (next: bigint) => new Sandbox({ genesis: { [module]: genesis(next) } });
    t.throws(() => start(most + 1n), { message: new RegExp(field) }, field);
    t.doesNotThrow(() => start(most), field);
  }
  t.end();
});
