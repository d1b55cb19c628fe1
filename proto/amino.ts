/**
 * Messages as Amino JSON: what SIGN_MODE_LEGACY_AMINO_JSON signs (Ledger, Keplr). Keys sorted, 64-bit integers as
 * strings, enums as numbers, empty fields left out unless a field says otherwise, named types as {type, value}.
 * Source: the options of amino/amino.proto, and x/tx/signing/aminojson of the Cosmos SDK, whose bytes ours equal.
 */
import { base64 } from "@scure/base";
import type { AnyMessageType, Field, MessageType } from "./codec.ts";
import type { Coin } from "./gen/cosmos.base.v1beta1.ts";
import type { Any, Duration, Timestamp } from "./gen/google.protobuf.ts";
import type { Json, JsonObject } from "./json.ts";
import { TypeRegistry } from "./registry.ts";
import { durationNanos, formatDecimal, formatTimestamp } from "./text.ts";

export type AminoErrorCode = "unsupported" | "unknown_type" | "missing_field" | "invalid_value" | "too_deep";

/** A message that Amino JSON cannot say. `path` names the field. */
export class AminoError extends Error {
  override readonly name = "AminoError";
  readonly code: AminoErrorCode;
  readonly path: string;
  constructor(code: AminoErrorCode, path: string, message: string) {
    super(`${path}: ${message}`);
    this.code = code;
    this.path = path;
  }
}

type Loose = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 64;
const NO_TYPES = new TypeRegistry();

/**
 * @returns `{type, value}` if the type has an Amino name, else the bare value. Keys are in byte order.
 * @throws AminoError if the message cannot be said in Amino JSON.
 */
export function toAminoJson<T>(type: MessageType<T>, value: T, registry = NO_TYPES): Json {
  const json = bareJson(type, value as Loose, registry, "$", 0);
  return type.options.amino === undefined ? json : { type: type.options.amino, value: json };
}

/** What an Any holds, as `{type, value}`; a type without an Amino name goes by its URL. @throws AminoError */
export function anyToAminoJson(any: Any, registry = NO_TYPES): Json {
  return anyJson(any, registry, "$", 0);
}

function anyJson(any: Any, registry: TypeRegistry, path: string, depth: number): Json {
  const type = registry.get(any.typeUrl);
  if (!type) throw new AminoError("unknown_type", path, `no message type ${any.typeUrl} is registered`);
  const value = bareJson(type, type.decode(any.value) as Loose, registry, path, depth + 1);
  return { type: type.options.amino ?? type.typeUrl, value };
}

function bareJson(
  type: AnyMessageType,
  value: Loose,
  registry: TypeRegistry,
  path: string,
  depth: number,
): Json {
  if (depth > MAX_DEPTH) throw new AminoError("too_deep", path, `nested deeper than ${MAX_DEPTH}`);
  switch (type.typeName) {
    case "google.protobuf.Any":
      return anyJson(value as unknown as Any, registry, path, depth);
    case "google.protobuf.Timestamp":
      return timestampJson(value as unknown as Timestamp, path);
    case "google.protobuf.Duration":
      return durationNanos(value as unknown as Duration).toString();
  }
  switch (type.options.aminoEncoding) {
    case "key_field":
      return keyJson(value["key"] as Uint8Array);
    case "threshold_string":
      return {
        pubkeys: (value["publicKeys"] as readonly Any[]).map((key, i) =>
          anyJson(key, registry, `${path}.public_keys[${i}]`, depth),
        ),
        threshold: String(value["threshold"]),
      };
    case "module_account":
      return moduleAccountJson(value, path);
    case undefined:
      return fieldsJson(type, value, registry, path, depth);
    default:
      throw new AminoError("unsupported", path, `message encoding ${type.options.aminoEncoding} is unknown`);
  }
}

/** Go's RFC3339Nano: as many digits after the point as are not trailing zeros. */
function timestampJson(value: Timestamp, path: string): string {
  const text = formatTimestamp(value);
  if (text === undefined) throw new AminoError("invalid_value", path, "time is outside the years 1 to 9999");
  return value.nanos === 0 ? text : text.replace(/0+Z$/, "Z");
}

function keyJson(key: Uint8Array): Json {
  return key.length === 0 ? null : base64.encode(key);
}

/** Go writes these as JSON numbers; of those that JavaScript cannot hold, there will be no account. */
function exactNumber(value: bigint, path: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new AminoError("invalid_value", path, `${value} is more than 2^53 - 1`);
}

function moduleAccountJson(value: Loose, path: string): Json {
  const base = value["baseAccount"] as Loose | undefined;
  const permissions = value["permissions"] as readonly string[];
  return {
    account_number: exactNumber(
      (base?.["accountNumber"] as bigint | undefined) ?? 0n,
      `${path}.account_number`,
    ),
    address: (base?.["address"] as string | undefined) ?? "",
    name: value["name"] as string,
    permissions: permissions.length === 0 ? null : [...permissions],
    public_key: "",
    sequence: exactNumber((base?.["sequence"] as bigint | undefined) ?? 0n, `${path}.sequence`),
  };
}

/** `sum` → `Sum`, as the SDK names the key of a oneof. */
function oneofKey(oneof: string): string {
  return oneof.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function fieldsJson(
  type: AnyMessageType,
  value: Loose,
  registry: TypeRegistry,
  path: string,
  depth: number,
): JsonObject {
  const entries = new Map<string, Json>();
  for (const field of type.fields) {
    const each = value[field.property];
    const at = `${path}.${field.name}`;
    const name = field.amino?.name ?? field.name;
    if (field.oneof !== undefined) {
      const key = oneofKey(field.oneof);
      if (each === undefined) {
        if (!entries.has(key)) entries.set(key, null);
        continue;
      }
      const oneofName = field.amino?.oneofName;
      if (oneofName === undefined)
        throw new AminoError("unsupported", at, "member of a oneof without an Amino name");
      entries.set(key, { type: oneofName, value: { [name]: fieldJson(field, each, registry, at, depth) } });
      continue;
    }
    if (isEmpty(field, each)) {
      if (!field.amino?.keepEmpty) continue;
      if (each === undefined) throw new AminoError("missing_field", at, "must be set");
    }
    entries.set(name, fieldJson(field, each, registry, at, depth));
  }
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty(field: Field, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (field.repeated) return (value as readonly unknown[]).length === 0;
  if (field.optional) return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return value === 0 || value === 0n || value === "" || value === false;
}

function fieldJson(field: Field, value: unknown, registry: TypeRegistry, path: string, depth: number): Json {
  const encoding = field.amino?.encoding;
  if (encoding !== undefined && encoding !== "legacy_coins") {
    throw new AminoError("unsupported", path, `field encoding ${encoding} is unknown`);
  }
  if (!field.repeated) return elementJson(field, value, registry, path, depth);
  const list = value as readonly unknown[];
  // Go's nil slice. The SDK's coins are the exception: they were never nil.
  if (list.length === 0) return encoding === "legacy_coins" ? [] : null;
  return list.map((each, index) => elementJson(field, each, registry, `${path}[${index}]`, depth));
}

function elementJson(
  field: Field,
  value: unknown,
  registry: TypeRegistry,
  path: string,
  depth: number,
): Json {
  const { type } = field;
  if (typeof type !== "string") {
    return type.kind === "enum"
      ? (value as number)
      : bareJson(type, value as Loose, registry, path, depth + 1);
  }
  if (field.dec) return decimalJson(value as string, path);
  // Text that cannot be absent is one of Go's number types (gogoproto.customtype), whose zero is empty on the wire.
  if (type === "string" && field.required && value === "") return "0";
  switch (type) {
    case "bytes":
      return base64.encode(value as Uint8Array);
    case "float":
    case "double":
      throw new AminoError("unsupported", path, "floats have no Amino JSON");
    default:
      return typeof value === "bigint" ? value.toString() : (value as Json);
  }
}

function decimalJson(wire: string, path: string): string {
  if (wire === "") return "0";
  const text = formatDecimal(wire);
  if (text === undefined)
    throw new AminoError("invalid_value", path, `${JSON.stringify(wire)} is no decimal`);
  return text;
}

/** What a LEGACY_AMINO_JSON signature covers, before it is text. */
export interface AminoSignDoc {
  readonly chainId: string;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
  readonly fee: {
    readonly amount: readonly Coin[];
    readonly gasLimit: bigint;
    readonly payer: string;
    readonly granter: string;
  };
  readonly messages: readonly Any[];
  readonly memo: string;
  readonly timeoutHeight: bigint;
  readonly unordered: boolean;
  readonly timeoutTimestamp: Timestamp | undefined;
}

/** The document as JSON (StdSignDoc of the SDK). @throws AminoError if a message is not registered. */
export function aminoSignDocJson(doc: AminoSignDoc, registry: TypeRegistry): Json {
  const { fee } = doc;
  return {
    account_number: doc.accountNumber.toString(),
    chain_id: doc.chainId,
    fee: {
      amount: fee.amount.map(({ denom, amount }) => ({ denom, amount })),
      gas: fee.gasLimit.toString(),
      ...(fee.granter === "" ? {} : { granter: fee.granter }),
      ...(fee.payer === "" ? {} : { payer: fee.payer }),
    },
    memo: doc.memo,
    msgs: doc.messages.map((each, index) => anyJson(each, registry, `$.msgs[${index}]`, 0)),
    sequence: doc.sequence.toString(),
    ...(doc.timeoutHeight === 0n ? {} : { timeout_height: doc.timeoutHeight.toString() }),
    ...(doc.timeoutTimestamp === undefined
      ? {}
      : { timeout_timestamp: timestampJson(doc.timeoutTimestamp, "$.timeout_timestamp") }),
    ...(doc.unordered ? { unordered: true } : {}),
  };
}

/** The bytes that are signed: sorted, without spaces, and escaped as Go's encoding/json does. */
export function aminoSignBytes(doc: AminoSignDoc, registry: TypeRegistry): Uint8Array {
  return new TextEncoder().encode(sortedText(aminoSignDocJson(doc, registry)));
}

const GO_ESCAPES = /[<>&\u2028\u2029]/g;

/** JSON text with keys in byte order and Go's HTML escapes. */
export function sortedText(json: Json): string {
  if (json === null || typeof json === "boolean" || typeof json === "number") return JSON.stringify(json);
  if (typeof json === "string") {
    return JSON.stringify(json).replace(
      GO_ESCAPES,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
  if (Array.isArray(json)) return `[${json.map(sortedText).join(",")}]`;
  const entries = Object.entries(json as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${sortedText(key)}:${sortedText(value)}`).join(",")}}`;
}
