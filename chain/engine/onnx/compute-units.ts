/** What a run costs, and which batch its inputs have. */
import type { DType } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { evaluateGraph } from "./evaluate.ts";
import type { ModelInfo, ValueSpec } from "./inspect.ts";
import type { EngineLimits } from "./limits.ts";

export interface RunCost {
  readonly units: bigint;
  /** Upper bound on the memory of the run, in bytes. */
  readonly peakBytes: bigint;
  /** Outputs with every dimension bound. */
  readonly outputs: readonly ValueSpec[];
}

/**
 * The static cost of one run with the free dimension bound to `batch` (1 for models without one). Throws EngineError
 * where the batch does not fit the model or the run exceeds a limit. Work grows with nodes and edges.
 */
export function computeUnits(info: ModelInfo, batch: bigint, limits: EngineLimits): RunCost {
  if (batch < 1n || batch > limits.maxBatch) {
    throw new EngineError("badInput", `a free dimension of ${batch}: 1 to ${limits.maxBatch} are taken`);
  }
  if (!info.hasBatch && batch !== 1n) {
    throw new EngineError(
      "badInput",
      `the model has no free dimension and is given ${batch}: its shapes are fixed`,
    );
  }
  const { units, peakBytes, values } = evaluateGraph(info.graph, Number(batch), limits);
  const outputs = info.graph.outputs.map(({ name, slot }) => {
    const value = values[slot]!;
    return { name, dtype: value.dtype, dims: value.dims };
  });
  return { units, peakBytes, outputs };
}

/**
 * Checks the inputs of a run against the model (every input once, no other, type and shape) and gives the size of the
 * free dimension, 1 where there is none. Throws EngineError of kind badInput that names the input.
 */
export function batchOf(
  info: ModelInfo,
  inputs: readonly { readonly name: string; readonly dtype: DType; readonly dims: readonly number[] }[],
): bigint {
  const given = new Map(inputs.map((input) => [input.name, input]));
  if (given.size !== inputs.length) throw new EngineError("badInput", "an input is given twice");
  let batch: number | undefined;
  for (const spec of info.inputs) {
    const input = given.get(spec.name);
    const wanted = `${spec.dtype} [${spec.dims.join(", ")}]`;
    if (input === undefined)
      throw new EngineError("badInput", `input "${spec.name}" is missing: give ${wanted}`);
    const got = `${input.dtype} [${input.dims.join(", ")}]`;
    if (input.dtype !== spec.dtype || input.dims.length !== spec.dims.length) {
      throw new EngineError("badInput", `input "${spec.name}" is ${got}: give ${wanted}`);
    }
    for (const [i, dim] of spec.dims.entries()) {
      const size = input.dims[i]!;
      if (dim === "batch") batch ??= size;
      if (size !== (dim === "batch" ? batch : dim)) {
        throw new EngineError(
          "badInput",
          `input "${spec.name}" is ${got}: give ${wanted} with one size for batch`,
        );
      }
    }
    given.delete(spec.name);
  }
  for (const name of given.keys()) {
    const names = info.inputs.map((spec) => `"${spec.name}"`).join(", ");
    throw new EngineError("badInput", `the model has no input "${name}"; it has ${names}`);
  }
  if (batch === 0) throw new EngineError("badInput", "the free dimension is 0: give at least one row");
  return BigInt(batch ?? 1);
}
