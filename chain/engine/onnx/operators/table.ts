/** The allow-list: every operator that a published model may use. What is absent here is refused by name. */
import type { Operator } from "../operator.ts";
import { signaturesOf } from "../signature.ts";
import { elementwise } from "./elementwise.ts";
import { shapeOperators } from "./shape.ts";

/** Part of the engine id: a change of what is admitted, or of a shape function, is a governed upgrade. */
export const OPERATOR_TABLE_VERSION = 1;

/** The opsets that the canonical engine loads, by domain. */
export const OPSETS: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  "": { min: 7, max: 26 },
  "ai.onnx.ml": { min: 1, max: 5 },
};

const TABLE: ReadonlyMap<string, Operator> = new Map(
  Object.entries({ ...elementwise, ...shapeOperators }).filter(([key]) => signaturesOf(key).length > 0),
);

/** Keys of all admitted operators, sorted. */
export function admittedOperators(): readonly string[] {
  return [...TABLE.keys()].sort();
}

export function findOperator(key: string): Operator | undefined {
  return TABLE.get(key);
}
