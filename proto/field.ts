/** What a table says of a message: its fields, their types, its options. */
import type { Reader, Writer } from "./wire.ts";

export type Scalar =
  | "bool"
  | "bytes"
  | "double"
  | "fixed32"
  | "fixed64"
  | "float"
  | "int32"
  | "int64"
  | "sfixed32"
  | "sfixed64"
  | "sint32"
  | "sint64"
  | "string"
  | "uint32"
  | "uint64";

/** A protobuf enum: its names and numbers. Values of other numbers are kept as they are (proto3 enums are open). */
export interface EnumType {
  readonly kind: "enum";
  readonly typeName: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface FieldFlags {
  readonly repeated?: true;
  /** In a oneof, or `optional`: absence differs from the default. */
  readonly optional?: true;
  /** Name of the oneof this field is a member of. */
  readonly oneof?: string;
  /** A message field that is always present and always written (gogoproto nullable = false). */
  readonly required?: true;
  /** A decimal with 18 digits, as an integer string on the wire and with a point in JSON (cosmos.Dec). */
  readonly dec?: true;
  /** Bytes that hold JSON text, which stands in JSON as what it says (Go's json.RawMessage). */
  readonly json?: true;
  readonly amino?: {
    readonly name?: string;
    readonly encoding?: string;
    readonly keepEmpty?: true;
    readonly oneofName?: string;
  };
}

export interface Field extends FieldFlags {
  readonly no: number;
  /** Name in the .proto file, snake_case. */
  readonly name: string;
  /** Name of the property in TypeScript, camelCase. */
  readonly property: string;
  readonly type: Scalar | EnumType | AnyMessageType;
}

export interface DecodeOptions {
  /** Reject what no canonical encoder writes. Default false. */
  readonly strict?: boolean;
  /** With strict: reject fields that are not in ascending order. Applies to the outermost message. */
  readonly ordered?: boolean;
  /** With strict: unknown fields whose number has bit 11 set are skipped (ADR-020). Applies to the outermost message. */
  readonly allowNonCritical?: boolean;
}

/** What a message's options say beyond its fields. */
export interface MessageOptions {
  /** Names of the fields that hold the addresses that must sign (cosmos.msg.v1.signer). */
  readonly signer?: readonly string[];
  /** Amino name (amino.name), for LEGACY_AMINO_JSON. */
  readonly amino?: string;
  readonly aminoEncoding?: string;
}

export interface MessageType<T> {
  readonly kind: "message";
  /** Full name, such as `cosmos.bank.v1beta1.MsgSend`. */
  readonly typeName: string;
  /** `/` and the full name: how an Any names this type. */
  readonly typeUrl: string;
  readonly options: MessageOptions;
  /** In ascending order of field number. */
  readonly fields: readonly Field[];
  /** The message with every field that `partial` leaves out at its default. */
  create(partial?: Partial<T>): T;
  encode(message: T): Uint8Array;
  /** @throws WireError if the bytes are not a valid encoding. Cost is linear in the length. */
  decode(bytes: Uint8Array, options?: DecodeOptions): T;
  /** Appends the fields of `message` to `writer`, without a length. */
  write(message: T, writer: Writer): void;
  /** Reads the fields up to the reader's end. `depth` is how deeply this message is nested. */
  read(reader: Reader, depth: number, options?: DecodeOptions): T;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of fields refers to messages of any shape.
export type AnyMessageType = MessageType<any>;
