import t from "tap";
import { choiceOf } from "../../../chain/block/judge.ts";
import { encodeTensors, type NamedTensor } from "../../../chain/engine/tensor.ts";
import { tensorFromJson } from "../../../chain/engine/tensor-json.ts";
import { isWithinTolerance, type ToleranceBounds } from "../../../chain/engine/tolerance.ts";
import { sha256 } from "../../../chain/store/sha256.ts";

const BOUNDS: ToleranceBounds = { absolute: 0.01, relative: 0.1, sameArgmax: false };

function floats(data: readonly (number | string)[], dims = [1, data.length], name = "y"): NamedTensor {
  return tensorFromJson(name, { dtype: "float32", dims, data: [...data] });
}

const one = (...tensors: NamedTensor[]) => encodeTensors(tensors);
const argmax = { ...BOUNDS, sameArgmax: true };

const TABLE: readonly [
  name: string,
  answer: Uint8Array,
  own: Uint8Array,
  bounds: ToleranceBounds,
  expected: boolean,
][] = [
  [
    "the same bytes",
    one(floats([1, 2])),
    one(floats([1, 2])),
    { absolute: 0, relative: 0, sameArgmax: true },
    true,
  ],
  ["within the absolute bound", one(floats([0.009])), one(floats([0])), BOUNDS, true],
  ["beyond it", one(floats([0.011])), one(floats([0])), BOUNDS, false],
  ["within the relative bound", one(floats([109])), one(floats([100])), BOUNDS, true],
  ["beyond it", one(floats([111])), one(floats([100])), BOUNDS, false],
  ["one element of many beyond", one(floats([1, 1, 2])), one(floats([1, 1, 1])), BOUNDS, false],
  ["NaN for NaN", one(floats(["NaN", 1.001])), one(floats(["NaN", 1])), BOUNDS, true],
  ["NaN for a number", one(floats(["NaN"])), one(floats([1])), BOUNDS, false],
  ["a number for NaN", one(floats([1])), one(floats(["NaN"])), BOUNDS, false],
  ["infinity for infinity", one(floats(["Infinity", 1.001])), one(floats(["Infinity", 1])), BOUNDS, true],
  ["a number for infinity", one(floats([5])), one(floats(["Infinity"])), BOUNDS, false],
  ["infinity for its opposite", one(floats(["-Infinity"])), one(floats(["Infinity"])), BOUNDS, false],
  ["another shape", one(floats([1, 2], [2, 1])), one(floats([1, 2])), BOUNDS, false],
  ["another name", one(floats([1], [1], "z")), one(floats([1], [1])), BOUNDS, false],
  ["a tensor more", one(floats([1]), floats([1], [1], "z")), one(floats([1])), BOUNDS, false],
  ["no tensors", Uint8Array.of(1, 2, 3), one(floats([1])), BOUNDS, false],
  ["another largest element", one(floats([1, 1.005])), one(floats([1.005, 1])), argmax, false],
  ["which nobody asks for", one(floats([1, 1.005])), one(floats([1.005, 1])), BOUNDS, true],
  [
    "the same largest in each row",
    one(floats([1, 2, 4, 3], [2, 2])),
    one(floats([1, 2.1, 4.1, 3], [2, 2])),
    argmax,
    true,
  ],
  [
    "another in the second",
    one(floats([1, 2, 3, 3.1], [2, 2])),
    one(floats([1, 2, 3.1, 3], [2, 2])),
    argmax,
    false,
  ],
];

t.test("answers within a model's bounds are right", (t) => {
  for (const [name, answer, own, bounds, expected] of TABLE)
    t.equal(isWithinTolerance(answer, own, bounds), expected, name);
  t.end();
});

t.test("labels and texts are exact where the bounds leave no whole step", (t) => {
  const label = (value: string) => one(tensorFromJson("label", { dtype: "int64", dims: [1], data: [value] }));
  const text = (value: string) => one(tensorFromJson("text", { dtype: "string", dims: [1], data: [value] }));
  t.ok(isWithinTolerance(label("3"), label("3"), BOUNDS));
  t.notOk(isWithinTolerance(label("4"), label("3"), BOUNDS));
  t.ok(isWithinTolerance(text("a"), text("a"), BOUNDS));
  t.notOk(isWithinTolerance(text("b"), text("a"), BOUNDS));
  t.end();
});

t.test("of two answers the right one is chosen, and none where it is not just one", (t) => {
  const [right, wrong, none] = [one(floats([1.001])), one(floats([2])), new Uint8Array(0)];
  const encoded = one(floats([1]));
  const ok = { status: "ok", outputs: [], encoded, outputHash: sha256(encoded) } as const;
  const failed = { status: "engine_error" } as const;
  t.equal(choiceOf([right, wrong], ok, BOUNDS), 0);
  t.equal(choiceOf([wrong, right], ok, BOUNDS), 1);
  t.equal(choiceOf([wrong, wrong], ok, BOUNDS), 2);
  t.equal(choiceOf([right, right], ok, BOUNDS), 2, "an answer beside itself is no decoy");
  t.equal(choiceOf([none, right], ok, BOUNDS), 1);
  t.equal(choiceOf([none, none], ok, BOUNDS), 2, "the model can be run");
  t.equal(choiceOf([none, none], failed, BOUNDS), 0);
  t.equal(choiceOf([right, none], failed, BOUNDS), 2);
  t.equal(choiceOf([], ok, BOUNDS), 2, "answers that are gone");
  t.end();
});
