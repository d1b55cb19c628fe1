/**
 * One engine in one thread: keeps sessions by model hash, runs one request at a time. A model that cannot be loaded or
 * run is told as `failed`; the pool then discards this thread, as the instance may be damaged.
 */
import { parentPort } from "node:worker_threads";
import { type CompiledOrt, createSession, loadOrt, runSession, type Session } from "./ort.ts";
import { type NamedTensor, tensorsHash } from "./tensor.ts";

type Ort = Awaited<ReturnType<typeof loadOrt>>;

/** The first message to a thread; the answer is `ready`. */
export interface WorkerStart {
  readonly compiled: CompiledOrt;
}

export type WorkerRequest =
  | { readonly kind: "run"; readonly model: string; readonly inputs: readonly NamedTensor[] }
  | { readonly kind: "load"; readonly model: string; readonly bytes: Uint8Array }
  | { readonly kind: "drop"; readonly model: string };

export type WorkerReply =
  | { readonly kind: "ready" }
  | { readonly kind: "loaded" }
  | { readonly kind: "dropped" }
  | { readonly kind: "done"; readonly outputs: readonly NamedTensor[]; readonly outputHash: Uint8Array }
  /** `reason` is for the log; it is no part of any result. */
  | { readonly kind: "failed"; readonly reason: string };

const port = parentPort!;
const ort = await new Promise<Ort>((resolve, reject) => {
  port.once("message", ({ compiled }: WorkerStart) => loadOrt(compiled).then(resolve, reject));
});
const sessions = new Map<string, Session>();

async function answer(request: WorkerRequest): Promise<WorkerReply> {
  try {
    if (request.kind === "load") {
      sessions.set(request.model, await createSession(ort, request.bytes));
      return { kind: "loaded" };
    }
    if (request.kind === "drop") {
      await sessions.get(request.model)?.release();
      sessions.delete(request.model);
      return { kind: "dropped" };
    }
    const outputs = await runSession(ort, sessions.get(request.model)!, request.inputs);
    // Hashed here, so that outputs which have no encoding are a failure of the run like any other.
    return { kind: "done", outputs, outputHash: tensorsHash(outputs) };
  } catch (error) {
    return { kind: "failed", reason: String(error) };
  }
}

// The pool sends the next request only after the reply to the last, so that no two overlap.
port.on("message", (request: WorkerRequest) => {
  void answer(request).then((reply) => port.postMessage(reply));
});
port.postMessage({ kind: "ready" } satisfies WorkerReply);
