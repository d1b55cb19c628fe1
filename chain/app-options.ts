/** What the application is opened with, and how it stops. */
import type { ComputeEngine } from "./block/compute.ts";
import type { StateSync } from "./block/state-sync.ts";
import type { VoterOptions } from "./block/voter.ts";
import type { Modules } from "./modules/index.ts";
import type { MultiStore } from "./store/multistore.ts";
import type { TxDeps } from "./tx/pipeline.ts";

/** Told what happens, never asked: nothing in the chain depends on it. */
export interface AppLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface AppOptions {
  readonly chainId: string;
  /** Version of the software, for `info`. */
  readonly version: string;
  /** Check every invariant after every block; a broken one halts the node. Work is linear in the state. */
  readonly checkInvariants?: boolean;
  /** FinalizeBlock of a higher block is refused: the operator stops the node at a height. */
  readonly haltHeight?: bigint;
  /** Blocks that CometBFT is told to keep; 0 keeps all. */
  readonly minRetainBlocks?: bigint;
  /** The validator for which this node votes, and its secret. Without them it says nothing in votes. */
  readonly voter?: VoterOptions;
}

export interface AppDeps {
  readonly store: MultiStore;
  readonly engine: ComputeEngine;
  readonly modules: Modules;
  readonly tx: TxDeps;
  readonly stateSync: StateSync;
  readonly log: AppLog;
}

/** A fault that the node must stop for: it would answer wrongly, or differently from others. */
export class AppFault extends Error {
  override readonly name = "AppFault";
}
