/** What of config.toml concerns the embedded engine: the same names mean the same as for CometBFT. */
import { getSetting } from "../comet/config.ts";
import { SoloError } from "./errors.ts";
import type { MempoolLimits } from "./mempool.ts";
import type { RpcSettings } from "./rpc/serve.ts";

export interface SoloSettings {
  readonly moniker: string;
  readonly intervalMs: number;
  readonly emptyBlocks: boolean;
  readonly emptyIntervalMs: number;
  readonly mempool: MempoolLimits;
  readonly rpc: RpcSettings;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
};

/** Milliseconds of a duration as Go writes it, such as 1m30s; undefined if it is none. */
export function durationMs(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(count) * UNITS[unit!]!;
  return total;
}

/** @param text of config.toml. @throws SoloError setting, naming it */
export function readSettings(text: string): SoloSettings {
  const read = <T>(name: string, fallback: T, kind: string, parse: (value: unknown) => T | undefined): T => {
    const value = getSetting(text, name);
    if (value === undefined) return fallback;
    const parsed = parse(value);
    if (parsed === undefined)
      throw new SoloError("setting", `config.toml ${name} = ${JSON.stringify(value)} must be ${kind}`);
    return parsed;
  };
  const duration = (name: string, fallback: number) =>
    read(name, fallback, 'a duration, such as "1s"', (value) =>
      typeof value === "string" ? durationMs(value) : undefined,
    );
  const count = (name: string, fallback: number) =>
    read(name, fallback, "a number from 0 up", (value) =>
      typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
    );
  const words = (name: string) =>
    read<readonly string[]>(name, [], "a list of texts", (value) =>
      Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined,
    );
  const string = (name: string, fallback: string) =>
    read(name, fallback, "text", (value) => (typeof value === "string" ? value : undefined));
  for (const name of ["rpc.tls_cert_file", "rpc.tls_key_file", "priv_validator_laddr"])
    if (string(name, "") !== "")
      throw new SoloError(
        "setting",
        `config.toml ${name}: the embedded engine has none; empty it, or run CometBFT`,
      );
  return {
    moniker: string("moniker", "node"),
    intervalMs: duration("consensus.timeout_commit", 1_000),
    emptyBlocks: read("consensus.create_empty_blocks", true, "true or false", (value) =>
      typeof value === "boolean" ? value : undefined,
    ),
    emptyIntervalMs: duration("consensus.create_empty_blocks_interval", 0),
    mempool: {
      maxTxs: count("mempool.size", 5_000),
      maxBytes: count("mempool.max_txs_bytes", 67_108_864),
      maxTxBytes: count("mempool.max_tx_bytes", 1_048_576),
    },
    rpc: {
      address: string("rpc.laddr", "tcp://127.0.0.1:26657"),
      maxBodyBytes: count("rpc.max_body_bytes", 1_000_000),
      maxBatch: count("rpc.max_request_batch_size", 10),
      corsOrigins: words("rpc.cors_allowed_origins"),
      maxClients: count("rpc.max_subscription_clients", 100),
      maxSubscriptions: count("rpc.max_subscriptions_per_client", 5),
      commitTimeoutMs: duration("rpc.timeout_broadcast_tx_commit", 10_000),
    },
  };
}
