/** Layout of the store `models`. */
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, u32Bytes, u64Bytes } from "../../runtime/bytes.ts";

export const STORE = "models";
export const MODULE = "models";

export const PARAMS_KEY = Uint8Array.of(0x00);
export const NEXT_ID_KEY = Uint8Array.of(0x01);
export const MODEL_PREFIX = Uint8Array.of(0x02);
export const HASH_PREFIX = Uint8Array.of(0x03);
export const OWNER_PREFIX = Uint8Array.of(0x04);
export const STATUS_PREFIX = Uint8Array.of(0x05);
export const CHUNK_PREFIX = Uint8Array.of(0x06);
export const REFERENCE_PREFIX = Uint8Array.of(0x07);
export const EXPIRY_PREFIX = Uint8Array.of(0x08);
export const RETIRING_PREFIX = Uint8Array.of(0x09);

/** A model by its id. */
export function modelKey(id: bigint): Uint8Array {
  return concatBytes(MODEL_PREFIX, u64Bytes(id));
}

/** Id of the published model with this file. */
export function hashKey(hash: Uint8Array): Uint8Array {
  return concatBytes(HASH_PREFIX, hash);
}

export function ownerPrefix(owner: Address): Uint8Array {
  return concatBytes(OWNER_PREFIX, lengthPrefixed(owner));
}

/** There if the account owns the model. */
export function ownerKey(owner: Address, id: bigint): Uint8Array {
  return concatBytes(ownerPrefix(owner), u64Bytes(id));
}

export function statusPrefix(status: number): Uint8Array {
  return concatBytes(STATUS_PREFIX, Uint8Array.of(status));
}

/** There if the model has the status. */
export function statusKey(status: number, id: bigint): Uint8Array {
  return concatBytes(statusPrefix(status), u64Bytes(id));
}

export function chunksPrefix(id: bigint): Uint8Array {
  return concatBytes(CHUNK_PREFIX, u64Bytes(id));
}

/** SHA-256 of one chunk of a model: its blob. */
export function chunkKey(id: bigint, index: number): Uint8Array {
  return concatBytes(chunksPrefix(id), u32Bytes(index));
}

/** How many chunks of models are this blob (u64). */
export function referenceKey(blob: Uint8Array): Uint8Array {
  return concatBytes(REFERENCE_PREFIX, blob);
}

/** There if the draft expires in the end-block of this height. */
export function expiryKey(height: bigint, id: bigint): Uint8Array {
  return concatBytes(EXPIRY_PREFIX, u64Bytes(height), u64Bytes(id));
}

/** There if the model is retired, and its file is not gone yet. */
export function retiringKey(id: bigint): Uint8Array {
  return concatBytes(RETIRING_PREFIX, u64Bytes(id));
}
