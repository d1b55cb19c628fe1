/** Layout of the store `inference`. Light clients prove receipts by these keys, so this file imports nothing of the state. */
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, u64Bytes } from "../../runtime/bytes.ts";

export const STORE = "inference";
export const MODULE = "inference";

export const PARAMS_KEY = Uint8Array.of(0x00);
export const PRICE_KEY = Uint8Array.of(0x01);
export const ENGINE_KEY = Uint8Array.of(0x02);
export const NEXT_ID_KEY = Uint8Array.of(0x03);
/** Compute units used in the block in progress, and its budget (two u64). */
export const USE_KEY = Uint8Array.of(0x04);
export const OUTPUTS_PRUNED_KEY = Uint8Array.of(0x05);
export const RECEIPTS_PRUNED_KEY = Uint8Array.of(0x06);
/** Parameters that the block in progress set for the next one; absent between blocks. */
export const PENDING_PARAMS_KEY = Uint8Array.of(0x07);
/** Id of the first receipt of the block in progress. */
export const FIRST_ID_KEY = Uint8Array.of(0x08);
export const RECEIPT_PREFIX = Uint8Array.of(0x10);
export const OUTPUT_PREFIX = Uint8Array.of(0x11);
export const ROOT_PREFIX = Uint8Array.of(0x12);
export const REQUESTER_PREFIX = Uint8Array.of(0x13);
export const MODEL_PREFIX = Uint8Array.of(0x14);

/** A receipt by its id: the leaf that a light client proves. Its value is the encoded Receipt. */
export function receiptKey(id: bigint): Uint8Array {
  return concatBytes(RECEIPT_PREFIX, u64Bytes(id));
}

/** The canonical output tensors of a receipt. */
export function outputKey(id: bigint): Uint8Array {
  return concatBytes(OUTPUT_PREFIX, u64Bytes(id));
}

/** The root of a block's receipts. */
export function rootKey(height: bigint): Uint8Array {
  return concatBytes(ROOT_PREFIX, u64Bytes(height));
}

export function requesterPrefix(requester: Address): Uint8Array {
  return concatBytes(REQUESTER_PREFIX, lengthPrefixed(requester));
}

/** There if the account asked for the receipt. */
export function requesterKey(requester: Address, id: bigint): Uint8Array {
  return concatBytes(requesterPrefix(requester), u64Bytes(id));
}

export function modelReceiptsPrefix(modelId: bigint): Uint8Array {
  return concatBytes(MODEL_PREFIX, u64Bytes(modelId));
}

/** There if the receipt is of the model. */
export function modelReceiptKey(modelId: bigint, id: bigint): Uint8Array {
  return concatBytes(modelReceiptsPrefix(modelId), u64Bytes(id));
}
