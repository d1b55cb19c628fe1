/** Drafts whose time is over: how many, and how many of their chunks, one block's end removes. */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { chunkCount, chunkHashes } from "../../../../chain/modules/models/files.ts";
import { DEFAULT_PARAMS, MAX_EXPIRED_CHUNKS_PER_BLOCK } from "../../../../chain/modules/models/params.ts";
import { GenesisState, ModelStatus, Msg } from "../../../../proto/gen/opg.models.v1.ts";
import { metadata } from "../samples.ts";
import { account, DENOM, Sandbox } from "../sandbox.ts";

const CHUNK = 1_024;
const { methods } = Msg;

/** Drafts of so many chunks each that are due in block 1, one short of whole, as they stand in a genesis. */
function due(counts: readonly number[]): Sandbox {
  const data = new Uint8Array(CHUNK);
  const models = GenesisState.create({
    params: { ...DEFAULT_PARAMS, chunkBytes: CHUNK },
    nextId: BigInt(counts.length + 1),
    models: counts.map((count, index) => ({
      id: BigInt(index + 1),
      owner: account("owner"),
      metadata,
      hash: sha256(Uint8Array.of(index)),
      size: BigInt((count + 1) * CHUNK),
      chunkSize: CHUNK,
      status: ModelStatus.MODEL_STATUS_DRAFT,
      price: { denom: DENOM, amount: "0" },
      profile: undefined,
      createdHeight: 0n,
      publishedHeight: 0n,
      retiredHeight: 0n,
      expiryHeight: 1n,
    })),
    chunks: counts.flatMap((count, model) =>
      Array.from({ length: count }, (_, index) => ({ modelId: BigInt(model + 1), index, data })),
    ),
  });
  return new Sandbox({ genesis: { models } });
}

const left = (sandbox: Sandbox): readonly (readonly [bigint, number])[] => {
  const ctx = sandbox.context();
  return [...sandbox.modules.models.all(ctx)].map(({ id }) => [id, [...chunkHashes(ctx, id)].length]);
};

t.test("a large draft goes piece by piece, and the next ones after it", async (t) => {
  const most = MAX_EXPIRED_CHUNKS_PER_BLOCK;
  const sandbox = due([most + 10, 20, 0, most]);
  sandbox.block(() => undefined);
  t.same(left(sandbox), [
    [1n, 10],
    [2n, 20],
    [3n, 0],
    [4n, most],
  ]);
  sandbox.begin();
  const model = sandbox.modules.models.model(sandbox.context(), 1n);
  const { error } = sandbox.deliver(methods.UploadChunk, {
    owner: account("owner"),
    modelId: 1n,
    index: chunkCount(model) - 1,
    data: new Uint8Array(CHUNK),
  });
  t.match(error, { codespace: "models" }, "what goes takes no more chunks");
  sandbox.end();
  t.same(left(sandbox), [[4n, 30]]);
  sandbox.block(() => undefined);
  t.same(left(sandbox), []);
});

t.test("drafts that are just as large as one block removes go in one", async (t) => {
  const sandbox = due([MAX_EXPIRED_CHUNKS_PER_BLOCK - 1, 1, 0, 1]);
  sandbox.block(() => undefined);
  t.same(left(sandbox), [[4n, 1]]);
});

t.test("ten drafts a block", async (t) => {
  const sandbox = due(Array.from({ length: 21 }, () => 1));
  for (const expected of [11, 1, 0]) {
    sandbox.block(() => undefined);
    t.equal(left(sandbox).length, expected);
  }
});
