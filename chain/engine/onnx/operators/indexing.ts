/** Gathering and scattering by indexes that may be data of the run: shapes follow from shapes alone. */
import { count, ELEMENT, MOVE, product, STRING } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import type { Value } from "../value.ts";

const weight = (value: Value, plain: bigint): bigint =>
  count(value) * (value.dtype === "string" ? STRING : plain);

const gather: Operator = {
  infer(n: NodeView) {
    const [data, indices] = [n.input(0), n.input(1)];
    const axis = n.axis(n.int("axis", 0), data.dims.length);
    const size = data.dims[axis]!;
    const at = indices.ints?.map((i) => Number(i < 0n ? i + BigInt(size) : i));
    if (at?.some((i) => i < 0 || i >= size) === true)
      n.fail("shapeMismatch", `an index is outside axis ${axis} of ${size}`);
    const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)];
    if (data.dims.length !== 1 || at === undefined) return [n.value(data.dtype, dims)];
    if (data.ints !== undefined)
      return [
        n.intValue(
          data.dtype,
          dims,
          at.map((i) => data.ints![i]!),
        ),
      ];
    if (data.floats !== undefined)
      return [n.value(data.dtype, dims, { floats: at.map((i) => data.floats![i]!) })];
    return [n.value(data.dtype, dims)];
  },
  // Single elements are fetched one call at a time; rows of an embedding are block copies.
  cost: (n, [out]) => {
    const { dims } = n.input(0);
    const block = product(dims.slice(n.axis(n.int("axis", 0), dims.length) + 1));
    return weight(out!, block < 16n ? 8n * MOVE : MOVE);
  },
};

const gatherElements: Operator = {
  infer(n: NodeView) {
    const [data, indices] = [n.input(0), n.input(1)];
    const axis = n.axis(n.int("axis", 0), data.dims.length);
    checkWithin(n, data.dims, indices.dims, axis);
    return [n.value(data.dtype, indices.dims)];
  },
  cost: (_, [out]) => weight(out!, 2n * MOVE),
};

/** Indices of the same rank, no larger than the data except along the axis. */
function checkWithin(n: NodeView, data: readonly number[], indices: readonly number[], axis: number): void {
  if (indices.length !== data.length || indices.some((dim, i) => i !== axis && dim > data[i]!)) {
    n.fail("shapeMismatch", `indices [${indices.join(", ")}] do not fit data [${data.join(", ")}]`);
  }
}

const gatherND: Operator = {
  infer(n: NodeView) {
    const [data, indices] = [n.input(0), n.input(1)];
    const batch = n.int("batch_dims", 0);
    const last = indices.dims.at(-1);
    const fits =
      last !== undefined &&
      data.dims.length > 0 &&
      batch >= 0 &&
      batch < Math.min(data.dims.length, indices.dims.length) &&
      last >= 1 &&
      last <= data.dims.length - batch &&
      data.dims.slice(0, batch).join() === indices.dims.slice(0, batch).join();
    if (!fits)
      n.fail(
        "shapeMismatch",
        `indices [${indices.dims.join(", ")}] do not fit data [${data.dims.join(", ")}]`,
      );
    return [n.value(data.dtype, [...indices.dims.slice(0, -1), ...data.dims.slice(batch + last)])];
  },
  cost: (n, [out]) => weight(out!, MOVE) + count(n.input(1)) * MOVE,
  workspace: (n) => 8n * count(n.input(1)),
};

const REDUCTIONS_16 = ["none", "add", "mul"];
const REDUCTIONS_18 = [...REDUCTIONS_16, "min", "max"];

function checkReduction(n: NodeView): void {
  const reduction = n.choice("reduction", n.opset >= 18 ? REDUCTIONS_18 : REDUCTIONS_16, "none");
  const { dtype } = n.input(0);
  if (reduction !== "none" && (dtype === "bool" || dtype === "string" || dtype === "float16")) {
    n.fail("unsupportedType", `reduction "${reduction}" of ${dtype} is not taken`);
  }
}

const scatterElements: Operator = {
  infer(n: NodeView) {
    const [data, indices] = [n.input(0), n.input(1)];
    const axis = n.axis(n.int("axis", 0), data.dims.length);
    checkWithin(n, data.dims, indices.dims, axis);
    if (n.input(2).dims.join() !== indices.dims.join())
      n.fail("shapeMismatch", "updates and indices differ in shape");
    checkReduction(n);
    return [n.value(data.dtype, data.dims)];
  },
  cost: (n, [out]) => weight(out!, ELEMENT) + weight(n.input(2), 3n * MOVE),
  workspace: (n) => 8n * count(n.input(1)),
};

const scatterND: Operator = {
  infer(n: NodeView) {
    const [data, indices] = [n.input(0), n.input(1)];
    const last = indices.dims.at(-1);
    if (last === undefined || last < 1 || last > data.dims.length) {
      n.fail(
        "shapeMismatch",
        `indices [${indices.dims.join(", ")}] do not fit data [${data.dims.join(", ")}]`,
      );
    }
    const wanted = [...indices.dims.slice(0, -1), ...data.dims.slice(last)];
    if (n.input(2).dims.join() !== wanted.join()) {
      n.fail(
        "shapeMismatch",
        `updates are [${n.input(2).dims.join(", ")}]; [${wanted.join(", ")}] is needed`,
      );
    }
    checkReduction(n);
    return [n.value(data.dtype, data.dims)];
  },
  cost: (n, [out]) => weight(out!, ELEMENT) + weight(n.input(2), MOVE) + count(n.input(1)) * 2n * MOVE,
  workspace: (n) => 8n * count(n.input(1)),
};

const oneHot: Operator = {
  infer(n: NodeView) {
    const [indices, depth, values] = [n.input(0), n.input(1), n.input(2)];
    if (depth.elements !== 1) n.fail("shapeMismatch", "depth is no scalar");
    if (values.dims.join() !== "2")
      n.fail("shapeMismatch", `values are [${values.dims.join(", ")}]; two are needed`);
    const size = depth.floats === undefined ? n.knownSizes(1, "depth")[0]! : Math.trunc(depth.floats[0]!);
    if (size < 1) n.fail("shapeMismatch", `depth is ${size}`);
    const axis = n.axis(n.int("axis", -1), indices.dims.length + 1);
    return [n.value(values.dtype, [...indices.dims.slice(0, axis), size, ...indices.dims.slice(axis)])];
  },
  cost: (_, [out]) => weight(out!, MOVE),
  workspace: (n) => 8n * count(n.input(0)),
};

export const indexing: OperatorFamily = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  OneHot: oneHot,
};
