/** Queries of v1, and genesis: what is exported is what was there. */
import t from "tap";
import {
  type GenesisState,
  Msg,
  type Proposal,
  ProposalStatus,
  Query,
  type Vote,
} from "../../../../proto/gen/cosmos.gov.v1.ts";
import { account, DENOM } from "../sandbox.ts";
import { Box, FakeStake, NO, YES } from "./box.ts";

const DAY = 86_400n;
const opg = (amount: bigint) => [{ denom: DENOM, amount: amount.toString() }];

/** Three proposals: one passed, one that is voted on, one that waits for deposits. */
function filled(): Box {
  const box = new Box({
    stake: new FakeStake().validator("val", 100n, { val: "100" }),
    genesis: { constitution: "We, the stakers." },
  });
  const first = box.propose();
  box.vote(first, "val", YES);
  box.end(2n * DAY);
  const second = box.propose();
  box.vote(second, "val", YES);
  box.vote(second, "carol", NO);
  box.run(Msg.methods.Deposit, { proposalId: second, depositor: account("bob"), amount: opg(100_000n) });
  box.propose([], { initialDeposit: opg(1_000_000n) });
  return box;
}

t.test("proposals are listed by status, voter and depositor", async (t) => {
  const box = filled();
  const ids = (request: Parameters<typeof box.query>[1]) =>
    box.query(Query.methods.Proposals, request as object).proposals.map(({ id }) => id);
  t.same(ids({}), [1n, 2n, 3n]);
  t.same(ids({ proposalStatus: ProposalStatus.PROPOSAL_STATUS_PASSED }), [1n]);
  t.same(ids({ proposalStatus: ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD }), [2n]);
  t.same(ids({ proposalStatus: 99 }), [1n, 2n, 3n], "a status that is none does not choose");
  t.same(ids({ voter: account("carol") }), [2n]);
  t.same(ids({ depositor: account("alice") }), [2n, 3n], "those that ended have no deposits");
  t.same(ids({ voter: account("carol"), depositor: account("dave") }), []);
  t.same(
    ids({ pagination: { key: new Uint8Array(0), offset: 1n, limit: 1n, countTotal: true, reverse: false } }),
    [2n],
  );
  t.throws(() => ids({ voter: "x" }), { codespace: "sdk", code: 7 });
  t.equal(box.query(Query.methods.Constitution).constitution, "We, the stakers.");
});

t.test("what is not there is said as the SDK says it", async (t) => {
  const box = filled();
  const { methods } = Query;
  const cases: readonly (readonly [() => unknown, number])[] = [
    [() => box.query(methods.Proposal, { proposalId: 0n }), 18],
    [() => box.query(methods.Proposal, { proposalId: 9n }), 38],
    [() => box.query(methods.Vote, { proposalId: 2n, voter: account("dave") }), 18],
    [() => box.query(methods.Vote, { proposalId: 2n, voter: "" }), 18],
    [() => box.query(methods.Deposit, { proposalId: 2n, depositor: account("dave") }), 38],
    [() => box.query(methods.Deposit, { proposalId: 2n, depositor: "" }), 18],
    [() => box.query(methods.TallyResult, { proposalId: 9n }), 38],
    [() => box.query(methods.Votes, { proposalId: 0n }), 18],
  ];
  for (const [ask, code] of cases) t.throws(ask, { codespace: "sdk", code });
  t.equal(box.query(methods.TallyResult, { proposalId: 3n }).tally?.yesCount, "0", "nobody votes on it yet");
  t.equal(
    box.query(methods.TallyResult, { proposalId: 1n }).tally?.yesCount,
    "100",
    "the result it ended with",
  );
});

/** A chain whose governance starts from `genesis`, with the deposits of it in the governance account. */
function from(genesis: Partial<GenesisState>, held = 11_100_000n): Box {
  return new Box({ stake: new FakeStake().validator("val", 100n, { val: "100" }), genesis, govFunds: held });
}

t.test("an export starts the same governance, which ends the same", async (t) => {
  const before = filled();
  const state = before.exportGov();
  const after = from(state);
  after.time = before.time;
  t.same(after.exportGov(), state);
  t.same(after.broken(), []);
  for (const box of [before, after]) box.end(2n * DAY);
  t.same(after.exportGov(), before.exportGov());
  t.same(
    after.query(Query.methods.Proposals).proposals.map(({ id, status }) => [id, status]),
    [
      [1n, ProposalStatus.PROPOSAL_STATUS_PASSED],
      [2n, ProposalStatus.PROPOSAL_STATUS_PASSED],
    ],
  );
  t.equal(after.held, "");
  t.equal(after.propose(), 4n);
});

type Change = (state: GenesisState) => Partial<GenesisState>;
const withFirst = <T>(list: readonly T[], changes: Partial<T>): readonly T[] => [
  { ...list[0]!, ...changes },
  ...list.slice(1),
];
const proposal =
  (changes: Partial<Proposal>): Change =>
  ({ proposals }) => ({ proposals: withFirst(proposals, changes) });
const vote =
  (changes: Partial<Vote>): Change =>
  ({ votes }) => ({ votes: withFirst(votes, changes) });

const faults: Readonly<Record<string, readonly [Change, RegExp]>> = {
  "no next id": [() => ({ startingProposalId: 0n }), /starting_proposal_id/],
  "a next id that is taken": [() => ({ startingProposalId: 3n }), /proposals\[2\]\.id: 3/],
  "no parameters": [() => ({ params: undefined }), /params: must be given/],
  "a proposal twice": [proposal({ id: 2n }), /proposals\[1\]\.id: 2 is there twice/],
  "a vote on nothing": [vote({ proposalId: 9n }), /votes\[0\]\.proposal_id: there is no proposal 9/],
  "a vote twice": [({ votes }) => ({ votes: [votes[0]!, votes[0]!] }), /votes\[1\]: .* is there twice/],
  "a vote of nobody": [vote({ voter: "x" }), /votes\[0\]/],
  "a vote that does not sum to 1": [
    vote({ options: [{ option: 1, weight: "0.5" }] }),
    /total weight lower than/,
  ],
  "a deposit twice": [
    ({ deposits }) => ({ deposits: [deposits[0]!, deposits[0]!] }),
    /deposits\[1\]: .* is there twice/,
  ],
  "a vote that runs without an end": [
    ({ proposals }) => ({
      proposals: [proposals[0]!, { ...proposals[1]!, votingEndTime: undefined }, proposals[2]!],
    }),
    /proposals\[1\]\.voting_end_time: must be given/,
  ],
};

for (const [name, [change, message]] of Object.entries(faults)) {
  t.test(`a genesis is refused by its place: ${name}`, async (t) => {
    const state = filled().exportGov();
    t.throws(() => from({ ...state, ...change(state) }), { message });
  });
}

t.test("a genesis whose deposits nobody paid is refused", async (t) => {
  const state = filled().exportGov();
  t.throws(() => from(state, 11_099_999n), { codespace: "gov", code: 8, message: /sum to 11100000uopg/ });
  t.ok(from(state, 11_100_001n), "more is somebody's gift");
});

t.test("every parameter has bounds, and is refused by name", async (t) => {
  const box = new Box();
  const { params } = box.query(Query.methods.Params);
  const seconds = (n: bigint) => ({ seconds: n, nanos: 0 });
  const cases: readonly (readonly [Partial<NonNullable<typeof params>>, RegExp])[] = [
    [{ minDeposit: [] }, /params\.min_deposit/],
    [{ minDeposit: opg(0n) }, /params\.min_deposit/],
    [{ expeditedMinDeposit: opg(10_000_000n) }, /params\.expedited_min_deposit/],
    [{ maxDepositPeriod: seconds(0n) }, /params\.max_deposit_period/],
    [{ maxDepositPeriod: undefined }, /params\.max_deposit_period/],
    [{ votingPeriod: seconds(-1n) }, /params\.voting_period/],
    [{ votingPeriod: seconds(1n << 40n) }, /params\.voting_period/],
    [{ expeditedVotingPeriod: seconds(172_800n) }, /params\.expedited_voting_period/],
    [{ quorum: "-0.1" }, /params\.quorum/],
    [{ quorum: "" }, /params\.quorum/],
    [{ threshold: "0" }, /params\.threshold/],
    [{ threshold: "1.000000000000000001" }, /params\.threshold/],
    [{ expeditedThreshold: "0.5" }, /params\.expedited_threshold/],
    [{ vetoThreshold: "0" }, /params\.veto_threshold/],
    [{ minInitialDepositRatio: "1.1" }, /params\.min_initial_deposit_ratio/],
    [{ proposalCancelRatio: "-1" }, /params\.proposal_cancel_ratio/],
    [{ minDepositRatio: "2" }, /params\.min_deposit_ratio/],
    [{ proposalCancelDest: "cosmos1" }, /params\.proposal_cancel_dest/],
  ];
  for (const [changes, message] of cases) {
    const { error } = box.deliver(Msg.methods.UpdateParams, {
      authority: account("alice"),
      params: { ...params!, ...changes },
    });
    t.match(error, { message });
  }
});
