/**
 * Random governance: after every block all invariants hold and no coin is lost but those that were burnt, votes come to what
 * counting staker by staker gives, and an export in the middle goes on the same. GOV_BLOCKS and GOV_SEED choose length and case.
 */
import t from "tap";
import {
  Msg,
  type Params,
  type Proposal,
  ProposalStatus,
  Query,
} from "../../../../proto/gen/cosmos.gov.v1.ts";
import { Random, seedOf } from "../random.ts";
import { account, DENOM } from "../sandbox.ts";
import { Box, eventsOf, FakeStake } from "./box.ts";

const BLOCKS = Number(process.env["GOV_BLOCKS"] ?? 120);
const NAMES = ["alice", "bob", "carol", "dave"];
const VALIDATORS = ["v1", "v2", "v3"];
const HOUR = 3_600n;
const opg = (amount: bigint) => [{ denom: DENOM, amount: amount.toString() }];
const { PROPOSAL_STATUS_VOTING_PERIOD } = ProposalStatus;

type Stakes = Readonly<Record<string, Readonly<Record<string, bigint>>>>;

/** Whole tokens by validator and delegator; a token is a share. */
function randomStakes(random: Random): Stakes {
  return Object.fromEntries(
    VALIDATORS.map((name) => [
      name,
      Object.fromEntries([name, ...NAMES].map((who) => [who, BigInt(1 + random.below(1_000))])),
    ]),
  );
}

function stakeOf(stakes: Stakes): FakeStake {
  const stake = new FakeStake();
  for (const [name, delegations] of Object.entries(stakes)) {
    const tokens = Object.values(delegations).reduce((sum, each) => sum + each, 0n);
    const shares = Object.entries(delegations).map(([who, amount]) => [who, amount.toString()] as const);
    stake.validator(name, tokens, Object.fromEntries(shares));
  }
  return stake;
}

/** Counts token by token: its owner's vote, else that of the validator it is with. */
function counted(stakes: Stakes, votes: ReadonlyMap<string, number>): readonly bigint[] {
  const sums = [0n, 0n, 0n, 0n, 0n];
  for (const [validator, delegations] of Object.entries(stakes)) {
    for (const [who, amount] of Object.entries(delegations)) {
      const option = votes.get(who) ?? votes.get(validator);
      if (option !== undefined) sums[option]! += amount;
    }
  }
  return sums;
}

class Run {
  readonly stakes: Stakes;
  readonly votes = new Map<bigint, Map<string, number>>();
  readonly passed = new Map<string, number>();
  readonly #random: Random;
  box: Box;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.stakes = randomStakes(this.#random);
    this.box = new Box({ stake: stakeOf(this.stakes), params: this.#params() });
  }

  #params(): Partial<Params> {
    const random = this.#random;
    const flag = () => random.below(2) === 1;
    return {
      votingPeriod: { seconds: 6n * HOUR, nanos: 0 },
      expeditedVotingPeriod: { seconds: 3n * HOUR, nanos: 0 },
      maxDepositPeriod: { seconds: 4n * HOUR, nanos: 0 },
      burnVoteQuorum: flag(),
      burnProposalDepositPrevote: flag(),
      burnVoteVeto: flag(),
      proposalCancelRatio: `0.${random.below(10)}`,
    };
  }

  /** A number from 1 to the id that comes next. */
  #id(): bigint {
    return BigInt(1 + this.#random.below(this.votes.size + 2));
  }

  #count(name: string, error: unknown): void {
    if (!error) this.passed.set(name, (this.passed.get(name) ?? 0) + 1);
  }

  operation(): void {
    const random = this.#random;
    const who = NAMES[random.below(NAMES.length)]!;
    const amount = opg(BigInt(100_000 + random.below(12_000_000)));
    switch (random.below(6)) {
      case 0: {
        const { response, error } = this.box.deliver(Msg.methods.SubmitProposal, {
          proposer: account(who),
          title: "t",
          summary: "s",
          metadata: "m",
          initialDeposit: random.below(4) === 0 ? opg(50_000_000n) : amount,
          expedited: random.below(3) === 0,
        });
        if (response) this.votes.set(response.proposalId, new Map());
        this.#count("submit", error);
        break;
      }
      case 1: {
        const deposit = { proposalId: this.#id(), depositor: account(who), amount };
        this.#count("deposit", this.box.deliver(Msg.methods.Deposit, deposit).error);
        break;
      }
      case 2: {
        if (random.below(4) > 0) return;
        const cancel = { proposalId: this.#id(), proposer: account(who) };
        this.#count("cancel", this.box.deliver(Msg.methods.CancelProposal, cancel).error);
        break;
      }
      default: {
        const voter = [...NAMES, ...VALIDATORS][random.below(7)]!;
        const [proposalId, option] = [this.#id(), 1 + random.below(4)];
        const { error } = this.box.deliver(Msg.methods.Vote, { proposalId, voter: account(voter), option });
        if (!error) this.votes.get(proposalId)!.set(voter, option);
        this.#count("vote", error);
        break;
      }
    }
  }

  /** Ends a block an hour or less later; Box checks the invariants. @returns the proposals that were decided in it */
  block(): readonly Proposal[] {
    for (let i = 0; i < 6; i++) this.operation();
    const events = this.box.end(BigInt(this.#random.below(Number(HOUR))));
    return eventsOf(events, "active_proposal").map((event) =>
      this.box.proposal(BigInt(event["proposal_id"]!)),
    );
  }

  supply(): bigint {
    return this.box.bank.supply(this.box.context(), DENOM);
  }

  held(): bigint {
    return [...NAMES, ...VALIDATORS].reduce((sum, name) => sum + this.box.balance(name), 0n);
  }
}

for (const seed of [seedOf("GOV_SEED"), 7, 99]) {
  t.test(`seed ${seed}: nothing is lost, and every vote comes to what its tokens say`, async (t) => {
    const run = new Run(seed);
    let decided = 0;
    let results = 0;
    for (let i = 0; i < BLOCKS; i++) {
      for (const { id, finalTallyResult: result, status } of run.block()) {
        const [, yes, abstain, no, veto] = counted(run.stakes, run.votes.get(id)!);
        const expected = {
          yesCount: `${yes}`,
          abstainCount: `${abstain}`,
          noCount: `${no}`,
          noWithVetoCount: `${veto}`,
        };
        t.same(result, expected, `proposal ${id}`);
        // An expedited one that goes on is voted on anew.
        if (status === PROPOSAL_STATUS_VOTING_PERIOD) run.votes.set(id, new Map());
        decided++;
        if (result?.yesCount !== "0") results++;
      }
      const deposits = run.box.held === "" ? 0n : BigInt(run.box.held.replace(DENOM, ""));
      t.equal(
        run.held() + deposits,
        run.supply(),
        `block ${i}: the supply is what accounts and deposits hold`,
      );
    }
    t.ok(decided > 3 && results > 0, `${decided} votes ended, ${results} of them with a yes`);
    for (const name of ["submit", "deposit", "vote"]) t.ok(run.passed.get(name), `${name} passed`);
  });

  t.test(`seed ${seed}: an export in the middle goes on the same`, async (t) => {
    const run = new Run(seed);
    for (let i = 0; i < BLOCKS / 2; i++) run.block();
    const state = run.box.exportGov();
    const held = run.box.held === "" ? 0n : BigInt(run.box.held.replace(DENOM, ""));
    const copy = new Box({ stake: stakeOf(run.stakes), genesis: state, govFunds: held });
    copy.time = run.box.time;
    copy.height = run.box.height;
    for (const box of [run.box, copy]) for (let i = 0; i < 8; i++) box.end(HOUR);
    t.same(copy.exportGov(), run.box.exportGov());
    t.equal(copy.held, run.box.held);
    t.ok(copy.query(Query.methods.Proposals).proposals.length > 0);
  });
}
