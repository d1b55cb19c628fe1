import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { toHex } from "../../../chain/runtime/bytes.ts";
import {
  addressOf,
  keySigner,
  OpgClient,
  PrivateKey,
  singlePublicKey,
  type UploadProgress,
  type UploadRequest,
} from "../../../client/index.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import * as models from "../../../proto/gen/opg.models.v1.ts";
import { FakeChain, type Verdict } from "./chain.ts";

const key = new PrivateKey(sha256(Uint8Array.of(1)));
const me = addressOf(singlePublicKey(key.publicKey), "opg");
const CHUNK = 1000;

/** The models module as far as uploading goes. */
class Registry {
  readonly chain = new FakeChain(me);
  model: models.Model | undefined;
  readonly chunks = new Map<number, Uint8Array>();
  readonly log: string[] = [];
  created = 0;
  /** Chunks that are lost though their transactions succeed. */
  lose = (_index: number) => false;

  constructor() {
    const { methods } = models.Query;
    this.chain.on(methods.ModelByHash, ({ hash }) =>
      this.model?.status === models.ModelStatus.MODEL_STATUS_PUBLISHED && toHex(this.model.hash) === hash
        ? { model: this.model }
        : { code: 22, codespace: "sdk", log: "not found" },
    );
    this.chain.on(methods.Models, ({ owner, status }) => ({
      models: this.model?.owner === owner && this.model?.status === status ? [this.model] : [],
      pagination: { nextKey: new Uint8Array(0), total: 1n },
    }));
    this.chain.on(methods.UploadStatus, () => {
      const total = Math.ceil(Number(this.model!.size) / CHUNK);
      const missing = Array.from({ length: total }, (_, index) => index).filter(
        (index) => !this.chunks.has(index),
      );
      return { chunks: total, chunkSize: CHUNK, missing, missingTotal: missing.length };
    });
    this.chain.execute = (message) => this.#execute(message);
  }

  #execute({ typeUrl, value }: Any): Any | Verdict {
    const answer = <T>(type: { typeUrl: string; encode(v: T): Uint8Array }, v: T): Any => ({
      typeUrl: type.typeUrl,
      value: type.encode(v),
    });
    switch (typeUrl) {
      case models.MsgCreateModel.typeUrl: {
        const { owner, metadata, hash, size, price } = models.MsgCreateModel.decode(value);
        this.created++;
        this.model ??= models.Model.create({
          id: 9n,
          owner,
          metadata,
          hash,
          size,
          price,
          status: models.ModelStatus.MODEL_STATUS_DRAFT,
        });
        return answer(models.MsgCreateModelResponse, { modelId: 9n, chunks: 1, chunkSize: CHUNK });
      }
      case models.MsgUploadChunk.typeUrl: {
        const { index, data } = models.MsgUploadChunk.decode(value);
        this.log.push(`chunk ${index}`);
        if (!this.lose(index)) this.chunks.set(index, data);
        return answer(models.MsgUploadChunkResponse, { missing: 0 });
      }
      case models.MsgPublishModel.typeUrl: {
        const file = new Uint8Array(
          [...this.chunks].sort(([a], [b]) => a - b).flatMap(([, data]) => [...data]),
        );
        if (toHex(sha256(file)) !== toHex(this.model!.hash))
          return { code: 7, codespace: "models", log: "hash differs" };
        this.log.push("publish");
        this.model = { ...this.model!, status: models.ModelStatus.MODEL_STATUS_PUBLISHED };
        return answer(models.MsgPublishModelResponse, models.MsgPublishModelResponse.create());
      }
      default:
        return { code: 1, codespace: "sdk", log: `no handler for ${typeUrl}` };
    }
  }

  async connect(): Promise<OpgClient> {
    return OpgClient.connect("http://fake", {
      signer: keySigner(key, "opg"),
      rpc: { fetch: this.chain.fetch },
    });
  }
}

const file = Uint8Array.from({ length: 9500 }, (_, n) => (n * 7) & 0xff);

function request(overrides: Partial<UploadRequest> = {}): UploadRequest {
  return {
    bytes: file,
    metadata: { name: "iris", description: "", uri: "", license: "" },
    price: { denom: "uopg", amount: "1" },
    // Simulation runs messages here, which would count them twice.
    options: { gas: 100_000n },
    ...overrides,
  };
}

t.test("a model is created, uploaded chunk by chunk, published, and progress is told", async (t) => {
  const registry = new Registry();
  const client = await registry.connect();
  const progress: UploadProgress[] = [];
  const id = await client.uploadModel(request({ onProgress: (each) => progress.push(each) }));
  t.equal(id, 9n);
  t.equal(registry.chunks.size, 10);
  t.equal(registry.chunks.get(9)?.length, 500);
  t.strictSame(progress.map(({ chunksDone }) => chunksDone).slice(0, 11), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.strictSame(progress.at(-1), { modelId: 9n, step: "published", chunksDone: 10, chunksTotal: 10 });
});

t.test("an interrupted upload goes on with what is missing", async (t) => {
  const registry = new Registry();
  const client = await registry.connect();
  await client.uploadModel(request({ publish: false }));
  for (const index of [2, 7]) registry.chunks.delete(index);
  registry.log.length = 0;
  await client.uploadModel(request());
  t.strictSame(registry.log, ["chunk 2", "chunk 7", "publish"], "into the same draft");
  t.equal(registry.created, 1);
});

t.test("a file that is published already is not uploaded again; another's is refused", async (t) => {
  const registry = new Registry();
  const client = await registry.connect();
  await client.uploadModel(request());
  registry.log.length = 0;
  t.equal(await client.uploadModel(request()), 9n);
  t.strictSame(registry.log, []);
  registry.model = { ...registry.model!, owner: "opg1other" };
  await t.rejects(client.uploadModel(request()), { code: "model_taken", message: /opg1other/ });
});

t.test("chunks that stay missing end the upload rather than repeat it for ever", async (t) => {
  const registry = new Registry();
  registry.lose = (index) => index === 3;
  const client = await registry.connect();
  await t.rejects(client.uploadModel(request()), { code: "upload_stalled", message: /1 of 10 chunks/ });
  t.equal(registry.log.filter((each) => each === "chunk 3").length, 2, "it was tried twice");
});
