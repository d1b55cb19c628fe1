/**
 * Whether an answer is right within a model's declared bounds (ADR-0161). A validator's own judgement, never consensus: what
 * it comes to may differ from machine to machine where an answer is at the very bound.
 */
import { bytesEqual } from "../runtime/bytes.ts";
import { DTYPES } from "./dtype.ts";
import { EngineError } from "./errors.ts";
import { decodeTensors, type NamedTensor, NO_LIMITS } from "./tensor.ts";
import { elementsOf } from "./tensor-json.ts";

/** |answer - own| <= absolute + relative * |own| in every element. */
export interface ToleranceBounds {
  readonly absolute: number;
  readonly relative: number;
  /** The largest element of every row, which is what the last dimension holds, must be at the same place too. */
  readonly sameArgmax: boolean;
}

/** Both are canonical bytes of outputs; whatever `answer` is else is not right. Cost: linear in the elements. */
export function isWithinTolerance(answer: Uint8Array, own: Uint8Array, bounds: ToleranceBounds): boolean {
  if (bytesEqual(answer, own)) return true;
  let given: readonly NamedTensor[];
  try {
    given = decodeTensors(answer, NO_LIMITS);
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
  const right = decodeTensors(own, NO_LIMITS);
  return (
    given.length === right.length && right.every((tensor, index) => isNear(given[index]!, tensor, bounds))
  );
}

function isNear(answer: NamedTensor, own: NamedTensor, bounds: ToleranceBounds): boolean {
  if (answer.name !== own.name || answer.dtype !== own.dtype) return false;
  if (answer.dims.length !== own.dims.length || answer.dims.some((dim, at) => dim !== own.dims[at]))
    return false;
  const { kind } = DTYPES[own.dtype];
  if (kind === "string" || kind === "bool") return bytesEqual(answer.data, own.data);
  const [a, b] = [numbersOf(answer), numbersOf(own)];
  if (!b.every((value, at) => isClose(a[at]!, value, bounds))) return false;
  const row = own.dims.at(-1) ?? 0;
  if (!bounds.sameArgmax || kind !== "float" || row < 2) return true;
  for (let from = 0; from < b.length; from += row)
    if (largestOf(a, from, row) !== largestOf(b, from, row)) return false;
  return true;
}

/** 64-bit integers beyond 2^53 are rounded: bounds that small are not asked of them. */
function numbersOf(tensor: NamedTensor): number[] {
  return elementsOf(tensor).map(Number);
}

function isClose(a: number, b: number, { absolute, relative }: ToleranceBounds): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Number.isFinite(b) && Math.abs(a - b) <= absolute + relative * Math.abs(b);
}

/** Where the first of the largest stands. */
function largestOf(values: readonly number[], from: number, count: number): number {
  let largest = from;
  for (let at = from + 1; at < from + count; at++) if (values[at]! > values[largest]!) largest = at;
  return largest;
}
