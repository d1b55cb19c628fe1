import t from "tap";
import { parseCoins } from "../../../chain/runtime/coins.ts";
import {
  addDecCoins,
  type DecCoins,
  decAmountOf,
  decCoinsFromCoins,
  decCoinsFromProto,
  decCoinsFromState,
  decCoinsToProto,
  equalDecCoins,
  formatDecCoins,
  intersectDecCoins,
  mulDecCoins,
  mulDecCoinsTruncate,
  quoDecCoins,
  quoDecCoinsTruncate,
  safeSubtractDecCoins,
  subtractDecCoins,
  truncateDecCoins,
} from "../../../chain/runtime/dec-coins.ts";
import { parseDec } from "../../../chain/runtime/decimal.ts";

/** `1.5aaa,2bbb` */
function coins(text: string): DecCoins {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [, amount, denom] = /^(-?[\d.]+)([a-z]+)$/.exec(part)!;
    return { denom: denom!, amount: parseDec(amount!) };
  });
}

const table: readonly (readonly [
  name: string,
  operation: (a: DecCoins, b: DecCoins) => DecCoins | undefined,
  a: string,
  b: string,
  result: string | undefined,
])[] = [
  ["add keeps order", addDecCoins, "1.5bbb", "1aaa,2bbb,3ccc", "1aaa,3.5bbb,3ccc"],
  ["add of nothing", addDecCoins, "1aaa", "", "1aaa"],
  ["nothing and nothing", addDecCoins, "", "", ""],
  ["subtract drops zeros", subtractDecCoins, "1aaa,2bbb", "1aaa", "2bbb"],
  ["subtract to a fraction", subtractDecCoins, "1aaa", "0.000000000000000001aaa", "0.999999999999999999aaa"],
  ["safe subtract tells what is short", safeSubtractDecCoins, "1aaa", "1.000000000000000001aaa", undefined],
  ["safe subtract of what is not there", safeSubtractDecCoins, "1aaa", "1bbb", undefined],
  ["intersect takes the smaller", intersectDecCoins, "3aaa,2bbb,1ccc", "2aaa,5bbb", "2aaa,2bbb"],
  ["intersect with nothing", intersectDecCoins, "3aaa", "", ""],
];

for (const [name, operation, a, b, result] of table) {
  t.test(name, (t) => {
    const got = operation(coins(a), coins(b));
    t.equal(got && formatDecCoins(got), result === undefined ? undefined : formatDecCoins(coins(result)));
    t.end();
  });
}

const factors: typeof table = [
  ["multiply rounds half to even, down", mulBy(mulDecCoins), "0.000000000000000005aaa", "0.1xxx", ""],
  [
    "multiply rounds half to even, up",
    mulBy(mulDecCoins),
    "0.000000000000000015aaa",
    "0.1xxx",
    "0.000000000000000002aaa",
  ],
  [
    "multiply truncates",
    mulBy(mulDecCoinsTruncate),
    "0.000000000000000019aaa,1bbb",
    "0.1xxx",
    "0.000000000000000001aaa,0.1bbb",
  ],
  ["multiply by zero", mulBy(mulDecCoinsTruncate), "1aaa", "0xxx", ""],
  ["divide rounds", mulBy(quoDecCoins), "2aaa", "3xxx", "0.666666666666666667aaa"],
  ["divide truncates", mulBy(quoDecCoinsTruncate), "2aaa", "3xxx", "0.666666666666666666aaa"],
  ["divide to nothing", mulBy(quoDecCoinsTruncate), "0.000000000000000001aaa", "3xxx", ""],
];

function mulBy(operation: typeof mulDecCoins) {
  return (a: DecCoins, b: DecCoins) => operation(a, b[0]!.amount);
}

for (const [name, operation, a, b, result] of factors) {
  t.test(name, (t) => {
    t.equal(formatDecCoins(operation(coins(a), coins(b))!), formatDecCoins(coins(result!)));
    t.end();
  });
}

t.test("subtract throws where safe subtract tells; division by zero throws", (t) => {
  t.throws(() => subtractDecCoins(coins("1aaa"), coins("2aaa")), { codespace: "sdk", code: 35 });
  for (const divide of [quoDecCoins, quoDecCoinsTruncate])
    t.throws(() => divide(coins("1aaa"), parseDec("0")), { code: 35 });
  t.end();
});

t.test("truncation gives whole coins and the rest, which sum to what was there", (t) => {
  const before = coins("0.5aaa,2bbb,3.25ccc");
  const { whole, rest } = truncateDecCoins(before);
  t.strictSame(whole, parseCoins("2bbb,3ccc"));
  t.equal(formatDecCoins(rest), formatDecCoins(coins("0.5aaa,0.25ccc")));
  t.ok(equalDecCoins(addDecCoins(decCoinsFromCoins(whole), rest), before));
  t.equal(decAmountOf(rest, "bbb"), 0n);
  t.end();
});

t.test("equal sets are equal in denominations and amounts", (t) => {
  t.ok(equalDecCoins(coins("1aaa"), coins("1aaa")));
  for (const other of ["", "1bbb", "2aaa", "1aaa,1bbb"])
    t.notOk(equalDecCoins(coins("1aaa"), coins(other)), other);
  t.end();
});

t.test("sets go to messages and back; what is no set is refused", (t) => {
  const set = coins("0.5aaa,2bbb");
  t.strictSame(decCoinsFromProto(decCoinsToProto(set), "rewards"), set);
  t.strictSame(decCoinsFromState(decCoinsToProto(set)), set);
  for (const [bad, path] of [
    [[{ denom: "aaa", amount: "0" }], /rewards\[0\]\.amount/],
    [[{ denom: "aaa", amount: "-1" }], /rewards\[0\]\.amount/],
    [[{ denom: "a", amount: "1" }], /rewards\[0\]\.denom/],
    [decCoinsToProto(coins("1bbb,1aaa")), /sorted/],
    [decCoinsToProto(coins("1aaa,1aaa")), /sorted/],
  ] as const)
    t.throws(() => decCoinsFromProto(bad, "rewards"), { message: path });
  t.end();
});
