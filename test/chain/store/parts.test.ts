/** The small parts that the store stands on. */
import { createHash } from "node:crypto";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { ByteMap } from "../../../chain/store/bytemap.ts";
import { compareBytes, prefixEnd } from "../../../chain/store/bytes.ts";
import { ValueCache } from "../../../chain/store/cache/values.ts";
import { decodeNodeIds, encodeNodeIds, flatKey, nodeKey } from "../../../chain/store/db/layout.ts";
import { decodeNode } from "../../../chain/store/iavl/node.ts";
import { ByteWriter, readUvarint, readZigzag } from "../../../chain/store/iavl/varint.ts";
import { hashItems } from "../../../chain/store/merkle.ts";
import { assertPruning, firstToKeep } from "../../../chain/store/pruning.ts";
import { sha256 } from "../../../chain/store/sha256.ts";
import { fromHex, seeded, toHex, utf8 } from "./fixtures.ts";

t.test("a byte map is a map", (t) => {
  const below = seeded(4);
  const map = new ByteMap<number>();
  const model = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    const key = Uint8Array.from({ length: below(6) }, () => below(8));
    if (below(2) === 0) {
      if (map.set(key, i) === model.has(toHex(key))) t.fail("set says whether the key is new");
      model.set(toHex(key), i);
    } else if (map.get(key) !== model.get(toHex(key))) t.fail(`get ${toHex(key)}`);
  }
  t.equal(map.size, model.size);
  t.same(map.keys.map(toHex), [...model.keys()], "in the order of first setting");
  t.same(map.values, [...model.values()]);
  t.end();
});

t.test("a value cache never answers wrongly and stays within its bytes", (t) => {
  const cache = new ValueCache(40_000);
  const below = seeded(9);
  const model = new Map<string, string | null>();
  let hits = 0;
  for (let i = 0; i < 20_000; i++) {
    const [store, key] = [below(2), Uint8Array.of(below(2), below(200))];
    const name = `${store} ${toHex(key)}`;
    if (below(3) === 0) {
      const value = below(5) === 0 ? null : Uint8Array.of(below(256));
      cache.set(store, key, value);
      model.set(name, value && toHex(value));
      continue;
    }
    const cached = cache.get(store, key);
    if (cached === undefined) continue;
    hits++;
    if ((cached && toHex(cached)) !== model.get(name)) t.fail(`stale value of ${name}`);
  }
  t.ok(hits > 1000 && hits < 13_000, "some are kept, some go");
  t.end();
});

t.test("SHA-256 by OpenSSL and by noble are the same", (t) => {
  for (const length of [0, 1, 55, 56, 64, 70, 1000]) {
    const bytes = new Uint8Array(length).fill(length);
    t.same(sha256(bytes), nobleSha256(bytes));
  }
  t.end();
});

t.test("varints are Go's, up to 2^53, and others are refused", (t) => {
  for (const value of [0, 1, 127, 128, 300, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 2 ** 52 + 1]) {
    const bytes = new ByteWriter(16).uvarint(value).finish();
    t.equal(readUvarint(bytes, { offset: 0 }), value);
    if (value < 2 ** 52) t.equal(readZigzag(new ByteWriter(16).zigzag(value).finish(), { offset: 0 }), value);
  }
  t.equal(toHex(new ByteWriter(16).uvarint(300).finish()), "ac02");
  for (const hex of ["", "80", "ffffffffffffffff01", "ffffffffffffff7f"]) {
    t.throws(() => readUvarint(fromHex(hex), { offset: 0 }), { code: "CORRUPT" });
  }
  t.throws(() => readZigzag(fromHex("01"), { offset: 0 }), { code: "CORRUPT" });
  t.end();
});

t.test("node bytes that are damaged are refused", (t) => {
  const leaf = "000201610131";
  t.same(decodeNode(fromHex(leaf), 1, 1).value, utf8("1"));
  for (const hex of [
    "",
    "00",
    "0002016101",
    "00020161013100",
    "000401610131",
    "020201610131",
    "ff0201610131",
  ]) {
    t.throws(() => decodeNode(fromHex(hex), 1, 1), { code: "CORRUPT" }, hex);
  }
  t.end();
});

t.test("database keys sort as what they name", (t) => {
  const keys = [
    [0, 1, 1],
    [0, 1, 2],
    [0, 256, 1],
    [0, 2 ** 32, 1],
    [1, 1, 1],
    [256, 1, 1],
  ].map(([store, version, nonce]) => nodeKey(store!, version!, nonce!).slice());
  t.same([...keys].reverse().sort(compareBytes), keys);
  t.equal(toHex(nodeKey(258, 2 ** 32 + 7, 9)), "6e010200000001000000070000" + "0009");
  t.equal(toHex(flatKey(1, utf8("a"))), "66000161");
  t.same(decodeNodeIds(encodeNodeIds([1, 2, 2 ** 40, 5], 0, 4)), [1, 2, 2 ** 40, 5]);
  t.end();
});

t.test("the end of a prefix is the first key after it", (t) => {
  t.same(prefixEnd(fromHex("0102")), fromHex("0103"));
  t.same(prefixEnd(fromHex("01ff")), fromHex("02"));
  t.equal(prefixEnd(fromHex("ffff")), undefined);
  t.end();
});

t.test("the Merkle root over items is CometBFT's", (t) => {
  const h = (...parts: (number[] | Uint8Array)[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(Uint8Array.from(part));
    return new Uint8Array(hash.digest());
  };
  const [a, b, c] = ["a", "b", "c"].map((text) => h([0], utf8(text)));
  t.same(hashItems([]), h());
  t.same(hashItems([utf8("a")]), a);
  t.same(hashItems(["a", "b", "c"].map(utf8)), h([1], h([1], a!, b!), c!));
  t.end();
});

t.test("pruning is due as the SDK has it", (t) => {
  const custom = { strategy: "custom", keepRecent: 5n, interval: 4n } as const;
  t.equal(firstToKeep({ strategy: "nothing" }, 1_000_000n), undefined);
  t.equal(firstToKeep({ strategy: "default" }, 362_880n), undefined);
  t.equal(firstToKeep({ strategy: "default" }, 362_890n), 10n);
  t.equal(firstToKeep({ strategy: "everything" }, 20n), 18n);
  t.equal(firstToKeep({ strategy: "everything" }, 21n), undefined);
  t.equal(firstToKeep(custom, 4n), undefined);
  t.equal(firstToKeep(custom, 8n), 3n);
  t.throws(() => assertPruning({ ...custom, keepRecent: 1n }), { code: "OPTIONS" });
  t.throws(() => assertPruning({ ...custom, interval: 0n }), { code: "OPTIONS" });
  t.end();
});
