/**
 * Turns a table of fields into functions that create, write and read a message: what a field is is decided once, at the
 * message's first use, and not at every value. Closures only; nothing is evaluated from text (ADR-0018).
 */
import type { AnyMessageType, DecodeOptions, Field, Scalar } from "./field.ts";
import { type Reader, WireError, WireType, type Writer } from "./wire.ts";

// The codec handles messages by property name; the generated interfaces give callers their types.
type Loose = Record<string, unknown>;
type Given = Readonly<Loose>;

export interface Codec {
  create(partial?: Given): Loose;
  write(message: Given, writer: Writer): void;
  read(reader: Reader, depth: number, options: DecodeOptions): Loose;
}

/** Nesting deeper than this is refused: no message of ours comes near, and the decoder recurses. */
export const MAX_DEPTH = 64;

const EMPTY_BYTES = new Uint8Array(0);

/** How values of one scalar type are written, read and left out. */
interface ScalarCodec {
  readonly wireType: WireType;
  /** The default. */
  readonly zero: unknown;
  isZero(value: never): boolean;
  write(writer: Writer, value: never): void;
  read(reader: Reader): unknown;
}

function scalar<T>(
  wireType: WireType,
  zero: T,
  write: (writer: Writer, value: T) => void,
  read: (reader: Reader) => T,
  isZero: (value: T) => boolean = (value) => value === zero,
): ScalarCodec {
  return { wireType, zero, write, read, isZero };
}

const { varint, fixed32, fixed64, bytes: lengthDelimited } = WireType;

// Proto3 writes -0 of a float, as its bits are not all zero.
const isPlusZero = (value: number) => Object.is(value, 0);

const SCALARS: Readonly<Record<Scalar, ScalarCodec>> = {
  bool: scalar<boolean>(
    varint,
    false,
    (to, value) => to.bool(value),
    (from) => from.bool(),
  ),
  bytes: scalar<Uint8Array>(
    lengthDelimited,
    EMPTY_BYTES,
    (to, value) => to.bytes(value),
    (from) => from.bytes(),
    (value) => value.length === 0,
  ),
  double: scalar<number>(
    fixed64,
    0,
    (to, value) => to.double(value),
    (from) => from.double(),
    isPlusZero,
  ),
  fixed32: scalar<number>(
    fixed32,
    0,
    (to, value) => to.fixed32(value),
    (from) => from.fixed32(),
  ),
  fixed64: scalar<bigint>(
    fixed64,
    0n,
    (to, value) => to.fixed64(value),
    (from) => from.fixed64(),
  ),
  float: scalar<number>(
    fixed32,
    0,
    (to, value) => to.float(value),
    (from) => from.float(),
    isPlusZero,
  ),
  int32: scalar<number>(
    varint,
    0,
    (to, value) => to.int32(value),
    (from) => from.int32(),
  ),
  int64: scalar<bigint>(
    varint,
    0n,
    (to, value) => to.int64(value),
    (from) => from.int64(),
  ),
  sfixed32: scalar<number>(
    fixed32,
    0,
    (to, value) => to.fixed32(value),
    (from) => from.fixed32() | 0,
  ),
  sfixed64: scalar<bigint>(
    fixed64,
    0n,
    (to, value) => to.fixed64(value),
    (from) => BigInt.asIntN(64, from.fixed64()),
  ),
  sint32: scalar<number>(
    varint,
    0,
    (to, value) => to.sint32(value),
    (from) => from.sint32(),
  ),
  sint64: scalar<bigint>(
    varint,
    0n,
    (to, value) => to.sint64(value),
    (from) => from.sint64(),
  ),
  string: scalar<string>(
    lengthDelimited,
    "",
    (to, value) => to.string(value),
    (from) => from.string(),
  ),
  uint32: scalar<number>(
    varint,
    0,
    (to, value) => to.uint32(value),
    (from) => from.uint32(),
  ),
  uint64: scalar<bigint>(
    varint,
    0n,
    (to, value) => to.uint64(value),
    (from) => from.uint64(),
  ),
};

/** Enums are open: any number is kept, as an int32. */
function scalarOf({ type }: Field): ScalarCodec | undefined {
  if (typeof type === "string") return SCALARS[type];
  return type.kind === "enum" ? SCALARS.int32 : undefined;
}

// ── Creating ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes the message with every field at its default; `partial` may give others. Objects of one type have one shape. */
function compileCreate(fields: readonly Field[]): Codec["create"] {
  const blank = blankOf(fields);
  const made = fields.filter(isMade);
  return (partial) => {
    const created: Loose = { ...blank };
    if (partial !== undefined) {
      for (const { property } of fields) {
        const value = partial[property];
        if (value !== undefined) created[property] = value;
      }
    }
    for (const field of made) {
      if (created[field.property] === undefined) created[field.property] = fresh(field);
    }
    return created;
  };
}

/** Whether the default is an object of its own for each message. */
function isMade(field: Field): boolean {
  return field.repeated === true || (field.required === true && field.optional !== true && !scalarOf(field));
}

function fresh(field: Field): unknown {
  return field.repeated ? [] : (field.type as AnyMessageType).create();
}

/** The defaults that messages can share; the others are undefined in it. */
function blankOf(fields: readonly Field[]): Given {
  return Object.fromEntries(
    fields.map((field) => [
      field.property,
      isMade(field) || field.optional ? undefined : scalarOf(field)?.zero,
    ]),
  );
}

// ── Writing ────────────────────────────────────────────────────────────────────────────────────────────────────────

type WriteField = (message: Given, writer: Writer) => void;

function compileWriter(field: Field): WriteField {
  const { no, property, name } = field;
  const codec = scalarOf(field);
  if (field.repeated) return codec ? repeatedScalars(field, codec) : repeatedMessages(field);
  if (codec === undefined) {
    const type = field.type as AnyMessageType;
    return (message, writer) => {
      const value = message[property];
      if (value === undefined || value === null) {
        if (field.required) throw new TypeError(`field ${name} must be set`);
        return;
      }
      const start = writer.tag(no, lengthDelimited).open();
      type.write(value, writer);
      writer.close(start);
    };
  }
  const write = codec.write as (writer: Writer, value: unknown) => void;
  const isZero = codec.isZero as (value: unknown) => boolean;
  const { wireType } = codec;
  const always = field.optional === true;
  return (message, writer) => {
    const value = message[property];
    if (value === undefined || value === null) {
      if (field.required) throw new TypeError(`field ${name} must be set`);
      return;
    }
    if (!always && isZero(value)) return;
    write(writer.tag(no, wireType), value);
  };
}

function repeatedMessages({ no, property, type }: Field): WriteField {
  return (message, writer) => {
    for (const value of message[property] as readonly unknown[]) {
      const start = writer.tag(no, lengthDelimited).open();
      (type as AnyMessageType).write(value, writer);
      writer.close(start);
    }
  };
}

function repeatedScalars({ no, property }: Field, codec: ScalarCodec): WriteField {
  const write = codec.write as (writer: Writer, value: unknown) => void;
  if (codec.wireType === lengthDelimited) {
    return (message, writer) => {
      for (const value of message[property] as readonly unknown[])
        write(writer.tag(no, lengthDelimited), value);
    };
  }
  return (message, writer) => {
    const values = message[property] as readonly unknown[];
    if (values.length === 0) return;
    const start = writer.tag(no, lengthDelimited).open();
    for (const value of values) write(writer, value);
    writer.close(start);
  };
}

// ── Reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface FieldReader {
  readonly field: Field;
  readonly wireType: WireType;
  /** Bit of a singular field among those that were seen; 0 beyond the thirtieth. */
  readonly bit: number;
  readonly index: number;
  /** The other members of its oneof. */
  readonly rivals: readonly Field[];
  read(reader: Reader, depth: number): unknown;
}

const BITS = 30;

function compileReader(fields: readonly Field[], field: Field, index: number): FieldReader {
  const codec = scalarOf(field);
  const { type, oneof } = field;
  return {
    field,
    index,
    bit: index < BITS ? 1 << index : 0,
    rivals: oneof === undefined ? [] : fields.filter((each) => each !== field && each.oneof === oneof),
    wireType: codec?.wireType ?? lengthDelimited,
    read: codec ? codec.read : (reader, depth) => readMessage(type as AnyMessageType, reader, depth + 1),
  };
}

function readMessage(type: AnyMessageType, reader: Reader, depth: number): unknown {
  const end = reader.enter();
  const message: unknown = type.read(reader, depth);
  reader.leave(end);
  return message;
}

function isNonCritical(fieldNumber: number): boolean {
  return (fieldNumber & (1 << 10)) !== 0;
}

const NO_OPTIONS: DecodeOptions = {};

function compileRead({ typeName, fields }: AnyMessageType): Codec["read"] {
  const blank = blankOf(fields);
  const made = fields.filter(isMade);
  const readers = new Map(fields.map((field, index) => [field.no, compileReader(fields, field, index)]));
  return (reader, depth, options = NO_OPTIONS) => {
    if (depth > MAX_DEPTH) throw new WireError(`${typeName}: nested too deeply`, 0);
    const { strict } = reader;
    const message: Loose = { ...blank };
    let seen = 0;
    let seenBeyond: Set<number> | undefined;
    let previous = 0;
    while (!reader.done) {
      const at = reader.offset;
      const key = reader.key();
      const no = key >>> 3;
      const wireType = (key & 7) as WireType;
      if (options.ordered && no < previous) {
        throw new WireError(`${typeName}: field ${no} comes after field ${previous}`, at);
      }
      previous = no;
      const known = readers.get(no);
      if (known === undefined) {
        if (strict && !(options.allowNonCritical && isNonCritical(no))) {
          throw new WireError(`${typeName}: unknown field ${no}`, at);
        }
        reader.skip(wireType);
        continue;
      }
      const { field } = known;
      if (field.repeated) {
        message[field.property] ??= [];
        const list = message[field.property] as unknown[];
        if (wireType === known.wireType) {
          list.push(known.read(reader, depth));
          continue;
        }
        if (wireType === lengthDelimited) {
          const end = reader.enter();
          while (!reader.done) list.push(known.read(reader, depth));
          reader.leave(end);
          continue;
        }
      } else if (wireType === known.wireType) {
        if (strict) {
          if (known.bit === 0) seenBeyond ??= new Set();
          if ((seen & known.bit) !== 0 || seenBeyond?.has(known.index)) {
            throw new WireError(`${typeName}: field ${field.name} is given twice`, at);
          }
          seen |= known.bit;
          if (known.bit === 0) seenBeyond?.add(known.index);
        }
        message[field.property] = known.read(reader, depth);
        if (known.rivals.length > 0) clearRivals(typeName, known, message, strict, at);
        continue;
      }
      throw new WireError(`${typeName}: field ${field.name} has wire type ${wireType}`, at);
    }
    for (const field of made) {
      if (message[field.property] === undefined) message[field.property] = fresh(field);
    }
    return message;
  };
}

function clearRivals(
  typeName: string,
  { field, rivals }: FieldReader,
  message: Loose,
  strict: boolean,
  at: number,
): void {
  for (const { property } of rivals) {
    if (message[property] === undefined) continue;
    if (strict) throw new WireError(`${typeName}: two members of oneof ${field.oneof} are given`, at);
    message[property] = undefined;
  }
}

export function compile(type: AnyMessageType): Codec {
  const writers = type.fields.map(compileWriter);
  return {
    create: compileCreate(type.fields),
    write: (message, writer) => {
      for (const write of writers) write(message, writer);
    },
    read: compileRead(type),
  };
}
