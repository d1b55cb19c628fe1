/**
 * Go iavl v1.2.8 and the SDK's rootmulti, byte for byte. IAVL_VECTORS=path takes another file of the same form.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as ics23Lib from "@confio/ics23";
import t, { type Test } from "tap";
import { NodeCache } from "../../../chain/store/cache/nodes.ts";
import { Database } from "../../../chain/store/db/database.ts";
import { Kind } from "../../../chain/store/db/layout.ts";
import { Tree } from "../../../chain/store/iavl/tree.ts";
import { MultiStore } from "../../../chain/store/multistore.ts";
import {
  IAVL_SPEC,
  TENDERMINT_SPEC,
  verifyMembership,
  verifyNonMembership,
  verifyStoreProof,
} from "../../../chain/store/proofs/verify.ts";
import { hashBytes } from "../../../chain/store/sha256.ts";
import { loadRoot } from "../../../chain/store/treestore.ts";
import { CommitInfo } from "../../../proto/gen/cosmos.store.v1beta1.ts";
import { fromHex, temporaryFolder, toHex, utf8 } from "./fixtures.ts";

type Op = readonly [kind: "s", key: string, value: string] | readonly [kind: "r", key: string];
interface Proof {
  readonly version: number;
  readonly root: string;
  readonly kind: "exist" | "nonexist";
  readonly where: string;
  readonly key: string;
  readonly value?: string;
  readonly proof: string;
}
interface Case {
  readonly name: string;
  readonly initialVersion?: number;
  readonly steps: readonly {
    ops: Op[];
    version: number;
    root: string;
    workingHash: string;
    size: number;
    height: number;
  }[];
  readonly proofs?: readonly Proof[];
  readonly db?: Readonly<Record<string, string>>;
}
interface Vectors {
  readonly seed: string;
  readonly versions: readonly {
    version: number;
    root: string;
    size: number;
    height: number;
    opsHash: string;
    removed: number;
    missed: number;
  }[];
  readonly proofs: readonly Proof[];
  readonly cases: readonly Case[];
  readonly multistore: {
    readonly versions: readonly {
      version: number;
      sets: Record<string, string[]>;
      commitInfo: string;
      appHash: string;
    }[];
    readonly queries: readonly {
      height: number;
      store: string;
      key: string;
      value: string;
      ops: { type: string; key: string; data: string }[];
    }[];
  };
}

const { ics23, iavlSpec, tendermintSpec } = ics23Lib;

const file = process.env["IAVL_VECTORS"] ?? "test/vectors/iavl-and-multistore.json";
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;

const MASK = 0xffff_ffff_ffff_ffffn;

/** splitmix64, as the vectors' `doc` says. */
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

const sha = (...parts: (string | Uint8Array)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const be32 = (n: number) => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
const be64 = (n: bigint) => new Uint8Array(new BigUint64Array([n]).buffer).reverse();

/** Operations of one version, in order; value undefined is a removal. */
function* randomOps(next: () => bigint): Generator<{ key: Uint8Array; value: Uint8Array | undefined }> {
  for (let i = 0; i < 500; i++) {
    const r = next();
    const id = Number(next() % 3000n);
    const key = sha("key", be32(id)).slice(0, 8 + (id % 25));
    if (r % 5n === 0n) {
      yield { key, value: undefined };
      continue;
    }
    const n = next();
    const h = sha("val", be64(n));
    yield { key, value: Uint8Array.from([...h, ...h]).slice(0, 1 + Number(n % 64n)) };
  }
}

/** What our verifier says, and what @confio/ics23 says: they must agree. */
function checkProof(
  t: Test,
  proof: Uint8Array,
  root: Uint8Array,
  key: Uint8Array,
  value: Uint8Array | undefined,
) {
  const theirs = ics23.CommitmentProof.decode(proof);
  if (value === undefined) {
    t.ok(verifyNonMembership(IAVL_SPEC, root, proof, key).valid, "absence verifies");
    t.ok(ics23Lib.verifyNonMembership(theirs, iavlSpec, root, key), "and with ics23");
    t.notOk(verifyMembership(IAVL_SPEC, root, proof, key, Uint8Array.of(1)).valid, "but not as presence");
    return;
  }
  t.ok(verifyMembership(IAVL_SPEC, root, proof, key, value).valid, "presence verifies");
  t.ok(ics23Lib.verifyMembership(theirs, iavlSpec, root, key, value), "and with ics23");
  t.notOk(verifyNonMembership(IAVL_SPEC, root, proof, key).valid, "but not as absence");
  t.notOk(
    verifyMembership(IAVL_SPEC, root, proof, key, Uint8Array.of(...value, 1)).valid,
    "nor with another value",
  );
}

function opened(path: string, stores: readonly string[], initialVersion?: number): Promise<MultiStore> {
  const initial = initialVersion === undefined ? {} : { initialVersion: BigInt(initialVersion) };
  return MultiStore.open({ path, stores, pruning: { strategy: "nothing" }, sync: false, ...initial });
}

/** All nodes of store 0 as Go iavl's database has them: `s`, version and nonce. */
async function storedNodes(database: Database): Promise<Record<string, string>> {
  const nodes: Record<string, string> = {};
  for await (const [key, value] of database.scan(Uint8Array.of(Kind.node), Uint8Array.of(Kind.node + 1))) {
    nodes[`73${toHex(key).slice(6)}`] = toHex(value);
  }
  return nodes;
}

t.test("a tree of random operations has the roots of every version", async (t) => {
  const store = await opened(temporaryFolder(t), ["random"]);
  t.teardown(() => store.close());
  const next = splitmix(BigInt(vectors.seed));
  for (const expected of vectors.versions) {
    // Operations are applied in their own order, which a branch would sort: each is a branch of its own.
    const hash = createHash("sha256");
    let removed = 0;
    let missed = 0;
    for (const { key, value } of randomOps(next)) {
      const op = store.branch();
      const had = op.store("random").has(key);
      if (value === undefined) {
        op.store("random").delete(key);
        hash.update(Uint8Array.of(0)).update(be32(key.length)).update(key);
        if (had) removed++;
        else missed++;
      } else {
        op.store("random").set(key, value);
        hash.update(Uint8Array.of(1)).update(be32(key.length)).update(key);
        hash.update(be32(value.length)).update(value);
      }
      op.write();
    }
    t.equal(hash.digest("hex"), expected.opsHash, `version ${expected.version}: same operations`);
    t.same({ removed, missed }, { removed: expected.removed, missed: expected.missed });
    await store.commit();
    const view = store.at(BigInt(expected.version));
    t.equal(
      toHex(view.info.storeInfos[0]!.commitId.hash),
      expected.root,
      `version ${expected.version}: same root`,
    );
    t.equal([...view.store("random").iterate()].length, expected.size, "same size");
    view.release();
  }
  for (const { version, root, kind, where, key, value, proof } of vectors.proofs) {
    const view = store.at(BigInt(version));
    t.equal(toHex(view.info.storeInfos[0]!.commitId.hash), root);
    const proven = view.prove("random", fromHex(key));
    t.equal(toHex(proven.ops[0]!.data), proof, `version ${version}: same ${kind} proof, ${where}`);
    t.equal(
      proven.value === undefined ? undefined : toHex(proven.value),
      kind === "exist" ? value : undefined,
    );
    checkProof(t, proven.ops[0]!.data, fromHex(root), fromHex(key), proven.value);
    view.release();
  }
});

for (const { name, initialVersion, steps, proofs, db } of vectors.cases) {
  t.test(`case ${name} has Go iavl's roots, nodes and proofs`, async (t) => {
    // The multistore refuses empty keys, as the SDK's stores do; a tree does not.
    const bare = steps.some(({ ops }) => ops.some(([, key]) => key === ""));
    if (bare) return checkBareTree(t, steps);
    const path = temporaryFolder(t);
    const store = await opened(path, ["case"], initialVersion);
    for (const step of steps) {
      for (const op of step.ops) {
        const branch = store.branch();
        if (op[0] === "s") branch.store("case").set(fromHex(op[1]), fromHex(op[2]));
        else branch.store("case").delete(fromHex(op[1]));
        branch.write();
      }
      store.workingHash();
      const { version } = await store.commit();
      t.equal(version, BigInt(step.version));
      const view = store.at(version);
      t.equal(toHex(view.info.storeInfos[0]!.commitId.hash), step.root, `version ${version}: same root`);
      t.equal(step.root, step.workingHash);
      view.release();
    }
    for (const { version, root, kind, where, key, value, proof } of proofs ?? []) {
      const view = store.at(BigInt(version));
      const proven = view.prove("case", fromHex(key));
      t.equal(toHex(proven.ops[0]!.data), proof, `same ${kind} proof, ${where}`);
      t.equal(proven.value === undefined ? undefined : toHex(proven.value), value);
      checkProof(t, proven.ops[0]!.data, fromHex(root), fromHex(key), proven.value);
      view.release();
    }
    await store.close();
    const database = await Database.open({ path });
    if (db !== undefined) t.same(await storedNodes(database), db, "same nodes in the database");
    const source = new NodeCache(database, 1 << 20).source(0);
    for (const step of steps) {
      const root = loadRoot(database, 0, step.version, source);
      t.same({ size: root?.size ?? 0, height: root?.height ?? 0 }, { size: step.size, height: step.height });
    }
    await database.close();
  });
}

function checkBareTree(t: Test, steps: Case["steps"]): void {
  const absent = (): never => {
    throw new RangeError("every node of this test is in memory");
  };
  const tree = new Tree({ load: absent, kept: () => {}, roomy: () => true }, undefined);
  for (const { ops, version, root, size, height } of steps) {
    for (const op of ops) {
      if (op[0] === "s") tree.set(fromHex(op[1]), fromHex(op[2]));
      else tree.remove(fromHex(op[1]));
    }
    t.equal(toHex(hashBytes(tree.hash(version))), root);
    t.same({ size: tree.size, height: tree.height }, { size, height });
    tree.save(version, () => {});
  }
}

t.test("the multistore has the SDK's commit infos, app hashes and two-step proofs", async (t) => {
  const { versions, queries } = vectors.multistore;
  const store = await opened(temporaryFolder(t), Object.keys(versions[0]!.sets));
  t.teardown(() => store.close());
  for (const { version, sets, commitInfo, appHash } of versions) {
    const branch = store.branch();
    for (const [name, pairs] of Object.entries(sets)) {
      for (const pair of pairs) {
        const [key, value] = pair.split("=") as [string, string];
        branch.store(name).set(utf8(key), utf8(value));
      }
    }
    branch.write();
    t.equal(toHex(store.workingHash()), appHash, "working hash");
    await store.commit();
    t.equal(toHex(store.appHash), appHash, "app hash");
    const view = store.at(BigInt(version));
    t.equal(toHex(CommitInfo.encode(view.info)), commitInfo, "commit info");
    view.release();
  }
  for (const { height, store: name, key, value, ops } of queries) {
    const view = store.at(BigInt(height));
    const proven = view.prove(name, fromHex(key));
    t.equal(toHex(proven.value ?? new Uint8Array(0)), value ?? "");
    const inHex = proven.ops.map((op) => ({ type: op.type, key: toHex(op.key), data: toHex(op.data) }));
    t.same(inHex, ops, `${name}/${key} at ${height}`);
    t.same(verifyStoreProof(view.appHash, proven.ops, name, fromHex(key), proven.value), { valid: true });
    const root = view.info.storeInfos.find((info) => info.name === name)!.commitId.hash;
    t.same(verifyMembership(TENDERMINT_SPEC, view.appHash, proven.ops[1]!.data, utf8(name), root), {
      valid: true,
    });
    const theirs = ics23.CommitmentProof.decode(proven.ops[1]!.data);
    t.ok(ics23Lib.verifyMembership(theirs, tendermintSpec, view.appHash, utf8(name), root));
    view.release();
  }
});
