import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { toHex } from "../../../chain/runtime/bytes.ts";
import { merklePathRoot, merkleRoot } from "../../../client/light/index.ts";

/** The siblings of a leaf, found the slow way: by the roots of the halves. */
function auntsOf(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length === 1) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...auntsOf(left, index), merkleRoot(right)]
    : [...auntsOf(right, index - split), merkleRoot(left)];
}

t.test("roots are those of RFC 6962 as CometBFT has them", async (t) => {
  const leaves = [0, 1, 2].map((n) => Uint8Array.of(n));
  const leaf = (bytes: Uint8Array) => sha256(Uint8Array.of(0, ...bytes));
  const inner = (a: Uint8Array, b: Uint8Array) => sha256(Uint8Array.of(1, ...a, ...b));
  const [a, b, c] = leaves.map(leaf) as [Uint8Array, Uint8Array, Uint8Array];
  t.equal(toHex(merkleRoot([])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  t.strictSame(merkleRoot(leaves.slice(0, 1)), a);
  t.strictSame(merkleRoot(leaves.slice(0, 2)), inner(a, b));
  t.strictSame(merkleRoot(leaves), inner(inner(a, b), c));
});

t.test("a path leads to the root from its own place only", async (t) => {
  for (let total = 1; total <= 17; total++) {
    const leaves = Array.from({ length: total }, (_, n) => Uint8Array.of(n, total));
    const root = toHex(merkleRoot(leaves));
    for (let index = 0; index < total; index++) {
      const aunts = auntsOf(leaves, index);
      t.equal(toHex(merklePathRoot(leaves[index]!, index, total, aunts)!), root);
      const wrong = [
        merklePathRoot(Uint8Array.of(99), index, total, aunts),
        merklePathRoot(leaves[index]!, index, total, [...aunts, aunts[0] ?? leaves[0]!]),
        merklePathRoot(leaves[index]!, index, total, aunts.slice(1)),
        merklePathRoot(leaves[index]!, total, total, aunts),
        merklePathRoot(leaves[index]!, -1, total, aunts),
        total > 1 ? merklePathRoot(leaves[index]!, (index + 1) % total, total, aunts) : undefined,
      ];
      const accepted = wrong.filter(
        (each, n) => each && toHex(each) === root && !(n === 2 && aunts.length === 0),
      );
      t.equal(accepted.length, 0, `${index} of ${total}`);
    }
  }
});
