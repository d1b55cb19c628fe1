/** Linear models, support vector machines, and preprocessing of ai.onnx.ml. Sizes are checked, as the engine does not. */
import { DTYPES } from "../../dtype.ts";
import { count, ELEMENT, MOVE, SLOW_MAC, STRING, TRANSCENDENTAL } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import { readLabels } from "./labels.ts";

const POST_TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];
const KERNELS = ["LINEAR", "POLY", "RBF", "SIGMOID"];

function matrix(n: NodeView, index = 0): [rows: number, columns: number] {
  return n.rank(index, 2) as [number, number];
}

function exactly(n: NodeView, name: string, got: number, wanted: number): void {
  if (got !== wanted) n.fail("malformed", `"${name}" has ${got} values, not ${wanted}`);
}

const linearClassifier: Operator = {
  infer(n: NodeView) {
    const [rows, features] = matrix(n);
    const labels = readLabels(n, "classlabels_ints", "classlabels_strings");
    const intercepts = n.floats("intercepts")?.length ?? 0;
    const coefficients = n.floats("coefficients")?.length ?? 0;
    n.choice("post_transform", POST_TRANSFORMS, "NONE");
    // One row of coefficients decides between two labels; otherwise each label has its own.
    const own = intercepts === 1 && labels.count === 2 ? 1 : labels.count;
    exactly(n, "intercepts", intercepts, own);
    exactly(n, "coefficients", coefficients, own * features);
    return [n.value(labels.dtype, [rows]), n.value("float32", [rows, labels.count])];
  },
  cost: (n, [, scores]) => count(scores!) * (BigInt(n.input(0).dims[1]!) * SLOW_MAC + TRANSCENDENTAL),
};

const linearRegressor: Operator = {
  infer(n: NodeView) {
    const [rows, features] = matrix(n);
    const targets = n.int("targets", 1);
    if (targets < 1) n.fail("malformed", `"targets" is ${targets}`);
    n.choice("post_transform", POST_TRANSFORMS, "NONE");
    exactly(n, "coefficients", n.floats("coefficients")?.length ?? 0, targets * features);
    const intercepts = n.floats("intercepts")?.length ?? 0;
    if (intercepts !== 0) exactly(n, "intercepts", intercepts, targets);
    return [n.value("float32", [rows, targets])];
  },
  cost: (n, [out]) => count(out!) * (BigInt(n.input(0).dims[1]!) * SLOW_MAC + TRANSCENDENTAL),
};

function checkKernel(n: NodeView): void {
  n.choice("kernel_type", KERNELS, "LINEAR");
  const parameters = n.floats("kernel_params")?.length ?? 0;
  if (parameters !== 0) exactly(n, "kernel_params", parameters, 3);
  n.choice("post_transform", POST_TRANSFORMS, "NONE");
}

const svmClassifier: Operator = {
  infer(n: NodeView) {
    const [rows, features] = matrix(n);
    checkKernel(n);
    const labels = readLabels(n, "classlabels_ints", "classlabels_strings");
    const perClass = n.ints("vectors_per_class") ?? [];
    const coefficients = n.floats("coefficients")?.length ?? 0;
    const vectors = n.floats("support_vectors")?.length ?? 0;
    const rho = n.floats("rho")?.length ?? 0;
    const probA = n.floats("prob_a")?.length ?? 0;
    exactly(n, "prob_b", n.floats("prob_b")?.length ?? 0, probA);
    const pairs = (labels.count * (labels.count - 1)) / 2;
    if (perClass.length === 0) {
      n.fail(
        "unsupportedAttribute",
        "a linear classifier without support vectors: export it as LinearClassifier",
      );
    }
    exactly(n, "vectors_per_class", perClass.length, labels.count);
    if (perClass.some((v) => v < 1)) n.fail("malformed", "a class without support vectors");
    const supports = perClass.reduce((x, y) => x + y, 0);
    exactly(n, "support_vectors", vectors, supports * features);
    exactly(n, "coefficients", coefficients, supports * (labels.count - 1));
    exactly(n, "rho", rho, pairs);
    if (probA !== 0) exactly(n, "prob_a", probA, pairs);
    const columns = probA > 0 || labels.count === 2 ? labels.count : pairs;
    return [n.value(labels.dtype, [rows]), n.value("float32", [rows, columns])];
  },
  cost: (n, [label, scores]) => {
    const supports = BigInt((n.ints("vectors_per_class") ?? []).reduce((x, y) => x + y, 0));
    const features = BigInt(n.input(0).dims[1]!);
    const rows = count(label!);
    const classes = BigInt(n.ints("vectors_per_class")?.length ?? 0);
    // Probabilities are coupled pairwise by an iteration of at most 100 rounds over classes squared.
    const coupling = (n.floats("prob_a")?.length ?? 0) > 0 ? 100n * classes * classes * MOVE : 0n;
    const perRow =
      supports * (features * SLOW_MAC + TRANSCENDENTAL) + supports * classes * SLOW_MAC + coupling;
    return rows * perRow + count(scores!) * TRANSCENDENTAL;
  },
};

const svmRegressor: Operator = {
  infer(n: NodeView) {
    const [rows, features] = matrix(n);
    checkKernel(n);
    const supports = n.int("n_supports", 0);
    const one = n.int("one_class", 0);
    if (supports < 0 || one < 0 || one > 1)
      n.fail("malformed", `"n_supports" ${supports} or "one_class" ${one}`);
    const coefficients = n.floats("coefficients")?.length ?? 0;
    exactly(n, "coefficients", coefficients, supports > 0 ? supports : features);
    exactly(n, "support_vectors", n.floats("support_vectors")?.length ?? 0, supports * features);
    exactly(n, "rho", n.floats("rho")?.length ?? 0, 1);
    return [n.value("float32", [rows, 1])];
  },
  cost: (n, [out]) => {
    const supports = BigInt(Math.max(1, n.int("n_supports", 0)));
    return count(out!) * supports * (BigInt(n.input(0).dims[1]!) * SLOW_MAC + TRANSCENDENTAL);
  },
};

/** Columns of a matrix, or of a single row. */
function features(n: NodeView): number {
  return n.rank(0, 1, 2).at(-1)!;
}

const scaler: Operator = {
  infer(n: NodeView) {
    const width = features(n);
    const [scale, offset] = [n.floats("scale")?.length ?? 0, n.floats("offset")?.length ?? 0];
    exactly(n, "offset", offset, scale);
    if (scale !== 1) exactly(n, "scale", scale, width);
    return [n.value("float32", n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * 6n * MOVE,
};

const normalizer: Operator = {
  infer(n: NodeView) {
    features(n);
    n.choice("norm", ["MAX", "L1", "L2"], "MAX");
    return [n.value("float32", n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * 2n * MOVE,
};

const imputer: Operator = {
  infer(n: NodeView) {
    const width = features(n);
    const floats = DTYPES[n.input(0).dtype].kind === "float";
    const name = floats ? "imputed_value_floats" : "imputed_value_int64s";
    const other = floats ? "imputed_value_int64s" : "imputed_value_floats";
    const given = (floats ? n.floats(name) : n.ints(name))?.length ?? 0;
    if (n.hasAttribute(other)) n.fail("malformed", `"${other}" does not fit ${n.input(0).dtype}`);
    if (given !== 1) exactly(n, name, given, width);
    return [n.value(n.input(0).dtype, n.input(0).dims)];
  },
  cost: (_, [out]) => count(out!) * MOVE,
};

const binarizer: Operator = {
  infer: (n) => [n.value(n.input(0).dtype, n.input(0).dims)],
  cost: (_, [out]) => count(out!) * ELEMENT,
};

const arrayFeatureExtractor: Operator = {
  infer(n: NodeView) {
    const x = n.rank(0, 1, n.limits.maxRank);
    const at = n.input(1);
    if (at.elements === 0) n.fail("shapeMismatch", "no indexes are given");
    const size = x.at(-1)!;
    if (at.ints?.some((i) => i < 0n || i >= BigInt(size)) === true)
      n.fail("shapeMismatch", `an index is outside ${size}`);
    const dims = x.length === 1 ? [1, at.elements] : [...x.slice(0, -1), at.elements];
    return [n.value(n.input(0).dtype, dims)];
  },
  cost: (_, [out]) => count(out!) * (out!.dtype === "string" ? STRING : MOVE),
};

const featureVectorizer: Operator = {
  infer(n: NodeView) {
    const sizes = n.ints("inputdimensions") ?? n.fail("malformed", `"inputdimensions" is missing`);
    exactly(n, "inputdimensions", sizes.length, n.inputs.length);
    const [rows] = matrix(n);
    for (const [i, size] of sizes.entries()) {
      const [others, columns] = matrix(n, i);
      if (others !== rows || columns !== size) {
        n.fail("shapeMismatch", `input ${i} is [${others}, ${columns}]; [${rows}, ${size}] is declared`);
      }
    }
    return [n.value("float32", [rows, sizes.reduce((x, y) => x + y, 0)])];
  },
  cost: (_, [out]) => count(out!) * MOVE,
};

const oneHotEncoder: Operator = {
  infer(n: NodeView) {
    const strings = n.strings("cats_strings")?.length ?? 0;
    const ints = n.ints("cats_int64s")?.length ?? 0;
    if (strings > 0 === ints > 0) n.fail("malformed", `one of "cats_int64s" and "cats_strings" is needed`);
    if (strings > 0 !== (n.input(0).dtype === "string"))
      n.fail("malformed", "categories and input differ in type");
    if (n.input(0).dims.length === 0) n.fail("shapeMismatch", "a scalar has no categories");
    return [n.value("float32", [...n.input(0).dims, strings + ints])];
  },
  cost: (n, [out]) =>
    count(out!) * ELEMENT + count(n.input(0)) * (n.input(0).dtype === "string" ? STRING : 2n * MOVE),
};

const LABEL_LISTS = ["floats", "int64s", "strings", "tensor"] as const;

/** Number of entries of the keys or values of a LabelEncoder, and their type. */
function labelList(
  n: NodeView,
  side: "keys" | "values",
): { readonly entries: number; readonly type: string } {
  const found = LABEL_LISTS.filter((form) => n.hasAttribute(`${side}_${form}`));
  const form = found[0];
  if (found.length !== 1 || form === undefined)
    n.fail("malformed", `one list of ${side} is needed, not ${found.length}`);
  if (form === "tensor") {
    const tensor = n.tensor(`${side}_tensor`)!;
    return { entries: tensor.elements, type: tensor.dtype };
  }
  const name = `${side}_${form}`;
  if (form === "strings") return { entries: n.strings(name)!.length, type: "string" };
  if (form === "int64s") return { entries: n.bigints(name)!.length, type: "int64" };
  return { entries: n.floats(name)!.length, type: "float32" };
}

const labelEncoder: Operator = {
  infer(n: NodeView) {
    const x = n.input(0);
    if (n.opset < 2) {
      if ((n.strings("classes_strings")?.length ?? 0) === 0)
        n.fail("malformed", `"classes_strings" is empty`);
      return [n.value(x.dtype === "string" ? "int64" : "string", x.dims)];
    }
    const [keys, values] = [labelList(n, "keys"), labelList(n, "values")];
    if (keys.entries !== values.entries || keys.entries === 0) {
      n.fail("malformed", `${keys.entries} keys for ${values.entries} values`);
    }
    if (keys.type !== x.dtype) n.fail("malformed", `keys are ${keys.type} and the input is ${x.dtype}`);
    const other = n.tensor("default_tensor");
    if (other !== undefined && (other.dtype !== values.type || other.elements !== 1)) {
      n.fail("malformed", `"default_tensor" is not one ${values.type}`);
    }
    const type = n.signature.outputs[0]!.types.find((t) => t === values.type);
    if (type === undefined) n.fail("unsupportedType", `values of type ${values.type}`);
    return [n.value(type, x.dims)];
  },
  cost: (n, [out]) => {
    const strings = out!.dtype === "string" || n.input(0).dtype === "string";
    return count(out!) * (strings ? STRING : 4n * TRANSCENDENTAL);
  },
};

export const machineLearning: OperatorFamily = {
  "ai.onnx.ml.LinearClassifier": linearClassifier,
  "ai.onnx.ml.LinearRegressor": linearRegressor,
  "ai.onnx.ml.SVMClassifier": svmClassifier,
  "ai.onnx.ml.SVMRegressor": svmRegressor,
  "ai.onnx.ml.Scaler": scaler,
  "ai.onnx.ml.Normalizer": normalizer,
  "ai.onnx.ml.Imputer": imputer,
  "ai.onnx.ml.Binarizer": binarizer,
  "ai.onnx.ml.ArrayFeatureExtractor": arrayFeatureExtractor,
  "ai.onnx.ml.FeatureVectorizer": featureVectorizer,
  "ai.onnx.ml.OneHotEncoder": oneHotEncoder,
  "ai.onnx.ml.LabelEncoder": labelEncoder,
};
