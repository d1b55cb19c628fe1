/** What is known of outputs before the run, and what a simulation takes them to be. */
import { DTYPES } from "../../engine/dtype.ts";
import type { RunCost } from "../../engine/onnx/index.ts";
import { encodeStrings, encodeTensors, type NamedTensor } from "../../engine/tensor.ts";
import { sha256 } from "../../store/sha256.ts";

/** Each string stands with its length before it (ADR-0025). */
const STRING_LENGTH_BYTES = 4;
/** A text of outputs is taken to have so many bytes: class labels are mostly shorter. */
const TEXT = "?".repeat(16);

/**
 * What a simulation takes an inference to come to: outputs of the shapes that the run would have, all zeros; texts only as
 * long as `maxBytes` allows. It runs no model: whoever asks pays nothing, so neither answers nor the engine's time are to
 * be had that way (ADR-0067).
 */
export function assumedOutcome({ outputs }: Pick<RunCost, "outputs">, maxBytes: bigint) {
  const texts = outputs.reduce((sum, { dtype, dims }) => sum + (dtype === "string" ? elements(dims) : 0), 0);
  const text = BigInt(texts * (STRING_LENGTH_BYTES + TEXT.length)) > maxBytes / 2n ? "" : TEXT;
  const zeros = outputs.map(({ name, dtype, dims }): NamedTensor => {
    const count = elements(dims);
    const data =
      dtype === "string"
        ? encodeStrings(Array.from({ length: count }, () => text))
        : new Uint8Array(count * DTYPES[dtype].size);
    return { name, dtype, dims: dims.map(Number), data };
  });
  const encoded = encodeTensors(zeros);
  return { status: "ok" as const, outputs: zeros, encoded, outputHash: sha256(encoded) };
}

/** Every dimension is bound by now. */
function elements(dims: readonly (number | "batch")[]): number {
  return dims.reduce<number>((product, dim) => product * Number(dim), 1);
}
