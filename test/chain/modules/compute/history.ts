/** A random history of jobs: operators, validators, requesters and challengers do what they like, and the chain restarts from its export. */

import { decoyOrder, judgedItems } from "../../../../chain/modules/compute/hashes.ts";
import { allJobs, inputsOf } from "../../../../chain/modules/compute/state.ts";
import { splitFee } from "../../../../chain/modules/inference/split.ts";
import type { Job } from "../../../../proto/gen/opg.compute.v1.ts";
import { JobStatus, Msg, Verification } from "../../../../proto/gen/opg.compute.v1.ts";
import { Random } from "../random.ts";
import { account, DENOM, operatorAccount } from "../sandbox.ts";
import { BOND, earnings, FUNDS, flipped, Market, salt, VALIDATORS } from "./market.ts";

const DEPOSIT = 10_007n;
const OPERATORS = ["op1", "op2", "op3"] as const;
const REQUESTERS = ["alice", "bob"] as const;
const { JOB_STATUS_ASSIGNED, JOB_STATUS_COMMITTED, JOB_STATUS_REVEALED, JOB_STATUS_VERIFIED } = JobStatus;

/** What an operator makes of a job: fixed for the job, so that what it commits to is what it shows. */
type Way = "right" | "wrong" | "no decoys" | "garbage";

export class History {
  readonly market: Market;
  readonly #random: Random;
  readonly #ways = new Map<bigint, Way>();
  /** Ends that were seen, by status: for whoever wants to know that all were. */
  readonly ends = new Map<number, number>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.market = new Market({
      operators: Object.fromEntries(OPERATORS.map((name) => [name, BigInt(this.#upTo(900) + 1)])),
      modelPrice: BigInt(this.#upTo(3) * 50),
      params: {
        assignBlocks: 12,
        maxDeadlineBlocks: 8,
        maxAttempts: 2,
        maxOpenJobs: 6,
        challengeDeposit: DEPOSIT.toString(),
        outputRetentionBlocks: 20n,
        jobRetentionBlocks: 1_000n,
        refereeShare: "10000000000000000",
      },
      terms: {
        verdictBlocks: 4,
        revealBlocks: 3,
        challengeBlocks: 3,
        sample: this.#often(50) ? "500000000000000000" : "1000000000000000000",
        slashWrong: "700000000000000000",
        slashUnrevealed: "300000000000000000",
      },
    });
  }

  #often(percent: number): boolean {
    return this.#random.chance(percent);
  }

  #upTo(count: number): number {
    return this.#random.below(count);
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#upTo(of.length)]!;
  }

  /** Plays so many blocks, and on until no job is open. */
  play(blocks: number): void {
    for (let i = 0; i < blocks; i++) this.#block(true);
    for (let i = 0; i < 200 && this.#open().length > 0; i++) this.#block(false);
    if (this.#open().length > 0) throw new RangeError("jobs are open after 200 blocks");
  }

  #jobs(): Job[] {
    return [...allJobs(this.market.sandbox.context())];
  }

  #open(): Job[] {
    return this.#jobs().filter(({ closedHeight }) => closedHeight === 0n);
  }

  #block(posts: boolean): void {
    const { market } = this;
    if (this.#often(3)) market.restart();
    market.block(() => {
      for (const job of this.#open()) this.#vote(job);
      if (posts && this.#often(40)) this.#post();
      for (const job of this.#open()) this.#act(job);
    });
  }

  #post(): void {
    const how = this.#often(60) ? "EXACT" : "TOLERANCE";
    const values = Array.from({ length: 1 + this.#upTo(5) }, () => this.#upTo(1_000));
    this.market.sandbox.deliver(
      Msg.methods.PostJob,
      this.market.postMessage(how, values, {
        requester: account(this.#one(REQUESTERS)),
        maxPrice: { denom: DENOM, amount: String(this.#upTo(6_000)) },
        deadlineBlocks: this.#often(50) ? 0 : 5 + this.#upTo(4),
        excludedOperators: this.#often(20) ? [account(this.#one(OPERATORS))] : [],
      }),
    );
  }

  #way(id: bigint): Way {
    const known = this.#ways.get(id);
    if (known) return known;
    const way = this.#often(60) ? "right" : this.#one<Way>(["wrong", "no decoys", "garbage"]);
    this.#ways.set(id, way);
    return way;
  }

  /** What the job's operator says that the answer is. */
  #answer(id: bigint): Uint8Array[] {
    const right = this.market.answers(id);
    return this.#way(id) === "wrong" ? right.map((item, at) => (at === 0 ? flipped(item) : item)) : right;
  }

  /** Sometimes right, sometimes what the operator says, sometimes nothing. */
  #vote(job: Job): void {
    const { market } = this;
    for (const validator of VALIDATORS) {
      if (!this.#often(60)) continue;
      const isHonest = this.#often(85);
      if (job.verification === Verification.VERIFICATION_EXACT) {
        if (job.status === JOB_STATUS_COMMITTED && job.sampleSeed.length > 0)
          market.verdict(validator, job.id, isHonest ? market.answers(job.id) : this.#answer(job.id));
      } else if (job.status === JOB_STATUS_REVEALED) {
        const choices = this.#choices(job, validator.name === "v1" && !isHonest);
        market.choose(validator, job.id, choices);
        market.tell(validator, job.id, choices);
      }
    }
  }

  #choices(job: Job, isBlind: boolean): Uint8Array {
    const way = this.#way(job.id);
    return Uint8Array.from(judgedItems(job), (index) => {
      if (isBlind) return 1;
      if (way === "no decoys" || (way === "wrong" && index === 0)) return 2;
      return decoyOrder(job.id, salt(`${job.id}`), index);
    });
  }

  #act(job: Job): void {
    const { market } = this;
    const { id, status } = job;
    if (status === JobStatus.JOB_STATUS_POSTED) {
      if (this.#often(3))
        market.sandbox.deliver(Msg.methods.CancelJob, { requester: job.requester, jobId: id });
      return;
    }
    if (status === JOB_STATUS_VERIFIED) {
      const challenger = this.#often(50) ? account(this.#one(OPERATORS)) : operatorAccount("v2");
      if (this.#often(15)) market.sandbox.deliver(Msg.methods.Challenge, { challenger, jobId: id });
      return;
    }
    const name = OPERATORS.find((each) => account(each) === job.operator);
    // Down, or slow.
    if (!name || !inputsOf(market.sandbox.context(), id) || this.#often(60)) return;
    const own = this.#answer(id);
    if (status === JOB_STATUS_ASSIGNED) {
      if (this.#often(70)) market.commit(name, id, own, this.#way(id) === "garbage" ? "lost" : `${id}`);
    } else if (status === JOB_STATUS_COMMITTED) {
      if (job.verification === Verification.VERIFICATION_EXACT) market.reveal(name, id, own);
      else market.show(name, id, own, this.#way(id) === "no decoys" ? own : own.map(flipped));
    } else if (status === JOB_STATUS_REVEALED) market.open(name, id);
    // Said twice: it may not count twice.
    if (this.#often(10) && inputsOf(market.sandbox.context(), id)) {
      market.commit(name, id, own);
      market.reveal(name, id, own);
      market.open(name, id);
    }
  }

  /** What the books say that is not so, when no job is open. */
  faults(): readonly string[] {
    const { market } = this;
    const jobs = this.#jobs();
    const faults: string[] = [];
    const same = (what: string, is: bigint, wanted: bigint) => {
      if (is !== wanted) faults.push(`${what}: ${is}, not ${wanted}`);
    };
    const settled = jobs.filter(({ status }) => status === JobStatus.JOB_STATUS_SETTLED);
    for (const { status } of jobs) this.ends.set(status, (this.ends.get(status) ?? 0) + 1);
    for (const name of REQUESTERS) {
      const paid = settled
        .filter(({ requester }) => requester === account(name))
        .reduce((sum, { price }) => sum + BigInt(price), 0n);
      same(`what ${name} has`, market.balance(account(name)), FUNDS - paid);
    }
    same("escrow", market.held("compute"), 0n);
    let bonds = 0n;
    for (const name of OPERATORS) {
      const { bond, locked, openJobs, record } = market.operator(name);
      bonds += BigInt(bond);
      same(`locked of ${name}`, BigInt(locked), 0n);
      same(`open jobs of ${name}`, BigInt(openJobs), 0n);
      const own = (status: number) =>
        BigInt(jobs.filter((job) => job.operator === account(name) && job.status === status).length);
      same(`settled of ${name}`, record.settled, own(JobStatus.JOB_STATUS_SETTLED));
      same(
        `ends of ${name}`,
        record.assigned,
        record.settled +
          record.late +
          record.unrevealed +
          record.refuted +
          own(JobStatus.JOB_STATUS_UNDECIDED),
      );
      same(`slashed of ${name}`, BOND - BigInt(bond), BigInt(record.slashed));
      const earned = settled
        .filter(({ operator }) => operator === account(name))
        .reduce((sum, { price, terms }) => sum + splitFee(BigInt(price), terms.split).compute, 0n);
      same(`earned by ${name}`, BigInt(record.earned), earned);
      // Deposits of false challenges may add to it.
      const more = market.balance(earnings(name)) - earned;
      if (more < 0n || more % (DEPOSIT / 2n) !== 0n) faults.push(`${name} has ${more} beside what it earned`);
    }
    same("the account of bonds", market.held("compute_bonds"), bonds);
    return faults;
  }
}
