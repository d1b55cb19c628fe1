/** Parameters of models: what may be registered. The engine's own limits bound them from above. */
import type { Metadata, Params } from "../../../proto/gen/opg.models.v1.ts";
import { DEFAULT_LIMITS, type EngineLimits } from "../../engine/onnx/index.ts";
import { assertCounts, type CountBounds } from "../../runtime/bounds.ts";
import { utf8 } from "../../runtime/bytes.ts";
import { ModelsError } from "./errors.ts";

export const DEFAULT_PARAMS: Params = {
  /** 64 MiB: a ResNet-18 in float32, or a BERT-base in int8 nearly. */
  maxModelBytes: 67_108_864n,
  /** 256 KiB: three chunks fit a transaction of 1 MiB. */
  chunkBytes: 262_144,
  maxMetadataBytes: 4_096,
  /** A week of 6-second blocks. */
  draftLifetimeBlocks: 100_800n,
  maxNodes: 4_096,
  /** 2^26: 256 MiB of float32. */
  maxTensorElements: 67_108_864n,
  maxRank: 8,
  /** 1 GiB. */
  maxRunBytes: 1_073_741_824n,
};

/** Smaller chunks would make more entries than bytes. */
export const MIN_CHUNK_BYTES = 1_024;

const BOUNDS: Required<CountBounds<Params>> = {
  maxModelBytes: [1_024n, BigInt(DEFAULT_LIMITS.maxModelBytes)],
  // A chunk and its transaction must fit the limit of a transaction.
  chunkBytes: [BigInt(MIN_CHUNK_BYTES), 1_000_000n],
  maxMetadataBytes: [64n, 65_536n],
  draftLifetimeBlocks: [1n, 100_000_000n],
  maxNodes: [1n, BigInt(DEFAULT_LIMITS.maxNodes)],
  maxTensorElements: [1n, BigInt(DEFAULT_LIMITS.maxTensorElements)],
  maxRank: [1n, BigInt(DEFAULT_LIMITS.maxRank)],
  maxRunBytes: [1_048_576n, DEFAULT_LIMITS.maxTotalBytes],
};

/** @throws SdkError.invalidRequest naming the parameter */
export function validateParams(params: Params): void {
  assertCounts(params, BOUNDS);
}

/** @throws ModelsError.invalidMetadata if the name is blank or the whole is too long */
export function assertMetadata(
  { name, description, uri, license }: Metadata,
  { maxMetadataBytes }: Params,
): void {
  // ASCII only: which other characters are blank differs between versions of Unicode.
  if (/^[ \t\r\n]*$/.test(name)) throw ModelsError.invalidMetadata("metadata.name: must not be blank");
  const bytes = [name, description, uri, license].reduce((sum, text) => sum + utf8(text).length, 0);
  if (bytes > maxMetadataBytes)
    throw ModelsError.invalidMetadata(`metadata: ${bytes} bytes; ${maxMetadataBytes} are allowed`);
}

/** The engine's limits as the parameters tighten them. */
export function engineLimits(params: Params): EngineLimits {
  return {
    ...DEFAULT_LIMITS,
    maxModelBytes: Number(params.maxModelBytes),
    maxNodes: params.maxNodes,
    maxTensorElements: Number(params.maxTensorElements),
    maxRank: params.maxRank,
    maxTotalBytes: params.maxRunBytes,
  };
}

/** Gas of an uploaded byte, beside what the transaction's size costs: it is kept until the model is retired. */
export const UPLOAD_GAS_PER_BYTE = 10n;
/** Gas of publishing, by byte of the file (read, hashed, parsed) and by node (shape and cost). */
export const PUBLISH_GAS_PER_BYTE = 1n;
export const PUBLISH_GAS_PER_NODE = 2_000n;
/**
 * Gas of calling a model, whatever comes of it: its graph is read from the file where it is not remembered, and its shapes
 * and cost are worked out for the batch. Measured: 12 to 20 µs a node and 1.3 ns a byte to read, 2 to 5 µs a node to work
 * out, at 300 ns a gas (bench of 24 November 2026).
 */
export const CALL_GAS_PER_NODE = 80n;
export const CALL_BYTES_PER_GAS = 230n;
/** Drafts that one end-block removes at most. */
export const MAX_EXPIRIES_PER_BLOCK = 10;
/** And chunks of theirs: those ten, at 64 MiB in the default chunks of 256 KiB. A draft with more goes piece by piece. */
export const MAX_EXPIRED_CHUNKS_PER_BLOCK = 2_560;
/** Retired models that one end-block looks at, to let their files go if nobody needs them any more. */
export const MAX_RETIRING_PER_BLOCK = 10;
