import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { EnginePool, type PoolRequest } from "../../../chain/engine/pool.ts";
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import { START_MS, type Timer } from "../../../chain/engine/thread.ts";
import { sampleModels } from "../../../genesis/index.ts";
import { FLOAT, INT32, model } from "./onnx/build.ts";

// A thread takes a second of a quiet core to start, and many of a busy one.
t.setTimeout(900_000);

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

t.test("runs that a model refuses cost no thread", async (t) => {
  const starts: number[] = [];
  // Each start of a thread is watched for so long; nothing here takes as long.
  const timer: Timer = (milliseconds) => {
    if (milliseconds === START_MS) starts.push(milliseconds);
    return () => undefined;
  };
  const pool = await EnginePool.start({ threads: 1, sessionBytes: 2 ** 28 }, { timer });
  t.teardown(() => pool.stop());
  const divide = model({
    nodes: [{ op: "Div", in: ["a", "b"], out: ["y"] }],
    inputs: [
      { name: "a", type: INT32, dims: [1] },
      { name: "b", type: INT32, dims: [1] },
    ],
    outputs: [{ name: "y", type: INT32, dims: [1] }],
  });
  const quotient = (a: number, b: number): PoolRequest => ({
    model: { hash: sha256(divide), bytes: () => divide },
    inputs: encodeTensors(
      tensorsFromJson({
        a: { dtype: "int32", dims: [1], data: [a] },
        b: { dtype: "int32", dims: [1], data: [b] },
      }),
    ),
  });
  const junk = new Uint8Array(100).fill(7);
  const unopened: PoolRequest = {
    model: { hash: sha256(junk), bytes: () => junk },
    inputs: encodeTensors(inputs(1)),
  };
  const asked = Array.from({ length: 100 }, (_, n) => (n % 3 === 2 ? unopened : quotient(n, n % 3)));
  const replies = await Promise.all(asked.map((request) => pool.run(request, "block")));
  t.strictSame(
    replies.map(({ kind }) => kind),
    asked.map((_, n) => (n % 3 === 1 ? "done" : "failed")),
  );
  t.equal(starts.length, 1, "the one that it began with");
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

/** A clock that a test drives: what the watchdog waits for is due when the test says so. */
class HandTimer {
  readonly waits: { readonly milliseconds: number; readonly due: () => void }[] = [];
  /** Told of each wait as it begins. */
  onWait: (wait: { readonly milliseconds: number; readonly due: () => void }) => void = () => undefined;
  readonly timer: Timer = (milliseconds, due) => {
    const wait = { milliseconds, due };
    this.waits.push(wait);
    this.onWait(wait);
    return () => void this.waits.splice(this.waits.indexOf(wait), 1);
  };
}

/** Some 10^12 multiplications: hours of a wasm core, from a file of a few hundred bytes. */
function endless(): PoolRequest {
  const file = model({
    nodes: [
      { op: "MatMul", in: ["x", "y"], out: ["v0"] },
      ...Array.from({ length: 400 }, (_, i) => ({ op: "MatMul", in: [`v${i}`, "v0"], out: [`v${i + 1}`] })),
    ],
    inputs: [
      { name: "x", type: FLOAT, dims: [1500, 1] },
      { name: "y", type: FLOAT, dims: [1, 1500] },
    ],
    outputs: [{ name: "v400", type: FLOAT, dims: [1500, 1500] }],
  });
  const side = (name: string, dims: number[]) =>
    ({ name, dtype: "float32", dims, data: new Uint8Array(6000) }) as const;
  return {
    model: { hash: sha256(file), bytes: () => file },
    inputs: encodeTensors([side("x", [1500, 1]), side("y", [1, 1500])]),
    units: 1n,
  };
}

const irisRun = (first: number): PoolRequest => ({
  model: { hash, bytes: () => iris.file },
  inputs: encodeTensors(inputs(first)),
  units: 1_000n,
});

t.test(
  "a thread that hangs is ended by the watchdog and its run tried again, until the pool gives up",
  async (t) => {
    const hand = new HandTimer();
    const pool = await EnginePool.start({ threads: 1, sessionBytes: 1 << 28 }, { timer: hand.timer });
    t.teardown(() => pool.stop());
    const patience: number[] = [];
    const run = pool.run(endless(), "block");
    // A load is answered; a run of it is not.
    hand.onWait = (wait) => {
      patience.push(wait.milliseconds);
      setTimeout(() => {
        if (hand.waits.includes(wait) && wait.milliseconds !== 100_000) wait.due();
      }, 1_000).unref();
    };
    await t.rejects(
      run,
      { kind: "engineFailure", message: /the watchdog ended it/ },
      "no outcome comes of it",
    );
    const waits = [...new Set(patience)].filter((ms) => ms !== 100_000);
    t.ok(
      waits.length >= 3 && waits.every((ms, i) => i === 0 || ms > waits[i - 1]!),
      `patience grows: ${waits}`,
    );
    hand.onWait = () => undefined;
    t.equal((await pool.run(irisRun(1), "block")).kind, "done", "the pool goes on with other work");
  },
);

t.test("a thread that dies in mid-run is replaced, and every run of its batch answered", async (t) => {
  const hand = new HandTimer();
  const pool = await EnginePool.start({ threads: 1, sessionBytes: 1 << 28 }, { timer: hand.timer });
  t.teardown(() => pool.stop());
  const want = await pool.run(irisRun(3), "block");
  // The very first request after it is cut off while the thread has it.
  hand.onWait = ({ due }) => {
    hand.onWait = () => undefined;
    due();
  };
  const replies = await Promise.all([1, 2, 3, 4, 5].map((first) => pool.run(irisRun(first), "background")));
  t.ok(replies.every(({ kind }) => kind === "done"));
  t.strictSame(replies[2], want, "a run that was cut off comes to what it came to before");
});

t.test("a run that waits ahead of need is promoted when a block needs it", async (t) => {
  const engine = await CanonicalEngine.start({ workers: 1 });
  t.teardown(() => engine.stop());
  const file = { hash, bytes: () => iris.file };
  const order: number[] = [];
  const ask = (first: number, priority: "block" | "background") =>
    engine.run(file, inputs(first), { priority }).then(() => order.push(first));
  // Without units each run travels alone.
  const runs = [100, 101, 102, 103].map((first) => ask(first, "background"));
  const joined = ask(103, "block");
  await Promise.all([...runs, joined]);
  t.ok(order.indexOf(103) < order.indexOf(102), `order of answers: ${order}`);
});

t.test("outcomes are forgotten beyond the cache's bytes, and come out the same again", async (t) => {
  const engine = await CanonicalEngine.start({ workers: 1, cacheBytes: 1_000 });
  t.teardown(() => engine.stop());
  const file = { hash, bytes: () => iris.file };
  const first = await engine.run(file, inputs(1));
  for (let i = 2; i < 8; i++) await engine.run(file, inputs(i));
  const inputHash = sha256(encodeTensors(inputs(1)));
  t.equal(engine.peek(hash, inputHash), undefined);
  const again = await engine.run(file, inputs(1));
  t.not(again, first);
  t.strictSame(again.status === "ok" && again.encoded, first.status === "ok" && first.encoded);
});
