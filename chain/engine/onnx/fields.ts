/** Reading protobuf messages of ONNX field by field, each field with its expected form, duplicates refused. */
import { Reader, WireType } from "../../../proto/wire.ts";
import type { DType } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { hasNaNPayload } from "../nan.ts";

export interface FieldReader {
  readonly number: number;
  readonly type: WireType;
  /** Length-delimited bytes, as a view. */
  view(): Uint8Array;
  string(maxBytes: number): string;
  int64(): bigint;
  int32(): number;
  float(): number;
  double(): number;
  skip(): void;
}

/**
 * Calls `visit` for every field of the message in `bytes`. A field number of `singular` that comes twice is refused:
 * protobuf would merge the two, and a reader that does not would see another model.
 */
export function eachField(
  bytes: Uint8Array,
  message: string,
  singular: readonly number[],
  visit: (field: FieldReader) => void,
): void {
  const reader = new Reader(bytes, { strict: true });
  const seen = new Set<number>();
  let number = 0;
  let type: WireType = WireType.varint;
  const expect = (wanted: WireType): void => {
    if (type !== wanted) {
      throw new EngineError(
        "malformed",
        `field ${number} of ${message} has wire type ${type}, not ${wanted}`,
      );
    }
  };
  const field: FieldReader = {
    get number() {
      return number;
    },
    get type() {
      return type;
    },
    view() {
      expect(WireType.bytes);
      return reader.view();
    },
    string(maxBytes) {
      expect(WireType.bytes);
      const before = reader.offset;
      const text = reader.string();
      // The length prefix is at most five bytes; what matters is that no longer text is kept.
      if (reader.offset - before > maxBytes + 5) {
        throw new EngineError(
          "limitExceeded",
          `a text in field ${number} of ${message} is longer than ${maxBytes} bytes: shorten it`,
        );
      }
      // Names end at a zero byte for the engine: two of ours could be one of its.
      if (text.includes("\0")) {
        throw new EngineError("malformed", `a text in field ${number} of ${message} holds a zero byte`);
      }
      return text;
    },
    int64() {
      expect(WireType.varint);
      return reader.int64();
    },
    int32() {
      expect(WireType.varint);
      return reader.int32();
    },
    float() {
      expect(WireType.fixed32);
      return plainFloats("float32", u32Bytes(reader.fixed32()), `field ${number} of ${message}`).getFloat32(
        0,
        true,
      );
    },
    double() {
      expect(WireType.fixed64);
      return plainFloats("float64", u64Bytes(reader.fixed64()), `field ${number} of ${message}`).getFloat64(
        0,
        true,
      );
    },
    skip() {
      reader.skip(type);
    },
  };
  while (!reader.done) {
    [number, type] = reader.tag();
    if (singular.includes(number)) {
      if (seen.has(number)) throw new EngineError("malformed", `field ${number} of ${message} occurs twice`);
      seen.add(number);
    }
    visit(field);
  }
}

function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/**
 * A view on little-endian floats, refused where one is a NaN with a payload (ADR-0028). `what` names them. The type is of
 * the elements; of others nothing is checked.
 */
export function plainFloats(dtype: DType, bytes: Uint8Array, what: string): DataView {
  if (hasNaNPayload(dtype, bytes)) {
    throw new EngineError(
      "unsupportedFeature",
      `${what} holds a NaN with a payload, which CPUs treat differently: replace NaNs by the ordinary one (numpy.nan)`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Refuses a field that the schema subset does not know. */
export function unknownField(message: string, number: number): never {
  throw new EngineError(
    "unsupportedFeature",
    `${message} has a field ${number} that the engine does not know: export with IR version 13 or below`,
  );
}

/** Walks a StringStringEntryProto (metadata): no one reads it, but the engine does not load what is broken. */
export function checkEntry(bytes: Uint8Array): void {
  eachField(bytes, "StringStringEntryProto", [1, 2], (f) => {
    if (f.number === 1 || f.number === 2) f.view();
    else unknownField("StringStringEntryProto", f.number);
  });
}
