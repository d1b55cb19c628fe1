/** google.protobuf.Int64Value, which powers are kept in. */
import { field, type MessageType, message } from "../../../proto/codec.ts";

interface Int64Value {
  readonly value: bigint;
}

const Int64Value: MessageType<Int64Value> = message("google.protobuf.Int64Value", () => [
  field(1, "value", "int64"),
]);

export function encodeInt64(value: bigint): Uint8Array {
  return Int64Value.encode({ value });
}

export function decodeInt64(bytes: Uint8Array): bigint {
  return Int64Value.decode(bytes).value;
}
