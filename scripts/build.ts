/**
 * Compiles the rooms that others use into a folder of JavaScript and declarations, and puts beside them the files that
 * they read: `npm run build`, into dist/; `npm pack` runs it. Usage: build.ts [FOLDER]
 */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = resolve(process.argv[2] ?? join(root, "dist"));

/** What the code reads at run time. */
const ASSETS = ["chain/engine/vectors", "genesis/models"];

rmSync(target, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", target], {
  stdio: "inherit",
});
for (const asset of ASSETS) cpSync(join(root, asset), join(target, asset), { recursive: true });
// The code reads its version from the package above it.
const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  version: string;
};
writeFileSync(join(target, "package.json"), `${JSON.stringify({ name, version, type: "module" })}\n`);
