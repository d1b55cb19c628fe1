/** Our verifier against @confio/ics23, on true proofs and on mutilated ones. PROOF_RUNS=n is the long form. */
import {
  iavlSpec,
  ics23,
  verifyNonMembership as theirAbsence,
  verifyMembership as theirMembership,
} from "@confio/ics23";
import t from "tap";
import { MultiStore } from "../../../chain/store/multistore.ts";
import {
  IAVL_SPEC,
  verifyMembership,
  verifyNonMembership,
  verifyStoreProof,
} from "../../../chain/store/proofs/verify.ts";
import { CommitmentProof } from "../../../proto/gen/cosmos.ics23.v1.ts";
import { seeded, temporaryFolder, utf8 } from "./fixtures.ts";

const runs = Number(process.env["PROOF_RUNS"] ?? 1500);
const seed = Number(process.env["PROOF_SEED"] ?? 11);

async function filled(path: string): Promise<{ store: MultiStore; keys: Uint8Array[] }> {
  const store = await MultiStore.open({ path, stores: ["bank", "acc", "gov"], sync: false });
  const keys: Uint8Array[] = [];
  for (let version = 0; version < 5; version++) {
    const branch = store.branch();
    for (let i = 0; i < 25; i++) {
      const key = utf8(`key-${(version * 25 + i) * 7}`);
      keys.push(key);
      branch.store("bank").set(key, utf8(`value ${version}`));
    }
    branch.store("acc").set(utf8("a"), utf8("b"));
    branch.write();
    await store.commit();
  }
  return { store, keys };
}

/** What @confio/ics23 says; it throws at some malformed proofs, which is a refusal. */
function theirs(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

t.test("every key is proven present, every gap absent, by both verifiers", async (t) => {
  const { store, keys } = await filled(temporaryFolder(t));
  t.teardown(() => store.close());
  const view = store.at(store.version);
  const root = view.info.storeInfos.find(({ name }) => name === "bank")!.commitId.hash;
  for (const key of keys) {
    const { value, ops } = view.prove("bank", key);
    t.same(verifyStoreProof(view.appHash, ops, "bank", key, value), { valid: true });
    t.ok(theirMembership(ics23.CommitmentProof.decode(ops[0]!.data), iavlSpec, root, key, value!));
    const gap = Uint8Array.of(...key, 0);
    const absence = view.prove("bank", gap);
    t.equal(absence.value, undefined);
    t.same(verifyStoreProof(view.appHash, absence.ops, "bank", gap, undefined), { valid: true });
    t.ok(theirAbsence(ics23.CommitmentProof.decode(absence.ops[0]!.data), iavlSpec, root, gap));
    for (const wrong of [
      verifyStoreProof(view.appHash, ops, "bank", key, undefined),
      verifyStoreProof(view.appHash, ops, "acc", key, value),
      verifyStoreProof(root, ops, "bank", key, value),
      verifyStoreProof(view.appHash, ops.slice(0, 1), "bank", key, value),
      verifyStoreProof(view.appHash, [...ops].reverse(), "bank", key, value),
      verifyStoreProof(view.appHash, [...ops, ops[1]!], "bank", key, value),
      verifyStoreProof(view.appHash, absence.ops, "bank", gap, utf8("value 1")),
      verifyStoreProof(view.appHash, [absence.ops[0]!, ops[1]!], "bank", key, value),
    ]) {
      t.equal(wrong.valid, false);
      if (!wrong.valid) t.ok(wrong.reason.length > 0);
    }
  }
  view.release();
});

t.test("proofs from nodes read from the disk are those from nodes in memory", async (t) => {
  const path = temporaryFolder(t);
  const { store, keys } = await filled(path);
  const asked = [...keys, ...keys.map((key) => Uint8Array.of(...key, 0)), utf8("a"), utf8("z")];
  const prove = (from: MultiStore) => {
    const view = from.at(from.version);
    const proofs = asked.flatMap((key) => ["bank", "acc"].map((name) => view.prove(name, key)));
    view.release();
    return proofs;
  };
  const warm = prove(store);
  await store.close();
  // No room for nodes: every one is read anew, and no leaf brings its hash along.
  const cold = await MultiStore.open({ path, stores: ["bank", "acc", "gov"], sync: false, cacheBytes: 0 });
  t.teardown(() => cold.close());
  t.same(prove(cold), warm);
});

t.test("absence does not follow from neighbours that are none", async (t) => {
  const { store, keys } = await filled(temporaryFolder(t));
  t.teardown(() => store.close());
  const view = store.at(store.version);
  const root = view.info.storeInfos.find(({ name }) => name === "bank")!.commitId.hash;
  const sorted = [...view.store("bank").iterate()].map(([key]) => key);
  const exist = (key: Uint8Array) => CommitmentProof.decode(view.prove("bank", key).ops[0]!.data).exist!;
  let checked = 0;
  for (let i = 0; i + 2 < sorted.length; i += 3) {
    // The key in the middle is there; its neighbours, each proven, are put forward as if it were not.
    const nonexist = { key: sorted[i + 1]!, left: exist(sorted[i]!), right: exist(sorted[i + 2]!) };
    const lies = [nonexist, { ...nonexist, left: undefined }, { ...nonexist, right: undefined }];
    for (const lie of lies) {
      const bytes = CommitmentProof.encode(CommitmentProof.create({ nonexist: lie }));
      t.equal(verifyNonMembership(IAVL_SPEC, root, bytes, sorted[i + 1]!).valid, false);
      t.notOk(
        theirs(() => theirAbsence(ics23.CommitmentProof.decode(bytes), iavlSpec, root, sorted[i + 1]!)),
      );
      checked++;
    }
  }
  t.ok(checked > 60 && keys.length === sorted.length);
  view.release();
});

t.test(`mutilated proofs are refused, and what passes proves the truth (PROOF_SEED=${seed})`, async (t) => {
  const { store, keys } = await filled(temporaryFolder(t));
  t.teardown(() => store.close());
  const view = store.at(store.version);
  const root = view.info.storeInfos.find(({ name }) => name === "bank")!.commitId.hash;
  const below = seeded(seed);
  let accepted = 0;
  for (let run = 0; run < runs; run++) {
    const present = below(2) === 0;
    const key = present ? keys[below(keys.length)]! : utf8(`absent-${run}`);
    const { value, ops } = view.prove("bank", key);
    let bytes = Uint8Array.from(ops[0]!.data);
    for (let i = 0; i <= below(3); i++) {
      const action = below(4);
      if (action === 0) bytes[below(bytes.length)]! ^= 1 << below(8);
      else if (action === 1) bytes = bytes.slice(0, below(bytes.length) + 1);
      else if (action === 2) bytes = Uint8Array.from([...bytes, below(256)]);
      else bytes[below(bytes.length)] = below(256);
    }
    const mine = present
      ? verifyMembership(IAVL_SPEC, root, bytes, key, value!)
      : verifyNonMembership(IAVL_SPEC, root, bytes, key);
    if (!mine.valid) continue;
    accepted++;
    // A change may hit nothing that matters only if the decoded proof is the same.
    t.same(CommitmentProof.decode(bytes), CommitmentProof.decode(ops[0]!.data), `run ${run}`);
    const decoded = ics23.CommitmentProof.decode(bytes);
    t.ok(
      theirs(() =>
        present
          ? theirMembership(decoded, iavlSpec, root, key, value!)
          : theirAbsence(decoded, iavlSpec, root, key),
      ),
    );
  }
  t.comment(`${accepted} of ${runs} passed, all of them unchanged in meaning`);
  t.ok(accepted < runs / 4);
  view.release();
});

t.test("a proof of another form is refused with a reason", (t) => {
  const leaf = { hash: 1, prehashKey: 0, prehashValue: 1, length: 1, prefix: Uint8Array.of(0, 2, 2) };
  const exist = { key: utf8("k"), value: utf8("v"), leaf, path: [] };
  const root = new Uint8Array(32);
  const inner = { hash: 1, prefix: Uint8Array.of(2, 4, 2, 32), suffix: new Uint8Array(33) };
  const table: [string, object, RegExp][] = [
    ["no leaf", { ...exist, leaf: undefined }, /leaf operator is missing/],
    ["another hash", { ...exist, leaf: { ...leaf, hash: 2 } }, /hashes in another way/],
    ["values not hashed first", { ...exist, leaf: { ...leaf, prehashValue: 0 } }, /hashes in another way/],
    ["keys hashed first", { ...exist, leaf: { ...leaf, prehashKey: 1 } }, /hashes in another way/],
    ["no lengths", { ...exist, leaf: { ...leaf, length: 0 } }, /hashes in another way/],
    [
      "an inner node as a leaf",
      { ...exist, leaf: { ...leaf, prefix: Uint8Array.of(2, 4, 2) } },
      /does not start with 0/,
    ],
    [
      "a long leaf prefix",
      { ...exist, leaf: { ...leaf, prefix: Uint8Array.of(0, 2, 2, 9) } },
      /not height, size/,
    ],
    ["a short leaf prefix", { ...exist, leaf: { ...leaf, prefix: Uint8Array.of(0, 2) } }, /varint/],
    ["a negative version", { ...exist, leaf: { ...leaf, prefix: Uint8Array.of(0, 2, 1) } }, /negative/],
    [
      "a leaf as an inner node",
      { ...exist, path: [{ ...inner, prefix: Uint8Array.of(0, 4, 2, 32) }] },
      /below its layer/,
    ],
    ["half a child", { ...exist, path: [{ ...inner, suffix: new Uint8Array(32) }] }, /suffix has 32 bytes/],
    ["bytes in a prefix", { ...exist, path: [{ ...inner, prefix: new Uint8Array(50).fill(2) }] }, /children/],
    ["another inner hash", { ...exist, path: [{ ...inner, hash: 3 }] }, /hashes in another way/],
    ["too long a path", { ...exist, path: Array(129).fill(inner) }, /129 steps/],
    ["an empty value", { ...exist, value: new Uint8Array(0) }, /value/],
    ["another root", exist, /another root/],
  ];
  for (const [name, proof, reason] of table) {
    const bytes = CommitmentProof.encode(CommitmentProof.create({ exist: proof as never }));
    const { value } = proof as { value: Uint8Array };
    const verdict = verifyMembership(IAVL_SPEC, root, bytes, utf8("k"), value);
    t.match(verdict, { valid: false, reason }, name);
    t.notOk(
      theirs(() => theirMembership(ics23.CommitmentProof.decode(bytes), iavlSpec, root, utf8("k"), value)),
    );
  }
  t.match(verifyMembership(IAVL_SPEC, root, utf8("nonsense"), utf8("k"), utf8("v")), { valid: false });
  t.match(verifyMembership(IAVL_SPEC, root, new Uint8Array(0), utf8("k"), utf8("v")), { valid: false });
  t.end();
});
