/** Messages that users sign, read as they must be written: what is unknown, doubled or over-long is refused (ADR-020, ADR-027). */
import type { DecodeOptions, MessageType } from "../../proto/codec.ts";
import { WireError } from "../../proto/wire.ts";
import { SdkError } from "./errors.ts";

/** @param name what the bytes are, for the error. @throws SdkError.txDecode */
export function decodeStrictly<T>(
  type: MessageType<T>,
  bytes: Uint8Array,
  name: string,
  options: DecodeOptions = {},
): T {
  try {
    return type.decode(bytes, { strict: true, ...options });
  } catch (error) {
    if (error instanceof WireError) throw SdkError.txDecode(`${name}: ${error.message}`);
    throw error;
  }
}
