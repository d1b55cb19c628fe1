/** From a job's inputs to its answers: the canonical engine for EXACT, native onnxruntime for TOLERANCE. */
import type { CanonicalEngine } from "../../chain/engine/engine.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { type Job, Verification } from "../../proto/gen/opg.compute.v1.ts";
import type { ModelFile } from "./models.ts";
import type { NativePool } from "./native/pool.ts";

const NOTHING = new Uint8Array(0);

/** Which engine gave an answer. */
export type EngineName = "canonical" | "native";

export interface Answers {
  /** Canonical tensors, one entry an item; empty where the model could not run. */
  readonly items: readonly Uint8Array[];
  readonly by: Readonly<Record<EngineName, number>>;
}

/** Runs the items of a job. */
export type RunJob = (job: Job, model: ModelFile, inputs: readonly Uint8Array[]) => Promise<Answers>;

/**
 * @param starting the canonical engine, which takes a second to start: what is to be revealed does not wait for it
 * @param native undefined: the canonical engine runs everything
 */
export function runnerOf(starting: Promise<CanonicalEngine>, native?: NativePool): RunJob {
  return async (job, model, inputs) => {
    const units = job.computeUnits / BigInt(job.items);
    const canonical = async (input: Uint8Array): Promise<Uint8Array> => {
      const { hash, bytes } = model;
      const engine = await starting;
      const outcome = await engine.run({ hash, bytes }, { bytes: input, hash: sha256(input), units });
      return outcome.status === "ok" ? outcome.encoded : NOTHING;
    };
    if (job.verification === Verification.VERIFICATION_EXACT || !native) {
      const items = await Promise.all(inputs.map(canonical));
      return { items, by: { canonical: items.length, native: 0 } };
    }
    const answers = await native.run(model.path, inputs);
    // That a model cannot run on an input is the canonical engine's to say: it is what validators compare with.
    const items = await Promise.all(inputs.map((input, index) => answers[index] ?? canonical(input)));
    const byNative = answers.filter((answer) => answer !== undefined).length;
    return { items, by: { canonical: items.length - byNative, native: byNative } };
  };
}
