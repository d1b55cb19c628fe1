/** Elementwise arithmetic, comparison and logic with numpy's broadcasting, and casts. Source: ONNX operators, ai.onnx 7–26. */
import { DTYPES, type DType, dtypeFromCode, dtypeName } from "../../dtype.ts";
import { count, ELEMENT, LIBRARY_FUNCTION, MAC, STRING, TRANSCENDENTAL } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import { FOLD_ELEMENTS, type Value, wrapInt } from "../value.ts";

type IntFunction = (a: bigint, b: bigint) => bigint;
type FloatFunction = (a: number, b: number) => number;

/** For each element of `dims`, the flat index into a tensor of shape `from` broadcast to it. `dims` is small. */
function broadcastIndexes(from: readonly number[], dims: readonly number[], elements: number): number[] {
  const out: number[] = [];
  for (let flat = 0; flat < elements; flat++) {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let i = dims.length - 1; i >= 0; i--) {
      const at = rest % dims[i]!;
      rest = Math.floor(rest / dims[i]!);
      const size = from[i - dims.length + from.length];
      if (size === undefined) continue;
      if (size !== 1) index += at * stride;
      stride *= size;
    }
    out.push(index);
  }
  return out;
}

/** Applies integer or float arithmetic to known contents. Float results are rounded to float32 where the type is. */
function fold(
  a: Value,
  b: Value,
  out: Value,
  ints: IntFunction | undefined,
  floats: FloatFunction | undefined,
): Pick<Value, "ints" | "floats"> {
  if (out.elements > FOLD_ELEMENTS) return {};
  if (ints !== undefined && a.ints !== undefined && b.ints !== undefined) {
    const ia = broadcastIndexes(a.dims, out.dims, out.elements);
    const ib = broadcastIndexes(b.dims, out.dims, out.elements);
    return { ints: ia.map((at, i) => wrapInt(out.dtype, ints(a.ints![at]!, b.ints![ib[i]!]!))) };
  }
  if (floats !== undefined && a.floats !== undefined && b.floats !== undefined && out.dtype === "float32") {
    const ia = broadcastIndexes(a.dims, out.dims, out.elements);
    const ib = broadcastIndexes(b.dims, out.dims, out.elements);
    return { floats: ia.map((at, i) => Math.fround(floats(a.floats![at]!, b.floats![ib[i]!]!))) };
  }
  return {};
}

function binary(weight: bigint, ints?: IntFunction, floats?: FloatFunction, result?: DType): Operator {
  return {
    infer(n: NodeView) {
      const [a, b] = [n.input(0), n.input(1)];
      const out = n.value(result ?? a.dtype, n.broadcast(a.dims, b.dims));
      return [{ ...out, ...fold(a, b, out, ints, floats) }];
    },
    cost: (_, [out]) => count(out!) * weight,
  };
}

/** Division by a constant zero would fail every run. */
function refuseZeroDivisor(operator: Operator): Operator {
  return {
    ...operator,
    infer(n: NodeView) {
      const divisor = n.input(1);
      if (divisor.ints?.includes(0n) === true && divisor.elements > 0) {
        n.fail("unsupportedAttribute", `the divisor ("${n.node.inputs[1]}") is a constant with a zero in it`);
      }
      return operator.infer(n);
    },
  };
}

const div: Operator = refuseZeroDivisor(
  binary(
    2n * ELEMENT,
    (a, b) => a / b,
    (a, b) => a / b,
  ),
);

/** fmod = 0 is the sign of the divisor, 1 that of the dividend; floats need fmod = 1. */
const mod: Operator = refuseZeroDivisor({
  infer(n: NodeView) {
    const fmod = n.int("fmod", 0);
    if (fmod !== 0 && fmod !== 1) n.fail("unsupportedAttribute", `"fmod" is ${fmod}; taken are 0 and 1`);
    if (fmod === 0 && DTYPES[n.input(0).dtype].kind === "float") {
      n.fail("unsupportedAttribute", `floats need "fmod" = 1`);
    }
    const remainder = (a: bigint, b: bigint): bigint => {
      const r = a % b;
      return fmod === 0 && r !== 0n && r < 0n !== b < 0n ? r + b : r;
    };
    return binary(0n, remainder).infer(n);
  },
  cost: (_, [out]) => count(out!) * LIBRARY_FUNCTION,
});

function unary(
  weight: bigint,
  ints?: (a: bigint) => bigint,
  floats?: (a: number) => number,
  result?: DType,
): Operator {
  return {
    infer(n: NodeView) {
      const a = n.input(0);
      const out = n.value(result ?? a.dtype, a.dims);
      if (ints !== undefined && a.ints !== undefined) {
        return [{ ...out, ints: a.ints.map((v) => wrapInt(out.dtype, ints(v))) }];
      }
      if (floats !== undefined && a.floats !== undefined && a.dtype === "float32") {
        return [{ ...out, floats: a.floats.map((v) => Math.fround(floats(v))) }];
      }
      return [out];
    },
    cost: (_, [out]) => count(out!) * weight,
  };
}

/** Max, Min, Sum and Mean of any number of tensors. */
function variadic(ints?: IntFunction): Operator {
  return {
    infer(n: NodeView) {
      const values = n.inputs.map((_, i) => n.input(i));
      const first = values[0] ?? n.fail("malformed", "no inputs");
      let out = n.value(first.dtype, n.broadcast(...values.map((v) => v.dims)));
      if (ints !== undefined && values.length <= 8) {
        let folded: Value | undefined = first;
        for (const next of values.slice(1)) {
          const step: Value = n.value(first.dtype, n.broadcast(folded.dims, next.dims));
          folded = { ...step, ...fold(folded, next, step, ints, undefined) };
        }
        if (folded.ints !== undefined) out = { ...out, ints: folded.ints };
      }
      return [out];
    },
    cost: (n, [out]) => count(out!) * ELEMENT * BigInt(Math.max(1, n.inputs.length - 1)),
  };
}

const where: Operator = {
  infer(n: NodeView) {
    const [condition, x, y] = [n.input(0), n.input(1), n.input(2)];
    const out = n.value(x.dtype, n.broadcast(condition.dims, x.dims, y.dims));
    if (
      out.elements > FOLD_ELEMENTS ||
      condition.ints === undefined ||
      x.ints === undefined ||
      y.ints === undefined
    ) {
      return [out];
    }
    const [ic, ix, iy] = [condition, x, y].map((v) => broadcastIndexes(v.dims, out.dims, out.elements));
    const ints = ic!.map((at, i) => (condition.ints![at] !== 0n ? x.ints![ix![i]!]! : y.ints![iy![i]!]!));
    return [{ ...out, ints }];
  },
  cost: (_, [out]) => count(out!) * (out!.dtype === "string" ? STRING : 3n * ELEMENT),
};

function castTo(n: NodeView, to: DType): readonly Value[] {
  const a = n.input(0);
  const out = n.value(to, a.dims);
  const target = DTYPES[to].kind;
  if (a.ints !== undefined) {
    if (target === "signed" || target === "unsigned" || target === "bool") {
      return [{ ...out, ints: a.ints.map((v) => wrapInt(to, v)) }];
    }
    if (to === "float32") return [{ ...out, floats: a.ints.map((v) => Math.fround(Number(v))) }];
  }
  if (a.floats !== undefined) {
    if (to === "float32") return [{ ...out, floats: a.floats.map((v) => Math.fround(v)) }];
    // Only where every engine agrees: finite and within a range that all integer types of shapes hold.
    if ((to === "int64" || to === "int32") && a.floats.every((v) => Math.abs(v) < 2 ** 31)) {
      return [{ ...out, ints: a.floats.map((v) => BigInt(Math.trunc(v))) }];
    }
  }
  return [out];
}

function castCost(n: NodeView, out: Value): bigint {
  const strings = out.dtype === "string" || n.input(0).dtype === "string";
  return count(out) * (strings ? 4n * STRING : 2n * ELEMENT);
}

const cast: Operator = {
  infer(n: NodeView) {
    const code = n.requiredInt("to");
    const to = dtypeFromCode(code) ?? n.fail("unsupportedType", `cast to ${dtypeName(code)} is not taken`);
    const types = n.signature.outputs[0]!.types;
    if (!types.includes(to)) n.fail("unsupportedType", `cast to ${to} is not taken at this opset`);
    return castTo(n, to);
  },
  cost: (n, [out]) => castCost(n, out!),
};

const castLike: Operator = {
  infer: (n) => castTo(n, n.input(1).dtype),
  cost: (n, [out]) => castCost(n, out!),
};

/** Bounds are attributes before opset 11 and inputs after; they must be scalars. */
const clip: Operator = {
  infer(n: NodeView) {
    for (const index of [1, 2]) {
      if (n.has(index) && n.input(index).elements !== 1)
        n.fail("shapeMismatch", `bound ${index} is no scalar`);
    }
    return [n.value(n.input(0).dtype, n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * ELEMENT,
};

const bitShift: Operator = {
  infer(n: NodeView) {
    n.choice("direction", ["LEFT", "RIGHT"], "");
    return binary(0n).infer(n);
  },
  cost: (_, [out]) => count(out!) * ELEMENT,
};

/** The slope broadcasts to the input, never the other way. */
const prelu: Operator = {
  infer(n: NodeView) {
    const dims = n.broadcast(n.input(0).dims, n.input(1).dims);
    if (dims.join() !== n.input(0).dims.join())
      n.fail("shapeMismatch", "the slope does not broadcast to the input");
    return [n.value(n.input(0).dtype, dims)];
  },
  cost: (_, [out]) => count(out!) * 2n * ELEMENT,
};

const identity: Operator = {
  infer(n: NodeView) {
    const a = n.input(0);
    return [n.value(a.dtype, a.dims, known(a))];
  },
  cost: (_, [out]) => count(out!) * (out!.dtype === "string" ? STRING : MAC),
};

/** What is known of a value's contents. */
export function known(value: Value): Pick<Value, "ints" | "floats"> {
  if (value.ints !== undefined) return { ints: value.ints };
  return value.floats === undefined ? {} : { floats: value.floats };
}

const bool = (value: boolean): bigint => (value ? 1n : 0n);
const comparison = (test: (a: bigint, b: bigint) => boolean): Operator =>
  binary(2n * ELEMENT, (a, b) => bool(test(a, b)), undefined, "bool");

const unaryWeights: Readonly<Record<string, bigint>> = {
  Relu: ELEMENT,
  LeakyRelu: ELEMENT,
  ThresholdedRelu: ELEMENT,
  HardSigmoid: ELEMENT,
  HardSwish: 3n * ELEMENT,
  Shrink: 2n * ELEMENT,
  Reciprocal: 2n * ELEMENT,
  Softsign: 2n * ELEMENT,
  Sign: 2n * ELEMENT,
  IsNaN: ELEMENT,
  IsInf: 2n * ELEMENT,
  Round: TRANSCENDENTAL,
  Exp: TRANSCENDENTAL,
  Log: TRANSCENDENTAL,
  Erf: TRANSCENDENTAL,
  Tanh: TRANSCENDENTAL,
  Sigmoid: TRANSCENDENTAL,
  Softplus: 3n * LIBRARY_FUNCTION,
  Elu: LIBRARY_FUNCTION,
  Selu: LIBRARY_FUNCTION,
  Celu: LIBRARY_FUNCTION,
  Mish: 3n * LIBRARY_FUNCTION + TRANSCENDENTAL,
  Sin: LIBRARY_FUNCTION,
  Cos: LIBRARY_FUNCTION,
  Tan: LIBRARY_FUNCTION,
  Asin: LIBRARY_FUNCTION,
  Acos: LIBRARY_FUNCTION,
  Atan: LIBRARY_FUNCTION,
  Sinh: LIBRARY_FUNCTION,
  Cosh: LIBRARY_FUNCTION,
  Asinh: LIBRARY_FUNCTION,
  Acosh: LIBRARY_FUNCTION,
  Atanh: LIBRARY_FUNCTION,
};

const plainUnary: Record<string, Operator> = {};
for (const [name, weight] of Object.entries(unaryWeights)) {
  plainUnary[name] = unary(weight, undefined, undefined, name.startsWith("Is") ? "bool" : undefined);
}

const gelu: Operator = {
  infer(n: NodeView) {
    n.choice("approximate", ["none", "tanh"], "none");
    return [n.value(n.input(0).dtype, n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * (TRANSCENDENTAL + 4n * ELEMENT),
};

export const elementwise: OperatorFamily = {
  ...plainUnary,
  Gelu: gelu,
  Add: binary(
    ELEMENT,
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  Sub: binary(
    ELEMENT,
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  Mul: binary(
    ELEMENT,
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  Div: div,
  Mod: mod,
  Pow: binary(LIBRARY_FUNCTION),
  PRelu: prelu,
  Max: variadic((a, b) => (a > b ? a : b)),
  Min: variadic((a, b) => (a < b ? a : b)),
  Sum: variadic(),
  Mean: variadic(),
  Equal: {
    ...comparison((a, b) => a === b),
    cost: (n, [out]) => count(out!) * (n.input(0).dtype === "string" ? STRING : 2n * ELEMENT),
  },
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  And: binary(2n * ELEMENT, (a, b) => a & b),
  Or: binary(2n * ELEMENT, (a, b) => a | b),
  Xor: binary(2n * ELEMENT, (a, b) => a ^ b),
  BitwiseAnd: binary(2n * ELEMENT, (a, b) => a & b),
  BitwiseOr: binary(2n * ELEMENT, (a, b) => a | b),
  BitwiseXor: binary(2n * ELEMENT, (a, b) => a ^ b),
  BitwiseNot: unary(ELEMENT, (a) => ~a),
  BitShift: bitShift,
  Not: unary(ELEMENT, (a) => (a === 0n ? 1n : 0n)),
  Abs: unary(ELEMENT, (a) => (a < 0n ? -a : a)),
  Neg: unary(
    ELEMENT,
    (a) => -a,
    (a) => -a,
  ),
  Ceil: unary(ELEMENT, undefined, Math.ceil),
  Floor: unary(ELEMENT, undefined, Math.floor),
  Sqrt: unary(2n * ELEMENT),
  Where: where,
  Cast: cast,
  CastLike: castLike,
  Clip: clip,
  Identity: identity,
};
