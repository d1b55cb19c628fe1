/** Layout of the store `upgrade`. Source: x/upgrade/types/keys.go v0.2 (Cosmos SDK v0.53). */
import { concatBytes, u64Bytes, u64FromBytes, utf8 } from "../../runtime/bytes.ts";

export const MODULE = "upgrade";
export const STORE = "upgrade";

export const PLAN_KEY = Uint8Array.of(0);
export const DONE_PREFIX = Uint8Array.of(1);
export const VERSION_PREFIX = Uint8Array.of(2);
/** How many upgrades the chain has had, 8 bytes. */
export const PROTOCOL_VERSION_KEY = Uint8Array.of(3);

const DONE_NAME = 9;

/** One byte 1 by height and name of an upgrade that was applied. */
export function doneKey(height: bigint, name: string): Uint8Array {
  return concatBytes(DONE_PREFIX, u64Bytes(height), utf8(name));
}

export function doneFromKey(key: Uint8Array): { readonly height: bigint; readonly name: string } {
  return {
    height: u64FromBytes(key.subarray(DONE_PREFIX.length, DONE_NAME)),
    name: new TextDecoder().decode(key.subarray(DONE_NAME)),
  };
}

/** Version of a module's state by its name, 8 bytes. */
export function versionKey(module: string): Uint8Array {
  return concatBytes(VERSION_PREFIX, utf8(module));
}
