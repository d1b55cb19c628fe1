/**
 * Conformance vectors: models of every family with inputs and the hashes of their outputs. An engine that does not
 * reproduce them does not start. They are made by scripts/conformance-vectors.ts; changing them changes consensus.
 */
import { readFileSync } from "node:fs";
import { base64 } from "@scure/base";
import { toHex } from "../store/bytes.ts";
import { sha256 } from "../store/sha256.ts";
import type { Outcome } from "./engine.ts";
import { EngineError } from "./errors.ts";
import type { PoolModel } from "./pool.ts";
import { decodeTensors, type NamedTensor } from "./tensor.ts";

export interface ConformanceVector {
  readonly name: string;
  /** The ONNX file, base64. */
  readonly model: string;
  /** Canonical tensors (ADR-0025), base64. */
  readonly inputs: string;
  /** Hex of the output hash; "engine_error" where the run must fail. */
  readonly output: string;
}

const FILE = new URL("./vectors/vectors.json", import.meta.url);

export function readVectors(): readonly ConformanceVector[] {
  return (JSON.parse(readFileSync(FILE, "utf8")) as { readonly vectors: readonly ConformanceVector[] })
    .vectors;
}

/** SHA-256 of the file of vectors. */
export function conformanceHash(): Uint8Array {
  return sha256(readFileSync(FILE));
}

type Run = (model: PoolModel, inputs: readonly NamedTensor[]) => Promise<Outcome>;

/** What a run came to, as a vector has it. */
export function outcomeText(outcome: Outcome): string {
  return outcome.status === "ok" ? toHex(outcome.outputHash) : outcome.status;
}

/** @throws EngineError of kind nonConforming naming the first vector that comes out differently */
export async function checkConformance(run: Run, vectors = readVectors()): Promise<void> {
  for (const { name, model, inputs, output } of vectors) {
    const bytes = base64.decode(model);
    const outcome = await run(
      { hash: sha256(bytes), bytes: () => bytes },
      decodeTensors(base64.decode(inputs)),
    );
    const got = outcomeText(outcome);
    if (got !== output) {
      throw new EngineError(
        "nonConforming",
        `the engine does not reproduce the conformance vector ${name}: ${got} where ${output} is expected; ` +
          "this machine or installation cannot take part (reinstall with npm ci, then run opgd doctor)",
      );
    }
  }
}
