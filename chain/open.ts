/** Opens the application on its database: store, modules, transaction pipeline, all joined. */
import { App } from "./app.ts";
import type { AppLog, AppOptions } from "./app-options.ts";
import type { ComputeEngine } from "./block/compute.ts";
import { StateSync, type StateSyncOptions } from "./block/state-sync.ts";
import { createModules, type ModulesOptions } from "./modules/index.ts";
import { createNodeService } from "./node-service.ts";
import { openStore } from "./open-store.ts";
import type { Router } from "./runtime/router.ts";
import type { PruningOptions } from "./store/types.ts";
import { DEFAULT_TX_LIMITS } from "./tx/decode.ts";
import { DecodedTxs } from "./tx/decoded.ts";
import type { GasPrices } from "./tx/fee.ts";
import { runGenesisTx } from "./tx/run.ts";
import { loadVerify } from "./tx/secp256k1.ts";
import { SignatureCache } from "./tx/signature-cache.ts";
import { SignaturePool } from "./tx/signature-pool.ts";

export interface OpenOptions extends AppOptions {
  /** Folder of the database; made if it is not there. */
  readonly path: string;
  readonly initialHeight?: bigint;
  readonly pruning?: PruningOptions;
  /** Memory for the store's nodes and values, in bytes. */
  readonly storeCacheBytes?: number;
  /** Memory for parsed models, in bytes; and what upgrades of the program need. */
  readonly modelCacheBytes?: number;
  readonly upgrade?: ModulesOptions["upgrade"];
  readonly more?: ModulesOptions["more"];
  /** Memory for decoded transactions, in bytes. */
  readonly txCacheBytes?: number;
  /** Threads that check signatures ahead of need; default none. They change no result (ADR-0015). */
  readonly signatureThreads?: number;
  /** What this node asks for at least, per unit of gas. */
  readonly minGasPrices?: GasPrices;
  /** Snapshots for others to start from: where, how often, how many. Default: beside the database, none made. */
  readonly snapshots?: Partial<StateSyncOptions>;
  /** False leaves it to the operating system when a commit reaches the disk: for tests and benchmarks only. */
  readonly sync?: boolean;
}

export interface OpenDeps {
  readonly engine: ComputeEngine;
  readonly log: AppLog;
}

export interface OpenedApp {
  readonly app: App;
  /** What the application answers, and what may stand in an Any. */
  readonly router: Router;
  /** Waits for a snapshot that is being made. */
  settle(): Promise<void>;
  /** Ends the threads and closes the database. Nothing may be under way in `app`. */
  close(): Promise<void>;
}

/** @throws StoreError, ChainError if the database is not of this chain, or demands another engine */
export async function openApp(options: OpenOptions, deps: OpenDeps): Promise<OpenedApp> {
  const { modelCacheBytes, storeCacheBytes, txCacheBytes, signatureThreads = 0 } = options;
  const { initialHeight, pruning, sync } = options;
  const modules = createModules({
    ...(modelCacheBytes === undefined ? {} : { modelCacheBytes }),
    ...(options.upgrade ? { upgrade: options.upgrade } : {}),
    ...(options.more ? { more: options.more } : {}),
  });
  const verify = await loadVerify();
  const store = await openStore(
    {
      path: options.path,
      stores: modules.all.flatMap((module) => module.stores),
      ...(pruning ? { pruning } : {}),
      ...(initialHeight ? { initialVersion: initialHeight } : {}),
      ...(storeCacheBytes === undefined ? {} : { cacheBytes: storeCacheBytes }),
      ...(sync === undefined ? {} : { sync }),
    },
    options.upgrade?.upgrades,
  );
  const node = createNodeService({
    store,
    minGasPrices: options.minGasPrices ?? [],
    haltHeight: options.haltHeight ?? 0n,
  });
  const router = modules.router.add(node);
  const pool =
    signatureThreads > 0
      ? new SignaturePool(
          { threads: signatureThreads },
          { onFailure: (error) => deps.log.warn({ reason: String(error) }, "a signature thread failed") },
        )
      : undefined;
  const tx = {
    auth: modules.auth,
    bank: modules.bank,
    allowances: modules.feegrant,
    baseFee: modules.fees,
    router,
    signatures: new SignatureCache({}, { verify, ...(pool ? { pool } : {}) }),
    decoded: new DecodedTxs(
      {
        limits: DEFAULT_TX_LIMITS,
        ...(txCacheBytes === undefined ? {} : { cacheBytes: txCacheBytes }),
      },
      { router },
    ),
    maxBlockGas: (ctx: Parameters<typeof modules.consensus.params>[0]) =>
      modules.consensus.params(ctx).block?.maxGas ?? -1n,
    minGasPrices: options.minGasPrices ?? [],
  };
  modules.genutil.deliverBy((ctx, bytes) => runGenesisTx(ctx, bytes, tx));
  const stateSync = new StateSync(
    { path: `${options.path}-snapshots`, interval: 0n, keepRecent: 2, ...options.snapshots },
    {
      store,
      onFailure: (height, error) =>
        deps.log.warn({ height, reason: String(error) }, "could not make a snapshot"),
    },
  );
  const close = async () => {
    await stateSync.settle();
    await pool?.close();
    await store.close();
  };
  try {
    const app = new App(options, { stateSync, store, modules, tx, engine: deps.engine, log: deps.log });
    const stop = async () => {
      await app.voter?.stop();
      await close();
    };
    return { app, router, settle: () => stateSync.settle(), close: stop };
  } catch (error) {
    await close();
    throw error;
  }
}
