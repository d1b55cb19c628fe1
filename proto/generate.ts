/**
 * Generates proto/gen from the .proto files: `npm run proto`. With `--check`, writes nothing and fails if what it would
 * write differs from what is there. protobufjs parses (pbjs's JSON would lose all but the last of a
 * repeated option, such as two signers); the codec that the generated tables feed is ours, because protobufjs writes
 * defaults that were set and has no strict decoding (ADR-0001).
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { toCamelCase } from "./codec.ts";

const protoDir = dirname(fileURLToPath(import.meta.url));
const genDir = join(protoDir, "gen");

/** These only carry options; the generator reads the options themselves. */
const optionPackages = new Set(["amino", "cosmos_proto", "gogoproto", "google.api", "cosmos.msg.v1"]);

/** The well-known types that messages here use; descriptor.proto comes in only for the options. */
const wellKnown = new Set(["Any", "Duration", "Timestamp"]);

function isWanted(pkg: string, object: protobuf.ReflectionObject): boolean {
  return !optionPackages.has(pkg) && (pkg !== "google.protobuf" || wellKnown.has(object.name));
}

class GenerateError extends Error {
  override readonly name = "GenerateError";
}

function protoFiles(): string[] {
  return readdirSync(protoDir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".proto"))
    .sort();
}

function parse(files: readonly string[]): protobuf.Root {
  const root = new protobuf.Root();
  // Imports are named from proto/; the well-known types come with protobufjs.
  const bundled = dirname(createRequire(import.meta.url).resolve("protobufjs/package.json"));
  root.resolvePath = (_, target) => join(target.startsWith("google/protobuf/") ? bundled : protoDir, target);
  root.loadSync([...files], { keepCase: true });
  root.resolveAll();
  return root;
}

/** `.cosmos.tx.v1beta1.ModeInfo.Single` → [`cosmos.tx.v1beta1`, `ModeInfo_Single`]. */
function place(object: protobuf.ReflectionObject): [pkg: string, name: string] {
  const names = [object.name];
  let parent = object.parent;
  while (parent instanceof protobuf.Type) {
    names.unshift(parent.name);
    parent = parent.parent;
  }
  return [(parent?.fullName ?? "").replace(/^\./, ""), names.join("_")];
}

const scalarTypes: Readonly<Record<string, string>> = {
  bool: "boolean",
  bytes: "Uint8Array",
  string: "string",
  ...Object.fromEntries(
    ["double", "fixed32", "float", "int32", "sfixed32", "sint32", "uint32"].map((t) => [t, "number"]),
  ),
  ...Object.fromEntries(["fixed64", "int64", "sfixed64", "sint64", "uint64"].map((t) => [t, "bigint"])),
};

class PackageWriter {
  readonly pkg: string;
  readonly #imports = new Map<string, Set<string>>();
  readonly #codec = new Set<string>();
  readonly #body: string[] = [];

  constructor(pkg: string) {
    this.pkg = pkg;
  }

  #refer(object: protobuf.ReflectionObject): string {
    const [pkg, name] = place(object);
    if (pkg === this.pkg) return name;
    const alias = `${toCamelCase(pkg.replace(/\./g, "_"))}_${name}`;
    const names = this.#imports.get(pkg) ?? new Set();
    names.add(`${name} as ${alias}`);
    this.#imports.set(pkg, names);
    return alias;
  }

  enum(type: protobuf.Enum): void {
    const [, name] = place(type);
    this.#codec.add("enumeration");
    const values = Object.entries(type.values).map(([key, value]) => `  ${key}: ${value},`);
    this.#body.push(
      `export const ${name} = {\n${values.join("\n")}\n} as const;`,
      `export const ${name}Enum = enumeration("${type.fullName.slice(1)}", ${name});`,
    );
  }

  message(type: protobuf.Type): void {
    const [, name] = place(type);
    this.#codec.add("field").add("message").add("type MessageType");
    const fields = type.fieldsArray.map((each) => each.resolve()).sort((a, b) => a.id - b.id);
    const properties = fields.map((each) => `  readonly ${toCamelCase(each.name)}: ${this.#tsType(each)};`);
    const table = fields.map((each) => `  ${this.#field(each)},`);
    const options = messageOptions(type);
    this.#body.push(
      fields.length === 0
        ? `export type ${name} = Record<never, never>;`
        : `export interface ${name} {\n${properties.join("\n")}\n}`,
      `export const ${name}: MessageType<${name}> = message("${type.fullName.slice(1)}", () => [${
        table.length ? `\n${table.join("\n")}\n` : ""
      }]${options});`,
    );
  }

  service(type: protobuf.Service): void {
    this.#codec.add("method").add("service");
    const methods = type.methodsArray.map((each) => {
      each.resolve();
      const args = [this.#refer(each.resolvedRequestType!), this.#refer(each.resolvedResponseType!)];
      const http = httpBindings(each);
      const streaming = [
        each.requestStream ? "client: true" : "",
        each.responseStream ? "server: true" : "",
      ].filter(Boolean);
      if (http.length || streaming.length) args.push(JSON.stringify(http));
      if (streaming.length) args.push(`{ ${streaming.join(", ")} }`);
      return `  ${each.name}: method(${args.join(", ")}),`;
    });
    this.#body.push(
      `export const ${type.name} = service("${type.fullName.slice(1)}", {\n${methods.join("\n")}\n});`,
    );
  }

  #tsType(each: protobuf.Field): string {
    let base = scalarTypes[wireType(each)] ?? "number";
    const { resolvedType } = each;
    if (resolvedType instanceof protobuf.Type) base = this.#refer(resolvedType);
    if (each.repeated) return `readonly ${base}[]`;
    const nullable =
      resolvedType instanceof protobuf.Type && each.options?.["(gogoproto.nullable)"] !== false;
    return nullable || each.partOf ? `${base} | undefined` : base;
  }

  #field(each: protobuf.Field): string {
    if (each.map)
      throw new GenerateError(`${each.fullName}: map fields have no canonical order; use a repeated message`);
    const { resolvedType } = each;
    let type = JSON.stringify(wireType(each));
    if (resolvedType instanceof protobuf.Enum) {
      const [pkg, name] = place(resolvedType);
      type = pkg === this.pkg ? `${name}Enum` : `${this.#referEnum(resolvedType, pkg, name)}`;
    } else if (resolvedType) type = this.#refer(resolvedType);
    const flags = fieldFlags(each);
    return `field(${each.id}, "${each.name}", ${type}${flags.length ? `, { ${flags.join(", ")} }` : ""})`;
  }

  #referEnum(_type: protobuf.Enum, pkg: string, name: string): string {
    const alias = `${toCamelCase(pkg.replace(/\./g, "_"))}_${name}Enum`;
    const names = this.#imports.get(pkg) ?? new Set();
    names.add(`${name}Enum as ${alias}`);
    this.#imports.set(pkg, names);
    return alias;
  }

  text(): string {
    const imports = [...this.#imports]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([pkg, names]) => `import { ${[...names].sort().join(", ")} } from "./${pkg}.ts";`);
    const codec = [...this.#codec].sort().join(", ");
    return `// Generated by proto/generate.ts from the .proto files of ${this.pkg}. Do not edit: npm run proto.
import { ${codec} } from "../codec.ts";
${imports.length ? `${imports.join("\n")}\n` : ""}
${this.#body.join("\n\n")}
`;
  }
}

function isDec(each: protobuf.Field): boolean {
  return each.options?.["(cosmos_proto.scalar)"] === "cosmos.Dec";
}

/** Decimals and integers that are declared as bytes hold the same text as those declared as strings. */
function wireType(each: protobuf.Field): string {
  const isInt = each.options?.["(cosmos_proto.scalar)"] === "cosmos.Int" && each.type === "bytes";
  return isDec(each) || isInt ? "string" : each.type;
}

/** JSON text in bytes. */
function isRawJson(each: protobuf.Field): boolean {
  return each.options?.["(gogoproto.casttype)"] === "encoding/json.RawMessage";
}

function fieldFlags(each: protobuf.Field): string[] {
  const flags: string[] = [];
  const options = each.options ?? {};
  if (each.repeated) flags.push("repeated: true");
  else if (each.partOf) {
    flags.push("optional: true");
    if (!each.partOf.isProto3Optional) flags.push(`oneof: "${each.partOf.name}"`);
  } else if (options["(gogoproto.nullable)"] === false) flags.push("required: true");
  if (isDec(each)) flags.push("dec: true");
  if (isRawJson(each)) flags.push("json: true");
  const amino: string[] = [];
  if (options["(amino.field_name)"]) amino.push(`name: "${options["(amino.field_name)"]}"`);
  if (options["(amino.encoding)"]) amino.push(`encoding: "${options["(amino.encoding)"]}"`);
  if (options["(amino.dont_omitempty)"]) amino.push("keepEmpty: true");
  if (options["(amino.oneof_name)"]) amino.push(`oneofName: "${options["(amino.oneof_name)"]}"`);
  if (amino.length) flags.push(`amino: { ${amino.join(", ")} }`);
  return flags;
}

function parsedOption(object: protobuf.ReflectionObject, name: string): unknown[] {
  const all = (object.parsedOptions ?? []) as Record<string, unknown>[];
  return all.flatMap((option) => (name in option ? option[name] : [])) as unknown[];
}

function messageOptions(type: protobuf.Type): string {
  const options: string[] = [];
  const signer = parsedOption(type, "(cosmos.msg.v1.signer)");
  if (signer.length) options.push(`signer: ${JSON.stringify(signer)}`);
  const [amino] = parsedOption(type, "(amino.name)");
  if (amino) options.push(`amino: ${JSON.stringify(amino)}`);
  const [encoding] = parsedOption(type, "(amino.message_encoding)");
  if (encoding) options.push(`aminoEncoding: ${JSON.stringify(encoding)}`);
  return options.length ? `, { ${options.join(", ")} }` : "";
}

interface HttpRule {
  readonly [verb: string]: unknown;
  readonly body?: string;
  readonly additional_bindings?: HttpRule | readonly HttpRule[];
}

function httpBindings(each: protobuf.Method): object[] {
  const rules = parsedOption(each, "(google.api.http)") as HttpRule[];
  return rules
    .flatMap((rule) => [rule, ...[rule.additional_bindings ?? []].flat()])
    .flatMap((rule) => {
      const verb = ["get", "post", "put", "delete", "patch"].find((name) => name in rule);
      return verb ? [{ verb, path: rule[verb], ...(rule.body ? { body: rule.body } : {}) }] : [];
    });
}

function generate(root: protobuf.Root): Map<string, string> {
  const writers = new Map<string, PackageWriter>();
  const writerOf = (pkg: string): PackageWriter => {
    const writer = writers.get(pkg) ?? new PackageWriter(pkg);
    writers.set(pkg, writer);
    return writer;
  };
  const services: protobuf.Service[] = [];
  const visit = (namespace: protobuf.NamespaceBase): void => {
    for (const object of namespace.nestedArray) {
      const [pkg] = place(object);
      if (object instanceof protobuf.Enum) {
        if (isWanted(pkg, object)) writerOf(pkg).enum(object);
      } else if (object instanceof protobuf.Service) services.push(object);
      else if (object instanceof protobuf.Type) {
        if (isWanted(pkg, object)) {
          visit(object);
          writerOf(pkg).message(object);
        }
      } else if (object instanceof protobuf.Namespace) visit(object);
    }
  };
  visit(root);
  // Services last: they use messages of their file as values.
  for (const each of services) writerOf(place(each)[0]).service(each);
  return new Map([...writers].map(([pkg, writer]) => [`${pkg}.ts`, writer.text()]));
}

const generated = generate(parse(protoFiles()));
const present = new Map(
  (() => {
    try {
      return readdirSync(genDir).map((file) => [file, readFileSync(join(genDir, file), "utf8")] as const);
    } catch {
      return [];
    }
  })(),
);
const names = new Set([...generated.keys(), ...present.keys()]);
const stale = [...names].filter((name) => generated.get(name) !== present.get(name)).sort();
if (process.argv.includes("--check")) {
  if (stale.length)
    throw new GenerateError(`stale generated code: ${stale.join(", ")}; run npm run proto and commit`);
  console.log(`proto/gen is up to date: ${names.size} packages`);
} else {
  mkdirSync(genDir, { recursive: true });
  for (const name of stale) {
    const text = generated.get(name);
    if (text === undefined) rmSync(join(genDir, name));
    else writeFileSync(join(genDir, name), text);
  }
  console.log(`${relative(process.cwd(), genDir)}: ${stale.length} of ${names.size} packages written`);
}
