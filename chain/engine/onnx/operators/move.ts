/** Operators that move elements without arithmetic. Contents of short vectors are followed: shapes are cut and joined. */
import { ELEMENT, MOVE } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import { FOLD_ELEMENTS } from "../value.ts";
import { known } from "./elementwise.ts";
import { axesOf, moved } from "./shape.ts";

const transpose: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const rank = a.dims.length;
    const perm = n.ints("perm") ?? a.dims.map((_, i) => rank - 1 - i);
    if (perm.length !== rank || n.axes(perm, rank).some((p, i) => p !== perm[i])) {
      n.fail("shapeMismatch", `"perm" [${perm.join(", ")}] does not permute rank ${rank}`);
    }
    const dims = perm.map((p) => a.dims[p]!);
    // Transposing a vector or scalar changes nothing.
    return [n.value(a.dtype, dims, rank < 2 ? known(a) : {})];
  },
  cost: (n, outputs) => moved(n.input(0).dims.length > 2 ? 3n * MOVE : MOVE)(n, outputs),
};

const concat: Operator = {
  infer(n: NodeView) {
    const values = n.inputs.map((_, i) => n.input(i));
    const first = values[0] ?? n.fail("malformed", "no inputs");
    const axis = n.axis(n.requiredInt("axis"), first.dims.length);
    let total = 0;
    for (const [i, value] of values.entries()) {
      const fits =
        value.dims.length === first.dims.length &&
        value.dims.every((dim, d) => d === axis || dim === first.dims[d]);
      if (!fits)
        n.fail("shapeMismatch", `input ${i} of shape [${value.dims.join(", ")}] does not fit the first`);
      total += value.dims[axis]!;
    }
    const out = n.value(
      first.dtype,
      first.dims.map((dim, d) => (d === axis ? total : dim)),
    );
    if (first.dims.length !== 1 || out.elements > FOLD_ELEMENTS) return [out];
    if (values.every((v) => v.ints !== undefined)) return [{ ...out, ints: values.flatMap((v) => v.ints!) }];
    if (values.every((v) => v.floats !== undefined))
      return [{ ...out, floats: values.flatMap((v) => v.floats!) }];
    return [out];
  },
  cost: moved(ELEMENT),
};

const split: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const axis = n.axis(n.int("axis", 0), a.dims.length);
    const size = a.dims[axis]!;
    const count = n.outputCount;
    const declared = n.opset >= 13 ? (n.has(1) ? n.knownSizes(1, "split") : undefined) : n.ints("split");
    let sizes: readonly number[];
    if (declared === undefined) {
      const parts = n.opset >= 18 ? n.int("num_outputs", count) : count;
      if (parts !== count) n.fail("shapeMismatch", `"num_outputs" is ${parts} for ${count} outputs`);
      const each = Math.ceil(size / parts);
      if (n.opset < 18 && size % parts !== 0)
        n.fail("shapeMismatch", `size ${size} does not split into ${parts}`);
      const last = size - each * (parts - 1);
      if (last < 0) n.fail("shapeMismatch", `size ${size} does not split into ${parts}`);
      sizes = Array.from({ length: parts }, (_, i) => (i === parts - 1 ? last : each));
    } else {
      if (n.has(1) && n.hasAttribute("num_outputs"))
        n.fail("malformed", `both "split" and "num_outputs" are given`);
      sizes = declared;
      const total = sizes.reduce((x, y) => x + y, 0);
      if (sizes.length !== count || total !== size || sizes.some((s) => s < 0)) {
        n.fail("shapeMismatch", `split [${sizes.join(", ")}] of size ${size} into ${count} outputs`);
      }
    }
    let at = 0;
    return sizes.map((part) => {
      const from = at;
      at += part;
      const dims = a.dims.map((dim, d) => (d === axis ? part : dim));
      return a.dims.length === 1 && a.ints !== undefined
        ? n.intValue(a.dtype, dims, a.ints.slice(from, at))
        : n.value(a.dtype, dims);
    });
  },
  cost: moved(MOVE),
};

const slice: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const old = n.opset < 10;
    const clampBig = (value: bigint): number =>
      Number(BigInt.asIntN(53, value) === value ? value : value < 0n ? -(2n ** 53n) + 1n : 2n ** 53n - 1n);
    const starts = old ? n.bigints("starts")?.map(clampBig) : n.knownSizes(1, "starts");
    const ends = old ? n.bigints("ends")?.map(clampBig) : n.knownSizes(2, "ends");
    if (starts === undefined || ends === undefined) n.fail("malformed", "starts and ends are needed");
    const axes = n.axes((old ? n.ints("axes") : axesOf(n, 3)) ?? starts.map((_, i) => i), a.dims.length);
    const steps = (!old && n.has(4) ? n.knownSizes(4, "steps") : undefined) ?? starts.map(() => 1);
    if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
      n.fail("shapeMismatch", "starts, ends, axes and steps differ in length");
    }
    const dims = [...a.dims];
    let first = 0;
    for (const [i, axis] of axes.entries()) {
      const size = a.dims[axis]!;
      const step = steps[i]!;
      if (step === 0) n.fail("shapeMismatch", `step ${i} is 0`);
      const from = starts[i]! < 0 ? starts[i]! + size : starts[i]!;
      const to = ends[i]! < 0 ? ends[i]! + size : ends[i]!;
      const low = step > 0 ? 0 : -1;
      const begin = step > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, 0), size - 1);
      const end = Math.min(Math.max(to, low), step > 0 ? size : size - 1);
      dims[axis] = Math.max(0, Math.ceil((end - begin) / step));
      first = begin;
    }
    if (a.dims.length === 1 && axes.length === 1 && (a.ints !== undefined || a.floats !== undefined)) {
      const indexes = Array.from({ length: dims[0]! }, (_, i) => first + i * steps[0]!);
      if (a.ints !== undefined)
        return [
          n.intValue(
            a.dtype,
            dims,
            indexes.map((i) => a.ints![i]!),
          ),
        ];
      return [n.value(a.dtype, dims, { floats: indexes.map((i) => a.floats![i]!) })];
    }
    return [n.value(a.dtype, dims, axes.length === 0 ? known(a) : {})];
  },
  cost: moved(MOVE),
};

const pad: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const mode = n.choice(
      "mode",
      n.opset >= 19 ? ["constant", "reflect", "edge", "wrap"] : ["constant", "reflect", "edge"],
      "constant",
    );
    const pads =
      n.opset < 11 ? (n.ints("pads") ?? n.fail("malformed", "pads are missing")) : n.knownSizes(1, "pads");
    const axes = n.axes(
      (n.opset >= 18 && n.has(3) ? n.knownSizes(3, "axes") : undefined) ?? a.dims.map((_, i) => i),
      a.dims.length,
    );
    if (pads.length !== 2 * axes.length)
      n.fail("shapeMismatch", `${pads.length} pads for ${axes.length} axes`);
    if (n.has(2) && n.input(2).elements !== 1) n.fail("shapeMismatch", "the padding value is no scalar");
    const dims = [...a.dims];
    for (const [i, axis] of axes.entries()) {
      const [before, after] = [pads[i]!, pads[i + axes.length]!];
      const size = a.dims[axis]!;
      if (mode !== "constant") {
        const room = mode === "reflect" ? size - 1 : size;
        if ((mode === "reflect" || mode === "wrap") && (before > room || after > room)) {
          n.fail(
            "unsupportedAttribute",
            `pads ${before} and ${after} of mode ${mode} exceed axis ${axis} of size ${size}`,
          );
        }
        if (size === 0 && before + after > 0)
          n.fail("shapeMismatch", `mode ${mode} cannot pad an empty axis`);
      }
      dims[axis] = size + before + after;
      if (size + Math.min(before, 0) + Math.min(after, 0) < 0)
        n.fail("shapeMismatch", `pads crop axis ${axis} away`);
    }
    return [n.value(a.dtype, dims)];
  },
  cost: moved(MOVE),
};

const blocks = (toSpace: boolean): Operator => ({
  infer(n: NodeView) {
    const [batch, channels, height, width] = n.rank(0, 4) as [number, number, number, number];
    const b = n.requiredInt("blocksize");
    if (b < 1) n.fail("unsupportedAttribute", `"blocksize" is ${b}`);
    if (toSpace) {
      n.choice("mode", ["DCR", "CRD"], "DCR");
      if (channels % (b * b) !== 0) n.fail("shapeMismatch", `${channels} channels do not divide by ${b * b}`);
      return [n.value(n.input(0).dtype, [batch, channels / (b * b), height * b, width * b])];
    }
    if (height % b !== 0 || width % b !== 0)
      n.fail("shapeMismatch", `${height}×${width} does not divide by ${b}`);
    return [n.value(n.input(0).dtype, [batch, channels * b * b, height / b, width / b])];
  },
  cost: moved(MOVE),
});

const trilu: Operator = {
  infer(n: NodeView) {
    n.rank(0, 2, n.limits.maxRank);
    if (n.has(1) && n.input(1).elements !== 1) n.fail("shapeMismatch", "k is no scalar");
    return [n.value(n.input(0).dtype, n.input(0).dims)];
  },
  cost: moved(2n * MOVE),
};

const reverseSequence: Operator = {
  infer(n: NodeView) {
    const dims = n.rank(0, 2, n.limits.maxRank);
    const [batch, time] = [n.int("batch_axis", 1), n.int("time_axis", 0)];
    if (batch === time || batch < 0 || batch > 1 || time < 0 || time > 1) {
      n.fail("unsupportedAttribute", `axes ${batch} and ${time}: 0 and 1 in either order are taken`);
    }
    if (n.rank(1, 1)[0] !== dims[batch]) n.fail("shapeMismatch", "sequence_lens does not fit the batch");
    return [n.value(n.input(0).dtype, dims)];
  },
  cost: moved(MOVE),
};

export const moves: OperatorFamily = {
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  DepthToSpace: blocks(true),
  SpaceToDepth: blocks(false),
  Trilu: trilu,
  ReverseSequence: reverseSequence,
};
