/** Who gets a job: jobs that nobody takes stand before no other, and the draw follows the weights (ADR-0160). */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { type Candidate, draw, weightOf } from "../../../../chain/modules/compute/assign.ts";
import { collateralOf, partOf, priceOf } from "../../../../chain/modules/compute/price.ts";
import { u64Bytes } from "../../../../chain/runtime/bytes.ts";
import { JobStatus, Msg, Operator } from "../../../../proto/gen/opg.compute.v1.ts";
import { account, DENOM } from "../sandbox.ts";
import { Market } from "./market.ts";

t.test("sixty jobs that are too cheap for anybody do not stop the sixty-first", (t) => {
  const market = new Market({ operators: { op: 1_000n }, funds: { alice: 10n ** 12n } });
  const cheap = market.postMessage("EXACT", [1], { maxPrice: { denom: DENOM, amount: "999" } });
  market.block(() => {
    for (let i = 0; i < 60; i++) market.sandbox.run(Msg.methods.PostJob, cheap);
  });
  const id = market.post("EXACT", [2]);
  market.until(id, JobStatus.JOB_STATUS_ASSIGNED, 30);
  t.equal(market.job(id).operator, account("op"));
  t.equal(market.job(1n).status, JobStatus.JOB_STATUS_POSTED);
  t.end();
});

t.test("more jobs than a block takes steps of are all served, some a block", (t) => {
  const market = new Market({ operators: { op: 10n }, terms: { challengeBlocks: 1 } });
  const message = market.postMessage("EXACT", [1]);
  market.block(() => {
    market.sandbox.run(Msg.methods.UpdateOperator, {
      operator: account("op"),
      hotAddress: account("hot-op"),
      withdrawAddress: account("earnings-op"),
      metadata: { moniker: "op", endpoint: "", details: "" },
      capacity: 200,
      paused: false,
    });
    for (let i = 0; i < 120; i++) market.sandbox.run(Msg.methods.PostJob, message);
  });
  const waiting = () =>
    Array.from({ length: 120 }, (_, index) => market.job(BigInt(index + 1))).filter(
      ({ status }) => status === JobStatus.JOB_STATUS_POSTED,
    ).length;
  const seen: number[] = [];
  for (let i = 0; i < 12 && waiting() > 0; i++) {
    market.blocks(1);
    seen.push(waiting());
  }
  t.strictSame(
    seen.filter((count) => count < 120),
    [70, 20, 0],
  );
  t.end();
});

t.test("the draw follows the weights, and is the same for the same chance", (t) => {
  const candidate = (bond: bigint, price: bigint): Candidate => ({
    operator: Operator.create({ bond: bond.toString(), locked: "0" }),
    price,
    collateral: 0n,
  });
  const of = [candidate(1_000n, 99n), candidate(3_000n, 99n), candidate(4_000n, 199n)];
  t.strictSame(
    of.map((each) => weightOf(each, 99n)),
    [1_000_000_000n, 3_000_000_000n, 1_000_000_000n],
  );
  const counts = new Map<Candidate, number>();
  const draws = 5_000;
  for (let i = 0; i < draws; i++) {
    const drawn = draw(of, sha256(u64Bytes(BigInt(i))));
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  const parts = of.map((each) => (counts.get(each) ?? 0) / draws);
  for (const [index, part] of [0.2, 0.6, 0.2].entries())
    t.ok(Math.abs(parts[index]! - part) < 0.03, `${parts[index]} of the draws, not far from ${part}`);
  const chance = sha256(u64Bytes(7n));
  t.equal(draw(of, chance), draw(of, chance));
  t.end();
});

t.test("prices and collateral are rounded up, slashes down, without losing digits", (t) => {
  const half = "500000000000000000";
  const size = { computeUnits: 3n, items: 2, modelPrice: 5n };
  t.equal(priceOf({ unitPrice: half, itemPrice: "7" }, size), 2n + 24n, "1.5 units are 2");
  t.equal(priceOf({ unitPrice: "0", itemPrice: "0" }, { ...size, modelPrice: 0n }), 0n);
  t.equal(priceOf({ unitPrice: "1", itemPrice: "0" }, { ...size, modelPrice: 0n }), 1n);
  t.equal(collateralOf(3n, { collateralRatio: half }), 2n);
  t.equal(partOf(3n, half), 1n);
  t.equal(partOf(10n ** 40n, "1000000000000000000"), 10n ** 40n);
  t.end();
});
