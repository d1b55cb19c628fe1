/** EXACT jobs from posting to their end, by every way, with coins to the last unit (ADR-0160). */
import t from "tap";
import { weightOf } from "../../../../chain/modules/compute/assign.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/compute/params.ts";
import { jobsToVote } from "../../../../chain/modules/compute/votes.ts";
import { splitFee } from "../../../../chain/modules/inference/split.ts";
import { type Dec, decTruncate } from "../../../../chain/runtime/decimal.ts";
import { JobStatus, Msg, Operator } from "../../../../proto/gen/opg.compute.v1.ts";
import { account, DENOM, operatorAccount } from "../sandbox.ts";
import { BOND, earnings, FUNDS, flipped, hot, item, Market, must, salt, VALIDATORS } from "./market.ts";

const { JOB_STATUS_ASSIGNED, JOB_STATUS_POSTED, JOB_STATUS_SETTLED, JOB_STATUS_VERIFIED } = JobStatus;
const [v1, , v3, v4] = VALIDATORS as [V, V, V, V];
type V = (typeof VALIDATORS)[number];

t.test("a job that everybody finds right pays operator, verifiers, owner, treasury and burn", (t) => {
  const market = new Market({ operators: { op: 997n } });
  const supply = market.supply();
  const pool = market.communityPool();
  const id = market.answered([1, 2, 3]);
  t.equal(market.job(id).status, JOB_STATUS_VERIFIED);
  market.until(id, JOB_STATUS_SETTLED);
  const job = market.job(id);
  const price = 3n * 997n;
  t.equal(BigInt(job.price), price);
  const parts = splitFee(price, DEFAULT_PARAMS.terms.split);
  t.equal(market.balance(account("alice")), FUNDS - price, "the rest of the escrow came back");
  t.equal(market.balance(earnings("op")), parts.compute);
  t.equal(market.balance(account("owner")), parts.owner);
  t.equal(supply - market.supply(), parts.burn);
  t.equal(decTruncate((market.communityPool() - pool) as Dec), parts.treasury);
  t.equal(market.held("compute"), 0n);
  const { record, locked, openJobs } = market.operator("op");
  t.match(
    { record, locked, openJobs },
    {
      locked: "0",
      openJobs: 0,
      record: { assigned: 1n, settled: 1n, itemsSettled: 3n, earned: parts.compute.toString(), slashed: "0" },
    },
  );
  t.equal(market.verdicts(id).filter(({ agrees }) => agrees).length, 4);
  t.end();
});

t.test("what is refused of a job, and why", (t) => {
  const market = new Market({ params: { maxOpenJobs: 1, maxItems: 3, maxDeadlineBlocks: 20 } });
  const table: readonly [string, Parameters<Market["postMessage"]>, string, number][] = [
    ["no items", ["EXACT", []], "compute", 15],
    ["too many items", ["EXACT", [1, 2, 3, 4]], "compute", 15],
    ["an item that is no tensor", ["EXACT", [1], { items: [Uint8Array.of(1)] }], "compute", 15],
    ["an empty item", ["EXACT", [1], { items: [item(1), new Uint8Array(0)] }], "compute", 15],
    ["no such kind", ["EXACT", [1], { verification: 3 }], "compute", 21],
    ["no such model", ["EXACT", [1], { modelId: 99n }], "models", 2],
    ["another coin", ["EXACT", [1], { maxPrice: { denom: "other", amount: "5" } }], "compute", 12],
    [
      "more than the account has",
      ["EXACT", [1], { maxPrice: { denom: DENOM, amount: (FUNDS + 1n).toString() } }],
      "sdk",
      5,
    ],
    ["a deadline too short", ["EXACT", [1], { deadlineBlocks: 4 }], "compute", 21],
    ["a deadline too long", ["EXACT", [1], { deadlineBlocks: 21 }], "compute", 21],
    [
      "an operator named twice",
      ["EXACT", [1], { excludedOperators: [account("op"), account("op")] }],
      "compute",
      21,
    ],
    ["no address", ["EXACT", [1], { allowedOperators: ["op"] }], "sdk", 7],
    ["an app of many words", ["EXACT", [1], { app: "x".repeat(65) }], "compute", 21],
  ];
  for (const [what, message, codespace, code] of table) {
    const { error } = market.sandbox.deliver(Msg.methods.PostJob, market.postMessage(...message));
    t.match(error, { codespace, code }, what);
  }
  market.post("EXACT", [1]);
  const { error } = market.sandbox.deliver(Msg.methods.PostJob, market.postMessage("EXACT", [1]));
  t.match(error, { codespace: "compute", code: 17 }, "too many jobs");
  t.end();
});

t.test("a job without a candidate waits, can be taken back, and expires", (t) => {
  const market = new Market({ params: { assignBlocks: 5 } });
  const cheap = { maxPrice: { denom: DENOM, amount: "999" } };
  const taken = market.post("EXACT", [1], cheap);
  market.blocks(4);
  t.equal(market.job(taken).status, JOB_STATUS_POSTED);
  t.match(
    market.sandbox.deliver(Msg.methods.CancelJob, { requester: account("bob"), jobId: taken }).error,
    { code: 3 },
    "nobody else takes it back",
  );
  market.block(() =>
    must(market.sandbox.deliver(Msg.methods.CancelJob, { requester: account("alice"), jobId: taken })),
  );
  t.equal(market.job(taken).status, JobStatus.JOB_STATUS_CANCELLED);
  const waited = market.post("EXACT", [1], cheap);
  market.blocks(5);
  t.equal(market.job(waited).status, JobStatus.JOB_STATUS_EXPIRED);
  t.equal(market.balance(account("alice")), FUNDS);
  t.end();
});

t.test("who is named, excluded, paused, too poor, too small or too dear", (t) => {
  const market = new Market({ operators: { cheap: 10n, dear: 5_000n } });
  const who = (more: Parameters<Market["post"]>[2]) => {
    const id = market.assigned("EXACT", [1], more);
    return market.job(id).operator;
  };
  for (let i = 0; i < 3; i++) {
    t.equal(who({ allowedOperators: [account("dear")] }), account("dear"));
    t.equal(who({ excludedOperators: [account("cheap")] }), account("dear"));
    t.equal(who({ maxPrice: { denom: DENOM, amount: "4999" } }), account("cheap"));
  }
  const pause = (paused: boolean) =>
    market.sandbox.run(Msg.methods.UpdateOperator, {
      operator: account("dear"),
      hotAddress: hot("dear"),
      withdrawAddress: earnings("dear"),
      metadata: { moniker: "d", endpoint: "", details: "" },
      capacity: 7,
      paused,
    });
  market.block(() => pause(true));
  const id = market.post("EXACT", [1], { allowedOperators: [account("dear")] });
  market.blocks(6);
  t.equal(market.job(id).status, JOB_STATUS_POSTED, "paused");
  market.block(() => pause(false));
  market.until(id, JOB_STATUS_ASSIGNED, 6);
  market.blocks(1);
  const full = market.post("EXACT", [1], { allowedOperators: [account("dear")] });
  market.blocks(6);
  t.equal(market.job(full).status, JOB_STATUS_POSTED, "seven jobs are all that it takes");
  t.end();
});

t.test("weight is free bond by the square of the lowest price to the price, by open jobs", (t) => {
  const operator = Operator.create({ bond: "1000", locked: "0", openJobs: 0 });
  const weight = (price: bigint, more: Partial<Operator> = {}) =>
    weightOf({ operator: { ...operator, ...more }, price }, 9n);
  t.equal(weight(9n), 1_000_000_000n);
  t.equal(weight(19n), 250_000_000n, "twice the price, a quarter");
  t.equal(weight(9n, { locked: "500" }), 500_000_000n);
  t.equal(weight(9n, { openJobs: 3 }), 250_000_000n);
  t.equal(weight(10n ** 30n), 1n, "never nothing");
  t.end();
});

t.test("who is late loses a part of the collateral, and the job goes to the next", (t) => {
  const market = new Market({ operators: { first: 100n, second: 100n }, params: { maxAttempts: 2 } });
  const supply = market.supply();
  const id = market.assigned("EXACT", [1, 2], { deadlineBlocks: 5 });
  const first = market.job(id);
  const name = first.operator === account("first") ? "first" : "second";
  const other = name === "first" ? "second" : "first";
  market.until(id, JOB_STATUS_POSTED);
  t.equal(market.sandbox.height, first.assignedHeight + 5n);
  t.match(market.operator(name), { bond: (BOND - 40n).toString(), locked: "0", openJobs: 0 });
  t.equal(market.operator(name).record.late, 1n);
  t.equal(supply - market.supply(), 40n, "burnt: a tenth of twice the price");
  market.until(id, JOB_STATUS_ASSIGNED);
  t.equal(market.job(id).operator, account(other));
  t.match(market.commit(name, id, market.answers(id)).error, { code: 3 }, "it is the other's now");
  market.until(id, JobStatus.JOB_STATUS_EXPIRED);
  t.equal(market.balance(account("alice")), FUNDS);
  t.equal(market.job(id).attempts, 2);
  t.end();
});

t.test("only the job's hot key answers, once, in time, and with what it committed to", (t) => {
  const market = new Market({ operators: { op: 10n, other: 1_000_000n } });
  const id = market.assigned("EXACT", [1, 2], { allowedOperators: [account("op")] });
  const outputs = market.answers(id);
  t.match(market.commit("other", id, outputs).error, { code: 3 }, "another's hot key");
  t.match(market.reveal("op", id, outputs).error, { code: 13 }, "nothing is committed");
  market.block(() => {
    must(market.commit("op", id, outputs));
    t.match(market.commit("op", id, outputs).error, { code: 13 }, "committed already");
    t.match(market.reveal("op", id, outputs).error, { code: 19 }, "no verdicts yet");
  });
  market.blocks(1);
  market.block(() => {
    for (const validator of [v1, v3]) t.ok(market.verdict(validator, id, outputs));
    t.notOk(market.verdict(v1, id, outputs), "said already");
    t.match(market.reveal("op", id, outputs).error, { code: 19 }, "40 of 100 have spoken");
  });
  market.block(() => {
    market.verdict(v4, id, outputs);
    t.match(market.reveal("op", id, outputs.slice(1)).error, { code: 18 }, "an item is missing");
    t.match(market.reveal("op", id, [...outputs].reverse()).error, { code: 18 }, "in another order");
    t.match(market.reveal("op", id, outputs, "another").error, { code: 18 }, "another salt");
    t.match(market.reveal("op", id, [outputs[0]!, Uint8Array.of(7)]).error, { code: 18 }, "garbage");
    must(market.reveal("op", id, outputs));
    t.match(market.reveal("op", id, outputs).error, { code: 13 }, "revealed already");
  });
  t.equal(market.job(id).status, JOB_STATUS_VERIFIED);
  t.equal(market.verdicts(id).length, 3);
  t.end();
});

t.test("an answer that is never opened costs the collateral", (t) => {
  const market = new Market({ operators: { op: 100n } });
  const supply = market.supply();
  const id = market.assigned("EXACT", [1]);
  const outputs = market.answers(id);
  market.judged("op", id, outputs, () => outputs);
  const { committedHeight } = market.job(id);
  market.until(id, JobStatus.JOB_STATUS_REFUTED);
  t.equal(market.sandbox.height, committedHeight + 20n, "verdict_blocks and reveal_blocks");
  t.equal(market.balance(account("alice")), FUNDS);
  t.equal(market.operator("op").bond, (BOND - 200n).toString());
  t.equal(supply - market.supply(), 200n, "burnt: nobody knows whose verdict was right");
  t.equal(market.operator("op").record.unrevealed, 1n);
  t.end();
});

t.test(
  "a wrong answer that a quorum sees is refuted by the referee; those who saw it share the collateral",
  (t) => {
    const market = new Market({ operators: { op: 50n } });
    const id = market.assigned("EXACT", [1, 2, 3]);
    const right = market.answers(id);
    const wrong = [right[0]!, flipped(right[1]!), right[2]!];
    // One says yes blindly: it was told the operator's answer.
    market.judged("op", id, wrong, ({ name }) => (name === "v1" ? wrong : right));
    const before = VALIDATORS.map(({ name }) => market.rewards(name));
    market.block(() => must(market.reveal("op", id, wrong)));
    t.equal(market.job(id).status, JobStatus.JOB_STATUS_DISPUTED);
    market.blocks(1);
    const job = market.job(id);
    t.equal(job.status, JobStatus.JOB_STATUS_REFUTED);
    t.equal(market.balance(account("alice")), FUNDS);
    t.equal(market.balance(earnings("op")), 0n);
    t.equal(market.operator("op").bond, (BOND - 300n).toString(), "all of twice the price");
    const got = VALIDATORS.map(({ name }, index) => market.rewards(name) - before[index]!);
    t.strictSame(got, [0n, 67n, 100n, 133n], "by power: 20, 30 and 40 of 90");
    const tokens = VALIDATORS.map(({ name }) => market.stake(name));
    t.strictSame(
      tokens,
      [9_990_000n, 20_000_000n, 30_000_000n, 40_000_000n],
      "a thousandth of the liar's stake",
    );
    t.end();
  },
);

t.test("a wrong answer that colluding validators pass is undone by one challenger", (t) => {
  const market = new Market({ operators: { op: 50n } });
  const id = market.assigned("EXACT", [1, 2]);
  const right = market.answers(id);
  const wrong = [right[0]!, flipped(right[1]!)];
  market.judged("op", id, wrong, ({ name }) => (name === "v1" ? right : wrong));
  market.block(() => must(market.reveal("op", id, wrong)));
  t.equal(market.job(id).status, JOB_STATUS_VERIFIED);
  const challenger = operatorAccount("v1");
  const challenge = (who: string) =>
    market.sandbox.deliver(Msg.methods.Challenge, { challenger: who, jobId: id });
  t.match(challenge(account("alice")).error, { code: 3 }, "nobody without a stake");
  t.match(challenge(account("op")).error, { code: 3 }, "not the operator itself");
  market.block(() => must(challenge(challenger)));
  t.equal(market.held("compute_bonds"), BOND + 10_000_000n);
  market.blocks(1);
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_REFUTED);
  t.equal(market.balance(challenger), FUNDS + 100n, "the deposit, and half of the collateral of 200");
  t.equal(market.balance(account("alice")), FUNDS);
  t.equal(market.rewards("v1"), 100n, "it saw it too");
  t.end();
});

t.test("a false challenge costs its deposit: half to the operator, half burnt; the job is paid", (t) => {
  const market = new Market({ operators: { op: 50n, rival: 60n } });
  const id = market.answered([1, 2], "op", { allowedOperators: [account("op")] });
  const supply = market.supply();
  const rival = market.balance(account("rival"));
  market.block(() =>
    must(market.sandbox.deliver(Msg.methods.Challenge, { challenger: account("rival"), jobId: id })),
  );
  market.blocks(1);
  t.equal(market.job(id).status, JOB_STATUS_SETTLED);
  const parts = splitFee(100n, DEFAULT_PARAMS.terms.split);
  t.equal(market.balance(account("rival")), rival - 10_000_000n);
  t.equal(market.balance(earnings("op")), 5_000_000n + parts.compute);
  t.equal(supply - market.supply(), 5_000_000n + parts.burn);
  t.match(market.sandbox.deliver(Msg.methods.Challenge, { challenger: account("rival"), jobId: id }).error, {
    code: 13,
  });
  t.end();
});

t.test("without a quorum of verdicts in time the referee decides, item by item within its share", (t) => {
  const market = new Market({ operators: { op: 50n }, params: { refereeShare: "10000000000000000" } });
  const units = market.sandbox.modules.inference.quote(market.sandbox.context(), market.modelId, 1n).cost
    .units;
  const { inference } = market.sandbox.modules;
  market.block(() => {
    const ctx = market.sandbox.context("deliver");
    inference.initParams(ctx, { ...inference.params(ctx), blockComputeBudget: units * 250n });
  });
  const id = market.assigned("EXACT", [1, 2, 3, 4, 5]);
  const outputs = market.answers(id);
  market.judged("op", id, outputs, ({ name }) => (name === "v1" ? outputs : undefined));
  t.match(market.reveal("op", id, outputs).error, { code: 19 });
  market.blocks(8);
  const expected = market.job(id).committedHeight + 11n;
  t.equal(market.sandbox.height + 1n, expected);
  market.block(() => must(market.reveal("op", id, outputs)));
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_DISPUTED);
  const seen: number[] = [];
  while (market.job(id).status === JobStatus.JOB_STATUS_DISPUTED) {
    market.block(() => t.equal(market.sandbox.compute.meter.spent, seen.length === 2 ? units : 2n * units));
    seen.push(market.job(id).refereed);
  }
  t.strictSame(seen, [2, 4, 5], "a hundredth of 250 runs is two");
  t.equal(market.job(id).status, JOB_STATUS_SETTLED);
  t.ok(market.rewards("v1") > 0n, "who spoke is paid");
  t.equal(market.rewards("v2"), 0n);
  t.end();
});

t.test("nobody judges its own work: an operator's own validator has no verdict and no power", (t) => {
  const market = new Market({ operators: { op: 50n } });
  market.block(() => {
    market.sandbox.run(Msg.methods.UpdateOperator, {
      operator: account("op"),
      hotAddress: hot("op"),
      withdrawAddress: operatorAccount("v4"),
      metadata: { moniker: "op", endpoint: "", details: "" },
      capacity: 100,
      paused: false,
    });
  });
  const id = market.assigned("EXACT", [1]);
  const outputs = market.answers(id);
  market.judged("op", id, outputs, ({ name }) => (name === "v3" ? undefined : outputs));
  t.match(market.reveal("op", id, outputs).error, { code: 19 }, "30 of the 60 that count");
  market.block(() => {
    t.ok(market.verdict(v3, id, outputs));
    must(market.reveal("op", id, outputs));
  });
  t.equal(market.job(id).status, JOB_STATUS_VERIFIED);
  t.strictSame(
    market
      .verdicts(id)
      .map(({ agrees }) => agrees)
      .filter(Boolean).length,
    3,
  );
  market.until(id, JOB_STATUS_SETTLED);
  t.equal(market.rewards("v4"), 0n);
  t.ok(market.rewards("v2") > 0n);
  t.end();
});

t.test("only a part of the items is judged where terms say so, drawn after the commitment", (t) => {
  const market = new Market({ operators: { op: 50n }, terms: { sample: "400000000000000000" } });
  const id = market.assigned("EXACT", [1, 2, 3, 4, 5]);
  const right = market.answers(id);
  const runs = () => jobsToVote(market.sandbox.context()).filter(({ sampleSeed }) => sampleSeed.length > 0);
  market.block(() => must(market.commit("op", id, right)));
  t.strictSame(runs(), [], "nothing is drawn yet");
  market.blocks(1);
  t.equal(market.job(id).sampleSeed.length, 32);
  const [job] = runs();
  const judged = market.sandbox.modules.compute.judgedRuns(market.sandbox.context(), job!);
  t.equal(judged.length, 2);
  market.block(() => {
    for (const validator of VALIDATORS) market.verdict(validator, id, right);
    must(market.reveal("op", id, right));
  });
  t.equal(market.job(id).status, JOB_STATUS_VERIFIED);
  t.end();
});

t.test("an item that the model cannot run is answered with nothing, and paid like any other", (t) => {
  const market = new Market({ operators: { op: 50n } });
  const { answer } = market.sandbox.compute;
  const bad = item(2);
  market.sandbox.compute.answer = (request) =>
    request.encoded.every((byte, index) => byte === bad[index])
      ? ({ status: "error", error: "engine" } as unknown as ReturnType<typeof answer>)
      : answer(request);
  const id = market.assigned("EXACT", [1, 2]);
  const outputs = market.answers(id);
  t.equal(outputs[1]!.length, 0);
  market.judged("op", id, outputs, () => undefined);
  market.blocks(8);
  market.block(() => must(market.reveal("op", id, outputs)));
  market.blocks(1);
  t.equal(market.job(id).status, JOB_STATUS_SETTLED, "the referee could not run it either");
  t.end();
});

t.test("a job of a model that is retired meanwhile goes on", (t) => {
  const market = new Market({ operators: { op: 50n } });
  const id = market.assigned("EXACT", [1]);
  const outputs = market.answers(id);
  market.judged("op", id, outputs, () => undefined);
  market.retire();
  market.blocks(8);
  market.block(() => must(market.reveal("op", id, outputs)));
  market.blocks(1);
  t.equal(market.job(id).status, JOB_STATUS_SETTLED);
  t.end();
});

t.test("outputs and jobs go when their time is over; 32 bytes stay of what was settled", (t) => {
  const market = new Market({
    operators: { op: 50n },
    params: { outputRetentionBlocks: 3n, jobRetentionBlocks: 6n },
    terms: { challengeBlocks: 2 },
  });
  const id = market.answered([1, 2]);
  market.until(id, JOB_STATUS_SETTLED);
  const kept = () => [...market.sandbox.state.store("compute").iterate()].length;
  market.blocks(3);
  const withJob = kept();
  market.blocks(3);
  t.ok(kept() < withJob);
  t.throws(() => market.job(id), { codespace: "compute", code: 20 });
  t.equal(
    [...market.sandbox.state.store("compute").iterate()].filter(([, value]) => value.length === 32).length,
    1,
  );
  t.ok(salt("x").length === 32);
  t.end();
});
