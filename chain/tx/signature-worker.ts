/** A thread that checks signatures from the ring until it is told to end. It sleeps when there is nothing to do. */
import { parentPort } from "node:worker_threads";
import { loadVerify } from "./secp256k1.ts";
import { SignatureRing } from "./signature-ring.ts";

/** The one message to a thread. */
export interface SignatureWorkerStart {
  readonly memory: SharedArrayBuffer;
}

const port = parentPort!;
const verify = await loadVerify();
port.once("message", ({ memory }: SignatureWorkerStart) => {
  const ring = new SignatureRing(memory);
  for (let slot = ring.take(); slot !== undefined; slot = ring.take()) {
    ring.settle(slot, verify(ring.check(slot)));
  }
  port.close();
});
