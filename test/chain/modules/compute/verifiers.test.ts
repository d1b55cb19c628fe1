/** Saying yes and copying earn nothing over 10,000 jobs (docs/market-game.md). */
import { readFileSync } from "node:fs";
import t from "tap";
import { type Earned, judgeMany, type Way } from "./verifiers.ts";

const COUNT = 10_000;
const SEED = 20_261_124;
const page = readFileSync(new URL("../../../../docs/market-game.md", import.meta.url), "utf8");
const commas = (value: bigint | number) => value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
const earned = judgeMany(COUNT, SEED);
const of = (way: Way): Earned => earned.get(way)!;

t.test("who computes is paid for every job", (t) => {
  t.equal(of("honest").jobs, COUNT);
  t.equal(of("honest").slashed, 0n);
  t.end();
});

t.test("who copies is never paid, and pays where the referee looks", (t) => {
  t.equal(of("copies").paid, 0n);
  t.ok(of("copies").slashed > 0n);
  t.end();
});

t.test("who says yes to a guess, or guesses decoys, loses more than it is paid", (t) => {
  for (const way of ["yes", "guesses"] as const) {
    const { paid, slashed, jobs } = of(way);
    t.ok(jobs < COUNT / 20, `${jobs} guesses of jobs of few items`);
    t.ok(paid * 50n < of("honest").paid, "less than a fiftieth of honesty");
    t.ok(paid < slashed, "and less than it costs");
    t.comment(`${way}: paid ${paid}, slashed ${slashed}`);
  }
  t.end();
});

t.test("the page says what comes out", (t) => {
  for (const [way, { jobs, paid, slashed }] of earned)
    t.ok(page.includes(`| ${way} | ${commas(jobs)} | ${commas(paid)} | ${commas(slashed)} |`), way);
  t.end();
});
