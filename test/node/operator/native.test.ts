/** Native runs in children: the canonical engine's answers within rounding, and no fault of a child is anybody else's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { decodeTensors, encodeTensors, type NamedTensor } from "../../../chain/engine/tensor.ts";
import { elementsOf, tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import { sampleModels } from "../../../genesis/index.ts";
import { type NativeOptions, NativePool } from "../../../node/operator/native/pool.ts";

const OPTIONS: NativeOptions = {
  processes: 1,
  threads: 1,
  providers: ["cpu"],
  timeoutMs: 120_000,
  memoryMib: 4096,
};
const iris = sampleModels().find(({ name }) => name === "iris")!;
const folder = mkdtempSync(join(tmpdir(), "native-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "iris.onnx");
writeFileSync(path, iris.file);
const input = encodeTensors(tensorsFromJson(iris.sample.inputs));

interface Rig {
  readonly pool: NativePool;
  readonly lines: string[];
}

function rig(t: Test, options: Partial<NativeOptions> = {}): Rig {
  const lines: string[] = [];
  const pool = new NativePool(
    { ...OPTIONS, ...options },
    { log: ({ reason }, message) => lines.push(`${message}: ${String(reason)}`) },
  );
  t.teardown(() => pool.stop());
  return { pool, lines };
}

function labelOf(answer: Uint8Array): unknown {
  const label = decodeTensors(answer).find(({ name }) => name === iris.label) as NamedTensor;
  return iris.classes[Number(elementsOf(label)[0])];
}

t.test("many items of one model are run in order, and a bad one has no answer", async (t) => {
  const { pool } = rig(t, { processes: 2 });
  const wrong = encodeTensors([{ name: "nothing", dtype: "float32", dims: [1], data: new Uint8Array(4) }]);
  const items = Array.from({ length: 70 }, (_, index) => (index === 40 ? wrong : input));
  const answers = await pool.run(path, items);
  t.equal(answers.length, 70);
  t.equal(answers[40], undefined);
  t.equal(labelOf(answers[0]!), iris.sample.expected);
  t.ok(answers.every((answer, index) => index === 40 || labelOf(answer!) === iris.sample.expected));
  t.equal(pool.children, 2);
});

t.test("a file that is no model has no answers, and the next model has", async (t) => {
  const { pool, lines } = rig(t);
  const bad = join(folder, "bad.onnx");
  writeFileSync(bad, "no model");
  t.strictSame(await pool.run(bad, [input, input]), [undefined, undefined]);
  t.match(lines[0], /does not open natively/);
  t.equal(labelOf((await pool.run(path, [input]))[0]!), iris.sample.expected);
});

t.test("a child over its time is ended, and its items have no answer", async (t) => {
  const { pool, lines } = rig(t, { timeoutMs: 1 });
  t.strictSame(await pool.run(path, [input, input]), [undefined, undefined]);
  t.equal(lines.length, 3, "both together, then each alone");
  t.match(lines[0], /took more than 1 ms/);
});

t.test("a child over its memory is ended", { skip: process.platform !== "linux" }, async (t) => {
  const { pool, lines } = rig(t, { memoryMib: 1 });
  t.strictSame(await pool.run(path, [input]), [undefined]);
  t.match(lines[0], /MiB of memory; 1 are allowed/);
});
