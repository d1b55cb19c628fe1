/** app.toml: the settings of this node. None of them is consensus. */
import { existsSync, readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { z } from "zod";
import { isDenom } from "../../chain/runtime/coins.ts";
import { parseDec } from "../../chain/runtime/decimal.ts";
import type { PruningOptions } from "../../chain/store/types.ts";
import type { GasPrices } from "../../chain/tx/fee.ts";
import { NodeError } from "../errors.ts";
import type { GatewaySettings } from "../gateway/index.ts";

const integer = (least: number) => z.number().int().min(least);

/** Names of the pruning strategies. */
export const PRUNING = ["default", "nothing", "everything", "custom"] as const;

const HOST_PORT = /^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/;
const TCP_HOST_PORT = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/;

const schema = z.strictObject({
  "minimum-gas-prices": z.string().default(""),
  pruning: z.enum(PRUNING).default("default"),
  "pruning-keep-recent": integer(2).default(100),
  "pruning-interval": integer(1).default(10),
  "halt-height": integer(0).default(0),
  "min-retain-blocks": integer(0).default(0),
  "check-invariants": z.boolean().default(false),
  inference: z
    .strictObject({
      workers: integer(1).max(256).default(1),
      "cache-bytes": integer(0).default(67_108_864),
      "session-cache-bytes": integer(0).default(536_870_912),
    })
    .prefault({}),
  "state-sync": z
    .strictObject({
      "snapshot-interval": integer(0).default(0),
      "snapshot-keep-recent": integer(1).default(2),
    })
    .prefault({}),
  grpc: z
    .strictObject({
      enable: z.boolean().default(true),
      address: z
        .string()
        .regex(HOST_PORT, "give host:port, such as 127.0.0.1:9090")
        .default("127.0.0.1:9090"),
      "max-recv-msg-size": integer(1).default(10_485_760),
      "max-send-msg-size": integer(1).default(2_147_483_647),
    })
    .prefault({}),
  api: z
    .strictObject({
      enable: z.boolean().default(true),
      address: z
        .string()
        .regex(TCP_HOST_PORT, "give tcp://host:port, such as tcp://127.0.0.1:1317")
        .default("tcp://127.0.0.1:1317"),
      swagger: z.boolean().default(true),
      "enabled-unsafe-cors": z.boolean().default(false),
      "rpc-max-body-bytes": integer(1).default(1_000_000),
    })
    .prefault({}),
  store: z.strictObject({ "cache-bytes": integer(1_048_576).default(268_435_456) }).prefault({}),
});

/** The tables of the file. */
const SECTIONS = ["inference", "state-sync", "grpc", "api", "store"] as const;

function isSection(key: string): key is (typeof SECTIONS)[number] {
  return (SECTIONS as readonly string[]).includes(key);
}

export type AppConfig = z.infer<typeof schema>;

export const APP_TOML = `# Settings of this node's application. Environment variables OPGD_<SETTING> override them, such as
# OPGD_MINIMUM_GAS_PRICES or OPGD_INFERENCE_WORKERS.

# The least price of a unit of gas that this node takes into its mempool, such as "0.025uopg"; several with commas.
minimum-gas-prices = "0.001uopg"

# Which committed versions are kept for queries: default, nothing (prunes nothing), everything, or custom.
pruning = "default"
pruning-keep-recent = 100
pruning-interval = 10

# Refuse blocks after this height; 0 for none.
halt-height = 0

# Blocks that CometBFT is told to keep; 0 keeps all.
min-retain-blocks = 0

# Check every invariant after every block, and halt if one is broken. Costs time with the size of the state.
check-invariants = false

[inference]
# Threads that run models.
workers = 1
# Memory for outputs that are remembered, and for loaded models (per thread), in bytes.
cache-bytes = 67108864
session-cache-bytes = 536870912

[state-sync]
# A snapshot that new nodes can start from is made at heights that are multiples of this; 0 makes none.
snapshot-interval = 0
# How many snapshots are kept.
snapshot-keep-recent = 2

[grpc]
# Queries, transactions and reflection over gRPC. Open it to others behind a proxy that bounds what they ask.
enable = true
address = "127.0.0.1:9090"
# Largest request and answer, in bytes.
max-recv-msg-size = 10485760
max-send-msg-size = 2147483647

[api]
# The same over HTTP with JSON, by the routes of Cosmos chains.
enable = true
address = "tcp://127.0.0.1:1317"
# Serve the description of all routes, /openapi.json.
swagger = true
# Let web pages of any origin read the answers.
enabled-unsafe-cors = false
rpc-max-body-bytes = 1000000

[store]
# Memory for nodes and values of the state, in bytes.
cache-bytes = 268435456
`;

/** The text of an app.toml with other ports for gRPC and REST; 0 for free ones. */
export function withGateways(toml: string, grpc: number, api: number): string {
  return toml
    .replace(/^(address = "127\.0\.0\.1:)\d+"/m, `$1${grpc}"`)
    .replace(/^(address = "tcp:\/\/127\.0\.0\.1:)\d+"/m, `$1${api}"`);
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads app.toml with overrides from the environment. @throws NodeError naming the setting, its value and the remedy */
export function readAppConfig(path: string, env: Env): AppConfig {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  let table: Record<string, unknown>;
  try {
    table = parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new NodeError("config", `${path}: not TOML: ${(error as Error).message.split("\n")[0]}`);
  }
  const { settings, variables } = withEnvironment(table, env);
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new NodeError("config", describe(issue!, path, settings, variables));
}

type Issue = z.core.$ZodIssue;

/** Where the setting is, its value, and what it may be. */
function describe(
  issue: Issue,
  path: string,
  settings: Readonly<Record<string, unknown>>,
  variables: ReadonlyMap<string, string>,
): string {
  if (issue.code === "unrecognized_keys") {
    const [unknown] = issue.keys;
    const hint = closest(unknown!, settingNames());
    const remedy = hint ? `did you mean ${hint}?` : "remove it";
    return `${path}: ${[...issue.path, unknown].join(".")} is no setting; ${remedy}`;
  }
  const name = issue.path.join(".");
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    settings,
  );
  const variable = variables.get(name);
  const place = variable === undefined ? `${path}: ${name}` : `${variable} in the environment`;
  return `${place}: ${JSON.stringify(value)} is not allowed; ${remedyOf(issue)}`;
}

function remedyOf(issue: Issue): string {
  switch (issue.code) {
    case "too_small":
      return `give ${issue.minimum} or more`;
    case "too_big":
      return `give ${issue.maximum} or less`;
    case "invalid_value":
      return `give one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "invalid_type": {
      const { expected } = issue;
      if (expected === "boolean") return "give true or false, without quotes";
      if (expected === "string") return "give text, in quotes";
      if (expected === "object") return `write it as a table, [${issue.path.join(".")}]`;
      return "give a whole number, without quotes";
    }
    default:
      return issue.message;
  }
}

function settingNames(): string[] {
  const { shape } = schema;
  return [
    ...Object.keys(shape),
    ...SECTIONS.flatMap((section) => Object.keys(shape[section].def.innerType.shape)),
  ];
}

interface Overridden {
  readonly settings: Readonly<Record<string, unknown>>;
  /** By dotted name of the setting, the environment variable that it comes from. */
  readonly variables: ReadonlyMap<string, string>;
}

function withEnvironment(table: Record<string, unknown>, env: Env): Overridden {
  const merged: Record<string, unknown> = structuredClone(table);
  const variables = new Map<string, string>();
  const override = (place: Record<string, unknown>, key: string, setting: string) => {
    const variable = `OPGD_${setting.replace(/[-.]/g, "_").toUpperCase()}`;
    const value = env[variable];
    if (value !== undefined) variables.set(setting, variable);
    if (value !== undefined)
      place[key] = /^-?\d+$/.test(value)
        ? Number(value)
        : value === "true" || value === "false"
          ? value === "true"
          : value;
  };
  for (const key of Object.keys(schema.shape)) {
    if (!isSection(key)) {
      override(merged, key, key);
      continue;
    }
    const given = merged[key];
    // What is no table is left as it is, to be refused by name.
    if (given !== undefined && (typeof given !== "object" || given === null)) continue;
    const section = { ...(given as Record<string, unknown> | undefined) };
    for (const inner of Object.keys(schema.shape[key].def.innerType.shape))
      override(section, inner, `${key}.${inner}`);
    merged[key] = section;
  }
  return { settings: merged, variables };
}

/** The name that differs least, if it differs little. */
export function closest(word: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0] && ranked[0].distance <= Math.max(2, word.length / 3) ? ranked[0].name : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** `0.025uopg,1ustake` as prices. @throws NodeError */
export function parseGasPrices(text: string): GasPrices {
  if (text.trim() === "") return [];
  return text.split(",").map((part) => {
    const match = /^\s*(\d+(?:\.\d{1,18})?)\s*([a-zA-Z].*?)\s*$/.exec(part);
    if (!match || !isDenom(match[2]!)) {
      throw new NodeError(
        "config",
        `minimum-gas-prices: ${JSON.stringify(part)} is no price; give one such as 0.025uopg, several with commas`,
      );
    }
    return { denom: match[2]!, price: parseDec(match[1]!) };
  });
}

/** What the gateways are to serve, and where. */
export function gatewaysOf({ grpc, api }: Pick<AppConfig, "grpc" | "api">): GatewaySettings {
  const { hostname, port } = new URL(api.address.replace("tcp://", "http://"));
  return {
    grpc: grpc.enable
      ? {
          address: grpc.address,
          maxReceiveBytes: grpc["max-recv-msg-size"],
          maxSendBytes: grpc["max-send-msg-size"],
        }
      : undefined,
    rest: api.enable
      ? {
          // A host of IPv6 stands in brackets in a URL alone.
          host: hostname.replace(/^\[|\]$/g, ""),
          port: port === "" ? 80 : Number(port),
          cors: api["enabled-unsafe-cors"],
          openApi: api.swagger,
          maxBodyBytes: api["rpc-max-body-bytes"],
        }
      : undefined,
  };
}

export function pruningOf(config: AppConfig): PruningOptions {
  if (config.pruning !== "custom") return { strategy: config.pruning };
  return {
    strategy: "custom",
    keepRecent: BigInt(config["pruning-keep-recent"]),
    interval: BigInt(config["pruning-interval"]),
  };
}
