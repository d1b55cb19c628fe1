/**
 * Messages as JSON, as the Cosmos SDK's gRPC gateway and genesis files have it: proto3's JSON mapping with the names of
 * the .proto files, defaults written, 64-bit integers as strings, an Any as its fields beside "@type", and decimals
 * (cosmos.Dec) with a point. Reading accepts camelCase names too and is strict: what it does not know is an error.
 * Source: https://protobuf.dev/programming-guides/json/
 */
import { base64 } from "@scure/base";
import {
  type AnyMessageType,
  type EnumType,
  enumName,
  type Field,
  type MessageType,
  type Scalar,
} from "./codec.ts";
import type { Duration, Timestamp } from "./gen/google.protobuf.ts";
import { Any } from "./gen/google.protobuf.ts";
import { TypeRegistry } from "./registry.ts";
import {
  formatDecimal,
  formatDuration,
  formatTimestamp,
  parseDecimal,
  parseDuration,
  parseTimestamp,
} from "./text.ts";

export { TypeRegistry };

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export type JsonErrorCode =
  | "unknown_field"
  | "duplicate_field"
  | "invalid_value"
  | "unknown_type"
  | "too_deep";

/** JSON that is not the message it should be, or a message that JSON cannot say. `path` names the place. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  readonly code: JsonErrorCode;
  /** Such as `$.fee.amount[0].denom`. */
  readonly path: string;
  constructor(code: JsonErrorCode, path: string, message: string) {
    super(`${path}: ${message}`);
    this.code = code;
    this.path = path;
  }
}

type Loose = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 64;
const NO_TYPES = new TypeRegistry();
/** Half of a UTF-16 pair: no UTF-8 says it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

function show(value: Json): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * @param value a message of `type`; bigints become strings, empty bytes null, absent messages null.
 * @param registry types that an Any may hold.
 * @throws JsonError if an Any holds a type that the registry lacks, or a time is out of RFC 3339's range.
 */
export function toJson<T>(type: MessageType<T>, value: T, registry = NO_TYPES): Json {
  return messageToJson(type, value as Loose, registry, "$", 0);
}

function messageToJson(
  type: AnyMessageType,
  value: Loose,
  registry: TypeRegistry,
  path: string,
  depth: number,
): Json {
  if (depth > MAX_DEPTH) throw new JsonError("too_deep", path, `nested deeper than ${MAX_DEPTH}`);
  switch (type.typeName) {
    case "google.protobuf.Timestamp":
      return said(
        formatTimestamp(value as unknown as Timestamp),
        path,
        "time is outside the years 1 to 9999",
      );
    case "google.protobuf.Duration":
      return said(formatDuration(value as unknown as Duration), path, "duration is out of bounds");
    case "google.protobuf.Any":
      return anyToJson(value as unknown as Any, registry, path, depth);
  }
  const object: Record<string, Json> = {};
  for (const field of type.fields) {
    const each = value[field.property];
    // An absent member of a oneof is left out: it says which member is set.
    if (each === undefined && field.optional) continue;
    object[field.name] = fieldToJson(field, each, registry, `${path}.${field.name}`, depth);
  }
  return object;
}

function said(text: string | undefined, path: string, fault: string): string {
  if (text === undefined) throw new JsonError("invalid_value", path, fault);
  return text;
}

function anyToJson(any: Any, registry: TypeRegistry, path: string, depth: number): Json {
  if (any.typeUrl === "" && any.value.length === 0) return null;
  const type = registry.get(any.typeUrl);
  if (!type) throw new JsonError("unknown_type", path, `no message type ${any.typeUrl} is registered`);
  const inner = messageToJson(type, type.decode(any.value) as Loose, registry, path, depth + 1);
  const plain = inner !== null && typeof inner === "object" && !Array.isArray(inner);
  return plain ? { "@type": any.typeUrl, ...(inner as JsonObject) } : { "@type": any.typeUrl, value: inner };
}

function fieldToJson(
  field: Field,
  value: unknown,
  registry: TypeRegistry,
  path: string,
  depth: number,
): Json {
  if (!field.repeated) return elementToJson(field, value, registry, path, depth);
  const list = (value ?? []) as readonly unknown[];
  return list.map((each, index) => elementToJson(field, each, registry, `${path}[${index}]`, depth));
}

function elementToJson(
  field: Field,
  value: unknown,
  registry: TypeRegistry,
  path: string,
  depth: number,
): Json {
  if (value === undefined || value === null) return null;
  const { type } = field;
  if (typeof type !== "string") {
    if (type.kind === "enum") return enumName(type, value as number) ?? (value as number);
    return messageToJson(type, value as Loose, registry, path, depth + 1);
  }
  if (field.dec) return said(formatDecimal(value as string), path, `${show(String(value))} is no decimal`);
  if (field.json) return jsonOf(value as Uint8Array, path);
  switch (type) {
    case "bytes":
      // As Go has it: bytes that were not on the wire are nil.
      if ((value as Uint8Array).length === 0 && !field.repeated && !field.optional) return null;
      return base64.encode(value as Uint8Array);
    case "float":
    case "double":
      return Number.isFinite(value) ? (value as number) : String(value);
    default:
      return typeof value === "bigint" ? value.toString() : (value as Json);
  }
}

/** What bytes of JSON text say. */
function jsonOf(bytes: Uint8Array, path: string): Json {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json;
  } catch (error) {
    throw new JsonError("invalid_value", path, `holds no JSON: ${(error as Error).message}`);
  }
}

/**
 * Reads a message of `type`. Names in snake_case and camelCase are accepted; null is the default.
 * @throws JsonError naming the path: unknown or doubled fields, values of the wrong kind or range.
 */
export function fromJson<T>(type: MessageType<T>, json: Json, registry = NO_TYPES): T {
  return messageFromJson(type, json, registry, "$", 0) as T;
}

function messageFromJson(
  type: AnyMessageType,
  json: Json,
  registry: TypeRegistry,
  path: string,
  depth: number,
): unknown {
  if (depth > MAX_DEPTH) throw new JsonError("too_deep", path, `nested deeper than ${MAX_DEPTH}`);
  switch (type.typeName) {
    case "google.protobuf.Timestamp":
      return readText(json, path, "an RFC 3339 time such as 2026-01-31T12:00:00Z", parseTimestamp);
    case "google.protobuf.Duration":
      return readText(json, path, "a duration in seconds such as 1.5s", parseDuration);
    case "google.protobuf.Any":
      return anyFromJson(json, registry, path, depth);
  }
  return type.create(fieldsFromJson(type, objectOf(json, path), registry, path, depth) as never);
}

function objectOf(json: Json, path: string): JsonObject {
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new JsonError("invalid_value", path, `must be an object, not ${show(json)}`);
  }
  return json as JsonObject;
}

function fieldsFromJson(
  type: AnyMessageType,
  object: JsonObject,
  registry: TypeRegistry,
  path: string,
  depth: number,
): Loose {
  const message: Record<string, unknown> = {};
  const oneofs = new Map<string, string>();
  for (const [name, json] of Object.entries(object)) {
    const field = type.fields.find((each) => each.name === name || each.property === name);
    const at = `${path}.${name}`;
    if (!field) {
      const known = type.fields.map((each) => each.name).join(", ");
      throw new JsonError(
        "unknown_field",
        at,
        `${type.typeName} has no field of this name; it has ${known || "no fields"}`,
      );
    }
    if (field.property in message) {
      throw new JsonError(
        "duplicate_field",
        at,
        `${field.name} is given twice, as ${field.name} and ${field.property}`,
      );
    }
    if (json === null) continue;
    if (field.oneof !== undefined) {
      const other = oneofs.get(field.oneof);
      if (other !== undefined) {
        throw new JsonError("duplicate_field", at, `only one of ${other} and ${field.name} may be given`);
      }
      oneofs.set(field.oneof, field.name);
    }
    message[field.property] = fieldFromJson(field, json, registry, at, depth);
  }
  return message;
}

function fieldFromJson(
  field: Field,
  json: Json,
  registry: TypeRegistry,
  path: string,
  depth: number,
): unknown {
  if (!field.repeated) return elementFromJson(field, json, registry, path, depth);
  if (!Array.isArray(json)) throw new JsonError("invalid_value", path, `must be a list, not ${show(json)}`);
  return json.map((each: Json, index) => elementFromJson(field, each, registry, `${path}[${index}]`, depth));
}

function elementFromJson(
  field: Field,
  json: Json,
  registry: TypeRegistry,
  path: string,
  depth: number,
): unknown {
  const { type } = field;
  if (typeof type !== "string") {
    return type.kind === "enum"
      ? enumFromJson(type, json, path)
      : messageFromJson(type, json, registry, path, depth + 1);
  }
  if (field.dec)
    return readText(
      json,
      path,
      "a decimal such as 0.05, with at most 18 digits after the point",
      parseDecimal,
    );
  if (field.json) return new TextEncoder().encode(JSON.stringify(json));
  return scalarFromJson(type, json, path);
}

function readText<R>(json: Json, path: string, wanted: string, read: (text: string) => R | undefined): R {
  const value = typeof json === "string" ? read(json) : undefined;
  if (value === undefined) throw new JsonError("invalid_value", path, `must be ${wanted}, not ${show(json)}`);
  return value;
}

function anyFromJson(json: Json, registry: TypeRegistry, path: string, depth: number): Any {
  const { "@type": typeUrl, ...rest } = objectOf(json, path);
  if (typeof typeUrl !== "string") {
    throw new JsonError("invalid_value", path, 'needs "@type", the URL of its message type');
  }
  const type = registry.get(typeUrl);
  if (!type) throw new JsonError("unknown_type", path, `no message type ${typeUrl} is registered`);
  const special = ["google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.Any"];
  const inner = special.includes(type.typeName) ? (rest["value"] ?? null) : rest;
  return Any.create({
    typeUrl,
    value: type.encode(messageFromJson(type, inner, registry, path, depth + 1) as never),
  });
}

function enumFromJson(type: EnumType, json: Json, path: string): number {
  if (typeof json === "number" && Number.isInteger(json) && json >= -0x8000_0000 && json <= 0x7fff_ffff)
    return json;
  const value = typeof json === "string" && Object.hasOwn(type.values, json) ? type.values[json] : undefined;
  if (value === undefined) {
    throw new JsonError(
      "invalid_value",
      path,
      `must be one of ${Object.keys(type.values).join(", ")}, not ${show(json)}`,
    );
  }
  return value;
}

const ranges: Readonly<Partial<Record<Scalar, readonly [min: bigint, max: bigint]>>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

function scalarFromJson(type: Scalar, json: Json, path: string): unknown {
  switch (type) {
    case "string":
      if (typeof json === "string" && !LONE_SURROGATE.test(json)) return json;
      throw new JsonError("invalid_value", path, `must be a string, not ${show(json)}`);
    case "bool":
      if (typeof json === "boolean") return json;
      throw new JsonError("invalid_value", path, `must be true or false, not ${show(json)}`);
    case "bytes":
      return readText(json, path, "bytes in base64", bytesFromBase64);
    case "float":
    case "double":
      return floatFromJson(json, path);
    default:
      return integerFromJson(type, json, path);
  }
}

/** Standard and URL-safe base64, padded or not. */
function bytesFromBase64(text: string): Uint8Array | undefined {
  const standard = text.replace(/=+$/, "").replace(/-/g, "+").replace(/_/g, "/");
  try {
    return base64.decode(standard.padEnd(Math.ceil(standard.length / 4) * 4, "="));
  } catch {
    return undefined;
  }
}

function floatFromJson(json: Json, path: string): number {
  if (typeof json === "number") return json;
  if (json === "NaN" || json === "Infinity" || json === "-Infinity") return Number(json);
  if (typeof json === "string" && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(json)) return Number(json);
  throw new JsonError("invalid_value", path, `must be a number, not ${show(json)}`);
}

function integerFromJson(type: Scalar, json: Json, path: string): number | bigint {
  let value: bigint | undefined;
  if (typeof json === "number" && Number.isSafeInteger(json)) value = BigInt(json);
  else if (typeof json === "string" && /^-?\d{1,20}$/.test(json)) value = BigInt(json);
  const [min, max] = ranges[type]!;
  if (value === undefined || value < min || value > max) {
    const hint = typeof json === "number" && Number.isInteger(json) ? "; give large integers as strings" : "";
    throw new JsonError(
      "invalid_value",
      path,
      `must be an integer from ${min} to ${max}, not ${show(json)}${hint}`,
    );
  }
  return max > 2n ** 32n ? value : Number(value);
}
