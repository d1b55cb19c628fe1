/** A running node: engine, application, ABCI server, and the CometBFT that drives it. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { type AbciFaultCode, type AbciServer, type Application, startServer } from "../../abci/index.ts";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { type OpenedApp, type OpenOptions, openApp } from "../../chain/open.ts";
import { prefixOf } from "../../chain/runtime/prefix.ts";
import type { GenesisDocument } from "../../genesis/index.ts";
import {
  type CometBinary,
  type CometProcess,
  changeSettings,
  getSetting,
  proxyApp,
  type Settings,
  startComet,
} from "../comet/index.ts";
import { type AppConfig, gatewaysOf, parseGasPrices, pruningOf, readAppConfig } from "../config/app-toml.ts";
import { assertHome, type HomePaths } from "../config/home.ts";
import { startGateways } from "../gateway/index.ts";
import { plainFields } from "../log.ts";
import { type SoloNode, startSoloNode } from "../solo/index.ts";
import { VERSION } from "../version.ts";
import { chooseEngine } from "./choose.ts";
import { withDatabase } from "./database.ts";
import { readGenesis } from "./init.ts";
import { watchdogTimer } from "./timer.ts";
import { writeUpgradeInfo } from "./upgrade-info.ts";
import { voterOf } from "./voter.ts";

/**
 * `managed`: this process runs CometBFT. `external`: it serves ABCI, and somebody else runs CometBFT. `embedded`: one
 * validator in this process, without CometBFT (ADR-0080). `auto`: managed, or embedded where the home's blocks are, or
 * where there is neither CometBFT nor Go.
 */
export const COMET_MODES = ["auto", "managed", "external", "embedded"] as const;
export type CometMode = (typeof COMET_MODES)[number];

export interface NodeOptions {
  readonly home: string;
  readonly comet: CometMode;
  /** Where ABCI is served; default a free port of this machine (managed) or tcp://127.0.0.1:26658 (external). Not embedded. */
  readonly abciAddress?: string;
  readonly transport: "grpc" | "socket";
  /** Heights whose planned upgrade is left out: all validators must leave it out, or the chain parts. */
  readonly skipUpgrades?: readonly bigint[];
  /** Settings of config.toml that this run changes, such as rpc.laddr. */
  readonly settings?: Settings;
  /** Settings of app.toml that the command line overrides. */
  readonly overrides?: Partial<
    Pick<AppConfig, "minimum-gas-prices" | "pruning" | "halt-height" | "check-invariants">
  > & { readonly grpc?: Partial<AppConfig["grpc"]>; readonly api?: Partial<AppConfig["api"]> };
}

export interface NodeDeps {
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One plain line before something that takes long, or goes another way than expected. */
  readonly say: (line: string) => void;
  /** Where Go may be when it is not on PATH, to build CometBFT with. */
  readonly goPlaces?: readonly string[];
  /** Stands between the application and what drives it. Of tests: a node that lies. */
  readonly between?: (app: Application) => Application;
}

export interface RunningNode {
  readonly chainId: string;
  /** http://host:port of CometBFT's RPC, or the embedded engine's; undefined if CometBFT is external. */
  readonly rpcUrl: string | undefined;
  /** Undefined if the engine is embedded. */
  readonly abciAddress: string | undefined;
  /** host:port of the gRPC server, and URL of REST; undefined if they are switched off. */
  readonly grpcAddress: string | undefined;
  readonly restUrl: string | undefined;
  /** Resolves when CometBFT's RPC answers. */
  readonly ready: Promise<void>;
  /** Settles when the node ends: with a reason if nobody asked for it. */
  readonly ended: Promise<string | undefined>;
  stop(): Promise<void>;
}

/**
 * Runs a node. CometBFT's gRPC client refuses answers over 4 MiB, and a block may have a larger one: then the node starts
 * again over a socket, which has no such limit, and the block is replayed (ADR-0002).
 */
export async function runNode(options: NodeOptions, deps: NodeDeps): Promise<RunningNode> {
  let current = await startOnce(options, deps);
  const follow = async (): Promise<string | undefined> => {
    const end = await current.ended;
    if (end?.code !== "ANSWER_TOO_LARGE" || options.transport !== "grpc") return end?.reason;
    deps.log.warn("a block's answer is too large for gRPC: going on over a unix socket");
    await current.stop();
    const { abciAddress: _, ...rest } = options;
    const address =
      options.comet === "external"
        ? {}
        : { abciAddress: `unix://${join(options.home, "data", "abci.sock")}` };
    current = await startOnce({ ...rest, ...address, transport: "socket" }, deps);
    return follow();
  };
  const ended = options.comet !== "external" ? follow() : current.ended.then((end) => end?.reason);
  const { chainId, rpcUrl, abciAddress, grpcAddress, restUrl, ready } = current;
  return { chainId, rpcUrl, abciAddress, grpcAddress, restUrl, ready, ended, stop: () => current.stop() };
}

interface NodeEnd {
  readonly reason: string;
  /** Of the fault that halted the application. */
  readonly code?: AbciFaultCode;
}

type StartedNode = Omit<RunningNode, "ended"> & { readonly ended: Promise<NodeEnd | undefined> };

/** Starts a node on its home. @throws NodeError, ChainError, EngineError, StoreError, CometError, SoloError with the remedy */
async function startOnce(options: NodeOptions, deps: NodeDeps): Promise<StartedNode> {
  const paths = assertHome(options.home);
  const { log, env } = deps;
  const config = configOf(paths, options, env);
  const genesis = readGenesis(options.home);
  // Before anything starts: a missing binary is the most common fault, and building one takes a minute.
  const driver = await chooseEngine(options, deps);
  const engine = await CanonicalEngine.start(
    {
      workers: config.inference.workers,
      cacheBytes: config.inference["cache-bytes"],
      sessionCacheBytes: config.inference["session-cache-bytes"],
    },
    { timer: watchdogTimer, log: (fields, message) => log.warn(plainFields(fields), message) },
  );
  const stops: (() => Promise<void>)[] = [() => engine.stop()];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const opened = await withDatabase(options.home, () =>
      openDatabase(config, paths, genesis, engine, log, {
        skipHeights: options.skipUpgrades ?? [],
        onNeeded: (needed) => log.error({ file: writeUpgradeInfo(options.home, needed) }, needed.message),
      }),
    );
    stops.push(() => opened.close());
    const driven = deps.between?.(opened.app) ?? opened.app;
    const parts =
      driver === "embedded"
        ? await driveEmbedded(options, driven, genesis)
        : await driveByComet(options, deps, driver, driven);
    stops.push(() => parts.stop());
    const { app, router } = opened;
    const rpcUrl = parts.rpcUrl ?? rpcUrlOf(paths);
    const prefix = prefixOf(genesis.app_state);
    const gateways = await startGateways(gatewaysOf(config), { app, router, rpcUrl, prefix });
    stops.push(() => gateways.stop());
    let stopping = false;
    return {
      chainId: genesis.chain_id,
      rpcUrl: parts.rpcUrl,
      abciAddress: parts.abciAddress,
      grpcAddress: gateways.grpcAddress,
      restUrl: gateways.restUrl,
      ready: parts.ready,
      ended: parts.ended.then((end) => (stopping ? undefined : end)),
      stop: async () => {
        stopping = true;
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** app.toml, the environment over it, and the command line over both. @throws NodeError */
function configOf(paths: HomePaths, { overrides = {} }: NodeOptions, env: NodeDeps["env"]): AppConfig {
  const config = readAppConfig(paths.appToml, env);
  const { grpc, api, ...others } = overrides;
  return { ...config, ...others, grpc: { ...config.grpc, ...grpc }, api: { ...config.api, ...api } };
}

/** Where config.toml says that CometBFT's RPC is, when others run it. */
function rpcUrlOf({ configToml }: HomePaths): string {
  const address = String(getSetting(readFileSync(configToml, "utf8"), "rpc.laddr"));
  return address.replace(/^tcp:/, "http:").replace("0.0.0.0", "127.0.0.1");
}

/** What makes the application's blocks, while it does. */
interface Driven {
  readonly rpcUrl: string | undefined;
  readonly abciAddress: string | undefined;
  readonly ready: Promise<void>;
  readonly ended: Promise<NodeEnd | undefined>;
  stop(): Promise<void>;
}

async function driveEmbedded(
  { home, settings = {} }: NodeOptions,
  app: Application,
  genesis: GenesisDocument,
): Promise<Driven> {
  await changeSettings(home, settings);
  const solo = await startSoloNode(home, { app, genesis });
  let stopped: () => void = () => undefined;
  const asked = new Promise<undefined>((resolve) => {
    stopped = () => resolve(undefined);
  });
  return {
    rpcUrl: solo.rpcUrl,
    abciAddress: undefined,
    ready: Promise.resolve(),
    ended: Promise.race([asked, haltOf(solo)]),
    stop: async () => {
      stopped();
      await solo.stop();
    },
  };
}

async function haltOf(solo: SoloNode): Promise<NodeEnd> {
  return solo.halted.catch((error: unknown) => ({
    reason: `the embedded engine stopped: ${error instanceof Error ? error.message : String(error)}`,
  }));
}

/** @param binary of CometBFT; undefined if somebody else runs it */
async function driveByComet(
  options: NodeOptions,
  deps: NodeDeps,
  binary: CometBinary | undefined,
  app: Application,
): Promise<Driven> {
  const { transport, abciAddress } = options;
  const server = await startServer(app, {
    address: abciAddress ?? (binary ? "tcp://127.0.0.1:0" : "tcp://127.0.0.1:26658"),
    transport,
    log: deps.log,
  });
  try {
    const comet = binary ? await startManaged(options, deps, binary.path, server) : undefined;
    return {
      rpcUrl: comet?.rpcUrl,
      abciAddress: server.address,
      ready: comet?.ready ?? Promise.resolve(),
      ended: endOf(server, comet),
      stop: async () => {
        await comet?.stop();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** One CPU is the main thread's; more than a few have nothing to do. */
function signatureThreads(): number {
  return Math.min(4, Math.max(1, availableParallelism() - 1));
}

async function openDatabase(
  config: AppConfig,
  { home, database, snapshots }: HomePaths,
  genesis: { readonly chain_id: string; readonly initial_height: string },
  engine: CanonicalEngine,
  log: Logger,
  upgrade: NonNullable<OpenOptions["upgrade"]>,
): Promise<OpenedApp> {
  const voter = voterOf(home);
  return openApp(
    {
      chainId: genesis.chain_id,
      initialHeight: BigInt(genesis.initial_height),
      version: VERSION,
      path: database,
      upgrade,
      ...(voter ? { voter } : {}),
      pruning: pruningOf(config),
      minGasPrices: parseGasPrices(config["minimum-gas-prices"]),
      checkInvariants: config["check-invariants"],
      minRetainBlocks: BigInt(config["min-retain-blocks"]),
      signatureThreads: signatureThreads(),
      storeCacheBytes: config.store["cache-bytes"],
      snapshots: {
        path: snapshots,
        interval: BigInt(config["state-sync"]["snapshot-interval"]),
        keepRecent: config["state-sync"]["snapshot-keep-recent"],
      },
      ...(config["halt-height"] > 0 ? { haltHeight: BigInt(config["halt-height"]) } : {}),
    },
    {
      engine,
      log: {
        info: (fields, message) => log.info(plainFields(fields), message),
        warn: (fields, message) => log.warn(plainFields(fields), message),
      },
    },
  );
}

async function startManaged(
  { home, transport, settings = {} }: NodeOptions,
  { log, env }: NodeDeps,
  binary: string,
  server: AbciServer,
): Promise<CometProcess> {
  await changeSettings(home, settings);
  const config = readFileSync(assertHome(home).configToml, "utf8");
  return startComet({
    binary,
    home,
    env,
    rpc: String(getSetting(config, "rpc.laddr")),
    args: ["--proxy_app", proxyApp(server.address, transport), "--abci", transport],
    log: log.child({ from: "cometbft" }),
  });
}

/** Why the node ended: the application halted, or CometBFT did. */
function endOf(server: AbciServer, comet: CometProcess | undefined): Promise<NodeEnd> {
  const halted = server.halted.then(({ code, message }) => ({
    reason: `the application halted: ${message}`,
    code,
  }));
  const exited = comet?.exited.then(({ code, signal, consensusFailure }) => ({
    reason: consensusFailure
      ? `CometBFT's consensus failed: ${consensusFailure}`
      : `CometBFT ended (${signal ?? `code ${code}`})`,
  }));
  // A halted application ends CometBFT too: its own word comes first.
  return exited ? Promise.race([halted, exited]) : halted;
}
