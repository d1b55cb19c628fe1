import { StoreError } from "./errors.ts";

/** 64 KiB less one: what a key may take. SDK store/types: MaxKeyLength is 128 KiB; module keys are under 1 KiB. */
export const MAX_KEY_BYTES = 65_535;

/** 16 MiB: what one value may take in a tree. Larger things are blobs in chunks. */
export const MAX_VALUE_BYTES = 16 * 1024 * 1024;

/** @throws StoreError if the key is empty or too large. */
export function assertKey(key: Uint8Array): void {
  if (key.length === 0) throw new StoreError("EMPTY_KEY", "key is empty: every key needs at least one byte");
  if (key.length > MAX_KEY_BYTES) {
    throw new StoreError(
      "KEY_TOO_LARGE",
      `key has ${key.length} bytes: at most ${MAX_KEY_BYTES} are allowed`,
    );
  }
}

/** @throws StoreError if the value is too large. */
export function assertValue(value: Uint8Array): void {
  if (value.length > MAX_VALUE_BYTES) {
    throw new StoreError(
      "VALUE_TOO_LARGE",
      `value has ${value.length} bytes: at most ${MAX_VALUE_BYTES} are allowed, keep larger things as blobs`,
    );
  }
}
