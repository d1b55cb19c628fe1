/** Snapshots: what comes out of one is what went in, and what was tampered with is refused. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { MultiStore } from "../../../chain/store/multistore.ts";
import { sha256 } from "../../../chain/store/sha256.ts";
import { SnapshotFolder } from "../../../chain/store/snapshots/folder.ts";
import type { SnapshotInfo } from "../../../chain/store/snapshots/format.ts";
import { CRASH_STORES, openCrashStore, writeBlock } from "./crash-writer.ts";
import { seeded, temporaryFolder, toHex, utf8 } from "./fixtures.ts";
import { entriesOf } from "./model.ts";

/** A store with some versions, and the snapshot of its latest in small chunks. */
async function snapshotted(t: Test, chunkBytes: number) {
  const store = await openCrashStore(temporaryFolder(t), false);
  t.teardown(() => store.close());
  for (let version = 1n; version <= 9n; version++) {
    writeBlock(store, version);
    await store.commit();
  }
  // The last version changes one store only, so that another's root is of an older version.
  const branch = store.branch();
  branch.store("models").set(utf8("only"), utf8("here"));
  branch.write();
  await store.commit();
  const folder = new SnapshotFolder({ path: join(temporaryFolder(t), "snapshots"), chunkBytes });
  const view = store.at(store.version);
  const info = await folder.create(view);
  view.release();
  return { store, folder, info };
}

const empty = (path: string): Promise<MultiStore> =>
  MultiStore.open({ path, stores: CRASH_STORES, sync: false });

async function restoreAll(
  target: MultiStore,
  folder: SnapshotFolder,
  info: SnapshotInfo,
  appHash: Uint8Array,
) {
  const restorer = await target.restore(info, appHash);
  for (let index = 0; index < info.chunks; index++) {
    await restorer.apply(index, (await folder.chunk(info.height, info.format, index))!);
  }
}

for (const chunkBytes of [2000, 30_000, 4 << 20]) {
  t.test(`a snapshot in chunks of ${chunkBytes} bytes restores state, proofs and blobs`, async (t) => {
    const { store, folder, info } = await snapshotted(t, chunkBytes);
    t.same(await folder.list(), [info]);
    const path = temporaryFolder(t);
    let copy = await empty(path);
    await restoreAll(copy, folder, info, store.appHash);
    const check = async () => {
      t.equal(copy.version, 10n);
      t.same(copy.appHash, store.appHash);
      t.same(copy.versions(), { earliest: 10n, latest: 10n });
      const report = await copy.audit();
      const original = await store.audit();
      t.same([report.keys, report.nodes], [original.keys, original.nodes]);
      const [mine, theirs] = [copy.at(10n), store.at(10n)];
      for (const name of CRASH_STORES) t.same(entriesOf(mine.store(name)), entriesOf(theirs.store(name)));
      const [key] = entriesOf(mine.store("bank"))[40]!;
      t.same(mine.prove("bank", Buffer.from(key, "hex")), theirs.prove("bank", Buffer.from(key, "hex")));
      for await (const hash of theirs.blobHashes()) t.same(mine.blobs.get(hash), theirs.blobs.get(hash));
      mine.release();
      theirs.release();
    };
    await check();
    await copy.close();
    copy = await empty(path);
    t.teardown(() => copy.close());
    await check();
    // Both go on alike.
    for (let version = 11n; version <= 14n; version++) {
      writeBlock(store, version);
      writeBlock(copy, version);
      t.same(await copy.commit(), await store.commit());
    }
    await copy.audit();
    await copy.pruneTo(14n);
    await copy.audit();
  });
}

t.test("the same version gives the same snapshot, from another store and after later versions", async (t) => {
  const [one, two] = [await snapshotted(t, 5000), await snapshotted(t, 5000)];
  t.same(one.info, two.info);
  writeBlock(two.store, 11n);
  await two.store.commit();
  const view = two.store.at(10n);
  const again = new SnapshotFolder({ path: temporaryFolder(t), chunkBytes: 5000 });
  t.same(await again.create(view), one.info);
  view.release();
});

t.test(
  "a snapshot is refused for a wrong chunk, a wrong app hash or wrong records, and another one can follow",
  async (t) => {
    const { store, folder, info } = await snapshotted(t, 5000);
    const path = temporaryFolder(t);
    const copy = await empty(path);
    t.teardown(() => copy.close());
    const chunks = await Promise.all(
      Array.from({ length: info.chunks }, async (_, i) => (await folder.chunk(info.height, info.format, i))!),
    );
    const restorer = await copy.restore(info, store.appHash);
    const flipped = Uint8Array.from(chunks[0]!);
    flipped[100]! ^= 1;
    await t.rejects(restorer.apply(0, flipped), { code: "BLOB_MISMATCH" }, "a chunk with another hash");
    await t.rejects(restorer.apply(1, chunks[1]!), { code: "SNAPSHOT" }, "out of turn");
    await restorer.apply(0, chunks[0]!);
    await t.rejects(copy.commit(), { code: "COMMITTING" }, "no commit meanwhile");
    await restorer.abandon();
    await t.rejects(copy.restore({ ...info, format: 2 }, store.appHash), { code: "SNAPSHOT" });
    await t.rejects(copy.restore({ ...info, chunks: info.chunks + 1 }, store.appHash), { code: "SNAPSHOT" });
    await t.rejects(copy.restore({ ...info, hash: new Uint8Array(32) }, store.appHash), { code: "SNAPSHOT" });
    await t.rejects(
      restoreAll(copy, folder, info, new Uint8Array(32)),
      { code: "SNAPSHOT" },
      "another app hash",
    );
    t.equal(copy.version, 0n);
    // A liar can make chunk hashes fit whatever he sends: then the content decides.
    const below = seeded(5);
    for (let i = 0; i < 12; i++) {
      const index = below(3);
      const forged = chunks.map((chunk) => Uint8Array.from(chunk));
      forged[index]![below(forged[index]!.length)]! ^= 1 << below(8);
      const metadata = Uint8Array.from(forged.flatMap((chunk) => [...sha256(chunk)]));
      const lie = { ...info, metadata, hash: sha256(metadata) };
      const attempt = async () => {
        const restorer = await copy.restore(lie, store.appHash);
        for (const [at, chunk] of forged.entries()) await restorer.apply(at, chunk);
      };
      await t.rejects(attempt(), { name: "StoreError" }, "a flipped bit in a tree");
    }
    await restoreAll(copy, folder, info, store.appHash);
    await copy.audit();
    await t.rejects(copy.restore(info, store.appHash), { code: "NOT_EMPTY" });
  },
);

t.test("a restore that was interrupted leaves an empty store", async (t) => {
  const { store, folder, info } = await snapshotted(t, 5000);
  const path = temporaryFolder(t);
  let copy = await empty(path);
  const restorer = await copy.restore(info, store.appHash);
  await restorer.apply(0, (await folder.chunk(info.height, info.format, 0))!);
  await copy.close();
  copy = await empty(path);
  t.teardown(() => copy.close());
  t.equal(copy.version, 0n);
  t.same(entriesOf(copy.branch().store("bank")), []);
  writeBlock(copy, 1n);
  await copy.commit();
  await copy.audit();
});

t.test("snapshots are listed newest first, thinned out, and half-made ones are not offered", async (t) => {
  const path = join(temporaryFolder(t), "snapshots");
  const folder = new SnapshotFolder({ path });
  t.same(await folder.list(), []);
  const store = await openCrashStore(temporaryFolder(t), false);
  t.teardown(() => store.close());
  for (let version = 1n; version <= 3n; version++) {
    writeBlock(store, version);
    await store.commit();
    const view = store.at(version);
    await folder.create(view);
    view.release();
  }
  t.same(
    (await folder.list()).map(({ height }) => height),
    [3n, 2n, 1n],
  );
  await folder.keepRecent(2);
  t.same(
    (await folder.list()).map(({ height }) => height),
    [3n, 2n],
  );
  t.equal(await folder.chunk(1n, 1, 0), undefined);
  t.equal(await folder.chunk(3n, 1, 99), undefined);
  t.equal(await folder.chunk(3n, 2, 0), undefined);
  const chunk = await folder.chunk(3n, 1, 0);
  t.equal(toHex(sha256(chunk!)), toHex((await folder.list())[0]!.metadata.slice(0, 32)));
  t.notOk(readdirSync(path).some((name) => name.startsWith(".making")));
});
