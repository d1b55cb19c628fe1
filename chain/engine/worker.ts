/**
 * One instance of the engine in one thread: one request at a time, each of which may be many runs. A model that cannot be
 * opened is told as `refused`, a run that it refuses among the results; what is told as `failed` may have damaged the
 * instance, and the pool discards this thread.
 */
import { parentPort } from "node:worker_threads";
import { Instance, OpenRefused, RunFailed, type RunResult } from "./instance.ts";
import type { CompiledOrt } from "./ort.ts";
import { memoryOf, type Packed, packBytes, unpackBytes } from "./pack.ts";

/** The first message to a thread; the answer is `ready`. */
export interface WorkerStart {
  readonly compiled: CompiledOrt;
}

export type WorkerRequest =
  /** Runs of the open model, each on canonical tensors. */
  | { readonly kind: "run"; readonly batch: Packed }
  /** Opens a model in the place of the one before. */
  | { readonly kind: "open"; readonly bytes: Uint8Array };

export type WorkerReply =
  | { readonly kind: "ready" }
  | { readonly kind: "opened" }
  /** The model cannot be opened. */
  | { readonly kind: "refused"; readonly reason: string }
  | RunsReply
  /** `index` is the run that failed; what came before it is not answered. `reason` is for the log, and no part of a result. */
  | { readonly kind: "failed"; readonly index: number; readonly reason: string };

export interface RunsReply {
  readonly kind: "done";
  readonly names: readonly string[];
  /** Of each run the canonical outputs, then their hash; both empty where the model could not run. */
  readonly results: Packed;
  /** Why it could not, by the run's index; for the log. */
  readonly reasons: ReadonlyMap<number, string>;
}

const NOTHING = new Uint8Array(0);

const port = parentPort!;
const instance = await new Promise<Instance>((resolve, reject) => {
  port.once("message", ({ compiled }: WorkerStart) => Instance.load(compiled).then(resolve, reject));
});

async function answer(request: WorkerRequest): Promise<WorkerReply> {
  try {
    if (request.kind === "open") {
      await instance.open(request.bytes);
      return { kind: "opened" };
    }
    return packed(await instance.run(unpackBytes(request.batch)));
  } catch (error) {
    if (error instanceof OpenRefused) return { kind: "refused", reason: error.message };
    const index = error instanceof RunFailed ? error.index : 0;
    return { kind: "failed", index, reason: error instanceof RunFailed ? error.message : String(error) };
  }
}

/** All runs are of one model, whose outputs have the same names. */
function packed(results: readonly RunResult[]): RunsReply {
  const reasons = new Map<number, string>();
  let names: readonly string[] = [];
  const parts = results.flatMap((result, index) => {
    if ("reason" in result) {
      reasons.set(index, result.reason);
      return [NOTHING, NOTHING];
    }
    names = result.names;
    return [result.bytes, result.hash];
  });
  return { kind: "done", names, results: packBytes(parts), reasons };
}

// The pool sends the next request only after the reply to the last, so that no two overlap.
port.on("message", (request: WorkerRequest) => {
  void answer(request).then((reply) => {
    port.postMessage(reply, reply.kind === "done" ? [memoryOf(reply.results)] : []);
    // A thread that failed is ended: there is nothing to make ready.
    if (reply.kind === "done") instance.tidy();
  });
});
port.postMessage({ kind: "ready" } satisfies WorkerReply);
