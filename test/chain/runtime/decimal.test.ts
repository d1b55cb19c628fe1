import { readFileSync } from "node:fs";
import t from "tap";
import {
  type Dec,
  decAdd,
  decFromInt,
  decMul,
  decMulTruncate,
  decQuo,
  decQuoInt,
  decQuoRoundUp,
  decQuoTruncate,
  decSub,
  ONE,
} from "../../../chain/runtime/decimal.ts";

type Vector = readonly [operation: keyof typeof operations, a: string, b: string, result: string];
const operations = {
  mul: decMul,
  mulTruncate: decMulTruncate,
  quo: decQuo,
  quoTruncate: decQuoTruncate,
  quoRoundUp: decQuoRoundUp,
  quoInt: (a: Dec, b: Dec) => decQuoInt(a, b / ONE),
};
const { vectors } = JSON.parse(
  readFileSync(new URL("../../vectors/legacy-dec.json", import.meta.url), "utf8"),
) as { vectors: readonly Vector[] };

t.test("products and quotients are the SDK's to the last digit", (t) => {
  t.ok(vectors.length > 300, "there are vectors");
  const wrong = vectors.filter(
    ([operation, a, b, result]) =>
      operations[operation](BigInt(a) as Dec, BigInt(b) as Dec) !== BigInt(result),
  );
  t.strictSame(wrong, []);
  t.end();
});

t.test("a decimal is below 2^256, as the SDK's", (t) => {
  const most = ((1n << 256n) * ONE - 1n) as Dec;
  t.equal(decAdd(most, 0n as Dec), most);
  t.equal(decSub(0n as Dec, most), -most);
  for (const over of [
    () => decAdd(most, 1n as Dec),
    () => decSub(-most as Dec, 1n as Dec),
    () => decFromInt(1n << 256n),
  ])
    t.throws(over, { codespace: "sdk", code: 35 });
  t.end();
});
