/** Layout of the store `slashing`. Source: x/slashing/types/keys.go of the Cosmos SDK v0.53. */
import { concatBytes, lengthPrefixed, u64Bytes } from "../../runtime/bytes.ts";

export const STORE = "slashing";
export const MODULE = "slashing";

export const PARAMS_KEY = Uint8Array.of(0x00);
export const SIGNING_INFO_PREFIX = Uint8Array.of(0x01);
export const MISSED_PREFIX = Uint8Array.of(0x02);
export const PUBKEY_PREFIX = Uint8Array.of(0x03);

/** ValidatorSigningInfo by consensus address. */
export function signingInfoKey(consensus: Uint8Array): Uint8Array {
  return concatBytes(SIGNING_INFO_PREFIX, lengthPrefixed(consensus));
}

/** The consensus address in a key of a signing info, whatever its length. */
export function addressIn(key: Uint8Array): Uint8Array {
  return key.slice(SIGNING_INFO_PREFIX.length + 1);
}

/** Prefix of all chunks of a validator's bitmap. */
export function missedPrefix(consensus: Uint8Array): Uint8Array {
  return concatBytes(MISSED_PREFIX, lengthPrefixed(consensus));
}

/** A chunk of the bitmap of missed blocks: its number is little-endian. */
export function missedKey(consensus: Uint8Array, chunk: bigint): Uint8Array {
  return concatBytes(missedPrefix(consensus), u64Bytes(chunk).reverse());
}

/** The number of a chunk, by its key. */
export function chunkIn(key: Uint8Array): Uint8Array {
  return key.slice(-8).reverse();
}

/** Public key (Any) by consensus address. */
export function pubkeyKey(consensus: Uint8Array): Uint8Array {
  return concatBytes(PUBKEY_PREFIX, lengthPrefixed(consensus));
}
