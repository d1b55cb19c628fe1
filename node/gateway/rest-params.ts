/**
 * A request from the parts of a URL: names in the path and in the query lead to fields, dots into messages.
 * Source: google/api/http.proto and grpc-gateway v1, runtime/query.go.
 */
import type { AnyMessageType, EnumType, Field } from "../../proto/codec.ts";
import { fromJson, type Json, JsonError, type TypeRegistry } from "../../proto/json.ts";
import { GatewayError, GrpcCode } from "./errors.ts";

interface JsonTree {
  [name: string]: Json | JsonTree;
}

/** Values by dotted name, in the order given. */
export type Params = readonly (readonly [name: string, values: readonly string[]])[];

/**
 * @param body the JSON of the request's body, if the binding has one
 * @throws GatewayError naming the parameter, its value and what is allowed
 */
export function readRequest(
  type: AnyMessageType,
  params: Params,
  body: Json | undefined,
  types: TypeRegistry,
): unknown {
  const tree: JsonTree = isObject(body) ? { ...(body as JsonTree) } : {};
  if (body !== undefined && !isObject(body))
    throw new GatewayError(GrpcCode.invalidArgument, "body: must be a JSON object");
  for (const [name, values] of params) place(tree, type, name.split("."), values, name);
  try {
    return fromJson(type, tree as Json, types);
  } catch (error) {
    if (error instanceof JsonError)
      throw new GatewayError(GrpcCode.invalidArgument, error.message.replace(/^\$\.?/, ""));
    throw error;
  }
}

function isObject(json: unknown): json is JsonTree {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function place(
  tree: JsonTree,
  type: AnyMessageType,
  path: readonly string[],
  values: readonly string[],
  whole: string,
): void {
  const [name = "", ...rest] = path;
  const field = type.fields.find((each) => each.name === name || each.property === name);
  if (!field) {
    const known = type.fields.map((each) => each.name).join(", ");
    throw new GatewayError(
      GrpcCode.invalidArgument,
      `${whole}: ${type.typeName} has no field of this name; it has ${known || "no fields"}`,
    );
  }
  const isMessage = typeof field.type !== "string" && field.type.kind === "message";
  if (rest.length > 0) {
    if (!isMessage || field.repeated)
      throw new GatewayError(GrpcCode.invalidArgument, `${whole}: ${field.name} has no fields of its own`);
    const inner = tree[field.name];
    const next: JsonTree = isObject(inner) ? inner : {};
    tree[field.name] = next;
    place(next, field.type as AnyMessageType, rest, values, whole);
    return;
  }
  if (!field.repeated && values.length > 1)
    throw new GatewayError(GrpcCode.invalidArgument, `${whole}: is given ${values.length} times`);
  const read = values.map((value) => jsonOf(field, value));
  tree[field.name] = field.repeated ? read : read[0]!;
}

/** What the text of a parameter is in JSON; what it cannot be is left for the reader of JSON to refuse. */
function jsonOf({ type }: Field, text: string): Json {
  if (type === "bool")
    return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : text;
  if (typeof type !== "string" && type.kind === "enum") return enumOf(type, text);
  return text;
}

function enumOf({ values }: EnumType, text: string): Json {
  return /^-?\d+$/.test(text) && !Object.hasOwn(values, text) ? Number(text) : text;
}
