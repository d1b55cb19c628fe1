/**
 * Messages described by a table of fields, and one codec that encodes and decodes them.
 *
 * Encoding is canonical proto3: fields in ascending order, defaults never written, packed scalars, minimal varints.
 * One value has one encoding. A message field declared non-nullable is always present and always written, as in Go's
 * gogoproto, whose bytes ours equal.
 *
 * Decoding is lenient by default, as protocol peers need (unknown fields skipped). `strict` is for what users sign and
 * state holds (ADR-020 and ADR-027 of the Cosmos SDK): unknown fields, over-long varints, values out of range, wrong
 * wire types and repeated singular fields are rejected; `ordered` also rejects fields out of ascending order.
 */
import { Reader, WireError, WireType, Writer } from "./wire.ts";

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
}

// The codec itself handles messages by property name; the generated interfaces give callers their types.
type Loose = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: a table of fields refers to messages of any shape.
export type AnyMessageType = MessageType<any>;

/** Nesting deeper than this is refused: no message of ours comes near, and the decoder recurses. */
export const MAX_DEPTH = 64;

const EMPTY_BYTES = new Uint8Array(0);

const wireTypes: Readonly<Record<Scalar, WireType>> = {
  bool: WireType.varint,
  bytes: WireType.bytes,
  double: WireType.fixed64,
  fixed32: WireType.fixed32,
  fixed64: WireType.fixed64,
  float: WireType.fixed32,
  int32: WireType.varint,
  int64: WireType.varint,
  sfixed32: WireType.fixed32,
  sfixed64: WireType.fixed64,
  sint32: WireType.varint,
  sint64: WireType.varint,
  string: WireType.bytes,
  uint32: WireType.varint,
  uint64: WireType.varint,
};

function wireTypeOf(field: Field): WireType {
  if (typeof field.type === "string") return wireTypes[field.type];
  return field.type.kind === "enum" ? WireType.varint : WireType.bytes;
}

function scalarDefault(type: Scalar): unknown {
  switch (type) {
    case "bool":
      return false;
    case "bytes":
      return EMPTY_BYTES;
    case "string":
      return "";
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return 0n;
    default:
      return 0;
  }
}

function defaultOf(field: Field): unknown {
  if (field.repeated) return [];
  if (field.optional) return undefined;
  if (typeof field.type === "string") return scalarDefault(field.type);
  if (field.type.kind === "enum") return 0;
  return field.required ? field.type.create() : undefined;
}

function isDefault(type: Field["type"], value: unknown): boolean {
  if (type === "bytes") return (value as Uint8Array).length === 0;
  // Object.is would tell -0 from 0; proto3 writes -0 of a float, as its bits are not all zero.
  if (type === "float" || type === "double") return Object.is(value, 0);
  return value === 0 || value === 0n || value === "" || value === false;
}

function writeScalar(type: Scalar, value: unknown, writer: Writer): void {
  switch (type) {
    case "string":
      writer.string(value as string);
      return;
    case "bytes":
      writer.bytes(value as Uint8Array);
      return;
    case "uint64":
      writer.uint64(value as bigint);
      return;
    case "int64":
      writer.int64(value as bigint);
      return;
    case "uint32":
      writer.uint32(value as number);
      return;
    case "int32":
      writer.int32(value as number);
      return;
    case "bool":
      writer.bool(value as boolean);
      return;
    case "sint32":
      writer.sint32(value as number);
      return;
    case "sint64":
      writer.sint64(value as bigint);
      return;
    case "fixed32":
    case "sfixed32":
      writer.fixed32(value as number);
      return;
    case "fixed64":
    case "sfixed64":
      writer.fixed64(value as bigint);
      return;
    case "float":
      writer.float(value as number);
      return;
    case "double":
      writer.double(value as number);
      return;
  }
}

function readScalar(type: Scalar, reader: Reader): unknown {
  switch (type) {
    case "string":
      return reader.string();
    case "bytes":
      return reader.bytes();
    case "uint64":
      return reader.uint64();
    case "int64":
      return reader.int64();
    case "uint32":
      return reader.uint32();
    case "int32":
      return reader.int32();
    case "bool":
      return reader.bool();
    case "sint32":
      return reader.sint32();
    case "sint64":
      return reader.sint64();
    case "fixed32":
      return reader.fixed32();
    case "sfixed32":
      return reader.fixed32() | 0;
    case "fixed64":
      return reader.fixed64();
    case "sfixed64":
      return BigInt.asIntN(64, reader.fixed64());
    case "float":
      return reader.float();
    case "double":
      return reader.double();
  }
}

function writeElement(type: Field["type"], value: unknown, writer: Writer): void {
  if (typeof type === "string") writeScalar(type, value, writer);
  else if (type.kind === "enum") writer.int32(value as number);
  else writer.block(() => type.write(value, writer));
}

function writeField(field: Field, wireType: WireType, value: unknown, writer: Writer): void {
  const { type } = field;
  if (field.repeated) {
    const values = value as readonly unknown[];
    if (values.length === 0) return;
    if (wireType === WireType.bytes) {
      for (const element of values) {
        writer.tag(field.no, wireType);
        writeElement(type, element, writer);
      }
      return;
    }
    writer.tag(field.no, WireType.bytes);
    writer.block(() => {
      for (const element of values) writeElement(type, element, writer);
    });
    return;
  }
  if (value === undefined || value === null) {
    if (!field.required) return;
    throw new TypeError(`field ${field.name} must be set`);
  }
  const isMessage = typeof type !== "string" && type.kind === "message";
  if (!field.optional && !isMessage && isDefault(type, value)) return;
  writer.tag(field.no, wireType);
  writeElement(type, value, writer);
}

interface Decoding {
  readonly strict: boolean;
  readonly depth: number;
}

function readElement(type: Field["type"], reader: Reader, decoding: Decoding): unknown {
  if (typeof type === "string") return readScalar(type, reader);
  if (type.kind === "enum") return reader.int32();
  return decodeFields(type, reader.view(), { strict: decoding.strict, depth: decoding.depth + 1 }, {});
}

interface Compiled {
  readonly wireTypes: readonly WireType[];
  readonly byNumber: ReadonlyMap<number, number>;
}

const compiled = new WeakMap<AnyMessageType, Compiled>();

function compile(type: AnyMessageType): Compiled {
  const known = compiled.get(type);
  if (known) return known;
  const made = {
    wireTypes: type.fields.map(wireTypeOf),
    byNumber: new Map(type.fields.map((field, index) => [field.no, index])),
  };
  compiled.set(type, made);
  return made;
}

function isNonCritical(fieldNumber: number): boolean {
  return (fieldNumber & (1 << 10)) !== 0;
}

function decodeFields(
  type: AnyMessageType,
  bytes: Uint8Array,
  decoding: Decoding,
  options: DecodeOptions,
): Loose {
  if (decoding.depth > MAX_DEPTH) throw new WireError(`${type.typeName}: nested too deeply`, 0);
  const { strict } = decoding;
  const { wireTypes: types, byNumber } = compile(type);
  const message = type.create() as Loose;
  const reader = new Reader(bytes, { strict });
  const seen: boolean[] | undefined = strict ? [] : undefined;
  let previous = 0;
  while (!reader.done) {
    const at = reader.offset;
    const [no, wireType] = reader.tag();
    if (options.ordered && no < previous) {
      throw new WireError(`${type.typeName}: field ${no} comes after field ${previous}`, at);
    }
    previous = no;
    const index = byNumber.get(no);
    if (index === undefined) {
      if (strict && !(options.allowNonCritical && isNonCritical(no))) {
        throw new WireError(`${type.typeName}: unknown field ${no}`, at);
      }
      reader.skip(wireType);
      continue;
    }
    const field = type.fields[index]!;
    const expected = types[index]!;
    if (field.repeated) {
      const list = message[field.property] as unknown[];
      if (wireType === expected) {
        list.push(readElement(field.type, reader, decoding));
        continue;
      }
      if (wireType === WireType.bytes) {
        const packed = new Reader(reader.view(), { strict });
        while (!packed.done) list.push(readElement(field.type, packed, decoding));
        continue;
      }
    } else if (wireType === expected) {
      if (seen) {
        if (seen[index]) throw new WireError(`${type.typeName}: field ${field.name} is given twice`, at);
        seen[index] = true;
      }
      message[field.property] = readElement(field.type, reader, decoding);
      if (field.oneof !== undefined) clearOthers(type, field, message, strict, at);
      continue;
    }
    throw new WireError(`${type.typeName}: field ${field.name} has wire type ${wireType}`, at);
  }
  return message;
}

function clearOthers(type: AnyMessageType, kept: Field, message: Loose, strict: boolean, at: number): void {
  for (const field of type.fields) {
    if (field === kept || field.oneof !== kept.oneof || message[field.property] === undefined) continue;
    if (strict) throw new WireError(`${type.typeName}: two members of oneof ${kept.oneof} are given`, at);
    message[field.property] = undefined;
  }
}

/** Makes a field of a table. The property name is the camelCase of `name` unless the generator gives another. */
export function field(no: number, name: string, type: Field["type"], flags: FieldFlags = {}): Field {
  return { no, name, property: toCamelCase(name), type, ...flags };
}

/** `pub_key` → `pubKey`, as protoc and CosmJS name properties. */
export function toCamelCase(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, next: string) => next.toUpperCase());
}

/**
 * Makes a message type from its table. The table is a function, called at first use, so that messages may refer to
 * themselves and to messages of files that import each other.
 */
export function message<T>(
  typeName: string,
  table: () => readonly Field[],
  options: MessageOptions = {},
): MessageType<T> {
  let fields: readonly Field[] | undefined;
  const type: MessageType<T> = {
    kind: "message",
    typeName,
    typeUrl: `/${typeName}`,
    options,
    get fields() {
      fields ??= [...table()].sort((a, b) => a.no - b.no);
      return fields;
    },
    create(partial) {
      const created: Loose = {};
      const given = partial as Loose | undefined;
      for (const each of type.fields) {
        const value = given?.[each.property];
        created[each.property] = value === undefined ? defaultOf(each) : value;
      }
      return created as T;
    },
    encode(value) {
      const writer = new Writer();
      type.write(value, writer);
      return writer.finish();
    },
    decode(bytes, decodeOptions = {}) {
      const decoding = { strict: decodeOptions.strict ?? false, depth: 0 };
      return decodeFields(type, bytes, decoding, decodeOptions) as T;
    },
    write(value, writer) {
      const { wireTypes: types } = compile(type);
      for (let i = 0; i < type.fields.length; i++) {
        const each = type.fields[i]!;
        writeField(each, types[i]!, (value as Loose)[each.property], writer);
      }
    },
  };
  return type;
}

/** Makes an enum type from its names and numbers. */
export function enumeration(typeName: string, values: Readonly<Record<string, number>>): EnumType {
  return { kind: "enum", typeName, values };
}

/** The name of an enum's number, or undefined for a number that the enum does not name. */
export function enumName(type: EnumType, value: number): string | undefined {
  for (const [name, number] of Object.entries(type.values)) if (number === value) return name;
  return undefined;
}

export interface HttpBinding {
  readonly verb: "get" | "post" | "put" | "delete" | "patch";
  readonly path: string;
  readonly body?: string;
}

export interface Method<Request, Response> {
  readonly name: string;
  /** `/package.Service/Method`: the path of gRPC and of ABCI queries. */
  readonly path: string;
  readonly request: MessageType<Request>;
  readonly response: MessageType<Response>;
  readonly http: readonly HttpBinding[];
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of methods refers to messages of any shape.
export type AnyMethod = Method<any, any>;

export interface ServiceType<
  Methods extends Readonly<Record<string, AnyMethod>> = Readonly<Record<string, AnyMethod>>,
> {
  readonly typeName: string;
  readonly methods: Methods;
}

type Unnamed<Request, Response> = Omit<Method<Request, Response>, "name" | "path">;

/** Makes one method of a service; `service` gives it its name and path. */
export function method<Request, Response>(
  request: MessageType<Request>,
  response: MessageType<Response>,
  http: readonly HttpBinding[] = [],
  streaming: { readonly client?: boolean; readonly server?: boolean } = {},
): Unnamed<Request, Response> {
  return {
    request,
    response,
    http,
    clientStreaming: streaming.client ?? false,
    serverStreaming: streaming.server ?? false,
  };
}

type Named<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends Unnamed<infer Q, infer R> ? Method<Q, R> : never;
};

/** Makes a service from its methods, by name. */
// biome-ignore lint/suspicious/noExplicitAny: as AnyMethod.
export function service<const Methods extends Readonly<Record<string, Unnamed<any, any>>>>(
  typeName: string,
  methods: Methods,
): ServiceType<Named<Methods>> {
  const named = Object.entries(methods).map(([name, each]) => [
    name,
    { ...each, name, path: `/${typeName}/${name}` },
  ]);
  return { typeName, methods: Object.fromEntries(named) as Named<Methods> };
}
