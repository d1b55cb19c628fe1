/** Operators about shapes, and constants. Contents of small integer tensors are followed. */
import { DTYPES, type DType } from "../../dtype.ts";
import { count, ELEMENT, MAC, MOVE, STRING } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import { storedFloats, storedInts } from "../stored-tensor.ts";
import { FOLD_ELEMENTS, storedValue, type Value } from "../value.ts";
import { known } from "./elementwise.ts";

/** Cost of moving every element of the outputs. */
export const moved = (weight: bigint) => (_: NodeView, outputs: readonly Value[]) => {
  let units = 0n;
  for (const out of outputs) units += count(out) * (out.dtype === "string" ? STRING : weight);
  return units;
};

/** Axes from an attribute in old opsets and from input `index` in new ones; undefined where absent. */
export function axesOf(n: NodeView, index: number, attribute = "axes"): readonly number[] | undefined {
  const declared = n.ints(attribute);
  if (declared !== undefined) return declared;
  return n.has(index) ? n.knownSizes(index, attribute) : undefined;
}

const constant: Operator = {
  infer(n: NodeView) {
    const given = [...n.node.attributes.keys()];
    if (given.length !== 1) n.fail("malformed", `needs one value and has ${given.length}`);
    const tensor = n.tensor("value");
    if (tensor !== undefined) return [storedValue(tensor)];
    if (n.hasAttribute("value_int")) {
      return [n.intValue("int64", [], [n.node.attributes.get("value_int")!.i])];
    }
    const ints = n.bigints("value_ints");
    if (ints !== undefined) return [n.intValue("int64", [ints.length], ints)];
    if (n.hasAttribute("value_float"))
      return [n.value("float32", [], { floats: [n.float("value_float", 0)] })];
    const floats = n.floats("value_floats");
    if (floats !== undefined) {
      return [n.value("float32", [floats.length], floats.length <= FOLD_ELEMENTS ? { floats } : {})];
    }
    if (n.hasAttribute("value_string")) return [n.value("string", [])];
    const strings = n.strings("value_strings") ?? n.fail("malformed", "has no value");
    return [n.value("string", [strings.length])];
  },
  cost: () => 0n,
};

const constantOfShape: Operator = {
  infer(n: NodeView) {
    n.rank(0, 1);
    const dims = n.knownSizes(0, "the shape");
    const tensor = n.tensor("value");
    if (tensor !== undefined && tensor.elements !== 1)
      n.fail("malformed", `"value" has ${tensor.elements} elements`);
    const dtype: DType = tensor?.dtype ?? "float32";
    if (!n.signature.outputs[0]!.types.includes(dtype)) n.fail("unsupportedType", `a value of type ${dtype}`);
    const out = n.value(dtype, dims);
    if (out.elements > FOLD_ELEMENTS) return [out];
    const int = tensor === undefined ? undefined : storedInts(tensor)?.[0];
    if (int !== undefined) return [{ ...out, ints: new Array<bigint>(out.elements).fill(int) }];
    const float = tensor === undefined ? 0 : storedFloats(tensor)?.[0];
    return [float === undefined ? out : { ...out, floats: new Array<number>(out.elements).fill(float) }];
  },
  cost: moved(ELEMENT),
};

const shape: Operator = {
  infer(n: NodeView) {
    const dims = n.input(0).dims;
    const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + dims.length : at, 0), dims.length);
    const start = clamp(n.int("start", 0));
    const part = dims.slice(start, Math.max(start, clamp(n.int("end", dims.length))));
    return [n.intValue("int64", [part.length], part.map(BigInt))];
  },
  cost: () => 0n,
};

const size: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    // The engine's own shape inference takes the product of a known shape for its size, and then refuses to load.
    if (a.dims.length === 1 && a.ints !== undefined) {
      n.fail("unsupportedFeature", "the size of a shape is taken: replace the rank by a constant (onnxsim)");
    }
    return [n.intValue("int64", [], [BigInt(a.elements)])];
  },
  cost: () => 0n,
};

const reshape: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    n.rank(1, 1);
    const wanted = n.knownSizes(1, "the shape");
    const allowZero = n.int("allowzero", 0) !== 0;
    const dims: number[] = [];
    let free = -1;
    let rest = 1;
    for (const [i, dim] of wanted.entries()) {
      if (dim === -1) {
        if (free >= 0) n.fail("shapeMismatch", "more than one dimension is -1");
        free = i;
        dims.push(1);
        continue;
      }
      const size = dim === 0 && !allowZero ? a.dims[i] : dim;
      if (size === undefined || size < 0) n.fail("shapeMismatch", `dimension ${i} is ${dim}`);
      dims.push(size);
      rest *= size;
    }
    if (free >= 0) {
      if (rest === 0 || a.elements % rest !== 0) {
        n.fail("shapeMismatch", `[${a.dims.join(", ")}] does not reshape to [${wanted.join(", ")}]`);
      }
      dims[free] = a.elements / rest;
    }
    const out = n.value(a.dtype, dims, known(a));
    if (out.elements !== a.elements) {
      n.fail("shapeMismatch", `[${a.dims.join(", ")}] does not reshape to [${wanted.join(", ")}]`);
    }
    return [out];
  },
  cost: moved(MAC),
};

/** Axes from the end came with opset 11; the engine does not load them before. */
function refuseNegative(n: NodeView, axes: readonly number[]): void {
  if (n.opset < 11 && axes.some((axis) => axis < 0)) {
    n.fail("unsupportedAttribute", `axes [${axes.join(", ")}]: negative ones need opset 11`);
  }
}

const flatten: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const axis = n.int("axis", 1);
    refuseNegative(n, [axis]);
    const at = axis === a.dims.length ? axis : n.axis(axis, a.dims.length + (axis < 0 ? 0 : 1));
    const times = (dims: readonly number[]): number => dims.reduce((x, y) => x * y, 1);
    return [n.value(a.dtype, [times(a.dims.slice(0, at)), times(a.dims.slice(at))], known(a))];
  },
  cost: moved(MAC),
};

const squeeze: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const declared = axesOf(n, 1);
    refuseNegative(n, declared ?? []);
    const axes =
      declared === undefined
        ? a.dims.flatMap((dim, i) => (dim === 1 ? [i] : []))
        : // Repeated axes are allowed here by the engine.
          declared.map((axis) => n.axis(axis, a.dims.length));
    for (const axis of axes) {
      if (a.dims[axis] !== 1) n.fail("shapeMismatch", `axis ${axis} has size ${a.dims[axis]}, not 1`);
    }
    return [
      n.value(
        a.dtype,
        a.dims.filter((_, i) => !axes.includes(i)),
        known(a),
      ),
    ];
  },
  cost: moved(MAC),
};

const unsqueeze: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const declared = axesOf(n, 1) ?? n.fail("malformed", "axes are missing");
    refuseNegative(n, declared);
    if (declared.length > n.limits.maxRank) n.fail("limitExceeded", `${declared.length} axes`);
    const rank = a.dims.length + declared.length;
    const axes = n.axes(declared, rank);
    const dims: number[] = [];
    let from = 0;
    for (let i = 0; i < rank; i++) dims.push(axes.includes(i) ? 1 : a.dims[from++]!);
    return [n.value(a.dtype, dims, known(a))];
  },
  cost: moved(MAC),
};

const expand: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    n.rank(1, 1);
    const wanted = n.knownSizes(1, "the shape");
    if (wanted.some((dim) => dim < 0)) n.fail("shapeMismatch", `shape [${wanted.join(", ")}]`);
    const out = n.value(a.dtype, n.broadcast(a.dims, wanted));
    if (a.elements !== 1 || a.ints === undefined || out.elements > FOLD_ELEMENTS) return [out];
    return [{ ...out, ints: new Array<bigint>(out.elements).fill(a.ints[0]!) }];
  },
  cost: moved(MOVE),
};

const tile: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    const repeats = n.knownSizes(1, "repeats");
    if (repeats.length !== a.dims.length || repeats.some((r) => r < 0)) {
      n.fail("shapeMismatch", `repeats [${repeats.join(", ")}] for rank ${a.dims.length}`);
    }
    return [
      n.value(
        a.dtype,
        a.dims.map((dim, i) => dim * repeats[i]!),
        repeats.every((r) => r === 1) ? known(a) : {},
      ),
    ];
  },
  cost: moved(MOVE),
};

const range: Operator = {
  infer(n: NodeView) {
    const parts = [0, 1, 2].map((i) => {
      if (n.input(i).elements !== 1) n.fail("shapeMismatch", `input ${i} is no scalar`);
      return n.input(i);
    });
    const dtype = parts[0]!.dtype;
    if (DTYPES[dtype].kind === "float") {
      const [start, limit, delta] = parts.map((p, i) => {
        const value = p.floats?.[0];
        if (value === undefined)
          n.fail("dynamicShape", `input ${i} depends on data of the run: make it a constant`);
        return value;
      });
      if (delta === 0) n.fail("shapeMismatch", "delta is 0");
      const length = Math.max(
        0,
        Math.ceil((dtype === "float32" ? Math.fround(limit! - start!) : limit! - start!) / delta!),
      );
      return [n.value(dtype, [Number.isNaN(length) ? -1 : length])];
    }
    const [start, limit, delta] = [0, 1, 2].map((i) => n.knownInts(i, "a bound")[0]!) as [
      bigint,
      bigint,
      bigint,
    ];
    if (delta === 0n) n.fail("shapeMismatch", "delta is 0");
    const span = limit - start;
    const length =
      span !== 0n && span < 0n === delta < 0n ? (span + delta + (delta > 0n ? -1n : 1n)) / delta : 0n;
    if (length > BigInt(n.limits.maxTensorElements)) n.fail("limitExceeded", `${length} elements`);
    const out = n.value(dtype, [Number(length)]);
    if (out.elements > FOLD_ELEMENTS) return [out];
    return [{ ...out, ints: Array.from({ length: out.elements }, (_, i) => start + BigInt(i) * delta) }];
  },
  cost: moved(ELEMENT),
};

/** Inference only: the output is the input, and the mask is all true. */
const dropout: Operator = {
  infer(n: NodeView) {
    if (n.has(2)) {
      const training = n.knownInts(2, "training_mode")[0];
      if (training !== 0n)
        n.fail("unsupportedFeature", "training_mode is set: dropout is random; export for inference");
    }
    const a = n.input(0);
    const mask = (): Value => n.value(n.opset >= 10 ? "bool" : a.dtype, a.dims);
    return n.outputCount > 1 ? [n.value(a.dtype, a.dims), mask()] : [n.value(a.dtype, a.dims)];
  },
  cost: moved(MAC),
};

const eyeLike: Operator = {
  infer(n: NodeView) {
    const dims = n.rank(0, 2);
    const code = n.int("dtype", DTYPES[n.input(0).dtype].code);
    const dtype = n.signature.outputs[0]!.types.find((t) => DTYPES[t].code === code);
    if (dtype === undefined) n.fail("unsupportedType", `"dtype" ${code} is not taken`);
    return [n.value(dtype, dims)];
  },
  cost: moved(ELEMENT),
};

export const shapeOperators: OperatorFamily = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: size,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  Range: range,
  Dropout: dropout,
  EyeLike: eyeLike,
};
