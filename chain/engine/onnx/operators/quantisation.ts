/** Going between floats and 8- and 16-bit integers: per tensor, per axis, per block, and dynamic. */
import { DTYPES, type DType } from "../../dtype.ts";
import { count, ELEMENT, MOVE } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";

/** Scale and zero point must be one value, one a slice of the axis, or one a block of it. */
function checkScale(n: NodeView): void {
  const [x, scale] = [n.input(0).dims, n.input(1)];
  if (n.has(2) && n.input(2).elements !== scale.elements) {
    n.fail("shapeMismatch", "scale and zero point differ in shape");
  }
  const block = n.int("block_size", 0);
  if (block !== 0) {
    const axis = n.axis(n.int("axis", 1), x.length);
    const wanted = x.map((dim, i) => (i === axis ? Math.ceil(dim / block) : dim));
    if (block < 0 || scale.dims.join() !== wanted.join()) {
      n.fail(
        "shapeMismatch",
        `blocks of ${block} need a scale of [${wanted.join(", ")}], not [${scale.dims.join(", ")}]`,
      );
    }
    if (n.has(2) && n.input(2).dims.join() !== wanted.join())
      n.fail("shapeMismatch", "the zero point does not fit");
    return;
  }
  if (scale.elements === 1 && scale.dims.length <= 1) return;
  const axis = n.axis(n.int("axis", 1), x.length);
  if (scale.dims.join() !== String(x[axis])) {
    n.fail(
      "shapeMismatch",
      `scale is [${scale.dims.join(", ")}]: one value, or ${x[axis]} along axis ${axis}`,
    );
  }
}

function outputType(n: NodeView, fallback: DType): DType {
  const code = n.int("output_dtype", 0);
  const allowed = n.signature.outputs[0]!.types;
  const declared = code === 0 ? undefined : allowed.find((type) => DTYPES[type].code === code);
  if (code !== 0 && declared === undefined) n.fail("unsupportedType", `"output_dtype" ${code} is not taken`);
  if (
    declared !== undefined &&
    n.has(2) &&
    n.node.opType === "QuantizeLinear" &&
    declared !== n.input(2).dtype
  ) {
    n.fail("malformed", `"output_dtype" ${declared} differs from the zero point's type`);
  }
  return declared ?? fallback;
}

const quantize: Operator = {
  infer(n: NodeView) {
    checkScale(n);
    if (n.int("precision", 0) > 1) n.fail("unsupportedAttribute", `"precision" other than float32`);
    return [n.value(outputType(n, n.has(2) ? n.input(2).dtype : "uint8"), n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * 2n * MOVE,
};

const dequantize: Operator = {
  infer(n: NodeView) {
    checkScale(n);
    return [n.value(outputType(n, n.input(1).dtype), n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * MOVE,
};

const dynamicQuantize: Operator = {
  infer(n: NodeView) {
    const x = n.input(0);
    return [n.value("uint8", x.dims), n.value("float32", []), n.value("uint8", [])];
  },
  cost: (_, [out]) => count(out!) * (2n * MOVE + 2n * ELEMENT),
};

export const quantisation: OperatorFamily = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
};
