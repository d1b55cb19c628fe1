/** Bringing a model onto the chain: create, upload chunks, publish. What was uploaded before is not uploaded again. */
import { bytesEqual, toHex } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import type { Coin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import {
  type Metadata,
  type Model,
  ModelStatus,
  MsgCreateModel,
  MsgCreateModelResponse,
  MsgPublishModel,
  MsgUploadChunk,
} from "../../proto/gen/opg.models.v1.ts";
import { pages, type Queries, QueryError } from "../query/index.ts";
import { pack } from "../tx/index.ts";
import { OpgError } from "./errors.ts";
import { messageResponse } from "./responses.ts";
import type { Transactor, TxOptions } from "./transactor.ts";
import type { WaitOptions } from "./wait.ts";

export interface UploadProgress {
  readonly modelId: bigint;
  readonly step: "created" | "uploading" | "published";
  readonly chunksDone: number;
  readonly chunksTotal: number;
}

export interface UploadRequest {
  /** The ONNX file. */
  readonly bytes: Uint8Array;
  readonly metadata: Metadata;
  /** What the owner asks for each inference, beyond the compute price. */
  readonly price: Coin;
  /** Publish when all is there. Default true. */
  readonly publish?: boolean;
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly options?: TxOptions & WaitOptions;
}

/** Chunks sent before their blocks are waited for. */
const WINDOW = 4;

/** The published model of this file, whoever's. */
async function publishedModel(query: Queries, hash: Uint8Array): Promise<Model | undefined> {
  try {
    return (await query.models.modelByHash({ hash: toHex(hash) })).model;
  } catch (error) {
    if (error instanceof QueryError && error.notFound) return undefined;
    throw error;
  }
}

/** This owner's draft of the file, if an upload was begun before. */
async function draftModel(query: Queries, owner: string, hash: Uint8Array): Promise<Model | undefined> {
  const status = ModelStatus.MODEL_STATUS_DRAFT;
  for await (const { models } of pages((pagination) => query.models.models({ owner, status, pagination }))) {
    const found = models.find((model) => bytesEqual(model.hash, hash));
    if (found) return found;
  }
  return undefined;
}

async function create(transactor: Transactor, request: UploadRequest, hash: Uint8Array): Promise<bigint> {
  const { metadata, price, bytes, options = {} } = request;
  const owner = transactor.signer.address;
  const message = pack(MsgCreateModel, { owner, metadata, hash, size: BigInt(bytes.length), price });
  const tx = await transactor.execute([message], options);
  return messageResponse(tx, MsgCreateModelResponse).modelId;
}

/**
 * Uploads and publishes a model; called again after an interruption, goes on where it stopped.
 * @returns the model's id. If this owner has published the same file before, that model's.
 * @throws TxFailedError if the chain refuses a step (publishing names the operator or tensor); OpgError model_taken if
 * the same file is another owner's
 */
export async function uploadModel(
  transactor: Transactor,
  query: Queries,
  request: UploadRequest,
): Promise<bigint> {
  const hash = sha256(request.bytes);
  const owner = transactor.signer.address;
  const known = await publishedModel(query, hash);
  if (known && known.owner !== owner) {
    throw new OpgError("model_taken", `this file is model ${known.id} of ${known.owner} already`);
  }
  const draft = known ?? (await draftModel(query, owner, hash));
  const modelId = draft?.id ?? (await create(transactor, request, hash));
  const report = (step: UploadProgress["step"], chunksDone: number, chunksTotal: number) =>
    request.onProgress?.({ modelId, step, chunksDone, chunksTotal });
  if (known) {
    report("published", 0, 0);
    return modelId;
  }
  const chunks = await uploadMissing(transactor, query, request, modelId, report);
  if (request.publish ?? true) {
    await transactor.execute([pack(MsgPublishModel, { owner, modelId })], request.options);
    report("published", chunks, chunks);
  }
  return modelId;
}

type Report = (step: UploadProgress["step"], chunksDone: number, chunksTotal: number) => void;

/** @returns the number of chunks that the model has */
async function uploadMissing(
  transactor: Transactor,
  query: Queries,
  { bytes, options = {} }: UploadRequest,
  modelId: bigint,
  report: Report,
): Promise<number> {
  const owner = transactor.signer.address;
  let before: number | undefined;
  for (;;) {
    const { missing, missingTotal, chunks, chunkSize } = await query.models.uploadStatus({ modelId });
    report(before === undefined ? "created" : "uploading", chunks - missingTotal, chunks);
    if (missingTotal === 0) return chunks;
    if (before !== undefined && missingTotal >= before) {
      throw new OpgError(
        "upload_stalled",
        `model ${modelId}: ${missingTotal} of ${chunks} chunks are still missing though all were sent; try again`,
      );
    }
    before = missingTotal;
    let done = chunks - missingTotal;
    for (let start = 0; start < missing.length; start += WINDOW) {
      const hashes: string[] = [];
      for (const index of missing.slice(start, start + WINDOW)) {
        const data = bytes.slice(index * chunkSize, (index + 1) * chunkSize);
        hashes.push(
          await transactor.broadcast([pack(MsgUploadChunk, { owner, modelId, index, data })], options),
        );
      }
      for (const hash of hashes) {
        await transactor.confirm(hash, options);
        report("uploading", ++done, chunks);
      }
    }
  }
}
