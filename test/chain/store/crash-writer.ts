/**
 * Writes blocks into a store until it is killed; each block is a function of its version alone. Says on standard output
 * what it committed, one line a version, after the commit resolved. Arguments: folder, versions to stop at.
 */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { MultiStore } from "../../../chain/store/multistore.ts";
import { seeded, toHex } from "./fixtures.ts";

export const CRASH_STORES = ["bank", "models", "quiet"] as const;

export function openCrashStore(path: string, sync: boolean): Promise<MultiStore> {
  const pruning = { strategy: "custom", keepRecent: 3n, interval: 1n } as const;
  return MultiStore.open({ path, stores: CRASH_STORES, pruning, cacheBytes: 2_000_000, sync });
}

/** What the block of `version` does: some hundred sets and deletes, and now and then a blob that comes or goes. */
export function writeBlock(store: MultiStore, version: bigint): void {
  const below = seeded(Number(version) * 65_537);
  const branch = store.branch();
  for (const name of ["bank", "models"] as const) {
    for (let i = 0; i < 150; i++) {
      const key = Uint8Array.of(below(4), below(256), below(16));
      if (below(4) === 0) branch.store(name).delete(key);
      else
        branch.store(name).set(
          key,
          Uint8Array.from({ length: 1 + below(60) }, () => below(256)),
        );
    }
  }
  if (below(2) === 0) branch.blobs.put(new Uint8Array(20_000 + below(3)).fill(below(5)));
  if (below(3) === 0) branch.blobs.delete(branch.blobs.put(new Uint8Array(20_000 + below(3)).fill(below(5))));
  branch.write();
}

async function main(path: string, last: bigint): Promise<void> {
  writeSync(1, "opening\n");
  const store = await openCrashStore(path, true);
  // One start in three goes back first, so that rollback is killed too.
  const { earliest, latest } = store.versions();
  if (latest % 3n === 0n && latest - earliest >= 2n) {
    await store.rollback(latest - 2n);
    writeSync(1, `back ${latest - 2n}\n`);
  }
  while (store.version < last) {
    writeBlock(store, store.version + 1n);
    const { version, appHash } = await store.commit();
    writeSync(1, `${version} ${toHex(appHash)}\n`);
  }
  await store.close();
}

const [, script, path, last] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(script).href) await main(path!, BigInt(last!));
