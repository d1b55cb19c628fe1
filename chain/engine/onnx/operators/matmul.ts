/** Matrix products, float and integer, and einsum with a parsed, bounded equation. */
import type { DType } from "../../dtype.ts";
import { count, ELEMENT, MAC, MOVE, product, SLOW_MAC } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import type { Value } from "../value.ts";

/** Shape of numpy's matmul. */
function matmulDims(n: NodeView, a: Value, b: Value): readonly number[] {
  if (a.dims.length === 0 || b.dims.length === 0) n.fail("shapeMismatch", "scalars have no matrix product");
  const left = a.dims.length === 1 ? [1, a.dims[0]!] : a.dims;
  const right = b.dims.length === 1 ? [b.dims[0]!, 1] : b.dims;
  const [k, rows, columns] = [left.at(-1)!, left.at(-2)!, right.at(-1)!];
  if (right.at(-2) !== k) {
    n.fail("shapeMismatch", `[${a.dims.join(", ")}] times [${b.dims.join(", ")}]: inner sizes differ`);
  }
  const dims = [...n.broadcast(left.slice(0, -2), right.slice(0, -2))];
  if (a.dims.length > 1) dims.push(rows);
  if (b.dims.length > 1) dims.push(columns);
  return dims;
}

const weightOf = (dtype: DType): bigint => (dtype === "float32" ? MAC : SLOW_MAC);

/** Multiply–accumulates, and reading the right side once: a product with few rows is bound by memory. */
const matmulCost = (a: Value, b: Value, out: Value, weight: bigint): bigint =>
  count(out) * BigInt(a.dims.at(-1)!) * weight + (count(a) + count(b)) * MAC;

const matmul: Operator = {
  infer: (n) => [n.value(n.input(0).dtype, matmulDims(n, n.input(0), n.input(1)))],
  cost: (n, [out]) => matmulCost(n.input(0), n.input(1), out!, weightOf(n.input(0).dtype)),
};

function gemmInner(n: NodeView): number {
  return n.input(0).dims[n.int("transA", 0) === 0 ? 1 : 0]!;
}

const gemm: Operator = {
  infer(n: NodeView) {
    n.rank(0, 2);
    const b = n.rank(1, 2);
    const a = n.input(0).dims;
    const rows = a[n.int("transA", 0) === 0 ? 0 : 1]!;
    const [inner, columns] = n.int("transB", 0) === 0 ? [b[0]!, b[1]!] : [b[1]!, b[0]!];
    if (inner !== gemmInner(n))
      n.fail("shapeMismatch", `[${a.join(", ")}] by [${b.join(", ")}]: inner sizes differ`);
    const dims = [rows, columns];
    if (n.has(2) && n.broadcast(n.input(2).dims, dims).join() !== dims.join()) {
      n.fail(
        "shapeMismatch",
        `C of shape [${n.input(2).dims.join(", ")}] does not broadcast to [${dims.join(", ")}]`,
      );
    }
    return [n.value(n.input(0).dtype, dims)];
  },
  cost: (n, [out]) =>
    count(out!) * BigInt(gemmInner(n)) * weightOf(n.input(0).dtype) +
    (count(n.input(0)) + count(n.input(1)) + count(out!)) * ELEMENT,
};

/** A scale or zero point that is one value or one a row or column. */
export function checkQuantParameter(
  n: NodeView,
  index: number,
  sizes: readonly number[],
  what: string,
): void {
  if (!n.has(index)) return;
  const value = n.input(index);
  const vector = value.dims.length === 1 && sizes.includes(value.dims[0]!);
  if (value.elements !== 1 && !vector) {
    n.fail(
      "shapeMismatch",
      `${what} of shape [${value.dims.join(", ")}]: a scalar or one of [${sizes.join(", ")}] fits`,
    );
  }
}

const matmulInteger: Operator = {
  infer(n: NodeView) {
    const [a, b] = [n.input(0), n.input(1)];
    checkQuantParameter(n, 2, [1], "a_zero_point");
    checkQuantParameter(n, 3, [b.dims.at(-1) ?? 1], "b_zero_point");
    return [n.value("int32", matmulDims(n, a, b))];
  },
  cost: (n, [out]) => matmulCost(n.input(0), n.input(1), out!, MAC),
};

const qlinearMatmul: Operator = {
  infer(n: NodeView) {
    const [a, b] = [n.input(0), n.input(3)];
    for (const [index, what] of [
      [1, "a_scale"],
      [2, "a_zero_point"],
      [6, "y_scale"],
      [7, "y_zero_point"],
    ] as const) {
      checkQuantParameter(n, index, [1], what);
    }
    checkQuantParameter(n, 4, [b.dims.at(-1) ?? 1], "b_scale");
    checkQuantParameter(n, 5, [b.dims.at(-1) ?? 1], "b_zero_point");
    return [n.value(n.input(7).dtype, matmulDims(n, a, b))];
  },
  cost: (n, [out]) => matmulCost(n.input(0), n.input(3), out!, MAC) + count(out!) * MOVE,
};

interface Equation {
  readonly output: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
}

/** An equation of at most this many letters; the exporters' attention uses five. */
const MAX_EINSUM_LETTERS = 10;

/** Parses "ij,jk->ik" against the input shapes. Ellipses and repeated letters in a term are refused. */
function parseEquation(n: NodeView): Equation {
  const text = n.text("equation", "").replaceAll(" ", "");
  const match = /^([A-Za-z]*(?:,[A-Za-z]*)*)(?:->([A-Za-z]*))?$/.exec(text);
  if (match === null) n.fail("unsupportedAttribute", `equation "${text}": terms of plain letters are taken`);
  const terms = match[1]!.split(",");
  if (terms.length !== n.inputs.length || terms.length > 2) {
    n.fail("unsupportedAttribute", `equation "${text}": one or two terms, one an input, are taken`);
  }
  const sizes = new Map<string, number>();
  const seen = new Map<string, number>();
  for (const [i, term] of terms.entries()) {
    const dims = n.rank(i, term.length);
    for (const [d, letter] of [...term].entries()) {
      if (term.indexOf(letter) !== d) {
        n.fail(
          "unsupportedAttribute",
          `equation "${text}" repeats "${letter}" in a term: diagonals are not taken`,
        );
      }
      const known = sizes.get(letter);
      if (known !== undefined && known !== dims[d]) {
        n.fail("shapeMismatch", `equation "${text}": "${letter}" is ${known} and ${dims[d]}`);
      }
      sizes.set(letter, dims[d]!);
      seen.set(letter, (seen.get(letter) ?? 0) + 1);
    }
  }
  if (sizes.size > MAX_EINSUM_LETTERS) n.fail("limitExceeded", `equation "${text}" has too many letters`);
  const implicit = [...seen].flatMap(([letter, times]) => (times === 1 ? [letter] : [])).sort();
  const output = match[2] === undefined ? implicit : [...match[2]];
  if (new Set(output).size !== output.length || output.some((letter) => !sizes.has(letter))) {
    n.fail("unsupportedAttribute", `equation "${text}": the output repeats a letter or has a new one`);
  }
  return { output, sizes };
}

const einsum: Operator = {
  infer(n: NodeView) {
    const { output, sizes } = parseEquation(n);
    return [
      n.value(
        n.input(0).dtype,
        output.map((letter) => sizes.get(letter)!),
      ),
    ];
  },
  cost: (n, [out]) => {
    const { sizes } = parseEquation(n);
    let units = product([...sizes.values()]) * 2n * MAC + count(out!) * MOVE;
    for (const input of n.inputs) units += count(input!) * 2n * MOVE;
    return units;
  },
  // Inputs are transposed and reshaped, possibly several times, before they are multiplied.
  workspace: (n, [out]) => 8n * 4n * (n.inputs.reduce((sum, v) => sum + count(v!), 0n) + count(out!)),
};

export const matrixProducts: OperatorFamily = {
  MatMul: matmul,
  Gemm: gemm,
  MatMulInteger: matmulInteger,
  QLinearMatMul: qlinearMatmul,
  Einsum: einsum,
};
