import t from "tap";
import {
  findOutput,
  prune,
  prunedHeight,
  putOutput,
  putRoot,
} from "../../../../chain/modules/inference/receipts.ts";
import { Sandbox } from "../sandbox.ts";

const root = new Uint8Array(32);

t.test("one block prunes few receipts of others, but always a whole block, and gets through all", (t) => {
  const ctx = new Sandbox().context("deliver");
  const counts = [300, 100, 100, 1, 900, 40];
  let firstId = 1n;
  for (const [i, count] of counts.entries()) {
    putRoot(ctx, { height: BigInt(10 * (i + 1)), root, firstId, count });
    for (let id = firstId; id < firstId + BigInt(count); id++) putOutput(ctx, id, Uint8Array.of(1));
    firstId += BigInt(count);
  }
  const heights: bigint[] = [];
  while (prunedHeight(ctx, "outputs") < 100n) {
    prune(ctx, "outputs", 100n);
    heights.push(prunedHeight(ctx, "outputs"));
  }
  t.strictSame(heights, [30n, 40n, 50n, 100n]);
  for (let id = 1n; id < firstId; id++) if (findOutput(ctx, id)) t.fail(`output ${id} is still there`);
  t.end();
});
