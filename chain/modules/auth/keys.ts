/** Layout of the store `acc`. Source: x/auth/types/keys.go of the Cosmos SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import { concatBytes, u64Bytes, utf8 } from "../../runtime/bytes.ts";

export const STORE = "acc";
export const MODULE = "auth";

export const PARAMS_KEY = Uint8Array.of(0x00);
export const ACCOUNT_PREFIX = Uint8Array.of(0x01);
/** The number that the next account gets. */
export const NEXT_NUMBER_KEY = Uint8Array.of(0x02);
export const NUMBER_PREFIX = utf8("accountNumber");
/** Ours: the bech32 prefix of the chain. */
export const BECH32_PREFIX_KEY = utf8("bech32Prefix");

/** An account (as Any) by its address. */
export function accountKey(address: Address): Uint8Array {
  return concatBytes(ACCOUNT_PREFIX, address);
}

/** An address by the number of its account. */
export function numberKey(accountNumber: bigint): Uint8Array {
  return concatBytes(NUMBER_PREFIX, u64Bytes(accountNumber));
}
