/** A proposal's life: deposits, votes, its end, what runs and what is paid back. */
import t from "tap";
import {
  Query as BankQuery,
  MsgSetSendEnabled,
  MsgUpdateParams as MsgUpdateBankParams,
} from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import { Msg, type Params, ProposalStatus, Query } from "../../../../proto/gen/cosmos.gov.v1.ts";
import { account, DENOM } from "../sandbox.ts";
import { ABSTAIN, Box, eventsOf, FakeStake, GOV, NO, pack, VETO, YES } from "./box.ts";

const DAY = 86_400n;
const opg = (amount: bigint) => [{ denom: DENOM, amount: amount.toString() }];
const { PROPOSAL_STATUS_DEPOSIT_PERIOD, PROPOSAL_STATUS_FAILED, PROPOSAL_STATUS_PASSED } = ProposalStatus;
const { PROPOSAL_STATUS_REJECTED, PROPOSAL_STATUS_VOTING_PERIOD } = ProposalStatus;

/** One validator, `val`, with 100 of stake of its own, and carol with 50. */
function staked(): FakeStake {
  return new FakeStake().validator("val", 150n, { val: "100", carol: "50" });
}

const noSends = pack(MsgUpdateBankParams, {
  authority: GOV,
  params: { sendEnabled: [], defaultSendEnabled: false },
});

t.test("a proposal that passes runs its messages and gives the deposits back", async (t) => {
  const box = new Box({ stake: staked() });
  const submitted = box.deliver(Msg.methods.SubmitProposal, {
    messages: [noSends],
    initialDeposit: opg(4_000_000n),
    proposer: account("alice"),
    title: "no sends",
    summary: "for a while",
  });
  t.equal(submitted.response?.proposalId, 1n);
  t.match(eventsOf(submitted.events, "submit_proposal"), [
    {
      proposal_id: "1",
      proposal_proposer: account("alice"),
      proposal_messages: ",/cosmos.bank.v1beta1.MsgUpdateParams",
    },
  ]);
  t.match(eventsOf(submitted.events, "proposal_deposit"), [
    { depositor: account("alice"), amount: `4000000${DENOM}`, proposal_id: "1" },
  ]);
  t.match(box.proposal(1n), {
    status: PROPOSAL_STATUS_DEPOSIT_PERIOD,
    votingEndTime: undefined,
    title: "no sends",
  });
  t.equal(box.held, `4000000${DENOM}`);
  t.match(box.deliver(Msg.methods.Vote, { proposalId: 1n, voter: account("val"), option: YES }).error, {
    codespace: "gov",
    code: 3,
  });

  const deposited = box.deliver(Msg.methods.Deposit, {
    proposalId: 1n,
    depositor: account("bob"),
    amount: opg(6_000_000n),
  });
  t.match(eventsOf(deposited.events, "proposal_deposit"), [
    { depositor: account("bob") },
    { voting_period_start: "1" },
  ]);
  t.match(box.proposal(1n), {
    status: PROPOSAL_STATUS_VOTING_PERIOD,
    votingEndTime: { seconds: box.time + 2n * DAY },
    totalDeposit: opg(10_000_000n),
  });

  const voted = box.deliver(Msg.methods.Vote, { proposalId: 1n, voter: account("val"), option: YES });
  t.match(eventsOf(voted.events, "proposal_vote"), [
    { voter: account("val"), option: '[{"option":1,"weight":"1.000000000000000000"}]', proposal_id: "1" },
  ]);
  t.same(
    box.query(Query.methods.TallyResult, { proposalId: 1n }).tally?.yesCount,
    "150",
    "val votes for carol",
  );
  t.same(eventsOf(box.end(2n * DAY - 1n), "active_proposal"), [], "not due yet");
  const events = box.end(1n);
  t.match(eventsOf(events, "active_proposal"), [
    { proposal_id: "1", proposal_result: "proposal_passed", proposal_log: "passed" },
  ]);
  t.match(box.proposal(1n), {
    status: PROPOSAL_STATUS_PASSED,
    finalTallyResult: { yesCount: "150", noCount: "0" },
    failedReason: "",
  });
  t.equal(box.query(BankQuery.methods.Params).params?.defaultSendEnabled, false, "the message ran");
  t.equal(box.held, "", "the deposits are back");
  t.equal(box.balance("alice"), 1_000_000_000n);
  t.equal(box.balance("bob"), 1_000_000_000n);
  t.same(box.query(Query.methods.Votes, { proposalId: 1n }).votes, [], "votes are gone");
});

interface Outcome {
  readonly votes: Readonly<Record<string, number>>;
  readonly status: number;
  /** Whether the deposit is given back. */
  readonly refund: boolean;
  readonly params?: Partial<Params>;
}

const outcomes: Readonly<Record<string, Outcome>> = {
  "nobody votes: no quorum, refunded": { votes: {}, status: PROPOSAL_STATUS_REJECTED, refund: true },
  "no quorum burns where the parameters say so": {
    votes: {},
    status: PROPOSAL_STATUS_REJECTED,
    refund: false,
    params: { burnVoteQuorum: true },
  },
  "a third of the stake is no quorum": {
    votes: { carol: YES },
    status: PROPOSAL_STATUS_REJECTED,
    refund: true,
  },
  "a delegator takes its part off the validator's vote": {
    votes: { val: YES, carol: NO },
    status: PROPOSAL_STATUS_PASSED,
    refund: true,
  },
  "what meets the threshold and no more does not pass": {
    votes: { val: YES, carol: NO },
    status: PROPOSAL_STATUS_REJECTED,
    refund: true,
    params: { threshold: "0.666666666666666667", expeditedThreshold: "0.8" },
  },
  "everybody abstains": { votes: { val: ABSTAIN }, status: PROPOSAL_STATUS_REJECTED, refund: true },
  "abstentions count for the quorum and not for the rest": {
    votes: { val: ABSTAIN, carol: YES },
    status: PROPOSAL_STATUS_PASSED,
    refund: true,
  },
  "a veto below its threshold is a no": {
    votes: { val: YES, carol: VETO },
    status: PROPOSAL_STATUS_PASSED,
    refund: true,
  },
  "a veto above its threshold burns the deposit": {
    votes: { val: VETO, carol: YES },
    status: PROPOSAL_STATUS_REJECTED,
    refund: false,
  },
  "a veto gives the deposit back where the parameters say so": {
    votes: { val: VETO },
    status: PROPOSAL_STATUS_REJECTED,
    refund: true,
    params: { burnVoteVeto: false },
  },
};

for (const [name, { votes, status, refund, params }] of Object.entries(outcomes)) {
  t.test(`end of a vote: ${name}`, async (t) => {
    const box = new Box({ stake: staked(), ...(params ? { params } : {}) });
    const id = box.propose();
    for (const [voter, option] of Object.entries(votes)) box.vote(id, voter, option);
    box.end(2n * DAY);
    t.equal(box.proposal(id).status, status);
    t.equal(box.balance("alice"), refund ? 1_000_000_000n : 990_000_000n);
    t.equal(box.held, "");
  });
}

t.test(
  "a proposal without enough deposit is dropped, and its deposit burnt only where the parameters say so",
  async (t) => {
    for (const burn of [false, true]) {
      const box = new Box({ params: { burnProposalDepositPrevote: burn } });
      const id = box.propose([], { initialDeposit: opg(1_000_000n) });
      const events = box.end(2n * DAY);
      t.match(eventsOf(events, "inactive_proposal"), [
        { proposal_id: "1", proposal_result: "proposal_dropped" },
      ]);
      t.throws(() => box.proposal(id), { codespace: "sdk", code: 38 });
      t.equal(box.balance("alice"), burn ? 999_000_000n : 1_000_000_000n);
    }
  },
);

t.test("an expedited proposal that fails goes on as a regular one, and is voted on anew", async (t) => {
  const box = new Box({ stake: staked() });
  const id = box.propose([], { expedited: true });
  t.match(box.proposal(id), { expedited: true, votingEndTime: { seconds: box.time + DAY } });
  const start = box.time;
  box.vote(id, "val", YES);
  box.vote(id, "carol", NO);
  const events = box.end(DAY);
  t.match(eventsOf(events, "active_proposal"), [{ proposal_result: "expedited_proposal_rejected" }]);
  t.match(box.proposal(id), {
    expedited: false,
    status: PROPOSAL_STATUS_VOTING_PERIOD,
    votingEndTime: { seconds: start + 2n * DAY },
    finalTallyResult: { yesCount: "100", noCount: "50" },
  });
  t.equal(box.held, `50000000${DENOM}`, "its deposit stays");
  t.same(box.query(Query.methods.Votes, { proposalId: id }).votes, [], "its votes do not");
  box.vote(id, "val", YES);
  box.end(DAY);
  t.equal(box.proposal(id).status, PROPOSAL_STATUS_PASSED);
  t.equal(box.held, "");
});

t.test("an expedited proposal needs its own threshold", async (t) => {
  const box = new Box({ stake: new FakeStake().validator("val", 100n, { val: "67", carol: "33" }) });
  const id = box.propose([], { expedited: true });
  box.vote(id, "val", YES);
  box.vote(id, "carol", NO);
  box.end(DAY);
  t.equal(box.proposal(id).status, PROPOSAL_STATUS_PASSED);
});

t.test("weighted votes count in parts, and the last vote of an account counts", async (t) => {
  const box = new Box({ stake: staked() });
  const id = box.propose();
  box.vote(id, "carol", NO);
  const options = [
    { option: YES, weight: "0.7" },
    { option: ABSTAIN, weight: "0.3" },
  ];
  const voted = box.deliver(Msg.methods.VoteWeighted, { proposalId: id, voter: account("carol"), options });
  t.equal(
    eventsOf(voted.events, "proposal_vote")[0]?.["option"],
    '[{"option":1,"weight":"0.7"},{"option":2,"weight":"0.3"}]',
  );
  t.same(box.query(Query.methods.TallyResult, { proposalId: id }).tally, {
    yesCount: "35",
    abstainCount: "15",
    noCount: "0",
    noWithVetoCount: "0",
  });
  const refused: readonly (readonly [string, readonly (readonly [number, string])[], number])[] = [
    ["nothing", [], 18],
    ["too little", [[YES, "0.9"]], 7],
    [
      "too much",
      [
        [YES, "0.9"],
        [NO, "0.2"],
      ],
      7,
    ],
    [
      "one twice",
      [
        [YES, "0.5"],
        [YES, "0.5"],
      ],
      7,
    ],
    [
      "a negative weight",
      [
        [YES, "1.5"],
        [NO, "-0.5"],
      ],
      7,
    ],
    ["no weight", [[YES, ""]], 7],
    ["too many digits", [[YES, "1.0000000000000000000"]], 7],
    ["an option that is none", [[5, "1"]], 7],
  ];
  for (const [name, list, code] of refused) {
    const given = list.map(([option, weight]) => ({ option, weight }));
    const { error } = box.deliver(Msg.methods.VoteWeighted, {
      proposalId: id,
      voter: account("bob"),
      options: given,
    });
    t.equal(error?.code, code, name);
  }
});

t.test("tally to the last digit: shares after a slash, deductions, rounding half to even", async (t) => {
  // 100 tokens for 300 shares: a share is a third of a token.
  const stake = new FakeStake()
    .validator("v1", 100n, { v1: "100", carol: "100.5", bob: "99.5" })
    .validator("v2", 7n, { v2: "3", carol: "4" });
  const box = new Box({ stake });
  const id = box.propose();
  box.vote(id, "v1", YES);
  box.vote(id, "v2", NO);
  const split = ["0.333333333333333333", "0.333333333333333333", "0.333333333333333334"];
  box.run(Msg.methods.VoteWeighted, {
    proposalId: id,
    voter: account("carol"),
    options: [YES, NO, VETO].map((option, index) => ({ option, weight: split[index]! })),
  });
  // v1 and v2 vote as their own delegators; v1's rest is bob's 99.5 shares. carol: 33.5 and 4 tokens.
  t.same(box.query(Query.methods.TallyResult, { proposalId: id }).tally, {
    yesCount: "78", // 33.333… + 33.1666… + 12.5 (37.5 / 3, less a digit)
    abstainCount: "0",
    noCount: "15", // 3 + 12.5
    noWithVetoCount: "12",
  });
});

t.test("messages of a proposal are all or nothing, and why they failed stands on it", async (t) => {
  const box = new Box({ stake: staked(), funds: { alice: 1_000_000_000n } });
  const overdraw = pack(MsgSetSendEnabled, {
    authority: GOV,
    sendEnabled: [{ denom: DENOM, enabled: false }],
  });
  const update = pack(Msg.methods.Deposit.request, {
    proposalId: 1n,
    depositor: GOV,
    amount: opg(1n),
  });
  const id = box.propose([overdraw, update]);
  box.vote(id, "val", YES);
  const events = box.end(2n * DAY);
  t.match(box.proposal(id), {
    status: PROPOSAL_STATUS_FAILED,
    failedReason: "msg 1 (/cosmos.gov.v1.MsgDeposit) failed: gov 18",
  });
  t.match(eventsOf(events, "active_proposal"), [
    {
      proposal_result: "proposal_failed",
      proposal_log: /passed, but msg 1 .*governance account cannot make deposits/,
    },
  ]);
  t.same(
    box.query(BankQuery.methods.SendEnabled, { denoms: [DENOM] }).sendEnabled,
    [],
    "the first is undone",
  );
  t.equal(box.held, "", "the deposits are back all the same");
});
