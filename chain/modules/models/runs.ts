/** Runs of a model as chain and market ask for them: inputs decoded and hashed, cost, and the request of the engine. */
import { DTYPES } from "../../engine/dtype.ts";
import { CostCache, type RunCost } from "../../engine/onnx/index.ts";
import { decodeTensors, type NamedTensor } from "../../engine/tensor.ts";
import type { ComputeRequest } from "../../runtime/compute.ts";
import type { Context } from "../../runtime/context.ts";
import { sha256 } from "../../store/sha256.ts";
import type { CallableModel, ModelsKeeper } from "./keeper.ts";

/** Inputs of one run. */
export interface RunInputs {
  readonly tensors: readonly NamedTensor[];
  /** Their canonical bytes. */
  readonly encoded: Uint8Array;
  /** SHA-256 of these. */
  readonly hash: Uint8Array;
}

const MAX_TENSORS = 256;
const MAX_RANK = 8;

export class ModelRuns {
  readonly #models: Pick<ModelsKeeper, "limits">;
  /** By the bytes themselves, which nobody changes: what was decoded lives as long as the message. */
  readonly #decoded = new WeakMap<Uint8Array, RunInputs>();
  readonly #costs = new CostCache();

  constructor(models: Pick<ModelsKeeper, "limits">) {
    this.#models = models;
  }

  /** Inputs decoded and hashed, once for a message that is checked, proposed and run. @throws EngineError */
  inputs(encoded: Uint8Array, maxBytes: number): RunInputs {
    const known = encoded.length <= maxBytes ? this.#decoded.get(encoded) : undefined;
    if (known) return known;
    const limits = { maxTensors: MAX_TENSORS, maxRank: MAX_RANK, maxBytes };
    const tensors = decodeTensors(encoded, limits);
    const decoded = { tensors, encoded, hash: sha256(encoded) };
    this.#decoded.set(encoded, decoded);
    return decoded;
  }

  /** @throws EngineError if the model does not run at this batch within the limits */
  cost(ctx: Context, { info }: Pick<CallableModel, "info">, batch: bigint): RunCost {
    return this.#costs.get(info, batch, this.#models.limits(ctx));
  }
}

/** What the engine is asked for. Inputs that were decoded strictly are the canonical bytes. */
export function requestOf(
  { model, bytes }: Pick<CallableModel, "model" | "bytes">,
  { tensors, encoded, hash }: RunInputs,
  units: bigint,
): ComputeRequest {
  return { modelHash: model.hash, modelBytes: bytes, inputs: tensors, encoded, inputHash: hash, units };
}

/** Each string stands with its length before it (ADR-0025). */
const STRING_LENGTH_BYTES = 4;

/** Bytes that the outputs take at least: of strings, only what is known before the run. */
export function leastOutputBytes({ outputs }: Pick<RunCost, "outputs">): bigint {
  return outputs.reduce((sum, { dtype, dims }) => {
    const elements = dims.reduce<bigint>((product, dim) => product * BigInt(dim === "batch" ? 1 : dim), 1n);
    return sum + elements * BigInt(dtype === "string" ? STRING_LENGTH_BYTES : DTYPES[dtype].size);
  }, 0n);
}
