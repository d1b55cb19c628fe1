/** An OpenAPI 3 document of the REST routes, from the same tables that serve them. */
import type { AnyMessageType, AnyMethod, Field, HttpBinding } from "../../proto/codec.ts";
import type { Json } from "../../proto/json.ts";
import { VERSION } from "../version.ts";
import type { Catalogue } from "./catalogue.ts";
import { serviceOf } from "./descriptors.ts";

type Schema = Readonly<Record<string, Json>>;

/** Parameters of a query are fields of messages this deep at most. */
const MAX_DEPTH = 3;

export function openApi({ endpoints }: Pick<Catalogue, "endpoints">): Json {
  const schemas = new Map<string, Schema>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const { method } of endpoints) {
    for (const [index, binding] of method.http.entries()) {
      const path = binding.path.replace(/\{([\w.]+)=\*\*\}/g, "{$1}");
      paths[path] = { ...paths[path], [binding.verb]: operation(method, binding, index, schemas) };
    }
  }
  return {
    openapi: "3.0.3",
    info: {
      title: "opg-chain",
      version: VERSION,
      description:
        "REST by the gRPC-gateway routes of the .proto files. The header x-cosmos-block-height asks for the state at a height. 64-bit integers are strings, bytes base64, enums names.",
    },
    paths,
    components: {
      schemas: {
        ...Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
        "grpc.Status": {
          type: "object",
          properties: {
            code: { type: "integer" },
            message: { type: "string" },
            details: { type: "array", items: { type: "object" } },
          },
        },
      },
    },
  };
}

function operation(
  method: AnyMethod,
  binding: HttpBinding,
  index: number,
  schemas: Map<string, Schema>,
): Json {
  const service = serviceOf(method);
  const inPath = [...binding.path.matchAll(/\{([\w.]+)(?:=\*\*)?\}/g)].map((match) => match[1]!);
  const parameters: Json[] = inPath.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: scalarAt(method.request, name.split(".")),
  }));
  if (binding.body === undefined) parameters.push(...queryParameters(method.request, "", inPath, 0));
  return {
    operationId: `${service}.${method.name}${index === 0 ? "" : `.${index + 1}`}`,
    tags: [service],
    parameters,
    ...(binding.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: reference(method.request, schemas) } },
          },
        }),
    responses: {
      200: {
        description: "The answer.",
        content: { "application/json": { schema: reference(method.response, schemas) } },
      },
      default: {
        description: "A fault, with gRPC's code.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/grpc.Status" } } },
      },
    },
  };
}

function queryParameters(
  type: AnyMessageType,
  prefix: string,
  besides: readonly string[],
  depth: number,
): Json[] {
  return type.fields.flatMap((field): Json[] => {
    const name = `${prefix}${field.name}`;
    if (besides.includes(name)) return [];
    if (typeof field.type !== "string" && field.type.kind === "message" && !isText(field.type)) {
      if (field.repeated || depth >= MAX_DEPTH || field.type.typeName === "google.protobuf.Any") return [];
      return queryParameters(field.type, `${name}.`, besides, depth + 1);
    }
    return [{ name, in: "query", required: false, schema: inline(field) }];
  });
}

/** Messages that JSON writes as text. */
function isText({ typeName }: AnyMessageType): boolean {
  return typeName === "google.protobuf.Timestamp" || typeName === "google.protobuf.Duration";
}

function scalarAt(type: AnyMessageType, [name, ...rest]: readonly string[]): Schema {
  const field = type.fields.find((each) => each.name === name);
  if (!field) return { type: "string" };
  if (rest.length > 0 && typeof field.type !== "string" && field.type.kind === "message")
    return scalarAt(field.type, rest);
  return inline(field);
}

function inline(field: Field): Schema {
  const schema = scalar(field);
  return field.repeated ? { type: "array", items: schema } : schema;
}

function scalar({ type, dec }: Field): Schema {
  if (typeof type !== "string") {
    if (type.kind === "enum") return { type: "string", enum: Object.keys(type.values) };
    return { type: "string", format: type.typeName.endsWith("Timestamp") ? "date-time" : "duration" };
  }
  if (dec) return { type: "string", format: "decimal" };
  switch (type) {
    case "bool":
      return { type: "boolean" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "string":
      return { type: "string" };
    case "double":
    case "float":
      return { type: "number", format: type };
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      return { type: "string", format: type.includes("u") ? "uint64" : "int64" };
    default:
      return { type: "integer", format: type };
  }
}

function reference(type: AnyMessageType, schemas: Map<string, Schema>): Schema {
  if (isText(type)) return scalar({ no: 1, name: "", property: "", type });
  if (!schemas.has(type.typeName)) {
    // Set first: messages may hold themselves.
    schemas.set(type.typeName, {});
    schemas.set(type.typeName, type.typeName === "google.protobuf.Any" ? ANY : objectOf(type, schemas));
  }
  return { $ref: `#/components/schemas/${type.typeName}` };
}

const ANY: Schema = {
  type: "object",
  properties: { "@type": { type: "string" } },
  additionalProperties: true,
};

function objectOf({ fields }: AnyMessageType, schemas: Map<string, Schema>): Schema {
  const properties = fields.map((field): readonly [string, Schema] => {
    const { type } = field;
    if (typeof type === "string" || type.kind === "enum") return [field.name, inline(field)];
    const each = reference(type, schemas);
    return [field.name, field.repeated ? { type: "array", items: each } : each];
  });
  return { type: "object", properties: Object.fromEntries(properties) };
}
