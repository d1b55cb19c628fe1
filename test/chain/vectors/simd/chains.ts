/** The two chains behind one face: ABCI calls, and a look at every key of a store. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ComputeEngine } from "../../../../chain/block/compute.ts";
import { type OpenedApp, openApp } from "../../../../chain/open.ts";
import { type Module, queryRoute } from "../../../../chain/runtime/module.ts";
import { message, method, service } from "../../../../proto/codec.ts";
import * as abci from "../../../../proto/gen/tendermint.abci.ts";
import type { Json, JsonObject } from "../../../../proto/json.ts";
import { FakeCompute } from "../../modules/sandbox.ts";
import { CHAIN_ID, PREFIX } from "./cast.ts";
import { START } from "./genesis.ts";

/** Keys and values of a store, in byte order. */
export type Pairs = readonly (readonly [key: Uint8Array, value: Uint8Array])[];

export interface PlayChain {
  readonly name: string;
  init(common: Record<string, JsonObject>): Promise<abci.ResponseInitChain>;
  finalize(request: abci.RequestFinalizeBlock): Promise<abci.ResponseFinalizeBlock>;
  commit(): Promise<void>;
  query(path: string, data: Uint8Array): Promise<abci.ResponseQuery>;
  /** All pairs of a store after the last commit. */
  pairs(store: string): Promise<Pairs>;
  /** Milliseconds of CPU that its process has used so far, all threads. */
  cpu(): number;
  close(): Promise<void>;
}

export function initRequest(appState: Record<string, Json>): abci.RequestInitChain {
  return abci.RequestInitChain.create({
    chainId: CHAIN_ID,
    time: { seconds: START, nanos: 0 },
    initialHeight: 1n,
    appStateBytes: new TextEncoder().encode(JSON.stringify(appState)),
    consensusParams: {
      block: { maxBytes: 4_194_304n, maxGas: -1n },
      // Short, so that some evidence comes too late.
      evidence: { maxAgeNumBlocks: 30n, maxAgeDuration: { seconds: 150n, nanos: 0 }, maxBytes: 1_000_000n },
      validator: { pubKeyTypes: ["ed25519"] },
      version: { app: 0n },
      abci: { voteExtensionsEnableHeight: 0n },
      authority: undefined,
    },
  });
}

const Empty = message<Record<never, never>>("opg.test.Empty", () => []);
const { Look } = service("opg.test.Query", { Look: method(Empty, Empty) }).methods;

/** A query that hands a store out: no part of the chain, added as a later version's module would be. */
class Peephole {
  store = "";
  seen: Pairs = [];

  readonly module: Module = {
    name: "peephole",
    stores: [],
    msgs: [],
    queries: [
      queryRoute(Look, (ctx) => {
        this.seen = [...ctx.store(this.store).iterate()];
        return {};
      }),
    ],
    invariants: [],
    version: 1n,
  };
}

/** An engine that nobody asks: the play has no inference. */
function idleEngine(): ComputeEngine {
  return {
    ...new FakeCompute().engine,
    backlog: 0,
    backlogUnits: 0n,
    peek: () => undefined,
    isUnderWay: () => false,
    run: () => Promise.reject(new TypeError("the play has no inference")),
  };
}

/** Our application in this process; invariants are checked after every block unless told otherwise. */
export async function openOurs({ checkInvariants = true } = {}): Promise<PlayChain> {
  const folder = mkdtempSync(join(tmpdir(), "opg-play-"));
  const hole = new Peephole();
  const opened: OpenedApp = await openApp(
    {
      chainId: CHAIN_ID,
      version: "test",
      path: join(folder, "db"),
      sync: false,
      checkInvariants,
      more: [hole.module],
    },
    { engine: idleEngine(), log: { info: () => undefined, warn: () => undefined } },
  );
  const { app } = opened;
  return {
    name: "opg-chain",
    init: async (common) =>
      app.initChain(initRequest({ ...common, auth: { ...common["auth"], bech32_prefix: PREFIX } })),
    finalize: (request) => app.finalizeBlock(request),
    commit: async () => {
      await app.commit();
    },
    query: (path, data) => app.query(abci.RequestQuery.create({ path, data })),
    pairs: async (store) => {
      hole.store = store;
      await app.query(abci.RequestQuery.create({ path: Look.path }));
      return hole.seen;
    },
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    close: async () => {
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
