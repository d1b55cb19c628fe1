/** Branches against a naive model. BRANCH_RUNS=n is the long form; a seed that failed is BRANCH_SEED. */
import t from "tap";
import { MultiBranch } from "../../../chain/store/branch.ts";
import type { StoreError } from "../../../chain/store/errors.ts";
import { MultiStore } from "../../../chain/store/multistore.ts";
import type { Branch } from "../../../chain/store/types.ts";
import { seeded, temporaryFolder, utf8 } from "./fixtures.ts";
import { entriesOf, ModelStore, randomKey, randomRange } from "./model.ts";

const runs = Number(process.env["BRANCH_RUNS"] ?? 12);
const firstSeed = Number(process.env["BRANCH_SEED"] ?? 1);
const STORES = ["alpha", "beta"] as const;
type Models = Record<(typeof STORES)[number], ModelStore>;

interface Level {
  readonly branch: Branch;
  readonly model: Models;
}

const copyOf = (model: Models): Models => ({ alpha: model.alpha.copy(), beta: model.beta.copy() });

for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
  t.test(`nested branches read, iterate and write as the model does (seed ${seed})`, async (t) => {
    const below = seeded(seed);
    const path = temporaryFolder(t);
    // The cache is smaller than the tree, so that nodes and values come and go.
    const options = { path, stores: STORES, cacheBytes: 20_000, sync: false } as const;
    let store = await MultiStore.open(options);
    let committed: Models = { alpha: new ModelStore(), beta: new ModelStore() };
    const history: [bigint, Models][] = [];
    for (let block = 0; block < 12; block++) {
      const levels: Level[] = [{ branch: store.branch(), model: copyOf(committed) }];
      const iterators: { left: Iterator<readonly [Uint8Array, Uint8Array]>; expected: [string, string][] }[] =
        [];
      for (let step = 0; step < 120; step++) {
        const { branch, model } = levels.at(-1)!;
        const name = STORES[below(2)]!;
        const key = randomKey(below);
        const action = below(12);
        if (action < 4) {
          const value = Uint8Array.from({ length: below(5) }, () => below(256));
          branch.store(name).set(key, value);
          model[name].set(key, value);
        } else if (action < 6) {
          branch.store(name).delete(key);
          model[name].delete(key);
        } else if (action < 8) {
          const value = branch.store(name).get(key);
          t.equal(value && Buffer.from(value).toString("hex"), model[name].get(key));
          t.equal(branch.store(name).has(key), value !== undefined);
        } else if (action < 9) {
          const range = randomRange(below);
          t.same(entriesOf(branch.store(name), range), model[name].entries(range));
        } else if (action < 10) {
          const range = randomRange(below);
          iterators.push({ left: branch.store(name).iterate(range), expected: model[name].entries(range) });
        } else if (action < 11 && levels.length < 4) {
          levels.push({ branch: branch.branch(), model: copyOf(model) });
        } else if (levels.length > 1) {
          levels.pop();
          if (below(3) > 0) {
            branch.write();
            levels[levels.length - 1] = { branch: levels.at(-1)!.branch, model };
          }
        }
      }
      while (levels.length > 0) {
        const { branch, model } = levels.pop()!;
        branch.write();
        if (levels.length > 0) levels[levels.length - 1] = { branch: levels.at(-1)!.branch, model };
        else committed = model;
      }
      // Iterators that were opened at any moment still see that moment, though all was written since.
      for (const { left, expected } of iterators) {
        t.same(
          entriesOf({ iterate: () => left as IterableIterator<readonly [Uint8Array, Uint8Array]> }),
          expected,
        );
      }
      const before = history.at(-1)?.[1] ?? { alpha: new ModelStore(), beta: new ModelStore() };
      if (below(5) === 0) {
        store.discard();
        committed = copyOf(before);
      } else {
        const hash = store.workingHash();
        const { version, appHash } = await store.commit();
        t.same(appHash, hash, "working hash is the app hash");
        history.push([version, copyOf(committed)]);
      }
      if (below(4) === 0) {
        await store.close();
        store = await MultiStore.open(options);
      }
      for (const name of STORES) t.same(entriesOf(store.branch().store(name)), committed[name].entries());
    }
    for (const [version, model] of history) {
      const view = store.at(version);
      for (const name of STORES) {
        const range = randomRange(below);
        t.same(entriesOf(view.store(name), range), model[name].entries(range), `version ${version}`);
        for (const [key, value] of model[name].entries()) {
          t.equal(Buffer.from(view.store(name).get(Buffer.from(key, "hex"))!).toString("hex"), value);
        }
      }
      view.release();
    }
    await store.audit();
    await store.close();
  });
}

t.test(
  "an iterator over the working state does not see what is written into it within the same block",
  async (t) => {
    const store = await MultiStore.open({ path: temporaryFolder(t), stores: ["s"], sync: false });
    t.teardown(() => store.close());
    const put = (keys: readonly number[], value: string) => {
      const branch = store.branch();
      for (const key of keys) branch.store("s").set(Uint8Array.of(key), utf8(value));
      branch.write();
    };
    put([1, 2, 3, 4, 5, 6, 7, 8], "old");
    const expected = entriesOf(store.branch().store("s"));
    const ahead = store.branch().store("s").iterate();
    const back = store.branch().store("s").iterate({ reverse: true });
    const first = ahead.next();
    put([0, 4, 5, 9, 10, 11], "new");
    const removal = store.branch();
    for (const key of [2, 3, 8]) removal.store("s").delete(Uint8Array.of(key));
    removal.write();
    await store.commit();
    t.same([first.value, ...ahead].length, 8);
    t.same(entriesOf({ iterate: () => back }).reverse(), expected);
    t.same(entriesOf(store.branch().store("s")).length, 9);
  },
);

t.test("a branch refuses what would be lost or cannot be stored", async (t) => {
  const store = await MultiStore.open({ path: temporaryFolder(t), stores: ["s"], sync: false });
  t.teardown(() => store.close());
  const code = (run: () => void) => {
    try {
      run();
    } catch (error) {
      return (error as StoreError).code;
    }
    return "no error";
  };
  const branch = store.branch();
  t.equal(
    code(() => branch.store("s").set(new Uint8Array(0), utf8("v"))),
    "EMPTY_KEY",
  );
  t.equal(
    code(() => branch.store("s").delete(new Uint8Array(0))),
    "EMPTY_KEY",
  );
  t.equal(
    code(() => branch.store("s").set(new Uint8Array(70_000), utf8("v"))),
    "KEY_TOO_LARGE",
  );
  t.equal(
    code(() => branch.store("s").set(utf8("k"), new Uint8Array(17 << 20))),
    "VALUE_TOO_LARGE",
  );
  t.equal(
    code(() => branch.store("t")),
    "UNKNOWN_STORE",
  );
  const child = branch.branch();
  branch.write();
  t.equal(
    code(() => branch.write()),
    "BRANCH_SPENT",
  );
  t.equal(
    code(() => child.write()),
    "BRANCH_SPENT",
  );
});

t.test("a write reaches the parent in byte order, whatever the order it was made in", (t) => {
  const seen: string[] = [];
  const recorder = {
    get: () => undefined,
    has: () => false,
    iterate: () => [][Symbol.iterator](),
    set: (key: Uint8Array) => seen.push(`set ${Buffer.from(key).toString("hex")}`),
    delete: (key: Uint8Array) => seen.push(`delete ${Buffer.from(key).toString("hex")}`),
  };
  const blobs = { get: () => undefined, has: () => false, put: () => new Uint8Array(32), delete: () => {} };
  const branch = new MultiBranch({ store: () => recorder as never, blobs });
  for (const hex of ["ff", "80", "00ff", "7f00", "7f"])
    branch.store("s").set(Buffer.from(hex, "hex"), utf8("v"));
  branch.store("s").delete(Buffer.from("00", "hex"));
  branch.write();
  t.same(seen, ["delete 00", "set 00ff", "set 7f", "set 7f00", "set 80", "set ff"]);
  t.end();
});
