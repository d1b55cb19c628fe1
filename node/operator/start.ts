/** A running operator: engines, journal, daemon, and what follows the chain for it. */
import { join } from "node:path";
import type { Logger } from "pino";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { OpgClient, type RpcOptions, type Signer } from "../../client/index.ts";
import { NodeError } from "../errors.ts";
import { makeFolder } from "../files.ts";
import { plainFields } from "../log.ts";
import { watchdogTimer } from "../run/timer.ts";
import { chainOf } from "./chain.ts";
import type { OperatorConfig } from "./config.ts";
import { Daemon, type DaemonLog } from "./daemon.ts";
import { Follower } from "./follow.ts";
import { Journal } from "./journal.ts";
import { lockFolder } from "./lock.ts";
import { OperatorMetrics } from "./metrics.ts";
import { ModelCache } from "./models.ts";
import { NativePool } from "./native/pool.ts";
import { runnerOf } from "./run.ts";
import { serveStatus } from "./serve.ts";

export interface OperatorOptions {
  readonly home: string;
  readonly config: OperatorConfig;
  /** Of the hot key. */
  readonly signer: Signer;
  /** The operator's address; absent: the one whose hot address the signer's is. */
  readonly operator?: string;
  readonly rpc: RpcOptions;
}

export interface RunningOperator {
  readonly operator: string;
  readonly statusUrl: string | undefined;
  readonly daemon: Daemon;
  /** Rejects if the daemon ends by a fault. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** The operator that a hot address signs for. @throws NodeError if there is none */
export async function operatorOf(client: OpgClient, hotAddress: string): Promise<string> {
  const found = (await client.market.operators()).find(({ hotAddress: hot }) => hot === hotAddress);
  if (found) return found.address;
  throw new NodeError(
    "failed",
    `${hotAddress} is no operator's hot address on ${client.chainId}; register one with opgd operator register, or name another key with --from`,
  );
}

/** @throws NodeError with the remedy, RpcError if the node cannot be reached */
export async function startOperator(
  { home, config, signer, operator: named, rpc }: OperatorOptions,
  { log }: { readonly log: Logger },
): Promise<RunningOperator> {
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const folder = join(home, "operator");
    makeFolder(folder);
    stops.push(await lockFolder(folder));
    const client = await OpgClient.connect(config.node.replace(/^tcp:/, "http:"), {
      signer,
      rpc,
      ...(config["gas-prices"] === "" ? {} : { gasPrice: config["gas-prices"] }),
    });
    stops.push(async () => client.close());
    const operator = named ?? (await operatorOf(client, signer.address));
    const journal = Journal.open(folder, { chainId: client.chainId, operator });
    stops.push(async () => journal.close());
    const engine = CanonicalEngine.start(
      { workers: config.exact.workers, cacheBytes: config.exact["cache-bytes"] },
      { timer: watchdogTimer, log: (fields, message) => log.warn(plainFields(fields), message) },
    );
    // Who stops meanwhile hears of it below.
    engine.catch(() => undefined);
    stops.push(async () => (await engine).stop());
    const native = config.native.enable ? nativePool(config, log) : undefined;
    if (native) stops.push(() => native.stop());
    const metrics = new OperatorMetrics();
    const chain = chainOf(client);
    let follower: Follower | undefined;
    const daemon = new Daemon(
      {
        operator,
        hotAddress: signer.address,
        parallelJobs: config["parallel-jobs"],
        maxTxBytes: config["max-tx-bytes"],
      },
      {
        chain,
        journal,
        models: new ModelCache(join(folder, "models"), config["model-cache-bytes"], chain),
        run: runnerOf(engine, native),
        metrics,
        log: plainLog(log),
        onWork: () => follower?.wake(),
      },
    );
    const address = config["metrics-address"];
    const server = address === "" ? undefined : await serveStatus(address, () => daemon.status, metrics);
    if (server) stops.push(() => server.stop());
    follower = new Follower({
      rpc: client.rpc,
      height: chain.height,
      onHeight: async (height) => {
        metrics.operator(await chain.operator(operator));
        await daemon.look(height);
      },
      log: plainLog(log),
      pollMs: config["poll-interval-ms"],
    });
    stops.push(() => follower!.stop());
    return {
      operator,
      statusUrl: server?.url,
      daemon,
      ended: Promise.race([follower.ended, engine.then(() => follower!.ended)]),
      stop: async () => {
        await follower.stop();
        // What is computed is dropped; what is bound is on disk.
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function nativePool({ native }: OperatorConfig, log: Logger): NativePool {
  return new NativePool(
    {
      processes: native.processes,
      threads: native.threads,
      memoryMib: native["memory-mib"],
      timeoutMs: native["timeout-ms"],
      providers: native["execution-providers"],
    },
    { log: (fields, message) => log.warn(plainFields(fields), message) },
  );
}

/** A log that takes 64-bit numbers. */
function plainLog(log: Logger): DaemonLog {
  const plain = (fields: object) => plainFields(fields as Readonly<Record<string, unknown>>);
  return {
    info: (fields, message) => log.info(plain(fields), message),
    warn: (fields, message) => log.warn(plain(fields), message),
    error: (fields, message) => log.error(plain(fields), message),
  };
}
