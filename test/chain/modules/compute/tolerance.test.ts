/** TOLERANCE jobs: answers among decoys, choices, openings, and every end (ADR-0161). */
import t from "tap";
import { decoyOrder, judgedItems } from "../../../../chain/modules/compute/hashes.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/compute/params.ts";
import { openingWindow, verdictWindow } from "../../../../chain/modules/compute/window.ts";
import { splitFee } from "../../../../chain/modules/inference/split.ts";
import { JobStatus } from "../../../../proto/gen/opg.compute.v1.ts";
import { account, type SandboxValidator } from "../sandbox.ts";
import { BOND, earnings, FUNDS, flipped, Market, must, salt, VALIDATORS } from "./market.ts";

const PRICE = 50n;

/** A job whose answers are shown among decoys, and the block that takes verdicts. */
function shown(values: readonly number[], decoy: (output: Uint8Array) => Uint8Array = flipped, more = {}) {
  const market = new Market({ operators: { op: PRICE }, ...more });
  const id = market.assigned("TOLERANCE", values);
  const outputs = market.answers(id);
  market.block(() => must(market.commit("op", id, outputs)));
  market.blocks(1);
  market.block(() => must(market.show("op", id, outputs, outputs.map(decoy))));
  market.blocks(1);
  return { market, id, outputs };
}

/** What an honest validator chooses. */
function right(market: Market, id: bigint): Uint8Array {
  return Uint8Array.from(judgedItems(market.job(id)), (index) => decoyOrder(id, salt(`${id}`), index));
}

function judge(
  market: Market,
  id: bigint,
  choices: (validator: SandboxValidator) => Uint8Array | undefined,
): void {
  const said = VALIDATORS.flatMap((validator) => {
    const chosen = choices(validator);
    return chosen ? [{ validator, chosen }] : [];
  });
  market.block(() => {
    for (const { validator, chosen } of said)
      if (!market.choose(validator, id, chosen)) throw new RangeError("a verdict was not taken");
  });
  const { until } = verdictWindow(market.job(id));
  market.blocks(Number(until - market.sandbox.height));
  market.block(() => {
    for (const { validator, chosen } of said)
      if (!market.tell(validator, id, chosen)) throw new RangeError("an opening was not taken");
  });
}

t.test("an answer that everybody finds among the decoys is paid in the block that opens it", (t) => {
  const { market, id, outputs } = shown([1, 2, 3, 4]);
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_REVEALED);
  t.match(market.open("op", id).error, { code: 19 }, "before the verdicts");
  judge(market, id, () => right(market, id));
  market.block(() => {
    t.match(market.open("op", id, "another").error, { code: 18 }, "another salt");
    must(market.open("op", id));
  });
  const job = market.job(id);
  t.equal(job.status, JobStatus.JOB_STATUS_SETTLED);
  const parts = splitFee(4n * PRICE, DEFAULT_PARAMS.terms.split);
  t.equal(market.balance(earnings("op")), parts.compute);
  t.equal(
    VALIDATORS.reduce((sum, { name }) => sum + market.rewards(name), 0n),
    parts.verification,
  );
  t.equal(market.balance(account("alice")), FUNDS - 4n * PRICE);
  t.strictSame(outputs.length, 4);
  t.end();
});

t.test("who chose without computing is not paid, and who never opened neither", (t) => {
  const { market, id } = shown([1, 2, 3, 4, 5, 6, 7, 8]);
  const guess = right(market, id).map((choice, index) => (index === 0 ? 1 - choice : choice));
  judge(market, id, ({ name }) => (name === "v1" ? guess : name === "v2" ? undefined : right(market, id)));
  market.block(() => must(market.open("op", id)));
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_SETTLED, "70 of 100 agree");
  t.equal(market.rewards("v1"), 0n);
  t.equal(market.rewards("v2"), 0n);
  t.ok(market.rewards("v3") > 0n);
  t.end();
});

t.test("an answer that more than two thirds find wrong, or no decoy, is refuted", (t) => {
  const { market, id } = shown([1, 2]);
  const neither = Uint8Array.from(right(market, id), (choice, index) => (index === 1 ? 2 : choice));
  judge(market, id, ({ name }) => (name === "v1" ? right(market, id) : neither));
  market.block(() => must(market.open("op", id)));
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_REFUTED);
  t.equal(market.balance(account("alice")), FUNDS);
  t.equal(market.operator("op").bond, (BOND - 4n * PRICE).toString());
  t.equal(market.rewards("v1"), 0n);
  t.equal(
    VALIDATORS.reduce((sum, { name }) => sum + market.rewards(name), 0n),
    4n * PRICE,
    "the collateral goes to those who saw it",
  );
  t.end();
});

t.test("where verdicts do not agree nobody is paid and nobody slashed", (t) => {
  const { market, id } = shown([1, 2]);
  judge(market, id, ({ name }) => (name === "v4" ? Uint8Array.of(2, 2) : right(market, id)));
  market.block(() => must(market.open("op", id)));
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_UNDECIDED);
  t.equal(market.balance(account("alice")), FUNDS);
  t.equal(market.operator("op").bond, BOND.toString());
  t.match(market.operator("op"), { locked: "0", openJobs: 0 });
  t.end();
});

t.test("an operator who shows and never opens is refuted; who commits and never shows too", (t) => {
  const { market, id } = shown([1]);
  const { until } = openingWindow(market.job(id));
  market.until(id, JobStatus.JOB_STATUS_REFUTED);
  t.equal(market.sandbox.height, until + 10n, "reveal_blocks after the openings");
  t.equal(market.operator("op").bond, (BOND - 2n * PRICE).toString(), "twice the price");
  const again = market.assigned("TOLERANCE", [1]);
  market.block(() => must(market.commit("op", again, market.answers(again))));
  const { committedHeight } = market.job(again);
  market.until(again, JobStatus.JOB_STATUS_REFUTED);
  t.equal(market.sandbox.height, committedHeight + 11n);
  t.end();
});

t.test("without verdicts the answer opens when all windows are over, and is undecided", (t) => {
  const { market, id } = shown([1]);
  const { until } = openingWindow(market.job(id));
  market.blocks(Number(until - market.sandbox.height - 1n));
  market.block(() => t.match(market.open("op", id).error, { code: 19 }));
  market.block(() => must(market.open("op", id)));
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_UNDECIDED);
  t.end();
});

t.test("two empty entries say that the model cannot run; validators agree with choice 0", (t) => {
  const market = new Market({ operators: { op: PRICE } });
  market.sandbox.compute.answer = () => ({ status: "engineError" }) as never;
  const id = market.assigned("TOLERANCE", [1, 2]);
  const none = [new Uint8Array(0), new Uint8Array(0)];
  market.block(() => must(market.commit("op", id, none)));
  market.blocks(1);
  market.block(() => must(market.show("op", id, none, none)));
  market.blocks(1);
  judge(market, id, () => Uint8Array.of(0, 0));
  market.block(() => must(market.open("op", id)));
  t.equal(market.job(id).status, JobStatus.JOB_STATUS_SETTLED);
  t.end();
});

t.test("what is refused of answers within tolerance", (t) => {
  const market = new Market({ operators: { op: PRICE } });
  const id = market.assigned("TOLERANCE", [1, 2]);
  const outputs = market.answers(id);
  market.block(() => must(market.commit("op", id, outputs)));
  t.match(market.show("op", id, outputs, outputs).error, { code: 19 }, "before it is drawn what is judged");
  market.blocks(1);
  t.match(market.reveal("op", id, [...outputs, ...outputs]).error, { code: 18 }, "with the salt");
  t.match(market.show("op", id, outputs.slice(1), outputs.slice(1)).error, { code: 18 }, "an item less");
  t.match(market.open("op", id).error, { code: 13 }, "nothing is shown");
  t.end();
});
