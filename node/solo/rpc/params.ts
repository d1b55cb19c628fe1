/**
 * Parameters of a call: from a JSON-RPC body by name or by place, or from a URI, where text is in quotes and bytes are 0x
 * and hex. Each is read as its method declares it, as strictly as CometBFT does: 64-bit numbers are text.
 * Source: rpc/jsonrpc/server/http_json_handler.go and http_uri_handler.go of CometBFT v0.40.
 */
import { fromHex } from "../../../chain/runtime/bytes.ts";
import { invalidParams, type RpcFault } from "./fault.ts";

/** `bytes` are base64 in a body, `hex` hex. */
export type ParamType = "text" | "integer" | "boolean" | "bytes" | "hex";
export type ParamTypes = Readonly<Record<string, ParamType>>;
type Value = string | bigint | boolean | Uint8Array;

const NONE = new Uint8Array(0);
const INT64_MAX = 2n ** 63n - 1n;

const badJson = (name: string, reason: string): RpcFault =>
  invalidParams(`error converting json params to arguments: ${name}: ${reason}`);
const badUri = (name: string, reason: string): RpcFault =>
  invalidParams(`error converting http params to arguments: ${name}: ${reason}`);

/** Values that were given; what was not has its type's zero. */
export class Params {
  readonly #values: ReadonlyMap<string, Value>;

  private constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values;
  }

  /** @throws RpcFault -32602 */
  static fromJson(types: ParamTypes, json: unknown): Params {
    const names = Object.keys(types);
    const given = json ?? {};
    if (typeof given !== "object")
      throw invalidParams(
        "error converting json params to arguments: unknown type for JSON params. Expected map or array",
      );
    if (Array.isArray(given) && given.length !== names.length)
      throw invalidParams(
        `error converting json params to arguments: expected ${names.length} parameters (${names.join(" ")}), got ${given.length}`,
      );
    const named = Array.isArray(given)
      ? new Map(names.map((name, index) => [name, given[index] as unknown]))
      : new Map(Object.entries(given));
    const values = new Map<string, Value>();
    for (const name of names) {
      const value = named.get(name);
      if (value !== undefined && value !== null) values.set(name, fromJson(types[name]!, name, value));
    }
    return new Params(values);
  }

  /** @throws RpcFault -32602 */
  static fromUri(types: ParamTypes, query: URLSearchParams): Params {
    const values = new Map<string, Value>();
    for (const [name, type] of Object.entries(types)) {
      const text = query.get(name);
      if (text) values.set(name, fromUri(type, name, text));
    }
    return new Params(values);
  }

  text(name: string): string {
    return (this.#values.get(name) as string | undefined) ?? "";
  }

  boolean(name: string): boolean {
    return this.#values.get(name) === true;
  }

  integer(name: string): bigint | undefined {
    return this.#values.get(name) as bigint | undefined;
  }

  bytes(name: string): Uint8Array {
    return (this.#values.get(name) as Uint8Array | undefined) ?? NONE;
  }
}

function integerOf(text: string): bigint | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : undefined;
}

function fromJson(type: ParamType, name: string, value: unknown): Value {
  if (type === "boolean") {
    if (typeof value === "boolean") return value;
    throw badJson(name, `cannot take ${JSON.stringify(value)} for a bool`);
  }
  if (type === "integer") {
    const integer = typeof value === "string" ? integerOf(value) : undefined;
    if (integer !== undefined) return integer;
    throw badJson(name, `invalid 64-bit integer encoding ${JSON.stringify(value)}, expected string`);
  }
  if (typeof value !== "string") throw badJson(name, `cannot take ${JSON.stringify(value)} for a string`);
  if (type === "text") return value;
  const bytes = type === "hex" ? fromHex(value) : fromBase64(value);
  if (!bytes) throw badJson(name, type === "hex" ? "illegal hex data" : "illegal base64 data");
  return bytes;
}

function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, "base64"));
}

function fromUri(type: ParamType, name: string, text: string): Value {
  if (type === "integer") {
    const integer = integerOf(/^".*"$/.test(text) ? text.slice(1, -1) : text);
    if (integer !== undefined) return integer;
    throw badUri(name, `invalid 64-bit integer encoding ${JSON.stringify(text)}, expected string`);
  }
  if (type === "boolean") {
    if (text === "true" || text === "false") return text === "true";
    throw badUri(name, `cannot take ${JSON.stringify(text)} for a bool`);
  }
  if (/^0x/i.test(text)) {
    const bytes = fromHex(text.slice(2).toLowerCase());
    if (!bytes) throw badUri(name, "illegal hex data after 0x");
    return type === "text" ? new TextDecoder().decode(bytes) : bytes;
  }
  const quoted = unquote(text);
  if (quoted === undefined)
    throw badUri(
      name,
      `${JSON.stringify(text)} must be in quotes${type === "text" ? "" : ", or 0x and hex"}`,
    );
  return type === "text" ? quoted : new TextEncoder().encode(quoted);
}

function unquote(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
