/**
 * Our store against Go iavl v1.2.8 on goleveldb, side by side: `node --import tsx bench/store/iavl.ts [SIZES]`, sizes as
 * 10000,100000,1000000 (default 10000). Needs Go; the peer is built once into the temporary folder.
 *
 * Ratios are ours over Go's, as speeds: 2.00 is twice as fast. For memory and disk, they are bytes over bytes. Neither
 * side waits for the disk in the compared rows (iavl's default); a row with synced commits, as the node has them, is
 * printed beside. Our process runs a small store first, so that V8 has compiled what is measured.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const peer = join(here, "../peers/iavlbench");

type Row = Record<string, number>;

async function buildPeer(): Promise<string> {
  const sources = createHash("sha256");
  for (const name of readdirSync(peer).sort()) sources.update(readFileSync(join(peer, name)));
  const binary = join(tmpdir(), `opg-iavlbench-${sources.digest("hex").slice(0, 12)}`);
  if (!existsSync(binary)) {
    console.error("building iavlbench …");
    await run("go", ["build", "-o", binary, "."], { cwd: peer, maxBuffer: 1 << 26 });
  }
  return binary;
}

async function ours(folder: string, size: number, sync: "sync" | "nosync"): Promise<Row> {
  const args = [
    "--expose-gc",
    "--import",
    "tsx",
    join(here, "measure.ts"),
    join(folder, `${size}-${sync}`),
    `${size}`,
    sync,
  ];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Row;
}

async function theirs(binary: string, folder: string, size: number): Promise<Row> {
  const args = ["bench", "-dir", join(folder, "go"), "-sizes", `${size}`];
  const { stdout } = await run(binary, args, { maxBuffer: 1 << 26 });
  return (JSON.parse(stdout) as Row[])[0]!;
}

/** What is compared: column, unit, whether more is better, and the ratio aimed at by size. */
const LINES: readonly (readonly [
  column: string,
  name: string,
  more: boolean,
  aim?: (size: number) => number,
])[] = [
  ["get_warm_us", "get, warm, µs", false, () => 0.5],
  ["upd_get_us", "get within a block, µs", false],
  ["get_cold_us", "get after opening, µs", false],
  ["upd_keys_per_s", "set + commit, keys/s", true, (size) => (size <= 10_000 ? 0.5 : 1)],
  ["upd_set_us", "  set, µs", false],
  ["upd_save_ms", "  commit of 2000, ms", false],
  ["build_keys_per_s", "build, keys/s", true],
  ["proof_us", "proof, µs", false, () => 1],
  ["nonproof_us", "proof of absence, µs", false, () => 1],
  ["iter_us_per_key", "iterate, µs a key", false],
  ["load_ms", "open, ms", false],
  ["rss_mb", "memory, MB", false],
  ["disk_mb", "disk, MB", false],
];

function print(size: number, go: Row, own: Row, synced: Row): void {
  const cell = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2)).padStart(10);
  console.log(`\n${size} keys                    Go iavl       ours     synced      ratio   aim`);
  for (const [column, name, more, aim] of LINES) {
    const bytes = column.endsWith("_mb");
    const ratio = more || bytes ? own[column]! / go[column]! : go[column]! / own[column]!;
    const aimed = aim === undefined ? "" : `≥ ${aim(size)}${ratio >= aim(size) ? "" : "  missed"}`;
    const cells = [go, own, synced].map((row) => cell(row[column]!)).join(" ");
    console.log(`${name.padEnd(26)} ${cells} ${ratio.toFixed(2).padStart(9)}×  ${bytes ? "(bytes)" : aimed}`);
  }
}

const sizes = (process.argv[2] ?? "10000").split(",").map(Number);
const binary = await buildPeer();
const folder = mkdtempSync(join(tmpdir(), "opg-bench-store-"));
try {
  for (const size of sizes) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    const go = await theirs(binary, folder, size);
    const own = await ours(folder, size, "nosync");
    print(size, go, own, await ours(folder, size, "sync"));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
