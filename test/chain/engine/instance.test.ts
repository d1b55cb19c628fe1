/** Whatever ran before, a run starts from the same memory (ADR-0029). */
import t from "tap";
import { Instance, OpenRefused, RunFailed, type RunResult } from "../../../chain/engine/instance.ts";
import { compileOrt, loadEngine, type Session } from "../../../chain/engine/ort.ts";
import { encodeTensors, type NamedTensor } from "../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import { toHex } from "../../../chain/store/bytes.ts";
import { sampleModels } from "../../../genesis/index.ts";
import { FLOAT, INT32, INT64, model } from "./onnx/build.ts";

const file = (name: string) => sampleModels().find((sample) => sample.name === name)!.file;
const iris = (first: number) =>
  encodeTensors(tensorsFromJson({ X: { dtype: "float32", dims: [1, 4], data: [first, 3.5, 1.4, 0.2] } }));
const digits = (seed: number) =>
  encodeTensors(
    tensorsFromJson({
      image: {
        dtype: "float32",
        dims: [1, 1, 8, 8],
        data: Array.from({ length: 64 }, (_, i) => (i * seed) % 16),
      },
    }),
  );
const hashes = (results: readonly RunResult[]) =>
  results.map((result) => ("reason" in result ? "refused" : toHex(result.hash)));

// onnxruntime is there once in a thread.
const loaded = await loadEngine(await compileOrt());
const instance = new Instance(loaded);

t.test("every run starts from the same memory", async (t) => {
  const base = toHex(instance.baseHash);
  t.equal(toHex(instance.memoryHash), base, "to find the heap's end leaves no trace");

  await instance.open(file("digits-cnn"));
  const image = toHex(instance.memoryHash);
  t.not(image, base);
  const inputs = Array.from({ length: 20 }, (_, index) => digits(index + 1));
  const alone: string[] = [];
  for (const each of inputs) {
    alone.push(...hashes(await instance.run([each])));
    instance.tidy();
    if (toHex(instance.memoryHash) !== image) t.fail("memory is not what it was");
  }
  t.strictSame(hashes(await instance.run(inputs)), alone, "a batch comes to what its runs come to");
  instance.tidy();
  t.equal(toHex(instance.memoryHash), image, "memory is what it was after a batch");

  await instance.open(file("iris"));
  await instance.run([iris(1), iris(2)]);
  await instance.open(file("digits-cnn"));
  t.equal(toHex(instance.memoryHash), image, "another model in between leaves no trace");
  t.strictSame(hashes(await instance.run(inputs.slice(3, 4))), alone.slice(3, 4));
});

t.test("what a run leaves in memory does not reach the next, wherever it was written", async (t) => {
  await instance.open(file("iris"));
  const image = toHex(instance.memoryHash);
  const [first] = hashes(await instance.run([iris(1)]));
  // As a kernel would that writes out of bounds: static data, the session, free memory.
  const bytes = new Uint8Array(loaded.memory);
  for (const at of [1_100_000, 7_000_000, 10_000_000]) bytes[at] = bytes[at]! ^ 0xff;
  instance.tidy();
  t.equal(toHex(instance.memoryHash), image);
  t.strictSame(hashes(await instance.run([iris(1)])), [first]);
});

t.test("a run of a batch that changes an unknown page has the others done again", async (t) => {
  await instance.open(file("iris"));
  const inputs = Array.from({ length: 12 }, (_, index) => iris(index));
  const want = hashes(await instance.run(inputs));
  await instance.run(inputs);

  let runs = 0;
  const { create } = loaded.ort.InferenceSession;
  loaded.ort.InferenceSession.create = (async (...given: Parameters<typeof create>) => {
    const session: Session = await create.apply(loaded.ort.InferenceSession, given);
    const run = session.run.bind(session);
    session.run = (async (...args: Parameters<typeof run>) => {
      const results = await run(...args);
      // After the sixth run of the last batch: every page of the heap that was loaded, so that whoever read it would fail.
      if (++runs === inputs.length + 6) new Uint8Array(loaded.memory).fill(0x41, 6_500_000, 9_900_000);
      return results;
    }) as typeof session.run;
    return session;
  }) as typeof create;
  await instance.open(file("iris"));
  t.strictSame(hashes(await instance.run(inputs)), want);
  const planted = await instance.run(inputs).then(hashes, (error: unknown) => error);
  loaded.ort.InferenceSession.create = create;
  // The next run in the batch traps on such memory, or answers; no answer that it gave is let through.
  if (planted instanceof RunFailed) t.equal(planted.index, 6);
  else t.strictSame(planted, want);
  t.ok(runs >= inputs.length + 6, "the fault was planted");
});

t.test("a run that throws names its place in the batch", async (t) => {
  const divide = model({
    nodes: [{ op: "Div", in: ["a", "b"], out: ["y"] }],
    inputs: [
      { name: "a", type: FLOAT, dims: [1] },
      { name: "b", type: FLOAT, dims: [1] },
    ],
    outputs: [{ name: "y", type: FLOAT, dims: [1] }],
  });
  await instance.open(divide);
  const one = (names: readonly string[]): Uint8Array =>
    encodeTensors(
      names.map((name): NamedTensor => ({ name, dtype: "float32", dims: [1], data: new Uint8Array(4) })),
    );
  const error = await instance
    .run([one(["a", "b"]), one(["a"]), one(["a", "b"])])
    .catch((thrown: unknown) => thrown);
  t.ok(error instanceof RunFailed);
  t.equal((error as RunFailed).index, 1);
});

const gather = model({
  nodes: [{ op: "Gather", in: ["x", "i"], out: ["y"] }],
  inputs: [
    { name: "x", type: FLOAT, dims: [4] },
    { name: "i", type: INT64, dims: [1] },
  ],
  outputs: [{ name: "y", type: FLOAT, dims: [1] }],
});
const quotient = model({
  nodes: [{ op: "Div", in: ["a", "b"], out: ["y"] }],
  inputs: [
    { name: "a", type: INT32, dims: [1] },
    { name: "b", type: INT32, dims: [1] },
  ],
  outputs: [{ name: "y", type: INT32, dims: [1] }],
});
const pick = (index: number) =>
  encodeTensors(
    tensorsFromJson({
      x: { dtype: "float32", dims: [4], data: [1, 2, 3, 4] },
      i: { dtype: "int64", dims: [1], data: [index] },
    }),
  );
const divided = (a: number, b: number) =>
  encodeTensors(
    tensorsFromJson({
      a: { dtype: "int32", dims: [1], data: [a] },
      b: { dtype: "int32", dims: [1], data: [b] },
    }),
  );

/** Models that onnxruntime refuses by a status, and by a trap of its machine code, on some inputs. */
const REFUSALS: readonly [
  name: string,
  file: Uint8Array,
  good: (n: number) => Uint8Array,
  bad: Uint8Array,
][] = [
  ["an index out of range", gather, (n) => pick(n % 4), pick(4)],
  ["a quotient beyond its type", quotient, (n) => divided(n, 3), divided(-(2 ** 31), -1)],
  ["a division by zero", quotient, (n) => divided(n, 3), divided(7, 0)],
];

for (const [name, file, good, bad] of REFUSALS) {
  t.test(`runs that are refused (${name}) leave the instance as it was, in any order`, async (t) => {
    await instance.open(file);
    const image = toHex(instance.memoryHash);
    const pointer = loaded.stackPointer();
    const answers = hashes(await instance.run([good(1), good(2)]));
    t.notOk(answers.includes("refused"));
    t.strictSame(hashes(await instance.run([bad])), ["refused"]);
    instance.tidy();
    t.equal(toHex(instance.memoryHash), image, "memory is what it was");
    const many = Array.from({ length: 200 }, (_, n) => (n % 5 < 3 ? bad : good(1 + (n % 2))));
    const want = many.map((inputs, n) => (inputs === bad ? "refused" : answers[n % 2]));
    t.strictSame(hashes(await instance.run(many)), want);
    t.strictSame(
      hashes(await instance.run(many.map(() => bad))),
      many.map(() => "refused"),
    );
    t.strictSame(hashes(await instance.run([good(1)])), answers.slice(0, 1));
    instance.tidy();
    t.equal(toHex(instance.memoryHash), image);
    t.equal(loaded.stackPointer(), pointer);
  });
}

t.test("a model that cannot be opened leaves the instance as it was", async (t) => {
  await instance.open(gather);
  const image = toHex(instance.memoryHash);
  const error = await instance.open(new Uint8Array(100).fill(7)).catch((thrown: unknown) => thrown);
  t.ok(error instanceof OpenRefused);
  await instance.open(gather);
  t.equal(toHex(instance.memoryHash), image);
});
