/** Convolutions, pooling and resizing: operators with a window over spatial axes. */
import { count, countAll, ELEMENT, MAC, MOVE, product, SLOW_MAC } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import type { Value } from "../value.ts";
import { checkQuantParameter } from "./matmul.ts";

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly auto: string;
}

const AUTO_PADS = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"];

function readWindow(n: NodeView, kernel: readonly number[]): Window {
  const rank = kernel.length;
  const auto = n.choice("auto_pad", AUTO_PADS, "NOTSET");
  const strides = n.ints("strides") ?? kernel.map(() => 1);
  const dilations = n.ints("dilations") ?? kernel.map(() => 1);
  const declared = n.ints("pads");
  const pads = declared === undefined || auto !== "NOTSET" ? new Array<number>(2 * rank).fill(0) : declared;
  if (n.input(0).dims.slice(1).includes(0)) n.fail("shapeMismatch", "the input has no channels or no extent");
  const fits =
    strides.length === rank &&
    dilations.length === rank &&
    pads.length === 2 * rank &&
    [...kernel, ...strides, ...dilations].every((v) => v >= 1) &&
    pads.every((v) => v >= 0);
  if (!fits)
    n.fail("shapeMismatch", `kernel_shape, strides, dilations or pads do not fit ${rank} spatial axes`);
  return { kernel, strides, dilations, pads, auto };
}

/** Output sizes of a sliding window over `spatial`. `ceil` rounds up, without a window that starts in the padding. */
function slide(n: NodeView, spatial: readonly number[], w: Window, ceil: boolean): number[] {
  return spatial.map((size, i) => {
    const stride = w.strides[i]!;
    const reach = w.dilations[i]! * (w.kernel[i]! - 1) + 1;
    if (w.auto === "SAME_UPPER" || w.auto === "SAME_LOWER") return Math.ceil(size / stride);
    const [before, after] = [w.pads[i]!, w.pads[i + spatial.length]!];
    const room = size + before + after - reach;
    if (room < 0)
      n.fail("shapeMismatch", `axis ${i + 2} of size ${size} is smaller than its window of ${reach}`);
    let out = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    if (ceil && (out - 1) * stride >= size + before) out--;
    return out;
  });
}

const MAX_SPATIAL = 3;

function convWeights(
  n: NodeView,
  index: number,
): { kernel: readonly number[]; group: number; weights: readonly number[] } {
  const x = n.rank(0, 3, 2 + MAX_SPATIAL);
  const weights = n.rank(index, x.length);
  const kernel = n.ints("kernel_shape") ?? weights.slice(2);
  if (kernel.join() !== weights.slice(2).join()) {
    n.fail(
      "shapeMismatch",
      `"kernel_shape" [${kernel.join(", ")}] differs from the weights [${weights.join(", ")}]`,
    );
  }
  const group = n.int("group", 1);
  if (group < 1) n.fail("shapeMismatch", `"group" is ${group}`);
  return { kernel, group, weights };
}

/** Shape of a convolution with weights at input `index` and an optional bias at `bias`. */
function convDims(n: NodeView, index: number, bias: number): number[] {
  const { kernel, group, weights } = convWeights(n, index);
  const x = n.input(0).dims;
  const [filters, channels] = [weights[0]!, weights[1]!];
  if (x[1] !== channels * group || filters % group !== 0 || filters === 0) {
    n.fail(
      "shapeMismatch",
      `${x[1]} channels, weights [${weights.join(", ")}] and ${group} groups do not fit`,
    );
  }
  if (n.has(bias) && n.input(bias).dims.join() !== String(filters)) {
    n.fail("shapeMismatch", `the bias is [${n.input(bias).dims.join(", ")}] for ${filters} filters`);
  }
  return [x[0]!, filters, ...slide(n, x.slice(2), readWindow(n, kernel), false)];
}

/** Narrow groups run row by row without a dense product. */
function convUnits(n: NodeView, index: number, out: Value, weight: bigint): bigint {
  const weights = n.input(index).dims;
  const macs = count(out) * product(weights.slice(1));
  const group = n.int("group", 1);
  const slow = group > 1 ? SLOW_MAC : weight;
  return macs * slow + (count(n.input(0)) + count(n.input(index)) + count(out)) * ELEMENT;
}

/** The patch matrix of one image: channels of a group times the window, for every output position. */
function patchBytes(n: NodeView, index: number, out: Value): bigint {
  const weights = n.input(index).dims;
  return 4n * product(weights.slice(1)) * product(out.dims.slice(2)) * BigInt(n.int("group", 1));
}

const conv: Operator = {
  infer: (n) => [n.value(n.input(0).dtype, convDims(n, 1, 2))],
  cost: (n, [out]) => convUnits(n, 1, out!, MAC),
  workspace: (n, [out]) => patchBytes(n, 1, out!),
};

const convInteger: Operator = {
  infer(n: NodeView) {
    checkQuantParameter(n, 2, [1], "x_zero_point");
    // The engine takes one zero point for all filters.
    checkQuantParameter(n, 3, [1], "w_zero_point");
    return [n.value("int32", convDims(n, 1, -1))];
  },
  cost: (n, [out]) => convUnits(n, 1, out!, MAC) + patchBytes(n, 1, out!),
  workspace: (n, [out]) => patchBytes(n, 1, out!),
};

const qlinearConv: Operator = {
  infer(n: NodeView) {
    const filters = n.input(3).dims[0] ?? 1;
    for (const [index, what] of [
      [1, "x_scale"],
      [2, "x_zero_point"],
      [6, "y_scale"],
      [7, "y_zero_point"],
    ] as const) {
      checkQuantParameter(n, index, [1], what);
    }
    checkQuantParameter(n, 4, [filters], "w_scale");
    checkQuantParameter(n, 5, [filters], "w_zero_point");
    return [n.value(n.input(7).dtype, convDims(n, 3, 8))];
  },
  cost: (n, [out]) => convUnits(n, 3, out!, MAC) + patchBytes(n, 3, out!) + count(out!) * MOVE,
  workspace: (n, [out]) => patchBytes(n, 3, out!) + count(out!) * 4n,
};

const convTranspose: Operator = {
  infer(n: NodeView) {
    const { kernel, group, weights } = convWeights(n, 1);
    const x = n.input(0).dims;
    if (x[1] !== weights[0] || weights[0]! % group !== 0) {
      n.fail(
        "shapeMismatch",
        `${x[1]} channels, weights [${weights.join(", ")}] and ${group} groups do not fit`,
      );
    }
    const filters = weights[1]! * group;
    if (n.has(2) && n.input(2).dims.join() !== String(filters)) {
      n.fail("shapeMismatch", `the bias is [${n.input(2).dims.join(", ")}] for ${filters} filters`);
    }
    const w = readWindow(n, kernel);
    const extra = n.ints("output_padding") ?? kernel.map(() => 0);
    if (
      extra.length !== kernel.length ||
      extra.some((v, i) => v < 0 || v >= Math.max(w.strides[i]!, w.dilations[i]!))
    ) {
      n.fail("shapeMismatch", `"output_padding" [${extra.join(", ")}] does not fit`);
    }
    const wanted = n.ints("output_shape");
    if (wanted !== undefined && wanted.length !== kernel.length)
      n.fail("shapeMismatch", `"output_shape" does not fit`);
    const spatial = x.slice(2).map((size, i) => {
      const stride = w.strides[i]!;
      const full = stride * (size - 1) + extra[i]! + (w.kernel[i]! - 1) * w.dilations[i]! + 1;
      if (wanted !== undefined) {
        if (wanted[i]! < 1 || wanted[i]! >= full + stride)
          n.fail("shapeMismatch", `"output_shape" ${wanted[i]} of at most ${full}`);
        return wanted[i]!;
      }
      if (w.auto === "SAME_UPPER" || w.auto === "SAME_LOWER") {
        return size * stride;
      }
      return full - w.pads[i]! - w.pads[i + kernel.length]!;
    });
    if (spatial.some((v) => v < 1)) n.fail("shapeMismatch", `output sizes [${spatial.join(", ")}]`);
    return [n.value(n.input(0).dtype, [x[0]!, filters, ...spatial])];
  },
  cost: (n, [out]) =>
    count(n.input(0)) * product(n.input(1).dims.slice(1)) * 2n * MAC + count(out!) * ELEMENT,
  workspace: (n) =>
    4n * product(n.input(1).dims.slice(1)) * BigInt(n.int("group", 1)) * product(n.input(0).dims.slice(2)),
};

/** Pooling with a window; `indices` is a second output of positions. */
function pool(indices: boolean): Operator {
  return {
    infer(n: NodeView) {
      const x = n.rank(0, 3, 2 + MAX_SPATIAL);
      const kernel = n.ints("kernel_shape") ?? n.fail("malformed", `"kernel_shape" is missing`);
      if (kernel.length !== x.length - 2)
        n.fail("shapeMismatch", `"kernel_shape" [${kernel.join(", ")}] for rank ${x.length}`);
      const w = readWindow(n, kernel);
      if (w.pads.some((pad, i) => pad >= w.kernel[i % kernel.length]!)) {
        n.fail("unsupportedAttribute", `pads [${w.pads.join(", ")}] reach the kernel [${kernel.join(", ")}]`);
      }
      const dims = [x[0]!, x[1]!, ...slide(n, x.slice(2), w, n.int("ceil_mode", 0) !== 0)];
      const out = n.value(n.input(0).dtype, dims);
      return indices && n.outputCount > 1 ? [out, n.value("int64", dims)] : [out];
    },
    cost: (n, [out]) => count(out!) * (product(n.ints("kernel_shape") ?? []) * SLOW_MAC + MOVE),
  };
}

const globalPool: Operator = {
  infer(n: NodeView) {
    const x = n.rank(0, 3, n.limits.maxRank);
    if (x.slice(1).includes(0)) n.fail("shapeMismatch", "the input has no channels or no extent");
    return [n.value(n.input(0).dtype, [x[0]!, x[1]!, ...x.slice(2).map(() => 1)])];
  },
  cost: (n) => count(n.input(0)) * ELEMENT,
};

const RESIZE_MODES = ["nearest", "linear", "cubic"];
const COORDINATES = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
];

/** Output sizes by scales: floor of size times scale, in float32 as the engine multiplies. */
function scaled(n: NodeView, dims: readonly number[], scales: readonly number[]): number[] {
  checkInterpolation(n, dims, scales);
  if (scales.length !== dims.length)
    n.fail("shapeMismatch", `${scales.length} scales for ${dims.length} axes`);
  const corners = n.text("coordinate_transformation_mode", "") === "align_corners";
  return dims.map((size, i) => {
    const scale = Math.fround(scales[i]!);
    if (!(scale > 0 && scale < 2 ** 20)) n.fail("unsupportedAttribute", `scale ${scale} of axis ${i}`);
    const out = Math.fround(size * scale);
    // The engine aligns corners by the rounded size where ONNX means the unrounded one.
    if (corners && !Number.isInteger(out)) {
      n.fail(
        "unsupportedAttribute",
        `align_corners with a scale of ${scale} on size ${size}: give sizes instead`,
      );
    }
    return Math.floor(out);
  });
}

/** The engine interpolates over two or three axes; the others must keep their size. */
function checkInterpolation(n: NodeView, dims: readonly number[], scales: readonly number[]): void {
  const mode = n.text("mode", "nearest");
  const kept = (axis: number): boolean => scales[axis] === 1;
  const rank = dims.length;
  const planes = rank === 4 && kept(0) && (kept(1) || (mode === "linear" && kept(3)));
  const volumes = mode === "linear" && (rank === 3 || (rank === 5 && kept(0) && kept(1)));
  if (mode !== "nearest" && rank !== 2 && !planes && !volumes) {
    n.fail("unsupportedAttribute", `mode "${mode}" takes images: batch and channels keep their size`);
  }
}

function knownScales(n: NodeView, index: number): readonly number[] {
  const value = n.input(index);
  return (
    value.floats ??
    n.fail("dynamicShape", `scales (input ${index}) depend on data of the run: make them constant`)
  );
}

const resize: Operator = {
  infer(n: NodeView) {
    const x = n.input(0);
    n.choice("mode", n.opset < 11 ? ["nearest", "linear"] : RESIZE_MODES, "nearest");
    n.choice("coordinate_transformation_mode", COORDINATES, "half_pixel");
    n.choice(
      "nearest_mode",
      ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
      "round_prefer_floor",
    );
    n.choice("keep_aspect_ratio_policy", ["stretch"], "stretch");
    if (n.int("antialias", 0) !== 0) n.fail("unsupportedAttribute", `"antialias" is not taken`);
    if (n.hasAttribute("axes"))
      n.fail("unsupportedAttribute", `"axes" is not taken: give scales or sizes for all axes`);
    if (n.opset < 11) return [n.value(x.dtype, scaled(n, x.dims, knownScales(n, 1)))];
    const bySizes = n.has(3) && n.input(3).elements > 0;
    const byScales = n.has(2) && n.input(2).elements > 0;
    if (bySizes === byScales) n.fail("malformed", "one of scales and sizes is needed");
    if (byScales) return [n.value(x.dtype, scaled(n, x.dims, knownScales(n, 2)))];
    const sizes = n.knownSizes(3, "sizes");
    if (sizes.length !== x.dims.length || sizes.some((v) => v < 1))
      n.fail("shapeMismatch", `sizes [${sizes.join(", ")}]`);
    checkInterpolation(
      n,
      x.dims,
      sizes.map((size, i) => size / x.dims[i]!),
    );
    return [n.value(x.dtype, sizes)];
  },
  cost: (n, outputs) => resizeUnits(n.text("mode", "nearest"), outputs),
  workspace: (_, [out]) => 16n * count(out!),
};

function resizeUnits(mode: string, outputs: readonly Value[]): bigint {
  const taps = mode === "nearest" ? 2n : mode === "linear" ? 8n : 48n;
  return countAll(outputs) * taps * MOVE;
}

const upsample: Operator = {
  infer(n: NodeView) {
    n.choice("mode", ["nearest", "linear"], "nearest");
    const scales = n.opset < 9 ? (n.floats("scales") ?? []) : knownScales(n, 1);
    if (scales.some((s) => s < 1)) n.fail("unsupportedAttribute", "a scale is below 1");
    const { dims, dtype } = n.input(0);
    return [n.value(dtype, scaled(n, dims, scales))];
  },
  cost: (n, outputs) => resizeUnits(n.text("mode", "nearest"), outputs),
  workspace: (_, [out]) => 16n * count(out!),
};

export const windows: OperatorFamily = {
  Conv: conv,
  ConvInteger: convInteger,
  QLinearConv: qlinearConv,
  ConvTranspose: convTranspose,
  MaxPool: pool(true),
  AveragePool: pool(false),
  LpPool: pool(false),
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  Resize: resize,
  Upsample: upsample,
};
