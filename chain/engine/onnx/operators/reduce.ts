/** Reductions, cumulative sums, softmax and top-k along axes. */
import { count, ELEMENT, LIBRARY_FUNCTION, log2, MOVE, SORT_STEP, TRANSCENDENTAL } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import { axesOf } from "./shape.ts";

function reduce(weight: bigint): Operator {
  return {
    infer(n: NodeView) {
      const a = n.input(0);
      const keep = n.int("keepdims", 1) !== 0;
      if (a.dtype === "bool" && a.elements === 0)
        n.fail("shapeMismatch", "nothing of type bool has no extremes");
      const declared = axesOf(n, 1);
      if ((declared === undefined || declared.length === 0) && n.int("noop_with_empty_axes", 0) !== 0) {
        return [n.value(a.dtype, a.dims)];
      }
      const all = declared === undefined || declared.length === 0;
      const axes = all ? a.dims.map((_, i) => i) : n.axes(declared, a.dims.length);
      const dims = a.dims.flatMap((dim, i) => (axes.includes(i) ? (keep ? [1] : []) : [dim]));
      return [n.value(a.dtype, dims)];
    },
    // Reductions over outer axes read against the grain.
    cost: (n, [out]) => count(n.input(0)) * weight + count(out!) * MOVE,
  };
}

const arg: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const axis = n.axis(n.int("axis", 0), a.dims.length);
    if (a.dims[axis] === 0) n.fail("shapeMismatch", `axis ${axis} is empty`);
    const keep = n.int("keepdims", 1) !== 0;
    const dims = a.dims.flatMap((dim, i) => (i === axis ? (keep ? [1] : []) : [dim]));
    return [n.value("int64", dims)];
  },
  // Comparing against the grain of memory, one element at a time.
  cost: (n) => count(n.input(0)) * 4n * MOVE,
};

const cumSum: Operator = {
  infer(n: NodeView) {
    if (n.input(1).elements !== 1) n.fail("shapeMismatch", "the axis is no scalar");
    const axis = n.input(1).ints?.[0];
    if (axis !== undefined) n.axis(Number(axis), n.input(0).dims.length);
    return [n.value(n.input(0).dtype, n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * 2n * MOVE,
};

/** Before opset 13 the input counts as a matrix split at the axis; the shape is the same. */
function softmax(weight: bigint): Operator {
  return {
    infer(n: NodeView) {
      const a = n.input(0);
      n.axis(n.int("axis", n.opset < 13 ? 1 : -1), Math.max(1, a.dims.length));
      return [n.value(a.dtype, a.dims)];
    },
    cost: (_, [out]) => count(out!) * weight,
  };
}

const topK: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const axis = n.axis(n.int("axis", -1), a.dims.length);
    const ks = n.opset < 10 ? [n.requiredInt("k")] : n.knownSizes(1, "k");
    const k = ks[0];
    if (ks.length !== 1 || k === undefined || k < 0 || k > a.dims[axis]!) {
      n.fail("shapeMismatch", `k is [${ks.join(", ")}] for an axis of size ${a.dims[axis]}`);
    }
    const dims = a.dims.map((dim, i) => (i === axis ? k : dim));
    return [n.value(a.dtype, dims), n.value("int64", dims)];
  },
  cost: (n) => {
    const a = n.input(0);
    const axis = n.axis(n.int("axis", -1), a.dims.length);
    return count(a) * SORT_STEP * (1n + log2(a.dims[axis]!));
  },
};

export const reductions: OperatorFamily = {
  ReduceSum: reduce(ELEMENT),
  ReduceMean: reduce(ELEMENT),
  ReduceMax: reduce(ELEMENT),
  ReduceMin: reduce(ELEMENT),
  ReduceProd: reduce(ELEMENT),
  ReduceL1: reduce(ELEMENT),
  ReduceL2: reduce(ELEMENT),
  ReduceSumSquare: reduce(ELEMENT),
  ReduceLogSum: reduce(ELEMENT),
  ReduceLogSumExp: reduce(LIBRARY_FUNCTION),
  ArgMax: arg,
  ArgMin: arg,
  CumSum: cumSum,
  Softmax: softmax(TRANSCENDENTAL),
  LogSoftmax: softmax(TRANSCENDENTAL),
  Hardmax: softmax(2n * MOVE),
  TopK: topK,
};
