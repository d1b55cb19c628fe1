import t from "tap";
import { DEFAULT_PARAMS } from "../../../../chain/modules/inference/params.ts";
import { boundedUnitPrice, feeOf, nextUnitPrice } from "../../../../chain/modules/inference/price.ts";
import { type Dec, decToWire, formatDec, parseDec } from "../../../../chain/runtime/decimal.ts";
import { Random, seedOf } from "../random.ts";

const params = {
  blockComputeBudget: 1_000n,
  targetUse: decToWire(parseDec("0.5")),
  maxPriceChange: decToWire(parseDec("0.125")),
  minUnitPrice: decToWire(parseDec("0.001")),
  maxUnitPrice: decToWire(parseDec("10")),
};

t.test("a fee is units at the unit price, rounded up, and the model's price", (t) => {
  const rows: readonly (readonly [bigint, string, bigint, bigint])[] = [
    [1_000n, "0.001", 0n, 1n],
    [1_001n, "0.001", 0n, 2n],
    [1n, "0.000000000000000001", 0n, 1n],
    [0n, "0.001", 5n, 5n],
    [3n, "2.5", 4n, 12n],
    [10n ** 12n, "1000000000", 0n, 10n ** 21n],
  ];
  for (const [units, price, own, fee] of rows)
    t.equal(feeOf(units, parseDec(price), own), fee, `${units} at ${price}`);
  t.end();
});

t.test("the price moves with the use of the budget", (t) => {
  const rows: readonly (readonly [string, bigint, string])[] = [
    ["1", 500n, "1.000000000000000000"],
    ["1", 1_000n, "1.125000000000000000"],
    ["1", 0n, "0.875000000000000000"],
    ["1", 750n, "1.062500000000000000"],
    ["1", 250n, "0.937500000000000000"],
    ["1", 501n, "1.000250000000000000"],
    // Bounds.
    ["9.9", 1_000n, "10.000000000000000000"],
    ["0.0010001", 0n, "0.001000000000000000"],
    ["0.001", 0n, "0.001000000000000000"],
    ["10", 1_000n, "10.000000000000000000"],
  ];
  for (const [price, used, next] of rows)
    t.equal(formatDec(nextUnitPrice(parseDec(price), used, params)), next, `${price} at ${used}`);
  t.end();
});

t.test("the smallest price still rises, and a change of 0 keeps every price", (t) => {
  const low = { ...params, minUnitPrice: "1" };
  t.equal(nextUnitPrice(1n as Dec, 1_000n, low), 2n);
  t.equal(nextUnitPrice(2n as Dec, 0n, low), 1n);
  for (const used of [0n, 500n, 1_000n])
    t.equal(nextUnitPrice(parseDec("3"), used, { ...params, maxPriceChange: "0" }), parseDec("3"));
  t.end();
});

t.test("the price never leaves its bounds, rises only above the target and by no more than its part", (t) => {
  const seed = seedOf("PRICE_SEED");
  t.comment(`seed ${seed}`);
  const random = new Random(seed);
  let price = parseDec("1");
  for (let run = 0; run < 5_000; run++) {
    const used = BigInt(random.below(1_001));
    const next = nextUnitPrice(price, used, params);
    const inBounds = next === boundedUnitPrice(next, params);
    const rightWay = used > 500n ? next >= price : used < 500n ? next <= price : next === price;
    const step = next > price ? next - price : price - next;
    if (!inBounds || !rightWay || step > price / 8n + 1n)
      t.fail(`run ${run}: from ${formatDec(price)} at ${used} to ${formatDec(next)}`);
    price = next;
  }
  t.end();
});

t.test("the defaults are a price that full blocks raise by an eighth", (t) => {
  const next = nextUnitPrice(parseDec("0.001"), DEFAULT_PARAMS.blockComputeBudget, DEFAULT_PARAMS);
  t.equal(formatDec(next), "0.001125000000000000");
  t.end();
});
