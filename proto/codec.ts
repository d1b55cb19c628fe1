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
import { type Codec, compile } from "./compile.ts";
import type { EnumType, Field, FieldFlags, MessageOptions, MessageType } from "./field.ts";
import { Reader, Writer } from "./wire.ts";

export { MAX_DEPTH } from "./compile.ts";
export type {
  AnyMessageType,
  DecodeOptions,
  EnumType,
  Field,
  FieldFlags,
  MessageOptions,
  MessageType,
  Scalar,
} from "./field.ts";

/** Makes a field of a table. The property name is the camelCase of `name` unless the generator gives another. */
export function field(no: number, name: string, type: Field["type"], flags: FieldFlags = {}): Field {
  return { no, name, property: toCamelCase(name), type, ...flags };
}

/** `pub_key` → `pubKey`, as protoc and CosmJS name properties. */
export function toCamelCase(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, next: string) => next.toUpperCase());
}

/** A writer that no encoding is using: most messages are small, and a buffer costs more than they do. */
let spare: Writer | undefined;
/** A larger buffer is not kept. */
const MAX_SPARE_BYTES = 65_536;

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
  let codec: Codec | undefined;
  const compiled = (): Codec => {
    codec ??= compile(type);
    return codec;
  };
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
      return compiled().create(partial as Readonly<Record<string, unknown>> | undefined) as T;
    },
    encode(value) {
      const writer = spare ?? new Writer();
      spare = undefined;
      compiled().write(value as Readonly<Record<string, unknown>>, writer);
      const bytes = writer.finish();
      if (writer.capacity <= MAX_SPARE_BYTES) spare = writer.reset();
      return bytes;
    },
    decode(bytes, decodeOptions = {}) {
      const reader = new Reader(bytes, { strict: decodeOptions.strict ?? false });
      return compiled().read(reader, 0, decodeOptions) as T;
    },
    write(value, writer) {
      compiled().write(value as Readonly<Record<string, unknown>>, writer);
    },
    read(reader, depth, decodeOptions = {}) {
      return compiled().read(reader, depth, decodeOptions) as T;
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
