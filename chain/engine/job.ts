/** A run that was asked of the pool. */
import type { RunOutputs } from "./instance.ts";

export interface PoolModel {
  /** SHA-256 of the file. */
  readonly hash: Uint8Array;
  readonly bytes: () => Uint8Array;
}

export interface PoolRequest {
  readonly model: PoolModel;
  /** Canonical tensors (ADR-0025). */
  readonly inputs: Uint8Array;
  /** What the run costs (ADR-0022), if that is known: small runs travel together, and the watchdog waits accordingly. */
  readonly units?: bigint | undefined;
}

export type RunReply =
  | ({ readonly kind: "done" } & RunOutputs)
  | { readonly kind: "failed"; readonly reason: string };

export interface Job extends PoolRequest {
  /** Of the model, as a key. */
  readonly hash: string;
  /** Runs by itself: a batch with it has failed. */
  isAlone: boolean;
  /** Threads that died while they ran it. */
  deaths: number;
  readonly resolve: (reply: RunReply) => void;
  readonly reject: (error: unknown) => void;
}
