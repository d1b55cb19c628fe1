/**
 * Descriptors of what is served, made from the codec's own tables: one file a package. Field numbers and enums are those
 * of google/protobuf/descriptor.proto.
 */
import type { AnyMessageType, AnyMethod, EnumType, Field } from "../../proto/codec.ts";
import { WireType, Writer } from "../../proto/wire.ts";

export interface FileDescriptor {
  /** `cosmos/bank/v1beta1.proto` */
  readonly name: string;
  readonly dependencies: readonly string[];
  /** Encoded FileDescriptorProto. */
  readonly bytes: Uint8Array;
}

export interface Descriptors {
  /** Full names of the services, sorted. */
  readonly services: readonly string[];
  readonly files: ReadonlyMap<string, FileDescriptor>;
  /** The file that declares a service, method, message, field or enum. */
  fileOf(symbol: string): FileDescriptor | undefined;
}

/** FieldDescriptorProto.Type */
const TYPES: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};
const TYPE_MESSAGE = 11;
const TYPE_ENUM = 14;
const LABEL_OPTIONAL = 1;
const LABEL_REPEATED = 3;

interface Package {
  readonly name: string;
  readonly messages: Map<string, AnyMessageType>;
  readonly enums: Map<string, EnumType>;
  readonly services: Map<string, AnyMethod[]>;
}

/** Work is linear in the methods and all that their messages hold. */
export function describe(methods: readonly AnyMethod[], others: readonly AnyMessageType[]): Descriptors {
  const packages = new Map<string, Package>();
  const packageOf = (name: string): Package => {
    const found = packages.get(name) ?? {
      name,
      messages: new Map(),
      enums: new Map(),
      services: new Map(),
    };
    packages.set(name, found);
    return found;
  };
  const seen = new Set<string>();
  const visit = (type: AnyMessageType | EnumType): void => {
    if (seen.has(type.typeName)) return;
    seen.add(type.typeName);
    const home = packageOf(packageName(type.typeName));
    if (type.kind === "enum") {
      home.enums.set(type.typeName, type);
      return;
    }
    home.messages.set(type.typeName, type);
    for (const field of type.fields) if (typeof field.type !== "string") visit(field.type);
  };
  for (const method of methods) {
    const service = serviceOf(method);
    const { services } = packageOf(packageName(service));
    services.set(service, [...(services.get(service) ?? []), method]);
    visit(method.request);
    visit(method.response);
  }
  for (const type of others) visit(type);

  const files = new Map([...packages.values()].map((each) => [fileName(each.name), fileOf(each)]));
  const bySymbol = new Map<string, string>();
  for (const { name, messages, enums, services } of packages.values()) {
    const file = fileName(name);
    for (const symbol of [...messages.keys(), ...enums.keys(), ...services.keys()])
      bySymbol.set(symbol, file);
    for (const [service, own] of services)
      for (const each of own) bySymbol.set(`${service}.${each.name}`, file);
  }
  return {
    services: [...packages.values()].flatMap(({ services }) => [...services.keys()]).sort(),
    files,
    fileOf: (symbol) => files.get(bySymbol.get(symbol) ?? bySymbol.get(parentOf(symbol)) ?? ""),
  };
}

/** `/cosmos.bank.v1beta1.Query/Balance` → `cosmos.bank.v1beta1.Query` */
export function serviceOf({ path }: AnyMethod): string {
  return path.slice(1, path.lastIndexOf("/"));
}

/** Packages are in lower case, and what they hold is not. */
function packageName(typeName: string): string {
  const parts = typeName.split(".");
  return parts
    .slice(
      0,
      parts.findIndex((part) => /^[A-Z]/.test(part)),
    )
    .join(".");
}

function parentOf(symbol: string): string {
  return symbol.slice(0, symbol.lastIndexOf("."));
}

function fileName(pkg: string): string {
  return `${pkg.replaceAll(".", "/")}.proto`;
}

function fileOf(pkg: Package): FileDescriptor {
  const used = new Set<string>();
  const use = (typeName: string): void => {
    const other = packageName(typeName);
    if (other !== pkg.name) used.add(fileName(other));
  };
  for (const { fields } of pkg.messages.values())
    for (const { type } of fields) if (typeof type !== "string") use(type.typeName);
  for (const methods of pkg.services.values())
    for (const { request, response } of methods)
      for (const { typeName } of [request, response]) use(typeName);
  const name = fileName(pkg.name);
  const dependencies = [...used].sort();
  const writer = new Writer();
  text(writer, 1, name);
  text(writer, 2, pkg.name);
  for (const each of dependencies) text(writer, 3, each);
  for (const type of roots(pkg.messages, pkg)) nested(writer, 4, messageOf(type, pkg));
  for (const type of roots(pkg.enums, pkg)) nested(writer, 5, enumOf(type));
  for (const [service, methods] of pkg.services) nested(writer, 6, serviceDescriptor(service, methods));
  text(writer, 12, "proto3");
  return { name, dependencies, bytes: writer.finish() };
}

/** Those that stand in no other message. */
function roots<T extends { readonly typeName: string }>(types: ReadonlyMap<string, T>, pkg: Package): T[] {
  return [...types.values()].filter(({ typeName }) => parentOf(typeName) === pkg.name);
}

function within<T extends { readonly typeName: string }>(types: ReadonlyMap<string, T>, outer: string): T[] {
  return [...types.values()].filter(({ typeName }) => parentOf(typeName) === outer);
}

function messageOf(type: AnyMessageType, pkg: Package): Uint8Array {
  const writer = new Writer();
  const oneofs = [...new Set(type.fields.flatMap(({ oneof }) => (oneof === undefined ? [] : [oneof])))];
  // proto3's `optional` is a oneof of one field, after all others.
  const optional = type.fields.filter((field) => field.optional && field.oneof === undefined);
  text(writer, 1, simpleName(type.typeName));
  for (const field of type.fields) {
    const own = optional.indexOf(field);
    const oneof =
      field.oneof !== undefined ? oneofs.indexOf(field.oneof) : own < 0 ? undefined : oneofs.length + own;
    nested(writer, 2, fieldOf(field, oneof, own >= 0));
  }
  for (const inner of within(pkg.messages, type.typeName)) nested(writer, 3, messageOf(inner, pkg));
  for (const inner of within(pkg.enums, type.typeName)) nested(writer, 4, enumOf(inner));
  for (const name of [...oneofs, ...optional.map((field) => `_${field.name}`)]) {
    const oneof = new Writer();
    text(oneof, 1, name);
    nested(writer, 8, oneof.finish());
  }
  return writer.finish();
}

function fieldOf(field: Field, oneof: number | undefined, isProto3Optional: boolean): Uint8Array {
  const { type } = field;
  const writer = new Writer();
  text(writer, 1, field.name);
  number(writer, 3, field.no);
  number(writer, 4, field.repeated ? LABEL_REPEATED : LABEL_OPTIONAL);
  const kind = typeof type === "string" ? TYPES[type]! : type.kind === "enum" ? TYPE_ENUM : TYPE_MESSAGE;
  number(writer, 5, kind);
  if (typeof type !== "string") text(writer, 6, `.${type.typeName}`);
  if (oneof !== undefined) number(writer, 9, oneof);
  text(writer, 10, field.property);
  if (isProto3Optional) number(writer, 17, 1);
  return writer.finish();
}

function enumOf({ typeName, values }: EnumType): Uint8Array {
  const writer = new Writer();
  text(writer, 1, simpleName(typeName));
  for (const [name, value] of Object.entries(values)) {
    const each = new Writer();
    text(each, 1, name);
    number(each, 2, value);
    nested(writer, 2, each.finish());
  }
  return writer.finish();
}

function serviceDescriptor(name: string, methods: readonly AnyMethod[]): Uint8Array {
  const writer = new Writer();
  text(writer, 1, simpleName(name));
  for (const method of methods) {
    const each = new Writer();
    text(each, 1, method.name);
    text(each, 2, `.${method.request.typeName}`);
    text(each, 3, `.${method.response.typeName}`);
    if (method.clientStreaming) number(each, 5, 1);
    if (method.serverStreaming) number(each, 6, 1);
    nested(writer, 2, each.finish());
  }
  return writer.finish();
}

function simpleName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf(".") + 1);
}

function text(writer: Writer, field: number, value: string): void {
  nested(writer, field, new TextEncoder().encode(value));
}

function nested(writer: Writer, field: number, bytes: Uint8Array): void {
  writer.tag(field, WireType.bytes).bytes(bytes);
}

/** Zero is written too: descriptor.proto is proto2. */
function number(writer: Writer, field: number, value: number): void {
  writer.tag(field, WireType.varint).int32(value);
}
