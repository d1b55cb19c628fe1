/** Shape inference over a whole graph with the free dimension bound, summing cost and memory as it goes. */
import { EngineError } from "../errors.ts";
import { ACTIVATION_BYTE, INTERFACE_BYTE, NODE, RUN, WEIGHT_BYTE } from "./cost.ts";
import type { EngineLimits } from "./limits.ts";
import { NodeView } from "./node-view.ts";
import type { PreparedGraph, Step } from "./prepare.ts";
import type { Parameter } from "./signature.ts";
import { countElements, elementBytes } from "./stored-tensor.ts";
import type { Value } from "./value.ts";

export interface Evaluation {
  readonly units: bigint;
  readonly peakBytes: bigint;
  /** Values by slot. */
  readonly values: readonly (Value | undefined)[];
}

/**
 * Infers every value of the graph at a batch size. Throws EngineError naming the node where shapes do not fit, are not
 * known, or exceed limits. Work grows with nodes and edges, not with elements.
 *
 * Memory is bounded without regard to the order in which the engine runs nodes. Loading holds the file, its parsed form
 * and the weights; running holds the weights twice (as stored, and packed for kernels), every input and every node's output
 * at once, and the largest workspace. The larger of the two is the bound.
 */
export function evaluateGraph(graph: PreparedGraph, batch: number, limits: EngineLimits): Evaluation {
  const values: (Value | undefined)[] = new Array<Value | undefined>(graph.slots).fill(undefined);
  let bytes = 0n;
  let units = RUN + graph.weightBytes * WEIGHT_BYTE;
  let workspace = 0n;
  const loading = graph.weightBytes + 2n * BigInt(graph.modelBytes);
  const peak = (): bigint => {
    const running = 2n * graph.weightBytes + bytes + workspace;
    return running > loading ? running : loading;
  };
  const checkTotals = (where: string): void => {
    if (peak() > limits.maxTotalBytes) {
      throw new EngineError(
        "limitExceeded",
        `${where}: the run needs more than ${limits.maxTotalBytes} bytes: use a smaller batch or model`,
      );
    }
    if (units > limits.maxComputeUnits) {
      throw new EngineError(
        "limitExceeded",
        `${where}: the run costs more than ${limits.maxComputeUnits} compute units: use a smaller batch or model`,
      );
    }
  };
  for (const { slot, value } of graph.stored) values[slot] = value;
  for (const input of graph.inputs) {
    const dims = input.dims.map((dim) => (dim === "batch" ? batch : dim));
    const elements = countElements(dims, `the input "${input.name}"`, limits);
    values[input.slot] = { dtype: input.dtype, dims, elements, constant: false };
    const size = BigInt(elements) * BigInt(elementBytes(input.dtype, limits));
    bytes += size;
    units += size * INTERFACE_BYTE;
  }
  checkTotals("the inputs");
  for (const step of graph.steps) {
    const node: NodeView = new NodeView(
      step.node,
      step.opset,
      step.signature,
      step.inputs.map((slot) => (slot < 0 ? undefined : values[slot])),
      limits,
    );
    checkTypes(node, step);
    const outputs = step.operator.infer(node);
    units += NODE + step.operator.cost(node, outputs);
    for (const [i, slot] of step.outputs.entries()) {
      const value = outputs[i];
      if (value === undefined) node.fail("malformed", `output ${i} is not made by this operator`);
      const parameter = parameterAt(step.signature.outputs, i);
      if (parameter !== undefined && !parameter.types.includes(value.dtype)) {
        node.fail("unsupportedType", `output ${i} of type ${value.dtype} is not taken`);
      }
      values[slot] = value;
      const size = BigInt(value.elements) * BigInt(elementBytes(value.dtype, limits));
      bytes += size;
      units += size * ACTIVATION_BYTE;
    }
    const extra = step.operator.workspace?.(node, outputs) ?? 0n;
    if (extra > workspace) workspace = extra;
    checkTotals(node.label);
  }
  for (const { slot } of graph.outputs) {
    const value = values[slot]!;
    units += BigInt(value.elements) * BigInt(elementBytes(value.dtype, limits)) * INTERFACE_BYTE;
  }
  checkTotals("the outputs");
  return { units, peakBytes: peak(), values };
}

function parameterAt(parameters: readonly Parameter[], index: number): Parameter | undefined {
  return parameters[Math.min(index, parameters.length - 1)];
}

/** Element types against the signature; parameters of one type variable must agree. */
function checkTypes(node: NodeView, step: Step): void {
  const bound = new Map<string, string>();
  for (const [i, value] of node.inputs.entries()) {
    if (value === undefined) continue;
    const parameter = parameterAt(step.signature.inputs, i)!;
    if (!parameter.types.includes(value.dtype)) {
      node.fail(
        "unsupportedType",
        `input ${i} ("${step.node.inputs[i]}") is ${value.dtype}; taken are ${parameter.types.join(", ")}`,
      );
    }
    if (parameter.variable === undefined) continue;
    const earlier = bound.get(parameter.variable);
    if (earlier !== undefined && earlier !== value.dtype) {
      node.fail(
        "unsupportedType",
        `input ${i} ("${step.node.inputs[i]}") is ${value.dtype} beside ${earlier}`,
      );
    }
    bound.set(parameter.variable, value.dtype);
  }
}
