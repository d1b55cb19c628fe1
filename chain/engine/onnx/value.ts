/** What is known of a tensor before the run: type, shape, and for small ones of shape arithmetic the contents. */
import { DTYPES, type DType } from "../dtype.ts";
import type { StoredTensor } from "./model.ts";
import { storedFloats, storedInts } from "./stored-tensor.ts";

/**
 * Contents are followed for tensors of at most this many elements: shapes have up to 8, pads up to 16, and two of them
 * concatenated fit. More would make shape inference cost more than linear work.
 */
export const FOLD_ELEMENTS = 64;

export interface Value {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly elements: number;
  /** Contents of a known integer or bool tensor, row major. */
  readonly ints?: readonly bigint[];
  /** Contents of a known float32 or float64 tensor, row major. */
  readonly floats?: readonly number[];
  /** Stored in the model or computed from nothing but that. */
  readonly constant: boolean;
}

/** The value of a tensor stored in the model. */
export function storedValue(tensor: StoredTensor): Value {
  const base = { dtype: tensor.dtype, dims: tensor.dims, elements: tensor.elements, constant: true };
  if (tensor.elements > FOLD_ELEMENTS) return base;
  const ints = storedInts(tensor);
  if (ints !== undefined) return { ...base, ints };
  const floats = storedFloats(tensor);
  return floats === undefined ? base : { ...base, floats };
}

/** Wraps an integer to the range of an integer type, as two's complement arithmetic does. */
export function wrapInt(dtype: DType, value: bigint): bigint {
  const { kind, size } = DTYPES[dtype];
  if (kind === "bool") return value === 0n ? 0n : 1n;
  return kind === "signed" ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value);
}
