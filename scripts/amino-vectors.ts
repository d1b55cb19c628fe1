/**
 * Asks the Cosmos SDK (test/peers/amino, with Go) what it signs in mode LEGACY_AMINO_JSON for transactions of every standard
 * message, and keeps the answers, so that test/proto/amino-sdk.test.ts needs no Go:
 *   node --import tsx scripts/amino-vectors.ts [--seed 1]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { AMINO_VECTORS, aminoCases } from "../test/proto/amino-cases.ts";

const { values } = parseArgs({ options: { seed: { type: "string", default: "1" } } });
const seed = Number(values.seed);
const cases = aminoCases(seed);
const folder = mkdtempSync(join(tmpdir(), "opg-amino-"));
try {
  const binary = join(folder, "amino");
  const cwd = fileURLToPath(new URL("../test/peers/amino", import.meta.url));
  execFileSync("go", ["build", "-o", binary, "."], { cwd, stdio: "inherit" });
  const input = cases.map((each) => `${JSON.stringify(each)}\n`).join("");
  const answers = execFileSync(binary, { input, maxBuffer: 1 << 28 })
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  const vectors = {
    origin: "cosmossdk.io/x/tx v0.14.0 and api v0.9.2 (Cosmos SDK v0.53.4), by scripts/amino-vectors.ts",
    seed,
    cases: cases.map((each, index) => ({ ...each, ...answers[index] })),
  };
  writeFileSync(AMINO_VECTORS, gzipSync(JSON.stringify(vectors), { level: 9 }));
  const refused = answers.filter((answer) => "error" in answer).length;
  process.stdout.write(`${cases.length} transactions, ${refused} of them refused\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
