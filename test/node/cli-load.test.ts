/** Commands that people wait for load few files (ADR-0070). Counted, not timed. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";

const root = new URL("../..", import.meta.url).pathname;

/** Files that are loaded with `file`, by static imports of values. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, clause, target] of text.matchAll(/^(?:import|export)\s+([^;]*?)\s*from "(\.[^"]+)";/gms)) {
    // `import type` and lists of nothing but types are gone when the code runs.
    const names = /^\{([\s\S]*)\}$/
      .exec(clause!)?.[1]
      ?.split(",")
      .map((name) => name.trim());
    const isTypes =
      clause!.startsWith("type ") || names?.every((name) => name === "" || name.startsWith("type "));
    const path = join(dirname(file), target!);
    if (isTypes || !existsSync(path)) continue;
    loadedWith(path, seen);
  }
  return seen;
}

/** Twice what they load now, for those to whom it matters most. */
const table: readonly (readonly [file: string, most: number])[] = [
  ["main", 8],
  ["cli/options", 8],
  ["cli/output", 4],
  ["cli/version", 20],
  ["cli/keys", 60],
  ["cli/status", 46],
];

for (const [file, most] of table) {
  t.test(`node/${file}.ts loads no more than ${most} files`, async (t) => {
    const files = [...loadedWith(join(root, "node", `${file}.ts`))].map((path) => path.slice(root.length));
    t.ok(files.length <= most, `${files.length} files: ${files.join(" ")}`);
    t.notOk(
      files.some((path) => /^chain\/(modules\/|engine\/|store\/multistore|app)/.test(path)),
      "neither the state machine nor the engine",
    );
  });
}

t.test("what the count is made by sees the whole program", async (t) => {
  const files = loadedWith(join(root, "node/cli/start.ts"));
  t.ok(files.has(join(root, "chain/app.ts")) && files.size > 150, `${files.size} files`);
});
