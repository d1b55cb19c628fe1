/**
 * What onnxruntime's graph optimisation levels are worth in wasm: seconds to load, milliseconds a run, and whether the
 * output bytes are those of "basic". ADR-0026 rests on it. node --import tsx bench/engine/levels.ts
 */
import { compileOrt, loadOrt, runSession, SESSION_OPTIONS } from "../../chain/engine/ort.ts";
import { tensorsHash } from "../../chain/engine/tensor.ts";
import { subjects } from "./subjects.ts";

const LEVELS = ["disabled", "basic", "extended", "all"] as const;

const ort = await loadOrt(await compileOrt());
for (const { name, model, inputs, runs } of subjects()) {
  const hashes = new Map<string, string>();
  const lines = new Map<string, number[]>();
  const sessions = new Map<string, Awaited<ReturnType<typeof ort.InferenceSession.create>>>();
  for (const level of LEVELS) {
    const began = performance.now();
    const session = await ort.InferenceSession.create(model, {
      ...SESSION_OPTIONS,
      graphOptimizationLevel: level,
      logSeverityLevel: 4,
    });
    sessions.set(level, session);
    lines.set(level, [performance.now() - began]);
    hashes.set(level, tensorsHash(await runSession(ort, session, inputs(0))).join(","));
  }
  // Levels take turns, so that a noisy neighbour disturbs all of them.
  for (let round = 0; round < 5; round++) {
    for (const level of LEVELS) {
      const count = Math.max(1, Math.ceil(runs / 5));
      const prepared = Array.from({ length: count }, (_, i) => inputs(i));
      const began = performance.now();
      for (const each of prepared) await runSession(ort, sessions.get(level)!, each);
      lines.get(level)!.push((performance.now() - began) / count);
    }
  }
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const basic = median(lines.get("basic")!.slice(1));
  for (const level of LEVELS) {
    const [load, ...each] = lines.get(level)! as [number, ...number[]];
    const run = median(each);
    console.log(
      `${name.padEnd(17)} ${level.padEnd(9)} load ${load.toFixed(1).padStart(7)} ms   run ${run.toFixed(3).padStart(8)} ms` +
        `   ${(run / basic).toFixed(2)} x basic   ${hashes.get(level) === hashes.get("basic") ? "same bytes" : "other bytes"}`,
    );
  }
  for (const session of sessions.values()) await session.release();
}
