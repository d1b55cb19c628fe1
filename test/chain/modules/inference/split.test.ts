import t from "tap";
import { DEFAULT_PARAMS, STREAMS } from "../../../../chain/modules/inference/params.ts";
import { splitFee } from "../../../../chain/modules/inference/split.ts";
import { ONE } from "../../../../chain/runtime/decimal.ts";
import { splitByWeight } from "../../../../chain/runtime/split.ts";
import type { SplitWeights } from "../../../../proto/gen/opg.inference.v1.ts";
import { Random, seedOf } from "../random.ts";

function weights(...parts: readonly bigint[]): SplitWeights {
  return Object.fromEntries(
    STREAMS.map((stream, i) => [stream, parts[i]!.toString()]),
  ) as unknown as SplitWeights;
}

const percent = (...parts: readonly number[]) => weights(...parts.map((part) => (BigInt(part) * ONE) / 100n));

t.test("a fee is split by weight, and what rounding leaves goes to the largest fractions", (t) => {
  const rows: readonly (readonly [bigint, SplitWeights, readonly bigint[]])[] = [
    [0n, DEFAULT_PARAMS.split, [0n, 0n, 0n, 0n, 0n]],
    [100n, DEFAULT_PARAMS.split, [40n, 25n, 20n, 10n, 5n]],
    // 0.4, 0.25, 0.2, 0.1, 0.05: the one unit goes to the largest fraction.
    [1n, DEFAULT_PARAMS.split, [1n, 0n, 0n, 0n, 0n]],
    // 2.8, 1.75, 1.4, 0.7, 0.35: three units are left, for .8, .75 and .7.
    [7n, DEFAULT_PARAMS.split, [3n, 2n, 1n, 1n, 0n]],
    // All fractions are equal: the order of the streams decides.
    [3n, percent(20, 20, 20, 20, 20), [1n, 1n, 1n, 0n, 0n]],
    [9n, percent(0, 0, 0, 0, 100), [0n, 0n, 0n, 0n, 9n]],
    [1n, percent(0, 50, 0, 50, 0), [0n, 1n, 0n, 0n, 0n]],
    // A weight of 0 never gets the unit that is left.
    [1n, percent(0, 0, 50, 50, 0), [0n, 0n, 1n, 0n, 0n]],
  ];
  for (const [fee, split, parts] of rows) t.strictSame(Object.values(splitFee(fee, split)), parts, `${fee}`);
  t.end();
});

t.test(
  "for any fee and weights the parts sum to the fee, none is negative or more than one unit off",
  (t) => {
    const seed = seedOf("SPLIT_SEED");
    t.comment(`seed ${seed}`);
    const random = new Random(seed);
    for (let run = 0; run < 2_000; run++) {
      const count = random.below(8) + 1;
      const parts: bigint[] = Array.from({ length: count }, () => random.bigint(random.below(90)));
      if (!parts.some((part) => part > 0n)) parts[0] = 1n;
      const total = parts.reduce((sum, part) => sum + part, 0n);
      const amount = random.bigint(random.below(200));
      const split = splitByWeight(amount, parts);
      const sum = split.reduce((a, b) => a + b, 0n);
      const off = split.findIndex((part, i) => {
        const exact = amount * parts[i]!;
        return part < exact / total || part > exact / total + 1n || (parts[i] === 0n && part !== 0n);
      });
      if (sum !== amount || off >= 0)
        t.fail(`run ${run}: ${amount} by ${parts.join(", ")} gave ${split.join(", ")}`);
    }
    t.end();
  },
);

t.test("where no fractions are equal, a part does not depend on the order of the weights", (t) => {
  const seed = seedOf("SPLIT_SEED");
  t.comment(`seed ${seed}`);
  const random = new Random(seed);
  let compared = 0;
  for (let run = 0; run < 500; run++) {
    const parts = Array.from({ length: 5 }, () => random.bigint(60) + 1n);
    const total = parts.reduce((sum, part) => sum + part, 0n);
    const amount = random.bigint(80);
    const rests = parts.map((part) => (amount * part) % total);
    if (new Set(rests).size < parts.length) continue;
    compared++;
    const reversed = splitByWeight(amount, [...parts].reverse()).reverse();
    if (reversed.join() !== splitByWeight(amount, parts).join()) t.fail(`run ${run}: order matters`);
  }
  t.ok(compared > 400, `${compared} compared`);
  t.end();
});

t.test("negative amounts and weights, and weights that are all zero, are refused", (t) => {
  for (const [amount, parts] of [
    [-1n, [1n]],
    [1n, [0n, 0n]],
    [1n, []],
    [1n, [2n, -1n]],
  ] as const)
    t.throws(() => splitByWeight(amount, parts), { codespace: "sdk", code: 35 });
  t.end();
});
