/** Files of models: chunks in the blob store, counted by reference, since two models may share a chunk. */

import type { Model } from "../../../proto/gen/opg.models.v1.ts";
import { bytesEqual, joinBytes, u32FromBytes, u64Bytes, u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { sha256 } from "../../store/sha256.ts";
import { ModelFileFault, ModelsError } from "./errors.ts";
import { chunkKey, chunksPrefix, referenceKey, STORE } from "./keys.ts";

/** Number of chunks of a file. */
export function chunkCount({ size, chunkSize }: Pick<Model, "size" | "chunkSize">): number {
  return Number((size + BigInt(chunkSize) - 1n) / BigInt(chunkSize));
}

/** Bytes that the chunk at `index` must have. */
export function chunkLength(model: Pick<Model, "size" | "chunkSize">, index: number): number {
  const chunks = chunkCount(model);
  return index < chunks - 1 ? model.chunkSize : Number(model.size) - (chunks - 1) * model.chunkSize;
}

function references(ctx: Context, blob: Uint8Array): bigint {
  const bytes = ctx.store(STORE).get(referenceKey(blob));
  return bytes ? u64FromBytes(bytes) : 0n;
}

function addReference(ctx: Context, blob: Uint8Array): void {
  ctx.store(STORE).set(referenceKey(blob), u64Bytes(references(ctx, blob) + 1n));
}

/** Lets one reference go, and the blob with the last. */
function dropReference(ctx: Context, blob: Uint8Array): void {
  const left = references(ctx, blob) - 1n;
  if (left > 0n) {
    ctx.store(STORE).set(referenceKey(blob), u64Bytes(left));
    return;
  }
  ctx.store(STORE).delete(referenceKey(blob));
  ctx.blobs.delete(blob);
}

/**
 * Keeps a chunk of a draft. The same bytes again change nothing; other bytes replace what was there.
 * @throws ModelsError.badChunk if index or length do not fit
 */
export function putChunk(ctx: Context, model: Model, index: number, data: Uint8Array): void {
  const chunks = chunkCount(model);
  if (index >= chunks) throw ModelsError.badChunk(`index: ${index} is not from 0 to ${chunks - 1}`);
  const length = chunkLength(model, index);
  if (data.length !== length) {
    throw ModelsError.badChunk(
      `data: chunk ${index} of ${chunks} must have ${length} bytes, not ${data.length}`,
    );
  }
  const key = chunkKey(model.id, index);
  const before = ctx.store(STORE).get(key);
  const hash = sha256(data);
  if (before && bytesEqual(before, hash)) return;
  // The new blob first: it may be the old one of another chunk.
  ctx.blobs.put(data);
  addReference(ctx, hash);
  ctx.store(STORE).set(key, hash);
  if (before) dropReference(ctx, before);
}

/** Hashes of the chunks that are there, by index. */
export function* chunkHashes(
  ctx: Context,
  id: bigint,
): IterableIterator<readonly [index: number, hash: Uint8Array]> {
  const prefix = chunksPrefix(id);
  for (const [key, hash] of ctx.store(STORE).iterate(prefixRange(prefix))) {
    yield [u32FromBytes(key.subarray(prefix.length)), hash];
  }
}

/** Indexes of the chunks that are not there. */
export function missingChunks(ctx: Context, model: Model): number[] {
  const there = new Set([...chunkHashes(ctx, model.id)].map(([index]) => index));
  return Array.from({ length: chunkCount(model) }, (_, index) => index).filter((index) => !there.has(index));
}

export function chunkData(ctx: Context, id: bigint, index: number): Uint8Array | undefined {
  const hash = ctx.store(STORE).get(chunkKey(id, index));
  return hash && ctx.blobs.get(hash);
}

/** The whole file. @throws ModelsError.incomplete if chunks are missing */
export function fileOf(ctx: Context, model: Model): Uint8Array {
  const missing = missingChunks(ctx, model);
  if (missing.length > 0) {
    throw ModelsError.incomplete(
      `model ${model.id}: ${missing.length} chunks are missing, the first is ${missing[0]}`,
    );
  }
  const parts = [...chunkHashes(ctx, model.id)].map(([index, hash]) => {
    const part = ctx.blobs.get(hash);
    if (!part) throw new ModelFileFault(`model ${model.id}: the blob of chunk ${index} is gone`);
    return part;
  });
  return joinBytes(parts);
}

/** Lets all chunks of a model go, or the first `most` of them. @returns how many went */
export function dropFile(ctx: Context, id: bigint, most = Number.POSITIVE_INFINITY): number {
  const chunks: (readonly [index: number, hash: Uint8Array])[] = [];
  for (const chunk of chunkHashes(ctx, id)) {
    if (chunks.length >= most) break;
    chunks.push(chunk);
  }
  for (const [index, hash] of chunks) {
    ctx.store(STORE).delete(chunkKey(id, index));
    dropReference(ctx, hash);
  }
  return chunks.length;
}

/** Whether any chunk of a model is there. */
export function hasChunks(ctx: Context, id: bigint): boolean {
  for (const _ of chunkHashes(ctx, id)) return true;
  return false;
}
