/** Costs of runs that were asked for before: a pure function of model, batch and limits, remembered with the model. */
import { computeUnits, type RunCost } from "./compute-units.ts";
import type { ModelInfo } from "./inspect.ts";
import type { EngineLimits } from "./limits.ts";

/** Batches remembered of one model. */
const MAX_BATCHES = 64;

interface Known {
  readonly limits: EngineLimits;
  readonly byBatch: Map<bigint, RunCost>;
}

export class CostCache {
  readonly #known = new WeakMap<ModelInfo, Known>();

  /** As computeUnits. @throws EngineError */
  get(info: ModelInfo, batch: bigint, limits: EngineLimits): RunCost {
    let known = this.#known.get(info);
    if (!known || !sameLimits(known.limits, limits)) {
      known = { limits, byBatch: new Map() };
      this.#known.set(info, known);
    }
    const before = known.byBatch.get(batch);
    if (before) return before;
    const cost = computeUnits(info, batch, limits);
    if (known.byBatch.size >= MAX_BATCHES) known.byBatch.clear();
    known.byBatch.set(batch, cost);
    return cost;
  }
}

function sameLimits(a: EngineLimits, b: EngineLimits): boolean {
  return a === b || (Object.keys(a) as (keyof EngineLimits)[]).every((name) => a[name] === b[name]);
}
