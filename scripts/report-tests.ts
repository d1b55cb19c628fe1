/**
 * Reads the TAP of a whole run, prints what failed, and closes with `N passed, N failed, N skipped`.
 * Usage: report-tests.ts TAP_FILE RUNNER_STATUS. Fails if a test failed, if the runner did, or if there are fewer tests
 * than .ci/test-count says: a test that vanishes must be taken out of that number on purpose.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the tests one level below the files: in TAP of tap's, those are indented by four spaces. */
export function countTests(tap: string): Counts {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const line of tap.split("\n")) {
    const match = /^ {4}(not )?ok \d+(.*)$/.exec(line);
    if (!match) continue;
    if (/# (SKIP|TODO)\b/i.test(match[2]!)) skipped++;
    else if (match[1]) failed++;
    else passed++;
  }
  return { passed, failed, skipped };
}

/** The lines of `tap` that tell what failed: each failing point with the diagnostics after it. */
export function failureLines(tap: string): readonly string[] {
  const lines = tap.split("\n");
  const kept: string[] = [];
  let inDiagnostics = false;
  for (const line of lines) {
    if (/^\s*not ok /.test(line)) {
      kept.push(line);
      inDiagnostics = true;
    } else if (inDiagnostics && /^\s*(ok |# Subtest|1\.\.|$)/.test(line)) inDiagnostics = false;
    else if (inDiagnostics) kept.push(line);
  }
  return kept;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file, runnerStatus] = process.argv;
  const tap = readFileSync(file!, "utf8");
  const counts = countTests(tap);
  const least = Number(
    readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../.ci/test-count"), "utf8"),
  );
  for (const line of failureLines(tap)) console.log(line);
  if (runnerStatus !== "0" && counts.failed === 0) console.log(tap.split("\n").slice(-60).join("\n"));
  const total = counts.passed + counts.failed;
  if (total < least) console.log(`only ${total} tests ran; .ci/test-count says ${least}`);
  if (runnerStatus !== "0" || counts.failed > 0 || total < least) process.exitCode = 1;
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}
