/**
 * The long form of the simulation (test/chain/simulation): many seeds, in several processes. A seed that fails is made
 * shorter, and printed as a script that `--script` runs again.
 *
 *   node --import tsx scripts/simulate.ts --seeds 100 --blocks 5000 --jobs 2
 *   node --import tsx scripts/simulate.ts --script failing.json
 */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { scriptFromText } from "../test/chain/simulation/script.ts";
import { runScript, runSeed, startEngines } from "../test/chain/simulation/seeds.ts";

const { values } = parseArgs({
  options: {
    first: { type: "string", default: "1" },
    seeds: { type: "string", default: "20" },
    blocks: { type: "string", default: "500" },
    txs: { type: "string", default: "3" },
    jobs: { type: "string", default: "1" },
    /** Seconds that making a failure shorter may take. */
    shrink: { type: "string", default: "600" },
    script: { type: "string" },
  },
});

/** Runs every `step`th seed from `first` on. @returns how many failed */
async function runSeeds(first: number, step: number): Promise<number> {
  const [seeds, blocks, perBlock] = [values.seeds, values.blocks, values.txs].map(Number);
  const end = Number(values.first) + seeds!;
  const { engines, stop } = await startEngines();
  let failed = 0;
  try {
    for (let seed = first; seed < end; seed += step) {
      const { text, report } = await runSeed(
        { engines, seed, blocks: blocks!, perBlock: perBlock! },
        Number(values.shrink) * 1_000,
      );
      process.stdout.write(`${text}\n`);
      if (report.failure) failed += 1;
    }
  } finally {
    await stop();
  }
  return failed;
}

/** Each of the processes takes its share of the seeds. */
async function share(jobs: number): Promise<number> {
  const codes = Array.from({ length: jobs }, (_, index) => {
    const env = { ...process.env, SIMULATE_SHARE: `${index}/${jobs}` };
    const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { env });
    return new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  });
  return Math.max(...(await Promise.all(codes)));
}

async function main(): Promise<number> {
  if (values.script !== undefined) {
    const { engines, stop } = await startEngines();
    const { text, report } = await runScript(scriptFromText(readFileSync(values.script, "utf8")), engines);
    await stop();
    process.stdout.write(`${text}\n`);
    return report.failure ? 1 : 0;
  }
  const jobs = Number(values.jobs);
  const mine = process.env["SIMULATE_SHARE"];
  if (mine === undefined && jobs > 1) return share(jobs);
  const [index = 0, of = 1] = (mine ?? "0/1").split("/").map(Number);
  return (await runSeeds(Number(values.first) + index, of)) > 0 ? 1 : 0;
}

process.exitCode = await main();
