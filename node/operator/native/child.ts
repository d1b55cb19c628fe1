/** The child process: native onnxruntime, one model open, items one after the other. It may die at any moment. */
import * as native from "onnxruntime-node";
import { type Ort, runSession, type Session } from "../../../chain/engine/ort.ts";
import { decodeTensors, encodeTensors, NO_LIMITS } from "../../../chain/engine/tensor.ts";
import type { ChildReply, ChildRequest, OpenRequest } from "./messages.ts";

// The two packages have one interface, onnxruntime-common's.
const ort = native as unknown as Ort;
let session: Session | undefined;

async function open({ path, threads, providers }: OpenRequest): Promise<ChildReply> {
  session = undefined;
  session = (await native.InferenceSession.create(path, {
    executionProviders: [...providers],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
  })) as unknown as Session;
  return { type: "opened" };
}

async function run(items: readonly Uint8Array[]): Promise<ChildReply> {
  const answers: (Uint8Array | undefined)[] = [];
  for (const item of items) {
    try {
      answers.push(encodeTensors(await runSession(ort, session!, decodeTensors(item, NO_LIMITS))));
    } catch {
      // Whether the model cannot be run is the canonical engine's to say: the daemon asks it.
      answers.push(undefined);
    }
  }
  return { type: "ran", items: answers };
}

function answer(request: ChildRequest): Promise<ChildReply> {
  return request.type === "open" ? open(request) : run(request.items);
}

process.on("message", (request: ChildRequest) => {
  answer(request)
    .catch((error: unknown): ChildReply => ({ type: "failed", reason: String(error) }))
    .then((reply) => process.send!(reply));
});
// Without its daemon it has nothing to do.
process.on("disconnect", () => process.exit());
