/** Writes docs/reference.md: every message and query, its fields and routes, from the tables that serve them. With --check it only says whether it is stale. */
import { readFileSync, writeFileSync } from "node:fs";
import { createModules } from "../chain/modules/index.ts";
import { createNodeService } from "../chain/node-service.ts";
import type { AnyMessageType, AnyMethod, Field } from "../proto/codec.ts";
import { Service as CometService } from "../proto/gen/cosmos.base.tendermint.v1beta1.ts";
import { Service as TxService } from "../proto/gen/cosmos.tx.v1beta1.ts";

const FILE = new URL("../docs/reference.md", import.meta.url);

const HEAD = `# Reference of messages and queries

Generated from the codec's tables by \`node --import tsx scripts/reference-docs.ts\`. Fields are named as in the .proto files of
[proto/](../proto) and in JSON; what a field means, the .proto files of the Cosmos SDK v0.53 say for the \`cosmos.\` packages.
Queries answer over gRPC by their name, over ABCI by \`/package.Service/Method\`, and over REST by the route that is given; the header
\`x-cosmos-block-height\` asks for an older state. A running node describes the same at \`/openapi.json\` and by gRPC reflection.
`;

export function referenceDocument(): string {
  const modules = createModules();
  const node = createNodeService({ minGasPrices: [], haltHeight: 0n, store: undefined as never });
  const router = modules.router.add(node);
  const messages = [...router.msgs].map(({ method }) => method);
  const queries = [
    ...[...router.queries].map(({ method }) => method),
    ...Object.values(CometService.methods),
    ...Object.values(TxService.methods),
  ] as readonly AnyMethod[];
  const packages = [...new Set([...messages, ...queries].map(packageOf))].sort();
  return [HEAD, ...packages.map((name) => packagePart(name, messages, queries))].join("\n");
}

function packageOf({ path }: AnyMethod): string {
  const service = path.slice(1, path.lastIndexOf("/"));
  return service.slice(0, service.lastIndexOf("."));
}

function packagePart(name: string, messages: readonly AnyMethod[], queries: readonly AnyMethod[]): string {
  const own = (all: readonly AnyMethod[]) =>
    all.filter((method) => packageOf(method) === name).sort((a, b) => (a.name < b.name ? -1 : 1));
  const [sent, asked] = [own(messages), own(queries)];
  return [
    `## ${name}`,
    "",
    ...(sent.length === 0
      ? []
      : ["| message | signed by | fields | amino name |", "|---|---|---|---|", ...sent.map(messageRow), ""]),
    ...(asked.length === 0
      ? []
      : ["| query | asks | answers | REST |", "|---|---|---|---|", ...asked.map(queryRow), ""]),
  ].join("\n");
}

function messageRow({ request }: AnyMethod): string {
  const { signer = [], amino } = request.options;
  const name = request.typeName.slice(request.typeName.lastIndexOf(".") + 1);
  return `| \`${name}\` | ${code(signer)} | ${fieldsOf(request)} | ${amino ? `\`${amino}\`` : ""} |`;
}

function queryRow({ name, request, response, http }: AnyMethod): string {
  const routes = http
    .map(({ verb, path }) => `\`${verb.toUpperCase()} ${path.replace("=**", "")}\``)
    .join(" ");
  return `| \`${name}\` | ${fieldsOf(request)} | ${fieldsOf(response)} | ${routes} |`;
}

function fieldsOf({ fields }: AnyMessageType): string {
  return fields.map((field) => `\`${field.name}\` ${typeOf(field)}`).join(", ");
}

function typeOf({ type, repeated, dec }: Field): string {
  const name = dec ? "decimal" : typeof type === "string" ? type : type.typeName.split(".").at(-1)!;
  return repeated ? `${name}[]` : name;
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

export function writtenReference(): string {
  return readFileSync(FILE, "utf8");
}

if (process.argv[1]?.endsWith("reference-docs.ts")) {
  const fresh = referenceDocument();
  if (!process.argv.includes("--check")) {
    writeFileSync(FILE, fresh);
    console.log("docs/reference.md is written");
  } else if (writtenReference() !== fresh) {
    console.error("docs/reference.md is stale: node --import tsx scripts/reference-docs.ts");
    process.exitCode = 1;
  } else console.log("docs/reference.md is up to date");
}
