/** operator.toml: how a daemon computes. Nothing in it is consensus. */
import { existsSync, readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { z } from "zod";
import { closest } from "../config/app-toml.ts";
import { NodeError } from "../errors.ts";

const integer = (least: number, most = Number.MAX_SAFE_INTEGER) => z.number().int().min(least).max(most);

const schema = z.strictObject({
  from: z.string().default("operator-hot"),
  node: z.string().default("tcp://127.0.0.1:26657"),
  "gas-prices": z.string().default(""),
  "poll-interval-ms": integer(50).default(1_000),
  "parallel-jobs": integer(1, 64).default(2),
  "max-tx-bytes": integer(10_000).default(400_000),
  "metrics-address": z
    .string()
    .regex(/^$|^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/, "give host:port, such as 127.0.0.1:26680, or nothing")
    .default("127.0.0.1:26680"),
  "model-cache-bytes": integer(0).default(8_589_934_592),
  exact: z
    .strictObject({
      workers: integer(1, 256).default(1),
      "cache-bytes": integer(0).default(67_108_864),
    })
    .prefault({}),
  native: z
    .strictObject({
      enable: z.boolean().default(true),
      processes: integer(1, 256).default(1),
      threads: integer(1, 1024).default(1),
      "memory-mib": integer(64).default(4_096),
      "timeout-ms": integer(100).default(120_000),
      "execution-providers": z.array(z.string().min(1)).min(1).default(["cpu"]),
    })
    .prefault({}),
});

export type OperatorConfig = z.infer<typeof schema>;

const SECTIONS = ["exact", "native"] as const;

export const OPERATOR_TOML = `# Settings of the operator daemon (opgd operator start). docs/operator.md tells what each does.

# The key that signs commitments and reveals: the operator's hot address. It needs coins for gas, and no others.
from = "operator-hot"
# RPC of the node that is followed.
node = "tcp://127.0.0.1:26657"
# Price of gas, such as "0.025uopg"; empty for what the node asks.
gas-prices = ""
# Between two looks at the chain where its events do not come.
poll-interval-ms = 1000
# Jobs that are computed at one time.
parallel-jobs = 2
# Messages of several jobs travel in one transaction of this size at most.
max-tx-bytes = 400000
# Where /metrics and /status are served; empty for nowhere.
metrics-address = "127.0.0.1:26680"
# Model files that are kept, in bytes; those used least lately go first.
model-cache-bytes = 8589934592

# Jobs judged byte for byte: the canonical engine.
[exact]
# Threads that run models.
workers = 1
# Memory for outputs that are remembered, in bytes.
cache-bytes = 67108864

# Jobs judged within tolerance: native onnxruntime, in child processes.
[native]
# false: the canonical engine runs these too.
enable = true
processes = 1
# Threads of one run.
threads = 1
# A child that takes more memory, or more time for one request, is ended; the canonical engine then runs its item.
memory-mib = 4096
timeout-ms = 120000
# onnxruntime's names, in order of preference: "cuda", "tensorrt", "dml", "coreml", "cpu".
execution-providers = ["cpu"]
`;

/** @throws NodeError naming the setting, its value and the remedy */
export function readOperatorConfig(path: string): OperatorConfig {
  let table: unknown;
  try {
    table = parse(existsSync(path) ? readFileSync(path, "utf8") : "");
  } catch (error) {
    throw new NodeError("config", `${path}: not TOML: ${(error as Error).message.split("\n")[0]}`);
  }
  const result = schema.safeParse(table);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const [unknown] = issue.keys;
    const hint = closest(unknown!, settingNames());
    throw new NodeError(
      "config",
      `${path}: ${[...issue.path, unknown].join(".")} is no setting; ${hint ? `did you mean ${hint}?` : "remove it"}`,
    );
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    table,
  );
  throw new NodeError(
    "config",
    `${path}: ${issue.path.join(".")}: ${JSON.stringify(value)} is not allowed; ${issue.message}`,
  );
}

function settingNames(): string[] {
  const { shape } = schema;
  return [
    ...Object.keys(shape),
    ...SECTIONS.flatMap((section) => Object.keys(shape[section].def.innerType.shape)),
  ];
}
