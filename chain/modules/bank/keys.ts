/** Layout of the store `bank`. Source: x/bank/types/keys.go of the Cosmos SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, utf8 } from "../../runtime/bytes.ts";

export const STORE = "bank";
export const MODULE = "bank";

export const SUPPLY_PREFIX = Uint8Array.of(0x00);
export const METADATA_PREFIX = Uint8Array.of(0x01);
export const BALANCE_PREFIX = Uint8Array.of(0x02);
export const HOLDER_PREFIX = Uint8Array.of(0x03);
export const SEND_ENABLED_PREFIX = Uint8Array.of(0x04);
export const PARAMS_KEY = Uint8Array.of(0x05);

const SEPARATOR = Uint8Array.of(0x00);

/** Amount (decimal text) by denomination. */
export function supplyKey(denom: string): Uint8Array {
  return concatBytes(SUPPLY_PREFIX, utf8(denom));
}

/** Metadata by denomination. */
export function metadataKey(denom: string): Uint8Array {
  return concatBytes(METADATA_PREFIX, utf8(denom));
}

/** Prefix of all balances of one account. */
export function balancesPrefix(address: Address): Uint8Array {
  return concatBytes(BALANCE_PREFIX, lengthPrefixed(address));
}

/** Amount (decimal text) by account and denomination. */
export function balanceKey(address: Address, denom: string): Uint8Array {
  return concatBytes(BALANCE_PREFIX, lengthPrefixed(address), utf8(denom));
}

/** Prefix of all holders of one denomination. */
export function holdersPrefix(denom: string): Uint8Array {
  return concatBytes(HOLDER_PREFIX, utf8(denom), SEPARATOR);
}

/** There if the account holds the denomination. */
export function holderKey(denom: string, address: Address): Uint8Array {
  return concatBytes(holdersPrefix(denom), lengthPrefixed(address));
}

/** One byte by denomination: 1 if it may be sent, 0 if not. */
export function sendEnabledKey(denom: string): Uint8Array {
  return concatBytes(SEND_ENABLED_PREFIX, utf8(denom));
}
