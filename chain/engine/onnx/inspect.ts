/** Deciding whether a model is admitted, and what it is. */
import type { DType } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { evaluateGraph } from "./evaluate.ts";
import type { EngineLimits } from "./limits.ts";
import type { DeclaredValue } from "./model.ts";
import { parseModel } from "./parse.ts";
import { type PreparedGraph, prepareGraph } from "./prepare.ts";
import type { Value } from "./value.ts";

/** A named tensor of the model's interface. At most one free dimension exists in a model: "batch". */
export interface ValueSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly (number | "batch")[];
}

export interface ModelInfo {
  readonly irVersion: number;
  /** Sorted by domain; "" is ai.onnx. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  /** Whether any input has the free dimension. */
  readonly hasBatch: boolean;
  /** Sorted by domain and type. */
  readonly operators: readonly { readonly domain: string; readonly opType: string; readonly count: number }[];
  readonly nodeCount: number;
  /** Numbers stored in the model: elements of initialisers, constants and list attributes. */
  readonly parameterCount: bigint;
  readonly weightBytes: bigint;
  readonly modelBytes: number;
  /** For computeUnits only. */
  readonly graph: PreparedGraph;
}

/**
 * Parses and validates a model: everything that can be refused before a run is refused here. A model with a free
 * dimension must infer at sizes 1 and 2 of it.
 *
 * Pure and deterministic. Work grows linearly with bytes. Throws EngineError that names the operator or tensor.
 */
export function inspectModel(bytes: Uint8Array, limits: EngineLimits): ModelInfo {
  const model = parseModel(bytes, limits);
  const graph = prepareGraph(model, bytes.length, limits);
  const first = evaluateGraph(graph, 1, limits);
  const second = graph.hasBatch ? secondProbe(graph, limits) : first;
  checkDeclared(graph, first.values, second.values);
  const outputs = graph.outputs.map(({ name, slot }): ValueSpec => {
    const [one, two] = [first.values[slot]!, second.values[slot]!];
    if (one.dims.length !== two.dims.length) {
      throw new EngineError("dynamicShape", `the rank of output "${name}" depends on the free dimension`);
    }
    const dims = one.dims.map((dim, i): number | "batch" => {
      if (dim === two.dims[i]) return dim;
      if (dim === 1 && two.dims[i] === 2) return "batch";
      throw new EngineError(
        "dynamicShape",
        `dimension ${i} of output "${name}" is neither fixed nor the free dimension (${dim} at 1, ${two.dims[i]} at 2): ` +
          "reshape the output so that the free dimension stands alone",
      );
    });
    return { name, dtype: one.dtype, dims };
  });
  return {
    irVersion: model.irVersion,
    opsets: [...model.opsets]
      .map(([domain, version]) => ({ domain, version }))
      .sort((a, b) => order(a.domain, b.domain)),
    inputs: graph.inputs.map(({ name, dtype, dims }) => ({ name, dtype, dims })),
    outputs,
    hasBatch: graph.hasBatch,
    operators: countOperators(graph),
    nodeCount: graph.steps.length,
    parameterCount: graph.parameterCount,
    weightBytes: graph.weightBytes,
    modelBytes: bytes.length,
    graph,
  };
}

/** A free dimension that only works at size 1 is no free dimension. */
function secondProbe(graph: PreparedGraph, limits: EngineLimits): ReturnType<typeof evaluateGraph> {
  try {
    return evaluateGraph(graph, 2, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(
      error.kind,
      `with the free dimension at 2: ${error.message} (if the model is made for size 1, fix the dimension to 1)`,
    );
  }
}

/** Declared types must be those inferred, and so must declared sizes that do not depend on the free dimension. */
function checkDeclared(
  graph: PreparedGraph,
  one: readonly (Value | undefined)[],
  two: readonly (Value | undefined)[],
): void {
  const declared = new Map<string, DeclaredValue>();
  for (const value of graph.model.graph.valueInfo) declared.set(value.name, value);
  for (const value of graph.model.graph.outputs) declared.set(value.name, value);
  const unseen = unseenByEngine(graph);
  for (const [slot, name] of graph.slotNames.entries()) {
    const value = one[slot];
    const said = name === "" ? undefined : declared.get(name);
    if (said === undefined || value === undefined) continue;
    if (said.dtype !== undefined && said.dtype !== value.dtype) {
      throw new EngineError("malformed", `"${name}" is declared ${said.dtype} and is ${value.dtype}`);
    }
    const { dims } = said;
    if (dims === undefined || unseen.has(slot)) continue;
    const shape = value.dims.map((dim, i) => (dim === two[slot]?.dims[i] ? dim : undefined));
    // The engine refuses to load a model that declares another rank or size than it infers itself.
    const fits =
      dims.length === shape.length &&
      dims.every((dim, i) => typeof dim !== "number" || shape[i] === undefined || shape[i] === dim);
    if (!fits) {
      const text = dims.map((dim) => (typeof dim === "number" ? dim : "?")).join(", ");
      throw new EngineError(
        "shapeMismatch",
        `"${name}" is declared [${text}] and is [${value.dims.join(", ")}]: correct or drop the declaration`,
      );
    }
  }
}

/** Operators of ai.onnx.ml whose shapes the engine infers all the same. */
const INFERRED_ML: ReadonlySet<string> = new Set([
  "ArrayFeatureExtractor",
  "Binarizer",
  "LabelEncoder",
  "OneHotEncoder",
  "TreeEnsemble",
]);

/**
 * Slots whose shapes the engine does not infer when it loads a model: what operators of ai.onnx.ml make, and what
 * follows from it. sklearn's exporters declare those wrongly, and the engine does not mind.
 */
function unseenByEngine(graph: PreparedGraph): ReadonlySet<number> {
  const unseen = new Set<number>();
  for (const step of graph.steps) {
    const inferred = step.node.domain === "" || INFERRED_ML.has(step.node.opType);
    if (inferred && !step.inputs.some((slot) => unseen.has(slot))) continue;
    for (const slot of step.outputs) unseen.add(slot);
  }
  return unseen;
}

function countOperators(graph: PreparedGraph): ModelInfo["operators"] {
  const counts = new Map<string, { domain: string; opType: string; count: number }>();
  for (const { node } of graph.steps) {
    const key = `${node.domain}:${node.opType}`;
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { domain: node.domain, opType: node.opType, count: 1 });
    else entry.count++;
  }
  return [...counts.values()].sort((a, b) => order(a.domain, b.domain) || order(a.opType, b.opType));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
