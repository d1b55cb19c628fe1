/**
 * The price list of computation, in compute units. One unit is about the time of one float32 multiply–accumulate of a
 * matrix product in the canonical engine. The weights are measured (bench/engine/calibrate.ts) and rounded up, so that
 * no admitted operator takes more than about ten times the time a unit of another takes. ADR 0022.
 */
import type { Value } from "./value.ts";

/** Part of the engine id: a change here is a governed upgrade. */
export const COST_TABLE_VERSION = 1;

/** A multiply–accumulate in a matrix product or convolution over dense rows. */
export const MAC = 1n;
/** A multiply–accumulate in a loop that is not vectorised: depthwise and pooled windows, float64, linear models. */
export const SLOW_MAC = 4n;
/** Reading, one cheap operation, and writing, for an element. */
export const ELEMENT = 5n;
/** Copying an element in an order that defeats block copies (transpose, gather, slice). */
export const MOVE = 10n;
/** exp, log, erf, tanh, division chains and the like, for an element. */
export const TRANSCENDENTAL = 40n;
/** pow, trigonometry, and other functions of the C library without a vector form. */
export const LIBRARY_FUNCTION = 100n;
/** Sorting step of one element: TopK, times log2 of the length. */
export const SORT_STEP = 40n;
/** One level of a decision tree: an unpredictable branch and a load. */
export const TREE_STEP = 30n;
/** Handling a string element: allocation, copy and comparison. */
export const STRING = 500n;
/** Dispatching one node. */
export const NODE = 10_000n;
/** Starting and finishing one run. */
export const RUN = 500_000n;
/** A byte of weights, which every run reads and some run loads: the dearest bytes where the model is not in memory. */
export const WEIGHT_BYTE = 1n;
/** A byte of the inputs and outputs of a run, which is hashed and copied in and out of the engine. */
export const INTERFACE_BYTE = 1n;
/** A byte of output of any node: memory is allocated, zeroed and freed. */
export const ACTIVATION_BYTE = 1n;

/** Elements of `value` as a factor. */
export function count(value: Value): bigint {
  return BigInt(value.elements);
}

/** Elements of all values together. */
export function countAll(values: readonly (Value | undefined)[]): bigint {
  let total = 0n;
  for (const value of values) if (value !== undefined) total += BigInt(value.elements);
  return total;
}

/** Product of sizes, without overflow. */
export function product(sizes: readonly number[]): bigint {
  let out = 1n;
  for (const size of sizes) out *= BigInt(size);
  return out;
}

/** Smallest n with 2^n ≥ size: levels of a sort or a balanced tree. */
export function log2(size: number): bigint {
  let n = 0n;
  for (let reach = 1; reach < size; reach *= 2) n++;
  return n;
}
