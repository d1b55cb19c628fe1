/** What publishing finds in a file, and what calling a model needs of it. */
import { LRUCache } from "lru-cache";
import type { Profile, TensorSpec } from "../../../proto/gen/opg.models.v1.ts";
import { EngineError } from "../../engine/errors.ts";
import {
  computeUnits,
  DEFAULT_LIMITS,
  type EngineLimits,
  inspectModel,
  type ModelInfo,
  type ValueSpec,
} from "../../engine/onnx/index.ts";
import { toHex } from "../../runtime/bytes.ts";
import { ModelsError } from "./errors.ts";

/** Runs `work`, and says an engine's refusal with this module's code. @throws ModelsError.refused */
export function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof EngineError) throw ModelsError.refused(error.message);
    throw error;
  }
}

/** Parses, validates and costs a file. @throws ModelsError.refused naming the operator, tensor or limit */
export function profileOf(file: Uint8Array, limits: EngineLimits): Profile {
  return refusing(() => {
    const info = inspectModel(file, limits);
    const { units, peakBytes } = computeUnits(info, 1n, limits);
    return {
      inputs: info.inputs.map(specOf),
      outputs: info.outputs.map(specOf),
      nodes: BigInt(info.nodeCount),
      parameters: info.parameterCount,
      computeUnits: units,
      peakBytes,
    };
  });
}

function specOf({ name, dtype, dims }: ValueSpec): TensorSpec {
  return { name, dtype, dims: dims.map((dim) => (dim === "batch" ? -1n : BigInt(dim))) };
}

/**
 * Parsed models by hash. What is parsed depends on the file alone (the engine's fixed limits, not the parameters), so
 * whether an entry is there can only change how long a call takes.
 */
export class ParsedModels {
  readonly #known: LRUCache<string, ModelInfo>;

  constructor(maxBytes: number) {
    this.#known = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (info) => Number(info.weightBytes) + 65_536,
    });
  }

  get(hash: Uint8Array, file: () => Uint8Array): ModelInfo {
    const key = toHex(hash);
    const known = this.#known.get(key);
    if (known) return known;
    const info = refusing(() => inspectModel(file(), DEFAULT_LIMITS));
    this.#known.set(key, info);
    return info;
  }
}
