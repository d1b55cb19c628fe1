/** Versions: views, pruning, rollback, reopening, upgrades. VERSIONS_RUNS=n is the long form. */
import { existsSync } from "node:fs";
import t, { type Test } from "tap";
import { countLeaked } from "../../../chain/store/audit.ts";
import { Database } from "../../../chain/store/db/database.ts";
import type { StoreErrorCode } from "../../../chain/store/errors.ts";
import { MultiStore } from "../../../chain/store/multistore.ts";
import type { MultiStoreOptions } from "../../../chain/store/options.ts";
import { seeded, temporaryFolder, toHex, utf8 } from "./fixtures.ts";
import { entriesOf, ModelStore, randomKey } from "./model.ts";

const runs = Number(process.env["VERSIONS_RUNS"] ?? 4);

async function rejects(t: Test, code: StoreErrorCode, run: () => unknown, name?: string): Promise<void> {
  await t.rejects(async () => run(), { code }, name ?? `refused: ${code}`);
}

/** One block of random changes; the model follows. */
function write(store: MultiStore, model: ModelStore, below: (n: number) => number): void {
  const branch = store.branch();
  for (let i = below(30); i > 0; i--) {
    const key = randomKey(below);
    if (below(3) === 0) {
      branch.store("s").delete(key);
      model.delete(key);
    } else {
      const value = Uint8Array.from({ length: 1 + below(4) }, () => below(256));
      branch.store("s").set(key, value);
      model.set(key, value);
    }
  }
  branch.write();
}

async function open(path: string, more: Partial<MultiStoreOptions> = {}): Promise<MultiStore> {
  return MultiStore.open({ path, stores: ["s", "unused"], sync: false, ...more });
}

for (let seed = 1; seed <= runs; seed++) {
  t.test(
    `pruned and rolled back at random, versions stay what they were and no node leaks (seed ${seed})`,
    async (t) => {
      const below = seeded(seed * 7919);
      const path = temporaryFolder(t);
      const custom = { strategy: "custom", keepRecent: 3n, interval: 2n } as const;
      const options = {
        pruning: seed % 2 === 0 ? custom : ({ strategy: "nothing" } as const),
        cacheBytes: 30_000,
      };
      let store = await open(path, options);
      let history = new Map<bigint, { model: ModelStore; appHash: string }>();
      let model = new ModelStore();
      for (let step = 0; step < 60; step++) {
        const action = below(12);
        if (action === 0 && store.version > 0n) {
          const { earliest, latest } = store.versions();
          const target = earliest + BigInt(below(Number(latest - earliest) + 1));
          await store.rollback(target);
          const { appHash, model: then } = history.get(target)!;
          t.equal(toHex(store.appHash), appHash, `rolled back to ${target}`);
          model = then.copy();
          history = new Map([...history].filter(([version]) => version <= target));
          await store.audit();
        } else if (action === 1) {
          await store.close();
          store = await open(path, options);
        } else if (action === 2 && store.version > 0n) {
          const { earliest, latest } = store.versions();
          await store.pruneTo(earliest + BigInt(below(Number(latest - earliest) + 1)));
        } else {
          write(store, model, below);
          const { version, appHash } = await store.commit();
          history.set(version, { model: model.copy(), appHash: toHex(appHash) });
        }
        await store.settled();
      }
      const { earliest, latest } = store.versions();
      for (let version = earliest; version <= latest; version++) {
        const view = store.at(version);
        const { model: then, appHash } = history.get(version)!;
        t.same(entriesOf(view.store("s")), then.entries(), `version ${version} has its entries`);
        t.equal(toHex(view.appHash), appHash);
        view.release();
      }
      await store.audit();
      await store.pruneTo(store.version);
      await store.close();
      const database = await Database.open({ path });
      t.equal(await countLeaked(database, [0, 1], Number(latest), Number(latest)), 0, "no node leaked");
      let nodes = 0;
      for await (const [key] of database.scan(Uint8Array.of(0x6e, 0, 0), Uint8Array.of(0x6e, 0, 1)))
        nodes += key.length && 1;
      const { length } = model.entries();
      t.equal(
        nodes - Math.max(1, length * 2 - 1) <= 1,
        true,
        "what is left is one tree, and its root's reference",
      );
      await database.close();
    },
  );
}

t.test("pruning keeps what its strategy says and what is held", async (t) => {
  const table = [
    { pruning: { strategy: "nothing" }, commits: 40, earliest: 1n },
    { pruning: { strategy: "default" }, commits: 40, earliest: 1n },
    { pruning: { strategy: "everything" }, commits: 40, earliest: 38n },
    { pruning: { strategy: "everything" }, commits: 39, earliest: 28n },
    { pruning: { strategy: "custom", keepRecent: 5n, interval: 4n }, commits: 39, earliest: 31n },
  ] as const;
  for (const { pruning, commits, earliest } of table) {
    const store = await open(temporaryFolder(t), { pruning });
    const below = seeded(1);
    for (let i = 0; i < commits; i++) {
      write(store, new ModelStore(), below);
      await store.commit();
    }
    await store.settled();
    t.same(store.versions(), { earliest, latest: BigInt(commits) }, `${pruning.strategy} after ${commits}`);
    await store.close();
  }
});

t.test("a version that a view holds is not pruned until it is released", async (t) => {
  const store = await open(temporaryFolder(t), {
    pruning: { strategy: "custom", keepRecent: 2n, interval: 1n },
  });
  t.teardown(() => store.close());
  const model = new ModelStore();
  const below = seeded(2);
  for (let i = 0; i < 3; i++) {
    write(store, model, below);
    await store.commit();
  }
  const view = store.at(3n);
  const then = model.copy();
  for (let i = 0; i < 10; i++) {
    write(store, model, below);
    await store.commit();
  }
  await store.settled();
  t.equal(store.versions().earliest, 3n);
  t.same(entriesOf(view.store("s")), then.entries());
  view.release();
  await rejects(t, "CLOSED", () => view.store("s"));
  write(store, model, below);
  await store.commit();
  await store.settled();
  t.ok(store.versions().earliest > 3n);
});

t.test("a version out of reach is refused with the versions that are kept", async (t) => {
  const store = await open(temporaryFolder(t), { pruning: { strategy: "nothing" } });
  t.teardown(() => store.close());
  await rejects(t, "VERSION_NOT_KEPT", () => store.at(1n));
  for (let i = 0; i < 5; i++) await store.commit();
  await store.pruneTo(3n);
  for (const version of [0n, 2n, 6n, -1n]) {
    await rejects(t, "VERSION_NOT_KEPT", () => store.at(version));
    await rejects(t, "VERSION_NOT_KEPT", () => store.rollback(version));
  }
  await t.rejects(async () => store.at(2n), { message: /from 3 to 5/ });
  const view = store.at(5n);
  await rejects(t, "VERSION_HELD", () => store.rollback(4n));
  view.release();
  await store.rollback(4n);
  t.equal(store.version, 4n);
});

t.test("a view and its scratch branch do not see what is written and committed later", async (t) => {
  const store = await open(temporaryFolder(t));
  t.teardown(() => store.close());
  const put = (value: string) => {
    const branch = store.branch();
    branch.store("s").set(utf8("k"), utf8(value));
    branch.write();
  };
  put("one");
  await store.commit();
  const view = store.at(1n);
  const scratch = view.branch();
  put("two");
  t.same(view.store("s").get(utf8("k")), utf8("one"));
  const committing = store.commit();
  t.same(view.store("s").get(utf8("k")), utf8("one"));
  await committing;
  t.same(view.store("s").get(utf8("k")), utf8("one"));
  t.same(scratch.store("s").get(utf8("k")), utf8("one"));
  scratch.store("s").set(utf8("k"), utf8("mine"));
  t.same(scratch.store("s").get(utf8("k")), utf8("mine"));
  t.same(entriesOf(scratch.store("s")), [[toHex(utf8("k")), toHex(utf8("mine"))]]);
  await rejects(t, "READ_ONLY", () => scratch.write());
  const proof = view.prove("s", utf8("k"));
  t.same(proof.value, utf8("one"));
  await rejects(t, "EMPTY_TREE", () => view.prove("unused", utf8("k")));
  view.release();
});

t.test("nothing can be written while a commit is under way", async (t) => {
  const store = await open(temporaryFolder(t));
  t.teardown(() => store.close());
  const branch = store.branch();
  branch.store("s").set(utf8("k"), utf8("v"));
  const committing = store.commit();
  await rejects(t, "COMMITTING", () => branch.write());
  await rejects(t, "COMMITTING", () => store.commit());
  await committing;
});

t.test("the first version is the initial one", async (t) => {
  const store = await open(temporaryFolder(t), { initialVersion: 7n });
  t.teardown(() => store.close());
  t.equal(store.version, 0n);
  t.equal(toHex(store.appHash), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  store.setInitialVersion(100n);
  t.same((await store.commit()).version, 100n);
  t.same((await store.commit()).version, 101n);
  t.same(store.versions(), { earliest: 100n, latest: 101n });
  await rejects(t, "NOT_EMPTY", () => store.setInitialVersion(5n));
});

t.test("stores come and go only as an upgrade says", async (t) => {
  const path = temporaryFolder(t);
  let store = await open(path);
  const below = seeded(3);
  const model = new ModelStore();
  write(store, model, below);
  await store.commit();
  await store.close();
  await rejects(t, "STORES_DIFFER", () => MultiStore.open({ path, stores: ["s"] }));
  await rejects(t, "STORES_DIFFER", () => MultiStore.open({ path, stores: ["s", "unused", "new"] }));
  store = await MultiStore.open({ path, stores: ["s", "new"], added: ["new"], removed: ["unused"] });
  const branch = store.branch();
  branch.store("new").set(utf8("k"), utf8("v"));
  branch.write();
  await store.commit();
  const old = store.at(1n);
  t.same(entriesOf(old.store("s")), model.entries());
  t.same(entriesOf(old.store("unused")), []);
  await rejects(t, "UNKNOWN_STORE", () => old.store("new"));
  old.release();
  await store.audit();
  await store.close();
  store = await MultiStore.open({ path, stores: ["s", "new"] });
  t.same(store.branch().store("new").get(utf8("k")), utf8("v"));
  await store.close();
});

t.test("two processes cannot have the same database open", async (t) => {
  const path = temporaryFolder(t);
  const store = await open(path);
  t.teardown(() => store.close());
  await rejects(t, "OPTIONS", () => open(path));
  t.ok(existsSync(path));
});

t.test("blobs live from their version on, until no kept version has them", async (t) => {
  const path = temporaryFolder(t);
  const store = await open(path, { pruning: { strategy: "nothing" } });
  t.teardown(() => store.close());
  const bytes = new Uint8Array(300_000).fill(7);
  let branch = store.branch();
  const hash = branch.blobs.put(bytes);
  t.ok(branch.blobs.has(hash));
  t.notOk(store.branch().blobs.has(hash), "not before the branch is written");
  branch.write();
  t.same(store.branch().blobs.get(hash), bytes, "the block in progress has it");
  store.discard();
  t.notOk(store.branch().blobs.has(hash), "discarded");
  branch = store.branch();
  branch.blobs.put(bytes);
  branch.write();
  await store.commit();
  branch = store.branch();
  branch.blobs.delete(hash);
  t.notOk(branch.blobs.has(hash));
  branch.write();
  await store.commit();
  t.notOk(store.branch().blobs.has(hash), "gone in the latest");
  branch = store.branch();
  branch.blobs.put(bytes);
  branch.blobs.put(utf8("another"));
  branch.write();
  await store.commit();
  const alive = (version: bigint) => {
    const view = store.at(version);
    const has = view.blobs.has(hash);
    t.equal(view.blobs.get(hash) !== undefined, has);
    view.release();
    return has;
  };
  t.same([alive(1n), alive(2n), alive(3n)], [true, false, true]);
  t.equal((await store.audit()).blobs, 2);
  await store.rollback(2n);
  t.same([alive(1n), alive(2n)], [true, false]);
  t.equal((await store.audit()).blobs, 1);
  await store.commit();
  await store.pruneTo(3n);
  t.equal((await store.audit()).blobs, 0, "pruned away");
});

t.test("a store that comes back under a name that was removed starts empty", async (t) => {
  const path = t.testdir();
  const key = Uint8Array.of(1);
  const open = (stores: readonly string[], changes: { added?: string[]; removed?: string[] } = {}) =>
    MultiStore.open({ path, stores, ...changes, sync: false, pruning: { strategy: "nothing" } });
  let store = await open(["s", "back"]);
  const written = store.branch();
  written.store("back").set(key, key);
  written.write();
  await store.commit();
  await store.close();
  store = await open(["s"], { removed: ["back"] });
  const view = store.at(1n);
  t.same(view.store("back").get(key), key, "the latest version has it until the next");
  view.release();
  await store.commit();
  await store.close();
  store = await open(["s", "back"], { added: ["back"] });
  t.equal(store.branch().store("back").get(key), undefined);
  t.same([...store.branch().store("back").iterate()], []);
  await store.commit();
  t.same(store.at(1n).store("back").get(key), key, "the old version is as it was");
  await store.close();
});
