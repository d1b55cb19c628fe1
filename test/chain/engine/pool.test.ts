import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import { sampleModels } from "../../../genesis/index.ts";

const iris = sampleModels().find(({ name }) => name === "iris")!;
const hash = sha256(iris.file);

/** Inputs that were not asked for before. */
function inputs(first: number) {
  return tensorsFromJson({ X: { dtype: "float32", dims: [1, 4], data: [first, 3.5, 1.4, 0.2] } });
}

t.test("an engine whose one thread cannot read a file goes on with the next run", async (t) => {
  const engine = await CanonicalEngine.start({ workers: 1 });
  t.teardown(() => engine.stop());
  const gone = {
    hash: new Uint8Array(32),
    bytes: (): Uint8Array => {
      throw new TypeError("the file is gone");
    },
  };
  await t.rejects(engine.run(gone, inputs(1)), /the file is gone/);
  const outcome = await engine.run({ hash, bytes: () => iris.file }, inputs(2));
  t.equal(outcome.status, "ok");
});

t.test("a file that is no model is an engine error, and the engine goes on", async (t) => {
  const engine = await CanonicalEngine.start({ workers: 1 });
  t.teardown(() => engine.stop());
  const junk = new Uint8Array(100).fill(7);
  t.strictSame(await engine.run({ hash: sha256(junk), bytes: () => junk }, inputs(1)), {
    status: "engine_error",
  });
  t.equal((await engine.run({ hash, bytes: () => iris.file }, inputs(2))).status, "ok");
});

t.test("equal runs under way are computed once, and remembered", async (t) => {
  const engine = await CanonicalEngine.start({ workers: 2 });
  t.teardown(() => engine.stop());
  const model = { hash, bytes: () => iris.file };
  const [a, b] = await Promise.all([
    engine.run(model, inputs(5), { priority: "background" }),
    engine.run(model, inputs(5)),
  ]);
  t.equal(a, b, "the same outcome, not an equal one");
  t.equal(await engine.run(model, inputs(5)), a);
});

t.test("runs that wait when the engine stops are told so", async (t) => {
  const engine = await CanonicalEngine.start({ workers: 1 });
  const runs = [1, 2, 3, 4].map((first) => engine.run({ hash, bytes: () => iris.file }, inputs(first)));
  const settled = Promise.allSettled(runs);
  await engine.stop();
  t.ok((await settled).some(({ status }) => status === "rejected"));
  await t.rejects(async () => engine.run({ hash, bytes: () => iris.file }, inputs(9)), /stopped/);
});
