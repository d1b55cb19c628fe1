/** Layout of the store `authz`. Source: x/authz/keeper/keys.go of the Cosmos SDK v0.53. */
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, utf8 } from "../../runtime/bytes.ts";
import { TIME_KEY_LENGTH, timeKey } from "../../runtime/time.ts";

export const STORE = "authz";
export const MODULE = "authz";

export const GRANT_PREFIX = Uint8Array.of(0x01);
export const QUEUE_PREFIX = Uint8Array.of(0x02);

/** Prefix of all that one account granted. */
export function granterPrefix(granter: Address): Uint8Array {
  return concatBytes(GRANT_PREFIX, lengthPrefixed(granter));
}

/** Prefix of all that one account granted another. */
export function pairPrefix(granter: Address, grantee: Address): Uint8Array {
  return concatBytes(GRANT_PREFIX, lengthPrefixed(granter), lengthPrefixed(grantee));
}

/** Grant by granter, grantee and type of message. */
export function grantKey(granter: Address, grantee: Address, typeUrl: string): Uint8Array {
  return concatBytes(pairPrefix(granter, grantee), utf8(typeUrl));
}

/** GrantQueueItem by time of expiry, granter and grantee. */
export function queueKey(expiration: Timestamp, granter: Address, grantee: Address): Uint8Array {
  return concatBytes(QUEUE_PREFIX, timeKey(expiration), lengthPrefixed(granter), lengthPrefixed(grantee));
}

/** Reads granter, grantee and the rest, from `offset` on. */
export function parsePair(
  key: Uint8Array,
  offset = GRANT_PREFIX.length,
): { readonly granter: Address; readonly grantee: Address; readonly rest: Uint8Array } {
  const middle = offset + 1 + key[offset]!;
  const end = middle + 1 + key[middle]!;
  return {
    granter: key.slice(offset + 1, middle) as Address,
    grantee: key.slice(middle + 1, end) as Address,
    rest: key.slice(end),
  };
}

/** Granter and grantee of an entry of the queue. */
export function parseQueueKey(key: Uint8Array): { readonly granter: Address; readonly grantee: Address } {
  return parsePair(key, QUEUE_PREFIX.length + TIME_KEY_LENGTH);
}
