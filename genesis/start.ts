/** Starts a chain from a genesis for trial, on a database of its own that is thrown away. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppFault } from "../chain/app-options.ts";
import type { ComputeEngine } from "../chain/block/compute.ts";
import { openApp } from "../chain/open.ts";
import { ChainError } from "../chain/runtime/errors.ts";
import * as abci from "../proto/gen/tendermint.abci.ts";
import { consensusParamsOf } from "./consensus-params.ts";
import type { GenesisDocument } from "./document.ts";

const SILENT = { info: () => undefined, warn: () => undefined };

/**
 * What would keep a chain from starting with this genesis, in which `genesisProblems` finds nothing: a model that is not
 * admitted, a state whose invariants do not hold. Undefined if it starts.
 * Cost: as the first start, which reads every model.
 */
export async function startProblem(
  document: GenesisDocument,
  engine: ComputeEngine,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "opg-genesis-"));
  try {
    const { app, close } = await openApp(
      {
        chainId: document.chain_id,
        version: "",
        path: join(folder, "db"),
        sync: false,
        checkInvariants: true,
      },
      { engine, log: SILENT },
    );
    try {
      app.initChain(initRequest(document));
      return undefined;
    } catch (error) {
      if (error instanceof ChainError || error instanceof AppFault) return `app_state: ${error.message}`;
      throw error;
    } finally {
      await close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What CometBFT asks of an application that starts from this genesis. */
export function initRequest(document: GenesisDocument): abci.RequestInitChain {
  const millis = Date.parse(document.genesis_time);
  return abci.RequestInitChain.create({
    chainId: document.chain_id,
    time: {
      seconds: BigInt(Math.floor(millis / 1000)),
      nanos: (((millis % 1000) + 1000) % 1000) * 1_000_000,
    },
    initialHeight: BigInt(document.initial_height),
    appStateBytes: new TextEncoder().encode(JSON.stringify(document.app_state)),
    consensusParams: consensusParamsOf(document.consensus_params),
  });
}
