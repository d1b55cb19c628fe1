/** One seed, from blocks by chance to what is printed of it; used by the test and by scripts/simulate.ts. */
import { performance } from "node:perf_hooks";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { toHex } from "../../../chain/runtime/bytes.ts";
import { type Script, scriptToText } from "./script.ts";
import { shrink } from "./shrink.ts";
import {
  type Engines,
  replay,
  type SimulationFailure,
  type SimulationOptions,
  type SimulationReport,
  simulate,
} from "./simulate.ts";

/** Two engines: one that remembers what it ran, and one that does not. */
export async function startEngines(): Promise<{ readonly engines: Engines; stop(): Promise<void> }> {
  const [steady, restless] = [await CanonicalEngine.start(), await CanonicalEngine.start({ cacheBytes: 1 })];
  const stop = async () => {
    await Promise.all([steady.stop(), restless.stop()]);
  };
  return { engines: { steady, restless }, stop };
}

export interface SeedResult {
  readonly report: SimulationReport;
  /** For people: what was done, or what failed and a short script that fails in the same way. */
  readonly text: string;
}

/** @param shrinkMs time that making a failure shorter may take */
export async function runSeed(options: SimulationOptions, shrinkMs: number): Promise<SeedResult> {
  const report = await simulate(options);
  const head = `seed ${options.seed}, ${report.script.blocks.length} blocks`;
  const { failure } = report;
  if (!failure) return { report, text: `${head}: ${summary(report)}` };
  const short = await shortened(report.script, failure, options.engines, shrinkMs);
  const text = [
    `${head}: FAILED at height ${failure.height}: ${failure.kind}: ${failure.text}`,
    `shrunk to ${short.blocks.length} blocks; node --import tsx scripts/simulate.ts --script FILE runs it again:`,
    scriptToText(short),
  ].join("\n");
  return { report, text };
}

/** The shortest script that was found in the time and fails in the same way. */
export function shortened(
  script: Script,
  failure: SimulationFailure,
  engines: Engines,
  forMs: number,
): Promise<Script> {
  const end = performance.now() + forMs;
  const { kind } = failure;
  const checks = {
    invariants: kind === "invariant",
    twin: kind === "twin" || kind === "proposal" || kind === "thrown",
  };
  return shrink(script, {
    enough: () => performance.now() > end,
    fails: async (tried) => {
      const { failure: found } = await replay(tried, engines, checks);
      return found !== undefined && signatureOf(found) === signatureOf(failure);
    },
  });
}

/** What two failures of one cause have in common: kind and first line, without numbers and addresses. */
export function signatureOf({ kind, text }: SimulationFailure): string {
  const [first = ""] = text.split("\n");
  return `${kind}: ${first.replaceAll(/opg[a-z]*1[a-z0-9]+/g, "ADDRESS").replaceAll(/[0-9]+/g, "N")}`;
}

export async function runScript(script: Script, engines: Engines): Promise<SeedResult> {
  const report = await replay(script, engines);
  const { failure } = report;
  const text = failure
    ? `FAILED at height ${failure.height}: ${failure.kind}: ${failure.text}`
    : `${script.blocks.length} blocks: ${summary(report)}`;
  return { report, text };
}

function summary({ ends, appHash }: SimulationReport): string {
  const counts = [...ends.values()].flatMap((each) => [...each]);
  const sum = (of: typeof counts) => of.reduce((total, [, count]) => total + count, 0);
  const done = sum(counts.filter(([end]) => end === "ok"));
  return `${sum(counts)} operations, ${done} of them done, app hash ${toHex(appHash).slice(0, 16)}`;
}
