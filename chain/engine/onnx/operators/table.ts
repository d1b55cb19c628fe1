/** The allow-list: every operator that a published model may use. What is absent here is refused by name. */
import type { Operator, OperatorFamily } from "../operator.ts";
import { signaturesOf } from "../signature.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { matrixProducts } from "./matmul.ts";
import { machineLearning } from "./ml.ts";
import { moves } from "./move.ts";
import { normalisations } from "./normalisation.ts";
import { quantisation } from "./quantisation.ts";
import { recurrent } from "./recurrent.ts";
import { reductions } from "./reduce.ts";
import { shapeOperators } from "./shape.ts";
import { trees } from "./trees.ts";
import { windows } from "./window.ts";

/** Part of the engine id: a change of what is admitted, or of a shape function, is a governed upgrade. */
export const OPERATOR_TABLE_VERSION = 1;

/** The opsets that the canonical engine loads, by domain. */
export const OPSETS: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  "": { min: 7, max: 26 },
  "ai.onnx.ml": { min: 1, max: 5 },
};

const FAMILIES: readonly OperatorFamily[] = [
  elementwise,
  shapeOperators,
  moves,
  indexing,
  reductions,
  matrixProducts,
  windows,
  normalisations,
  recurrent,
  quantisation,
  trees,
  machineLearning,
];

const TABLE = new Map<string, Operator>();
for (const family of FAMILIES) {
  for (const [key, operator] of Object.entries(family)) {
    // An operator without a signature has no kernel in the engine.
    if (signaturesOf(key).length > 0) TABLE.set(key, operator);
  }
}

/** Keys of all admitted operators, sorted. */
export function admittedOperators(): readonly string[] {
  return [...TABLE.keys()].sort();
}

export function findOperator(key: string): Operator | undefined {
  return TABLE.get(key);
}
