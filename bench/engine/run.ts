/**
 * What the engine around onnxruntime costs: wasm alone in a loop against CanonicalEngine.run (another thread, tensors
 * sent and hashed, inputs all distinct so that nothing is remembered), and wasm against native onnxruntime-node with one
 * thread. Turns alternate, so that a noisy machine disturbs all alike. node --import tsx bench/engine/run.ts [name part]
 */
import * as native from "onnxruntime-node";
import { DTYPES } from "../../chain/engine/dtype.ts";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { compileOrt, createSession, loadOrt, runSession } from "../../chain/engine/ort.ts";
import type { NamedTensor } from "../../chain/engine/tensor.ts";
import { type Subject, subjects } from "./subjects.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);

type Run = (inputs: readonly NamedTensor[]) => Promise<unknown>;

function nativeRun(session: native.InferenceSession): Run {
  return (inputs) =>
    session.run(
      Object.fromEntries(
        inputs.map(({ name, dtype, dims, data }) => {
          const { buffer } = data.slice();
          const elements =
            dtype === "int64"
              ? new BigInt64Array(buffer)
              : new Float32Array(buffer, 0, data.length / DTYPES[dtype].size);
          return [name, new native.Tensor(dtype as "float32", elements as Float32Array, [...dims])];
        }),
      ),
    );
}

/** Milliseconds a run: the median of rounds, each way in turn. */
async function measure(
  { runs, inputs }: Subject,
  ways: ReadonlyMap<string, Run>,
): Promise<Map<string, number>> {
  const times = new Map([...ways.keys()].map((way) => [way, [] as number[]]));
  const count = Math.max(1, Math.ceil(runs / 10));
  let index = 0;
  for (const run of ways.values()) await run(inputs(index++));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, run] of ways) {
      const prepared = Array.from({ length: count }, () => inputs(index++));
      const began = performance.now();
      for (const each of prepared) await run(each);
      times.get(way)!.push((performance.now() - began) / count);
    }
  }
  return new Map([...times].map(([way, each]) => [way, each.sort((a, b) => a - b)[each.length >> 1]!]));
}

const ort = await loadOrt(await compileOrt());
const engine = await CanonicalEngine.start({ workers: 1, cacheBytes: 1 });
for (const subject of subjects()) {
  const { name, model, hash } = subject;
  if (!name.includes(process.argv[2] ?? "")) continue;
  const wasm = await createSession(ort, model);
  const host = await native.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const ways = new Map<string, Run>([
    ["wasm", (inputs) => runSession(ort, wasm, inputs)],
    ["engine", (inputs) => engine.run({ hash, bytes: () => model }, inputs)],
    ["native", nativeRun(host)],
  ]);
  const ms = await measure(subject, ways);
  const [alone, run, on] = ["wasm", "engine", "native"].map((way) => ms.get(way)!) as [
    number,
    number,
    number,
  ];
  console.log(
    `${name.padEnd(17)} wasm ${alone.toFixed(3).padStart(8)} ms   engine ${run.toFixed(3).padStart(8)} ms = ${(alone / run).toFixed(2)} x wasm's rate   ` +
      `native ${on.toFixed(3).padStart(8)} ms = ${(alone / on).toFixed(2)} x wasm's rate`,
  );
  await wasm.release();
  await host.release();
}
await engine.stop();
