/** An admitted operator: how its output shapes follow from its inputs, and what it costs. */
import type { NodeView } from "./node-view.ts";
import type { Value } from "./value.ts";

export interface Operator {
  /** Types, shapes and known contents of the outputs, in the order of the node. Throws EngineError. */
  readonly infer: (node: NodeView) => readonly Value[];
  /** Compute units, without the tariffs that every node pays (see compute-units.ts). */
  readonly cost: (node: NodeView, outputs: readonly Value[]) => bigint;
  /** Bytes that the kernel takes beside inputs and outputs. Default none. */
  readonly workspace?: (node: NodeView, outputs: readonly Value[]) => bigint;
}

/** Operators of one family by key: the type, with its domain as prefix unless it is the default one. */
export type OperatorFamily = Readonly<Record<string, Operator>>;
