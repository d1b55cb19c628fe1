/**
 * What iavlbench measures of Go iavl, measured of our store in the same order, with the same keys, values and numbers.
 * Run by iavl.ts in a process of its own for each size: `measure.ts FOLDER SIZE SYNC`; prints one JSON row.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MultiStore } from "../../chain/store/multistore.ts";

const BATCH = 2000;
const BLOCKS = 15;
const MASK = 0xffff_ffff_ffff_ffffn;

function splitmix(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  };
}

const DENOM = new TextEncoder().encode("stake");

/** As a bank balance: 0x02, 20 bytes of address, denomination. */
function benchKey(i: bigint): Uint8Array {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, i);
  const key = new Uint8Array(26);
  key[0] = 2;
  key.set(createHash("sha256").update(number).digest().subarray(0, 20), 1);
  key.set(DENOM, 21);
  return key;
}

const text = new TextEncoder();
const benchValue = (n: bigint): Uint8Array => text.encode(String(1_000_000n + (n % 1_000_000_000_000n)));
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

function residentMB(): number {
  const line = /VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line![1]) / 1024;
}

function folderMB(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1e6;
}

/** V8 compiles what has run a while, as in a node that is up; Go's code is compiled beforehand. */
async function warmUp(path: string): Promise<void> {
  const store = await MultiStore.open({ path, stores: ["bank"], sync: false });
  const keys = Array.from({ length: 3000 }, (_, i) => benchKey(BigInt(i)));
  for (let block = 0; block < 5; block++) {
    const branch = store.branch();
    for (const key of keys) branch.store("bank").set(key, benchValue(BigInt(block)));
    branch.write();
    await store.commit();
    const reader = store.branch().store("bank");
    for (let i = 0; i < 5; i++) for (const key of keys) reader.get(key);
    const view = store.at(store.version);
    for (const key of keys.slice(0, 600)) {
      view.prove("bank", key);
      view.prove("bank", Uint8Array.of(...key, 1));
    }
    for (const _ of view.store("bank").iterate());
    view.release();
  }
  await store.close();
}

async function measure(path: string, size: number, sync: boolean): Promise<Record<string, number>> {
  const row: Record<string, number> = { size };
  const open = () => MultiStore.open({ path, stores: ["bank"], pruning: { strategy: "nothing" }, sync });
  await warmUp(`${path}-warm`);
  let store = await open();
  const keys = Array.from({ length: size }, (_, i) => benchKey(BigInt(i)));
  const now = () => performance.now();
  const buildStart = now();
  for (let at = 0; at < size; at += 100_000) {
    const branch = store.branch();
    const bank = branch.store("bank");
    for (let i = at; i < Math.min(at + 100_000, size); i++) bank.set(keys[i]!, benchValue(BigInt(i)));
    branch.write();
    await store.commit();
  }
  row["build_keys_per_s"] = (size / (now() - buildStart)) * 1000;
  const next = splitmix(7n);
  // Numbers are drawn before the clock runs: bigint arithmetic is not what is measured.
  const picks = (count: number) => Array.from({ length: count }, () => keys[Number(next() % BigInt(size))]!);
  // As many at every size, so that what V8 still has to compile does not weigh on the small one.
  const gets = picks(200_000);
  const reader = store.branch().store("bank");
  let start = now();
  for (const key of gets) reader.get(key);
  row["get_warm_us"] = ((now() - start) * 1000) / gets.length;
  const [readUs, setUs, saveMs]: [number[], number[], number[]] = [[], [], []];
  for (let block = 0; block < BLOCKS; block++) {
    const chosen = picks(BATCH);
    const values = chosen.map(() => benchValue(next()));
    const branch = store.branch();
    const bank = branch.store("bank");
    start = now();
    for (const key of chosen) bank.get(key);
    readUs.push(((now() - start) * 1000) / BATCH);
    start = now();
    for (let i = 0; i < BATCH; i++) bank.set(chosen[i]!, values[i]!);
    branch.write();
    setUs.push(((now() - start) * 1000) / BATCH);
    start = now();
    await store.commit();
    saveMs.push(now() - start);
  }
  row["upd_get_us"] = median(readUs);
  row["upd_set_us"] = median(setUs);
  row["upd_save_ms"] = median(saveMs);
  row["upd_keys_per_s"] = BATCH / ((row["upd_set_us"] * BATCH) / 1e6 + row["upd_save_ms"] / 1e3);
  const view = store.at(store.version);
  const proven = picks(2000);
  start = now();
  for (const key of proven) view.prove("bank", key);
  row["proof_us"] = ((now() - start) * 1000) / proven.length;
  const absent = proven.map(() => benchKey(next() | (1n << 63n)));
  start = now();
  for (const key of absent) view.prove("bank", key);
  row["nonproof_us"] = ((now() - start) * 1000) / absent.length;
  start = now();
  let count = 0;
  for (const _ of view.store("bank").iterate()) if (++count >= 100_000) break;
  row["iter_us_per_key"] = ((now() - start) * 1000) / count;
  view.release();
  globalThis.gc?.();
  row["rss_mb"] = residentMB();
  row["cached_mb"] = store.cachedBytes / 1e6;
  await store.close();
  row["disk_mb"] = folderMB(path);
  start = now();
  store = await open();
  row["load_ms"] = now() - start;
  const cold = picks(Math.min(size, 50_000));
  const coldReader = store.branch().store("bank");
  start = now();
  for (const key of cold) coldReader.get(key);
  row["get_cold_us"] = ((now() - start) * 1000) / cold.length;
  const branch = store.branch();
  const chosen = picks(BATCH);
  start = now();
  for (const key of chosen) branch.store("bank").set(key, benchValue(next()));
  branch.write();
  row["cold_set_us_first"] = ((now() - start) * 1000) / BATCH;
  start = now();
  await store.commit();
  row["cold_save_ms_first"] = now() - start;
  await store.close();
  return row;
}

const [, , path, size, sync] = process.argv;
console.log(JSON.stringify(await measure(path!, Number(size), sync === "sync")));
