/**
 * Ten validators of equal power judge many jobs, each in its way for ever: what each has earned in the end. Hashes and rules are
 * the chain's; what is left out is blocks. Models here have three answers an item, the fewest worth asking: guessing is easiest.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import {
  answerOf,
  choiceDigest,
  decoyOrder,
  verdictDigest,
} from "../../../../chain/modules/compute/hashes.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/compute/params.ts";
import { collateralOf, partOf } from "../../../../chain/modules/compute/price.ts";
import { isOfAnswer, isQuorum, type Vote } from "../../../../chain/modules/compute/tally.ts";
import { splitFee } from "../../../../chain/modules/inference/split.ts";
import { bytesEqual, u64Bytes } from "../../../../chain/runtime/bytes.ts";
import { splitByWeight } from "../../../../chain/runtime/split.ts";
import { Verdict } from "../../../../proto/gen/opg.compute.v1.ts";
import { Random } from "../random.ts";

export type Way = "honest" | "yes" | "copies" | "guesses";

export interface Earned {
  /** uopg of verification shares and of slashed operators. */
  readonly paid: bigint;
  /** uopg of stake that contradicted verdicts cost. */
  readonly slashed: bigint;
  readonly jobs: number;
}

const WAYS: readonly Way[] = [...Array<Way>(7).fill("honest"), "yes", "copies", "guesses"];
const ITEM_PRICE = 10_000n;
const POWER = 10n;
const STAKE = 10_000_000n;
const NEITHER = 2;

/** @param wrong percent of jobs whose operator answers wrong */
export function judgeMany(count: number, seed: number, wrong = 2): ReadonlyMap<Way, Earned> {
  const random = new Random(seed);
  const addresses = WAYS.map((_, index) => sha256(u64Bytes(BigInt(index))).slice(0, 20));
  const earned = WAYS.map(() => ({ paid: 0n, slashed: 0n, jobs: 0 }));
  const { terms, slashVerdict } = DEFAULT_PARAMS;
  for (let job = 1; job <= count; job++) {
    const jobId = BigInt(job);
    const items = 1 + random.below(20);
    const price = ITEM_PRICE * BigInt(items);
    const isWrong = random.chance(wrong);
    const verdicts = random.below(2) === 0 ? exact(jobId, items, isWrong) : tolerant(jobId, items, isWrong);
    const { votes, right, hasReferee } = verdicts;
    const amount = isWrong
      ? partOf(collateralOf(price, DEFAULT_PARAMS), terms.slashWrong)
      : splitFee(price, terms.split).verification;
    const parts = splitByWeight(
      amount,
      right.map((is) => (is ? POWER : 0n)),
    );
    for (const [index, sum] of earned.entries()) {
      sum.paid += parts[index]!;
      if (right[index]) sum.jobs++;
      else if (hasReferee && votes[index]) sum.slashed += partOf(STAKE, slashVerdict);
    }
  }
  return new Map(
    (["honest", "yes", "copies", "guesses"] as const).map((way) => [way, earned[WAYS.lastIndexOf(way)]!]),
  );

  /** An answer of items of three classes: leaves are as good as their classes here. */
  function classes(items: number): number[] {
    return Array.from({ length: items }, () => random.below(3));
  }

  /** Who says yes takes the first for right, always; who guesses throws dice. */
  function guess(way: Way, items: number, among: number): number[] {
    return Array.from({ length: items }, () => (way === "yes" ? 0 : random.below(among)));
  }

  function exact(jobId: bigint, items: number, isWrong: boolean) {
    const found = classes(items);
    const shown = isWrong ? found.map((each, at) => (at === 0 ? (each + 1) % 3 : each)) : found;
    const answer = (of: readonly number[]) => answerOf([Uint8Array.from(of)]);
    const votes: Vote[] = [];
    for (const [index, way] of WAYS.entries()) {
      const validator = addresses[index]!;
      const own = (of: readonly number[]) => verdictDigest({ jobId, validator, answer: answer(of) });
      // Who copies says what it saw of the first.
      const digest =
        way === "copies" ? votes[0]!.verdict.digest : own(way === "honest" ? found : guess(way, items, 3));
      votes.push({ verdict: Verdict.create({ validator, digest, power: POWER }), power: POWER });
    }
    const total = POWER * BigInt(WAYS.length);
    const agree = votes.filter(({ verdict }) => isOfAnswer(jobId, verdict, answer(shown)));
    const hasReferee = !isQuorum(agree, total);
    const right = votes.map(({ verdict }) => isOfAnswer(jobId, verdict, answer(found)));
    return { votes, right, hasReferee };
  }

  function tolerant(jobId: bigint, items: number, isWrong: boolean) {
    const salt = sha256(u64Bytes(jobId));
    const order = Array.from({ length: items }, (_, at) => decoyOrder(jobId, salt, at) as number);
    const found = Uint8Array.from(order, (choice, at) => (isWrong && at === 0 ? NEITHER : choice));
    const told = WAYS.map((way, index) => {
      const validator = addresses[index]!;
      const nonce = sha256(validator);
      if (way === "honest")
        return { choices: found, digest: choiceDigest({ jobId, validator, choices: found, nonce }) };
      // A copied digest of another's address opens to nothing.
      if (way === "copies") {
        const digest = choiceDigest({
          jobId,
          validator: addresses[0]!,
          choices: found,
          nonce: sha256(addresses[0]!),
        });
        return { choices: found, digest };
      }
      const choices = Uint8Array.from(guess(way, items, 2));
      return { choices, digest: choiceDigest({ jobId, validator, choices, nonce }) };
    });
    const opened = told.map(({ choices, digest }, index) => {
      const validator = addresses[index]!;
      return bytesEqual(choiceDigest({ jobId, validator, choices, nonce: sha256(validator) }), digest);
    });
    const right = told.map(({ choices }, index) => opened[index]! && bytesEqual(choices, found));
    const votes = told.map(({ digest }, index) => ({
      verdict: Verdict.create({ validator: addresses[index]!, digest, power: POWER }),
      power: POWER,
    }));
    return { votes, right, hasReferee: false };
  }
}
