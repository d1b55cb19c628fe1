/** Layout of the store `distribution`. Source: x/distribution/types/keys.go of the Cosmos SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, u64Bytes } from "../../runtime/bytes.ts";

export const STORE = "distribution";
export const MODULE = "distribution";

export const FEE_POOL_KEY = Uint8Array.of(0x00);
export const PROPOSER_KEY = Uint8Array.of(0x01);
export const OUTSTANDING_PREFIX = Uint8Array.of(0x02);
export const WITHDRAW_ADDRESS_PREFIX = Uint8Array.of(0x03);
export const STARTING_INFO_PREFIX = Uint8Array.of(0x04);
export const HISTORICAL_PREFIX = Uint8Array.of(0x05);
export const CURRENT_PREFIX = Uint8Array.of(0x06);
export const COMMISSION_PREFIX = Uint8Array.of(0x07);
export const SLASH_PREFIX = Uint8Array.of(0x08);
export const PARAMS_KEY = Uint8Array.of(0x09);

/** The record of one address under a prefix. */
export function addressKey(prefix: Uint8Array, address: Address): Uint8Array {
  return concatBytes(prefix, lengthPrefixed(address));
}

/** The address of a key that addressKey made. */
export function addressOfKey(key: Uint8Array): Address {
  return key.slice(2, 2 + key[1]!) as Address;
}

export function startingInfoKey(operator: Address, delegator: Address): Uint8Array {
  return concatBytes(addressKey(STARTING_INFO_PREFIX, operator), lengthPrefixed(delegator));
}

export function delegatorOfKey(key: Uint8Array): Address {
  return key.slice(3 + key[1]!) as Address;
}

/** The period stands little-endian: the SDK's choice, so periods are not in order. */
export function historicalKey(operator: Address, period: bigint): Uint8Array {
  return concatBytes(addressKey(HISTORICAL_PREFIX, operator), u64Bytes(period).reverse());
}

export function periodOfKey(key: Uint8Array): bigint {
  const bytes = key.slice(2 + key[1]!).reverse();
  return new DataView(bytes.buffer).getBigUint64(0);
}

/** Prefix of the slashes of one height. */
export function slashHeightKey(operator: Address, height: bigint): Uint8Array {
  return concatBytes(addressKey(SLASH_PREFIX, operator), u64Bytes(height));
}

export function slashKey(operator: Address, height: bigint, period: bigint): Uint8Array {
  return concatBytes(slashHeightKey(operator, height), u64Bytes(period));
}

export function heightOfKey(key: Uint8Array): bigint {
  return new DataView(key.buffer, key.byteOffset + 2 + key[1]!, 8).getBigUint64(0);
}
