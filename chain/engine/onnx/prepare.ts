/** Checks that the graph is one in single assignment form, sorted, of admitted operators, and links nodes to values. */
import { DTYPES, type DType } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import type { EngineLimits } from "./limits.ts";
import type { DeclaredDim, Model, ModelNode } from "./model.ts";
import type { Operator } from "./operator.ts";
import { findOperator, OPSETS } from "./operators/table.ts";
import { nodeLabel } from "./parse-node.ts";
import { REFUSALS } from "./refusals.ts";
import { operatorKey, type Signature, signatureAt } from "./signature.ts";
import { storedValue, type Value } from "./value.ts";

export interface Step {
  readonly node: ModelNode;
  readonly operator: Operator;
  readonly opset: number;
  readonly signature: Signature;
  /** Slots of the inputs; -1 is an omitted one. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface BoundInput {
  readonly name: string;
  readonly slot: number;
  readonly dtype: DType;
  readonly dims: readonly (number | "batch")[];
}

/** A graph whose names are resolved to slots. */
export interface PreparedGraph {
  readonly model: Model;
  readonly modelBytes: number;
  readonly slots: number;
  readonly slotNames: readonly string[];
  readonly stored: readonly { readonly slot: number; readonly value: Value }[];
  readonly inputs: readonly BoundInput[];
  readonly outputs: readonly { readonly name: string; readonly slot: number }[];
  readonly steps: readonly Step[];
  readonly hasBatch: boolean;
  readonly parameterCount: bigint;
  readonly weightBytes: bigint;
}

export function prepareGraph(model: Model, modelBytes: number, limits: EngineLimits): PreparedGraph {
  checkOpsets(model);
  const { graph } = model;
  const slotOf = new Map<string, number>();
  const slotNames: string[] = [];
  const depth: number[] = [];
  const define = (name: string, what: string, level: number): number => {
    if (name === "") throw new EngineError("malformed", `${what} has no name`);
    if (slotOf.has(name)) throw new EngineError("malformed", `the name "${name}" is defined twice (${what})`);
    const slot = slotNames.length;
    slotOf.set(name, slot);
    slotNames.push(name);
    depth.push(level);
    return slot;
  };

  let parameterCount = 0n;
  let weightBytes = 0n;
  const stored = graph.initializers.map((tensor) => {
    parameterCount += BigInt(tensor.elements);
    weightBytes += BigInt(tensor.bytes);
    return { slot: define(tensor.name, "an initialiser", 0), value: storedValue(tensor) };
  });
  const initialized = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));

  const free = freeDimension(model);
  const inputs: BoundInput[] = [];
  const listed = new Set<string>();
  for (const input of graph.inputs) {
    if (listed.has(input.name))
      throw new EngineError("malformed", `the input "${input.name}" is declared twice`);
    listed.add(input.name);
    // Up to IR version 3 initialisers are listed as inputs too; their stored value is what counts.
    const tensor = initialized.get(input.name);
    if (tensor !== undefined) {
      if (input.dtype !== undefined && input.dtype !== tensor.dtype) {
        throw new EngineError(
          "malformed",
          `"${input.name}" is declared ${input.dtype} and stored as ${tensor.dtype}`,
        );
      }
      continue;
    }
    if (inputs.length >= limits.maxInputs) {
      throw new EngineError("limitExceeded", `the model has more than ${limits.maxInputs} inputs`);
    }
    const slot = define(input.name, "an input", 0);
    if (input.dtype === undefined || input.dims === undefined) {
      throw new EngineError(
        "dynamicShape",
        `the input "${input.name}" has no declared type and shape: declare them`,
      );
    }
    const dims = input.dims.map((dim) => (typeof dim === "number" ? dim : "batch"));
    // Kernels differ in what they make of nothing, and no one asks a model for it.
    if (dims.includes(0))
      throw new EngineError("dynamicShape", `the input "${input.name}" has a dimension of size 0`);
    inputs.push({ name: input.name, slot, dtype: input.dtype, dims });
  }

  const nodeNames = new Set<string>();
  const steps = graph.nodes.map((node): Step => {
    const label = nodeLabel(node);
    const { operator, opset, signature } = resolveOperator(model, node, label);
    checkNode(node, signature, label);
    if (node.name !== "" && nodeNames.has(node.name)) {
      throw new EngineError("malformed", `two nodes have the name "${node.name}"`);
    }
    nodeNames.add(node.name);
    let level = 0;
    const from = node.inputs.map((name, i) => {
      if (name === "") return -1;
      const slot = slotOf.get(name);
      if (slot === undefined) {
        throw new EngineError(
          "malformed",
          `${label}: input ${i} "${name}" is not defined before it: sort the graph, or it has a cycle`,
        );
      }
      level = Math.max(level, depth[slot]!);
      return slot;
    });
    if (level + 1 > limits.maxDepth) {
      throw new EngineError("limitExceeded", `${label} ends a chain of more than ${limits.maxDepth} nodes`);
    }
    const to = node.outputs.map((name, i) => {
      if (name !== "") return define(name, `output ${i} of ${label}`, level + 1);
      slotNames.push("");
      depth.push(level + 1);
      return slotNames.length - 1;
    });
    for (const attribute of node.attributes.values()) {
      const tensors = attribute.t === undefined ? attribute.tensors : [attribute.t];
      for (const tensor of tensors) {
        parameterCount += BigInt(tensor.elements);
        weightBytes += BigInt(tensor.bytes);
      }
      parameterCount += BigInt(attribute.floats.length + attribute.ints.length);
      weightBytes += BigInt(attribute.floats.length * 4 + attribute.ints.length * 8);
      weightBytes += BigInt(attribute.strings.length * DTYPES.int64.size * 4);
    }
    return { node, operator, opset, signature, inputs: from, outputs: to };
  });

  if (graph.outputs.length === 0) throw new EngineError("malformed", "the model has no outputs");
  const seen = new Set<string>();
  const outputs = graph.outputs.map((output) => {
    const slot = slotOf.get(output.name);
    if (slot === undefined)
      throw new EngineError("malformed", `the output "${output.name}" is made by no node`);
    if (output.dtype === undefined) {
      throw new EngineError("malformed", `the output "${output.name}" declares no type`);
    }
    if (seen.has(output.name))
      throw new EngineError("malformed", `the output "${output.name}" is listed twice`);
    seen.add(output.name);
    if (depth[slot] === 0) {
      throw new EngineError(
        "malformed",
        `the output "${output.name}" is an input or initialiser: pass it through Identity`,
      );
    }
    return { name: output.name, slot };
  });
  return {
    model,
    modelBytes,
    slots: slotNames.length,
    slotNames,
    stored,
    inputs,
    outputs,
    steps,
    hasBatch: free,
    parameterCount,
    weightBytes,
  };
}

function checkOpsets(model: Model): void {
  for (const [domain, version] of model.opsets) {
    const range = OPSETS[domain];
    if (range !== undefined && (version < range.min || version > range.max)) {
      throw new EngineError(
        "unsupportedOperator",
        `operator set ${domain === "" ? "ai.onnx" : domain} version ${version}: ${range.min} to ${range.max} are taken`,
      );
    }
  }
}

function resolveOperator(
  model: Model,
  node: ModelNode,
  label: string,
): { operator: Operator; opset: number; signature: Signature } {
  const key = operatorKey(node.domain, node.opType);
  const operator = findOperator(key);
  if (operator === undefined) {
    const why =
      REFUSALS[key] ??
      (Object.hasOwn(OPSETS, node.domain)
        ? "it is not on the allow-list, see docs/operators.md"
        : `operators of the domain "${node.domain}" are not taken: export with standard operators`);
    throw new EngineError("unsupportedOperator", `${label}: ${why}`);
  }
  const opset = model.opsets.get(node.domain);
  if (opset === undefined) {
    throw new EngineError(
      "malformed",
      `${label} is of the domain "${node.domain}", which the model does not import`,
    );
  }
  return { operator, opset, signature: signatureAt(key, opset, label) };
}

/** Integer attributes that stand for yes and no. Parts of the engine read other values differently. */
const FLAGS: ReadonlySet<string> = new Set([
  "allowzero",
  "antialias",
  "ceil_mode",
  "count_include_pad",
  "detect_negative",
  "detect_positive",
  "exclude_outside",
  "exclusive",
  "fmod",
  "input_forget",
  "keepdims",
  "largest",
  "layout",
  "linear_before_reset",
  "noop_with_empty_axes",
  "one_class",
  "reverse",
  "saturate",
  "select_last_index",
  "sorted",
  "spatial",
  "storage_order",
  "training_mode",
  "transA",
  "transB",
  "upper",
  "zeros",
]);

/** Arity and attributes against the signature. */
function checkNode(node: ModelNode, signature: Signature, label: string): void {
  for (const [given, parameters, what] of [
    [node.inputs, signature.inputs, "inputs"],
    [node.outputs, signature.outputs, "outputs"],
  ] as const) {
    const variadic = parameters.at(-1)?.mark === "*";
    const required = parameters.filter((p) => p.mark === "").length;
    if (given.length < required || (!variadic && given.length > parameters.length)) {
      throw new EngineError(
        "malformed",
        `${label} has ${given.length} ${what}; it takes ${required} to ${parameters.length}`,
      );
    }
    for (const [i, name] of given.entries()) {
      const mark = parameters[i]?.mark ?? "*";
      if (name === "" && mark !== "?")
        throw new EngineError("malformed", `${label}: ${what} ${i} is required`);
    }
  }
  for (const attribute of node.attributes.values()) {
    const known = signature.attributes.get(attribute.name);
    if (known === undefined) {
      throw new EngineError(
        "unsupportedAttribute",
        `${label}: the attribute "${attribute.name}" is unknown at this opset`,
      );
    }
    if (known.type !== attribute.type) {
      throw new EngineError(
        "unsupportedAttribute",
        `${label}: the attribute "${attribute.name}" is of type ${attribute.type}, not ${known.type}`,
      );
    }
  }
  for (const { name, type, i } of node.attributes.values()) {
    if (type === "int" && FLAGS.has(name) && i !== 0n && i !== 1n) {
      throw new EngineError(
        "unsupportedAttribute",
        `${label}: the attribute "${name}" is ${i}; taken are 0 and 1`,
      );
    }
  }
  for (const [name, { required }] of signature.attributes) {
    if (required && !node.attributes.has(name)) {
      throw new EngineError("malformed", `${label}: the attribute "${name}" is missing`);
    }
  }
}

/**
 * Whether inputs have a free dimension. One symbol may be free anywhere; several, or unnamed ones, are one batch where
 * every one of them leads its tensor.
 */
function freeDimension(model: Model): boolean {
  const symbols = new Set<string>();
  let free = false;
  let onlyLeading = true;
  let unnamed = false;
  const stored = new Set(model.graph.initializers.map((tensor) => tensor.name));
  const describe: string[] = [];
  for (const input of model.graph.inputs) {
    if (stored.has(input.name)) continue;
    for (const [i, dim] of (input.dims ?? []).entries()) {
      if (typeof dim === "number") continue;
      free = true;
      if (i > 0) onlyLeading = false;
      if (dim === undefined) unnamed = true;
      else symbols.add(dim.symbol);
      if (describe.length < 8) describe.push(`"${input.name}"[${i}] = ${dimName(dim)}`);
    }
  }
  if (!onlyLeading && (unnamed || symbols.size > 1)) {
    throw new EngineError(
      "dynamicShape",
      `inputs have several free dimensions (${describe.join(", ")}): one is taken; fix the others ` +
        "(python -m onnxruntime.tools.make_dynamic_shape_fixed)",
    );
  }
  return free;
}

function dimName(dim: DeclaredDim): string {
  return dim === undefined ? "?" : typeof dim === "number" ? String(dim) : dim.symbol;
}
