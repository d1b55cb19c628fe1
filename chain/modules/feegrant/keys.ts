/** Layout of the store `feegrant`. Source: x/feegrant/key.go of the Cosmos SDK v0.53. */
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed } from "../../runtime/bytes.ts";
import { TIME_KEY_LENGTH, timeKey } from "../../runtime/time.ts";

export const STORE = "feegrant";
export const MODULE = "feegrant";

export const ALLOWANCE_PREFIX = Uint8Array.of(0x00);
export const QUEUE_PREFIX = Uint8Array.of(0x01);

/** Prefix of all that one account was granted. */
export function granteePrefix(grantee: Address): Uint8Array {
  return concatBytes(ALLOWANCE_PREFIX, lengthPrefixed(grantee));
}

/** Grant by grantee and granter. */
export function allowanceKey(granter: Address, grantee: Address): Uint8Array {
  return concatBytes(granteePrefix(grantee), lengthPrefixed(granter));
}

/** There if an allowance ends at a time: by the time, then as the allowance's own key. */
export function queueKey(expiration: Timestamp, granter: Address, grantee: Address): Uint8Array {
  return concatBytes(QUEUE_PREFIX, timeKey(expiration), allowanceKey(granter, grantee).subarray(1));
}

/** The key of the allowance that an entry of the queue is for. */
export function queuedKey(key: Uint8Array): Uint8Array {
  return concatBytes(ALLOWANCE_PREFIX, key.subarray(QUEUE_PREFIX.length + TIME_KEY_LENGTH));
}

/** The granter of an allowance, by its key without the prefix. */
export function granterIn(key: Uint8Array): Uint8Array {
  return key.subarray(key[0]! + 2);
}
