/**
 * One instance of the engine in one thread: one request at a time, each of which may be many runs. A model that cannot be
 * loaded or run is told as `failed`; the pool then discards this thread, as the instance may be damaged.
 */
import { parentPort } from "node:worker_threads";
import { Instance, RunFailed, type RunOutputs } from "./instance.ts";
import type { CompiledOrt } from "./ort.ts";

/** The first message to a thread; the answer is `ready`. */
export interface WorkerStart {
  readonly compiled: CompiledOrt;
}

export type WorkerRequest =
  /** Runs of the open model on canonical tensors. */
  | { readonly kind: "run"; readonly batch: readonly Uint8Array[] }
  /** Opens a model in the place of the one before. */
  | { readonly kind: "open"; readonly bytes: Uint8Array };

export type WorkerReply =
  | { readonly kind: "ready" }
  | { readonly kind: "opened" }
  | { readonly kind: "done"; readonly results: readonly RunOutputs[] }
  /** `index` is the run that failed; what came before it is not answered. `reason` is for the log, and no part of a result. */
  | { readonly kind: "failed"; readonly index: number; readonly reason: string };

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
    return { kind: "done", results: await instance.run(request.batch) };
  } catch (error) {
    const index = error instanceof RunFailed ? error.index : 0;
    return { kind: "failed", index, reason: error instanceof RunFailed ? error.message : String(error) };
  }
}

// The pool sends the next request only after the reply to the last, so that no two overlap.
port.on("message", (request: WorkerRequest) => {
  void answer(request).then((reply) => {
    port.postMessage(reply);
    // A thread that failed is ended: there is nothing to make ready.
    if (reply.kind === "done") instance.tidy();
  });
});
port.postMessage({ kind: "ready" } satisfies WorkerReply);
