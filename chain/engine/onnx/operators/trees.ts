/**
 * Tree ensembles of ai.onnx.ml. The engine follows node links and feature indexes without checking them in every run, so
 * they are checked here: every link leads to a node of its tree, no path comes back, every feature and target exists.
 */
import { count, MOVE, TRANSCENDENTAL, TREE_STEP } from "../cost.ts";
import type { ModelNode } from "../model.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import { storedInts } from "../stored-tensor.ts";
import { readLabels } from "./labels.ts";

/** The engine builds trees by recursion: deeper ones would end its stack. Boosting libraries stay far below. */
const MAX_TREE_DEPTH = 1_024;

const POST_TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];
const MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "LEAF"];

/** What a checked ensemble contributes to cost and further checks. */
interface Ensemble {
  /** Sum over the trees of their longest path. */
  readonly depth: number;
  readonly maxFeature: number;
  readonly trees: number;
}

/** Checked once a node: models are evaluated at many batch sizes, and a check is linear in tree nodes. */
const CHECKED = new WeakMap<ModelNode, Ensemble>();

function checked(n: NodeView, check: (n: NodeView) => Ensemble): Ensemble {
  const known = CHECKED.get(n.node);
  if (known !== undefined) return known;
  const ensemble = check(n);
  CHECKED.set(n.node, ensemble);
  return ensemble;
}

function list(n: NodeView, name: string, length: number): readonly number[] {
  const values = n.ints(name) ?? [];
  if (values.length !== length) n.fail("malformed", `"${name}" has ${values.length} entries, not ${length}`);
  return values;
}

/**
 * Longest path from each root, in a graph given by two children a node (-1 for none). Refuses cycles and depths beyond
 * the limit. Work grows with nodes.
 */
function sumDepths(n: NodeView, roots: readonly number[], left: Int32Array, right: Int32Array): number {
  const depth = new Int32Array(left.length);
  const state = new Uint8Array(left.length);
  const visit = (root: number): number => {
    const stack = [root];
    while (stack.length > 0) {
      const at = stack[stack.length - 1]!;
      if (state[at] === 2) {
        stack.pop();
        continue;
      }
      const children = [left[at]!, right[at]!].filter((child) => child >= 0);
      if (state[at] === 0) {
        state[at] = 1;
        if (stack.length > MAX_TREE_DEPTH * 2)
          n.fail("limitExceeded", `a tree is deeper than ${MAX_TREE_DEPTH}`);
        for (const child of children) {
          if (state[child] === 1) n.fail("malformed", `tree node ${child} is its own descendant`);
          if (state[child] === 0) stack.push(child);
        }
      } else {
        depth[at] = 1 + children.reduce((most, child) => Math.max(most, depth[child]!), 0);
        if (depth[at]! > MAX_TREE_DEPTH) n.fail("limitExceeded", `a tree is deeper than ${MAX_TREE_DEPTH}`);
        state[at] = 2;
        stack.pop();
      }
    }
    return depth[root]!;
  };
  return roots.reduce((sum, root) => sum + visit(root), 0);
}

/** Ensembles of the old operators: nodes by (tree, node id), weights by target or class. */
function checkClassic(n: NodeView, weights: "class" | "target", targets: number): Ensemble {
  const trees = n.ints("nodes_treeids") ?? [];
  const length = trees.length;
  if (length === 0) n.fail("malformed", "the ensemble has no nodes");
  const ids = list(n, "nodes_nodeids", length);
  const features = list(n, "nodes_featureids", length);
  const yes = list(n, "nodes_truenodeids", length);
  const no = list(n, "nodes_falsenodeids", length);
  const modes = n.strings("nodes_modes") ?? [];
  const values = n.floats("nodes_values") ?? [];
  const valuesTensor = n.tensor("nodes_values_as_tensor");
  if (modes.length !== length || (valuesTensor?.elements ?? values.length) !== length) {
    n.fail("malformed", `"nodes_modes" or "nodes_values" do not have ${length} entries`);
  }
  for (const name of ["nodes_missing_value_tracks_true"]) {
    const given = n.ints(name);
    if (given !== undefined && given.length !== 0 && given.length !== length)
      n.fail("malformed", `"${name}" has ${given.length} entries`);
  }
  const indexOf = new Map<number, Map<number, number>>();
  for (let i = 0; i < length; i++) {
    const tree = trees[i]!;
    let nodes = indexOf.get(tree);
    if (nodes === undefined) {
      nodes = new Map();
      indexOf.set(tree, nodes);
    }
    if (nodes.has(ids[i]!)) n.fail("malformed", `tree ${tree} has the node ${ids[i]} twice`);
    nodes.set(ids[i]!, i);
  }
  const left = new Int32Array(length).fill(-1);
  const right = new Int32Array(length).fill(-1);
  const child = new Uint8Array(length);
  let maxFeature = 0;
  for (let i = 0; i < length; i++) {
    const mode = modes[i]!;
    if (!MODES.includes(mode)) n.fail("unsupportedAttribute", `node mode "${mode}" is unknown`);
    if (mode === "LEAF") continue;
    const nodes = indexOf.get(trees[i]!)!;
    for (const [links, into] of [
      [yes, left],
      [no, right],
    ] as const) {
      const to = nodes.get(links[i]!);
      if (to === undefined)
        n.fail("malformed", `node ${ids[i]} of tree ${trees[i]} leads to ${links[i]}, which does not exist`);
      into[i] = to;
      child[to] = 1;
    }
    if (features[i]! < 0) n.fail("malformed", `feature ${features[i]}`);
    maxFeature = Math.max(maxFeature, features[i]!);
  }
  // The engine takes the first node of a tree as its root: it must be the only node that no other leads to.
  const roots: number[] = [];
  for (const nodes of indexOf.values()) {
    const [first] = nodes.values();
    for (const at of nodes.values()) {
      if ((child[at] === 0) !== (at === first)) {
        n.fail(
          "malformed",
          `node ${ids[at]} of tree ${trees[at]} is a second root or the first node is not the root`,
        );
      }
    }
    roots.push(first!);
  }
  for (let i = 1; i < length; i++) {
    if (trees[i] !== trees[i - 1] && indexOf.get(trees[i]!)!.values().next().value !== i) {
      n.fail("malformed", `the nodes of tree ${trees[i]} are not together`);
    }
  }
  checkWeights(n, weights, targets, indexOf, modes);
  const depth = sumDepths(n, roots, left, right);
  return { depth, maxFeature, trees: roots.length };
}

function checkWeights(
  n: NodeView,
  weights: "class" | "target",
  targets: number,
  indexOf: ReadonlyMap<number, ReadonlyMap<number, number>>,
  modes: readonly string[],
): void {
  const ids = n.ints(`${weights}_ids`) ?? [];
  const treeIds = list(n, `${weights}_treeids`, ids.length);
  const nodeIds = list(n, `${weights}_nodeids`, ids.length);
  const tensor = n.tensor(`${weights}_weights_as_tensor`);
  const values = tensor?.elements ?? n.floats(`${weights}_weights`)?.length ?? 0;
  if (ids.length === 0 || values !== ids.length) {
    n.fail("malformed", `"${weights}_weights" has ${values} entries for ${ids.length} ids`);
  }
  for (const [i, id] of ids.entries()) {
    if (id < 0 || id >= targets) n.fail("malformed", `"${weights}_ids" has ${id}; there are ${targets}`);
    const at = indexOf.get(treeIds[i]!)?.get(nodeIds[i]!);
    if (at === undefined || modes[at] !== "LEAF") {
      n.fail("malformed", `"${weights}_nodeids" names ${nodeIds[i]} of tree ${treeIds[i]}, which is no leaf`);
    }
  }
  const base = n.tensor("base_values_as_tensor")?.elements ?? n.floats("base_values")?.length ?? 0;
  if (base !== 0 && base !== targets && !(base === 1 && targets === 2)) {
    n.fail("malformed", `"base_values" has ${base} entries for ${targets}`);
  }
}

/** Rows of features; the last axis must hold every feature that the ensemble asks for. */
function rows(n: NodeView, maxFeature: number): number {
  const [batch, features] = n.rank(0, 2) as [number, number];
  if (maxFeature >= features) n.fail("shapeMismatch", `feature ${maxFeature} is asked of ${features}`);
  return batch;
}

function units(n: NodeView, ensemble: Ensemble, targets: number): bigint {
  const batch = BigInt(n.input(0).dims[0]!);
  const paths = batch * BigInt(ensemble.depth) * TREE_STEP;
  const sums = batch * BigInt(ensemble.trees + targets) * MOVE;
  return paths + sums + batch * BigInt(targets) * TRANSCENDENTAL + count(n.input(0)) * MOVE;
}

const classifier: Operator = {
  infer(n: NodeView) {
    n.choice("post_transform", POST_TRANSFORMS, "NONE");
    const labels = readLabels(n, "classlabels_int64s", "classlabels_strings");
    const ensemble = checked(n, (view) => checkClassic(view, "class", labels.count));
    const batch = rows(n, ensemble.maxFeature);
    return [n.value(labels.dtype, [batch]), n.value("float32", [batch, labels.count])];
  },
  cost: (n, [, scores]) =>
    units(
      n,
      checked(n, (view) => checkClassic(view, "class", scores!.dims[1]!)),
      scores!.dims[1]!,
    ),
};

const regressor: Operator = {
  infer(n: NodeView) {
    n.choice("post_transform", POST_TRANSFORMS, "NONE");
    n.choice("aggregate_function", ["SUM", "AVERAGE", "MIN", "MAX"], "SUM");
    const targets = n.int("n_targets", 1);
    if (targets < 1) n.fail("malformed", `"n_targets" is ${targets}`);
    const ensemble = checked(n, (view) => checkClassic(view, "target", targets));
    return [n.value("float32", [rows(n, ensemble.maxFeature), targets])];
  },
  cost: (n, [out]) =>
    units(
      n,
      checked(n, (view) => checkClassic(view, "target", out!.dims[1]!)),
      out!.dims[1]!,
    ),
};

/** The ensemble of ai.onnx.ml 5: interior nodes and leaves in lists of their own. */
function checkModern(n: NodeView, targets: number): Ensemble {
  const features = n.ints("nodes_featureids") ?? [];
  const length = features.length;
  const roots = n.ints("tree_roots") ?? [];
  const [yes, no] = [list(n, "nodes_truenodeids", length), list(n, "nodes_falsenodeids", length)];
  const [yesLeaf, noLeaf] = [list(n, "nodes_trueleafs", length), list(n, "nodes_falseleafs", length)];
  const modes = n.tensor("nodes_modes");
  const splits = n.tensor("nodes_splits");
  if (length === 0 || roots.length === 0 || modes?.elements !== length || splits?.elements !== length) {
    n.fail("malformed", `"tree_roots", "nodes_modes" or "nodes_splits" do not fit ${length} nodes`);
  }
  const codes = modes.dtype === "uint8" ? storedInts(modes) : undefined;
  if (codes === undefined || codes.some((code) => code > 5n)) {
    n.fail("unsupportedAttribute", `"nodes_modes" takes comparisons (0 to 5); set membership is not taken`);
  }
  if (n.tensor("membership_values") !== undefined)
    n.fail("unsupportedAttribute", "set membership is not taken");
  const tracks = n.ints("nodes_missing_value_tracks_true");
  if (tracks !== undefined && tracks.length !== 0 && tracks.length !== length) {
    n.fail("malformed", `"nodes_missing_value_tracks_true" has ${tracks.length} entries`);
  }
  const leafTargets = n.ints("leaf_targetids") ?? [];
  const weights = n.tensor("leaf_weights");
  if (leafTargets.length === 0 || weights?.elements !== leafTargets.length) {
    n.fail("malformed", `"leaf_weights" does not fit ${leafTargets.length} leaves`);
  }
  for (const tensor of [splits, weights]) {
    if (tensor.dtype !== n.input(0).dtype)
      n.fail("unsupportedType", `splits and weights must be ${n.input(0).dtype}`);
  }
  if (leafTargets.some((t) => t < 0 || t >= targets))
    n.fail("malformed", `"leaf_targetids" has a target beyond ${targets}`);
  const left = new Int32Array(length).fill(-1);
  const right = new Int32Array(length).fill(-1);
  const parents = new Uint8Array(length);
  const leaves = new Uint8Array(leafTargets.length);
  let maxFeature = 0;
  for (let i = 0; i < length; i++) {
    for (const [to, leaf, into] of [
      [yes[i]!, yesLeaf[i]!, left],
      [no[i]!, noLeaf[i]!, right],
    ] as const) {
      const used = leaf !== 0 ? leaves : parents;
      if (to < 0 || to >= used.length) n.fail("malformed", `node ${i} leads to ${to}, which does not exist`);
      if (leaf === 0) into[i] = to;
      used[to] = 1;
    }
    if (features[i]! < 0) n.fail("malformed", `feature ${features[i]}`);
    maxFeature = Math.max(maxFeature, features[i]!);
  }
  for (const root of roots) {
    if (root < 0 || root >= length || parents[root] === 1) n.fail("malformed", `${root} is no root`);
  }
  return { depth: sumDepths(n, roots, left, right) + roots.length, maxFeature, trees: roots.length };
}

const ensemble: Operator = {
  infer(n: NodeView) {
    const targets = n.int("n_targets", 1);
    if (targets < 1) n.fail("malformed", `"n_targets" is ${targets}`);
    const post = n.int("post_transform", 0);
    const aggregate = n.int("aggregate_function", 1);
    if (post < 0 || post > 4 || aggregate < 0 || aggregate > 3) {
      n.fail("unsupportedAttribute", `"post_transform" ${post} or "aggregate_function" ${aggregate}`);
    }
    const facts = checked(n, (view) => checkModern(view, targets));
    return [n.value(n.input(0).dtype, [rows(n, facts.maxFeature), targets])];
  },
  cost: (n, [out]) =>
    units(
      n,
      checked(n, (view) => checkModern(view, out!.dims[1]!)),
      out!.dims[1]!,
    ),
};

export const trees: OperatorFamily = {
  "ai.onnx.ml.TreeEnsembleClassifier": classifier,
  "ai.onnx.ml.TreeEnsembleRegressor": regressor,
  "ai.onnx.ml.TreeEnsemble": ensemble,
};
