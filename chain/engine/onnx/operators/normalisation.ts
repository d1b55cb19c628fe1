/** Normalisations: their statistics are over the data of the run, or given (BatchNormalization). */
import { count, ELEMENT, LIBRARY_FUNCTION, MOVE } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";

/** Inputs `from` to `to` must be vectors of `size`. */
function vectors(n: NodeView, from: number, to: number, size: number): void {
  for (let i = from; i <= to; i++) {
    if (n.has(i) && n.input(i).dims.join() !== String(size)) {
      n.fail("shapeMismatch", `input ${i} is [${n.input(i).dims.join(", ")}]; a vector of ${size} is needed`);
    }
  }
}

const batchNormalization: Operator = {
  infer(n: NodeView) {
    if (n.int("training_mode", 0) !== 0)
      n.fail("unsupportedFeature", "training_mode is set: export for inference");
    if (n.int("spatial", 1) !== 1) n.fail("unsupportedAttribute", `"spatial" = 0 is not taken`);
    if (n.outputCount > 1)
      n.fail("unsupportedFeature", "outputs of training are asked for: export for inference");
    const x = n.rank(0, 2, n.limits.maxRank);
    vectors(n, 1, 4, x[1]!);
    return [n.value(n.input(0).dtype, x)];
  },
  cost: (_, [out]) => count(out!) * 2n * ELEMENT,
};

const instanceNormalization: Operator = {
  infer(n: NodeView) {
    const x = n.rank(0, 3, n.limits.maxRank);
    vectors(n, 1, 2, x[1]!);
    return [n.value(n.input(0).dtype, x)];
  },
  cost: (_, [out]) => count(out!) * 4n * ELEMENT,
};

const groupNormalization: Operator = {
  infer(n: NodeView) {
    const x = n.rank(0, 3, n.limits.maxRank);
    const groups = n.requiredInt("num_groups");
    if (groups < 1 || x[1]! % groups !== 0) n.fail("shapeMismatch", `${x[1]} channels in ${groups} groups`);
    if (n.int("stash_type", 1) !== 1) n.fail("unsupportedAttribute", `"stash_type" other than float32`);
    vectors(n, 1, 2, x[1]!);
    return [n.value(n.input(0).dtype, x)];
  },
  cost: (_, [out]) => count(out!) * 12n * ELEMENT,
};

/** Scale and bias must broadcast to the normalised axes. */
function layer(rms: boolean): Operator {
  return {
    infer(n: NodeView) {
      const x = n.rank(0, 1, n.limits.maxRank);
      const axis = n.axis(n.int("axis", -1), x.length);
      if (n.int("stash_type", 1) !== 1) n.fail("unsupportedAttribute", `"stash_type" other than float32`);
      const inner = x.slice(axis);
      for (const i of [1, 2]) {
        if (!n.has(i) || n.input(i).dims.join() === inner.join()) continue;
        n.fail(
          "shapeMismatch",
          `input ${i} is [${n.input(i).dims.join(", ")}]; [${inner.join(", ")}] is needed`,
        );
      }
      const out = n.value(rms ? n.input(1).dtype : n.input(0).dtype, x);
      const statistics = x.map((dim, i) => (i < axis ? dim : 1));
      return [out, ...Array.from({ length: n.outputCount - 1 }, () => n.value("float32", statistics))];
    },
    cost: (_, [out]) => count(out!) * 8n * ELEMENT,
  };
}

const lrn: Operator = {
  infer(n: NodeView) {
    const x = n.rank(0, 4);
    const size = n.requiredInt("size");
    if (!(n.float("alpha", 1) > 0 && n.float("beta", 1) > 0))
      n.fail("unsupportedAttribute", "alpha and beta must be over 0");
    if (size < 1 || size % 2 === 0)
      n.fail("unsupportedAttribute", `"size" is ${size}: an odd positive number is taken`);
    return [n.value(n.input(0).dtype, x)];
  },
  cost: (n, [out]) => count(out!) * (LIBRARY_FUNCTION + BigInt(n.requiredInt("size")) * ELEMENT),
  workspace: (n) => 8n * count(n.input(0)),
};

const lpNormalization: Operator = {
  infer(n: NodeView) {
    const p = n.int("p", 2);
    if (p !== 1 && p !== 2) n.fail("unsupportedAttribute", `"p" is ${p}; 1 and 2 are taken`);
    const x = n.input(0);
    n.axis(n.int("axis", -1), x.dims.length);
    return [n.value(x.dtype, x.dims)];
  },
  cost: (_, [out]) => count(out!) * 2n * MOVE,
};

const meanVariance: Operator = {
  infer(n: NodeView) {
    const x = n.rank(0, 4);
    n.axes(n.ints("axes") ?? [0, 2, 3], 4);
    return [n.value(n.input(0).dtype, x)];
  },
  cost: (_, [out]) => count(out!) * LIBRARY_FUNCTION,
  workspace: (n) => 16n * count(n.input(0)),
};

export const normalisations: OperatorFamily = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layer(false),
  RMSNormalization: layer(true),
  LRN: lrn,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
};
