/** The order in which runs are handed out, and how long those of the mempool wait for company (ADR-0037). */
import t from "tap";
import type { Job } from "../../../chain/engine/job.ts";
import { JobQueue, type Priority } from "../../../chain/engine/queue.ts";

const models = new Map<string, Uint8Array>();

function job(model: string, name: number, units: bigint | undefined = 1_000n): Job {
  const hash = models.get(model) ?? new TextEncoder().encode(model);
  models.set(model, hash);
  const nothing = () => undefined;
  return {
    model: { hash, bytes: () => hash },
    inputs: Uint8Array.of(name),
    units,
    hash: model,
    isAlone: false,
    deaths: 0,
    resolve: nothing,
    reject: nothing,
  };
}

function queueOf(...jobs: readonly (readonly [Priority, Job])[]): JobQueue {
  const queue = new JobQueue();
  for (const [priority, each] of jobs) queue.push(each, priority);
  return queue;
}

/** Names of what is handed out together. */
function taken(queue: JobQueue): readonly number[] {
  return queue.take().map(({ inputs }) => inputs[0]!);
}

function many(count: number, units?: bigint): (readonly [Priority, Job])[] {
  return Array.from({ length: count }, (_, name) => ["mempool", job("m", name, units)]);
}

t.test("a block's runs go before those that are needed soon, and these before the mempool's", (t) => {
  const queue = queueOf(
    ...many(8),
    ["background", job("b", 20)],
    ["block", job("a", 30)],
    ["block", job("a", 31)],
  );
  t.strictSame(taken(queue), [30, 31]);
  t.strictSame(taken(queue), [20]);
  t.strictSame(taken(queue), [0, 1, 2, 3, 4, 5, 6, 7]);
  t.strictSame([queue.size, queue.units], [0, 0n]);
  t.end();
});

t.test("small runs of the mempool wait for company of their own model", (t) => {
  const queue = queueOf(...many(7), ["mempool", job("other", 9)]);
  t.strictSame(taken(queue), []);
  t.equal(queue.size, 8, "they are counted as waiting");
  queue.push(job("m", 7), "mempool");
  t.strictSame(taken(queue), [0, 1, 2, 3, 4, 5, 6, 7]);
  t.strictSame(taken(queue), [], "the other model's run still waits");
  t.end();
});

t.test("large runs, and those whose cost is not known, wait for nobody", (t) => {
  t.strictSame(taken(queueOf(["mempool", job("m", 1, 2_000_000n)])), [1]);
  t.strictSame(taken(queueOf(["mempool", job("m", 1, 1_999_999n)])), []);
  const unknown = { ...job("m", 1), units: undefined };
  t.strictSame(taken(queueOf(["mempool", unknown])), [1]);
  t.end();
});

t.test("a block lets none wait, and what it needs goes first", (t) => {
  const queue = queueOf(...many(4));
  queue.promote({ ...job("m", 2) }, "block");
  t.strictSame(taken(queue), [], "found by its very bytes alone");
  const waiting = job("m", 9);
  queue.push(waiting, "mempool");
  queue.promote(waiting, "background");
  t.strictSame(taken(queue), [9]);
  const needed = job("m", 10);
  queue.push(needed, "background");
  queue.promote(needed, "mempool");
  queue.promote(needed, "block");
  queue.hurry();
  t.strictSame(taken(queue), [10]);
  t.strictSame(taken(queue), [0, 1, 2, 3]);
  t.end();
});
