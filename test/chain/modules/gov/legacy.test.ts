/** v1beta1: its messages and queries over the same state as v1. */
import t from "tap";
import { type AnyContentRoute, contentRoute } from "../../../../chain/modules/gov/index.ts";
import { SdkError } from "../../../../chain/runtime/errors.ts";
import {
  MsgExecLegacyContent,
  ProposalStatus,
  Msg as V1Msg,
  Query as V1Query,
} from "../../../../proto/gen/cosmos.gov.v1.ts";
import { Msg, Query, TextProposal } from "../../../../proto/gen/cosmos.gov.v1beta1.ts";
import { ParameterChangeProposal } from "../../../../proto/gen/cosmos.params.v1beta1.ts";
import { CancelSoftwareUpgradeProposal } from "../../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { account, DENOM } from "../sandbox.ts";
import { Box, FakeStake, GOV, pack, YES } from "./box.ts";

const DAY = 86_400n;
const deposit = [{ denom: DENOM, amount: "10000000" }];
const text = pack(TextProposal, { title: "a title", description: "a description" });
const submit = (box: Box, content: Any | undefined) =>
  box.deliver(Msg.methods.SubmitProposal, { content, initialDeposit: deposit, proposer: account("alice") });

t.test("a text is proposed, voted on and passed in v1beta1, and seen in both", async (t) => {
  const box = new Box({ stake: new FakeStake().validator("val", 100n, { val: "60", carol: "40" }) });
  t.equal(submit(box, text).response?.proposalId, 1n);
  t.match(box.query(Query.methods.Proposal, { proposalId: 1n }).proposal, {
    proposalId: 1n,
    content: text,
    status: 2,
    totalDeposit: deposit,
    finalTallyResult: { yes: "0", abstain: "0", no: "0", noWithVeto: "0" },
    votingStartTime: { seconds: box.time },
  });
  t.match(box.proposal(1n), {
    title: "a title",
    summary: "a description",
    messages: [{ typeUrl: "/cosmos.gov.v1.MsgExecLegacyContent" }],
  });
  box.run(Msg.methods.Vote, { proposalId: 1n, voter: account("val"), option: YES });
  box.run(Msg.methods.VoteWeighted, {
    proposalId: 1n,
    voter: account("carol"),
    options: [
      { option: 1, weight: "250000000000000000" },
      { option: 3, weight: "750000000000000000" },
    ],
  });
  box.run(Msg.methods.Deposit, {
    proposalId: 1n,
    depositor: account("bob"),
    amount: [{ denom: DENOM, amount: "100000" }],
  });
  t.same(box.query(V1Query.methods.Vote, { proposalId: 1n, voter: account("carol") }).vote?.options, [
    { option: 1, weight: "0.250000000000000000" },
    { option: 3, weight: "0.750000000000000000" },
  ]);
  t.same(box.query(Query.methods.Vote, { proposalId: 1n, voter: account("carol") }).vote.options[1], {
    option: 3,
    weight: "750000000000000000",
  });
  t.equal(box.query(Query.methods.Votes, { proposalId: 1n }).votes.length, 2);
  t.same(box.query(Query.methods.TallyResult, { proposalId: 1n }).tally, {
    yes: "70",
    abstain: "0",
    no: "30",
    noWithVeto: "0",
  });
  t.equal(box.query(Query.methods.Deposits, { proposalId: 1n }).deposits.length, 2);
  t.equal(
    box.query(Query.methods.Deposit, { proposalId: 1n, depositor: account("bob") }).deposit.amount[0]?.amount,
    "100000",
  );
  box.end(2n * DAY);
  t.equal(
    box.query(Query.methods.Proposals, { proposalStatus: ProposalStatus.PROPOSAL_STATUS_PASSED }).proposals
      .length,
    1,
  );
});

const refused: Readonly<Record<string, readonly [content: Any | undefined, code: number]>> = {
  nothing: [undefined, 5],
  "a type that is none": [{ typeUrl: "/opg.Nothing", value: new Uint8Array(0) }, 6],
  "bytes that are none": [{ ...text, value: Uint8Array.of(0xff) }, 5],
  "a blank title": [pack(TextProposal, { title: "  ", description: "d" }), 5],
  "a long title": [pack(TextProposal, { title: "é".repeat(71), description: "d" }), 5],
  "no description": [pack(TextProposal, { title: "t", description: "" }), 5],
  "a long description": [pack(TextProposal, { title: "t", description: "d".repeat(10_001) }), 5],
  "parameters of x/params": [pack(ParameterChangeProposal, { title: "t", description: "d" }), 9],
};

for (const [name, [content, code]] of Object.entries(refused)) {
  t.test(`a content is refused: ${name}`, async (t) => {
    const box = new Box();
    t.match(submit(box, content).error, { codespace: "gov", code });
  });
}

t.test("a content is tried when it is submitted, and run when it has passed", async (t) => {
  let ran = 0;
  let refuse = false;
  const contents: readonly AnyContentRoute[] = [
    contentRoute({
      type: CancelSoftwareUpgradeProposal,
      handle: (ctx) => {
        if (refuse) throw SdkError.unauthorized("no");
        ctx.store("extra").set(Uint8Array.of(1), Uint8Array.of(++ran));
      },
    }),
  ];
  const box = new Box({ contents, stake: new FakeStake().validator("val", 1n, { val: "1" }) });
  const content = pack(CancelSoftwareUpgradeProposal, { title: "t", description: "d" });
  refuse = true;
  t.match(submit(box, content).error, { codespace: "gov", code: 5, message: /no/ });
  refuse = false;
  t.equal(submit(box, content).error, undefined);
  t.equal(ran, 1);
  t.equal(box.context().store("extra").get(Uint8Array.of(1)), undefined, "the trial left nothing");
  box.run(Msg.methods.Vote, { proposalId: 1n, voter: account("val"), option: YES });
  box.end(2n * DAY);
  t.same(box.context().store("extra").get(Uint8Array.of(1)), Uint8Array.of(2));
  t.match(box.deliver(V1Msg.methods.ExecLegacyContent, { content, authority: account("alice") }).error, {
    codespace: "gov",
    code: 13,
  });
  const viaV1 = box.propose([pack(MsgExecLegacyContent, { content, authority: GOV })]);
  t.ok(viaV1);
});

t.test("parameters are shown by their type", async (t) => {
  const box = new Box();
  t.match(box.query(Query.methods.Params, { paramsType: "deposit" }).depositParams, {
    minDeposit: deposit,
    maxDepositPeriod: { seconds: 172_800n },
  });
  t.match(box.query(Query.methods.Params, { paramsType: "voting" }).votingParams, {
    votingPeriod: { seconds: 172_800n },
  });
  t.same(box.query(Query.methods.Params, { paramsType: "tallying" }).tallyParams, {
    quorum: "334000000000000000",
    threshold: "500000000000000000",
    vetoThreshold: "334000000000000000",
  });
  t.throws(() => box.query(Query.methods.Params, { paramsType: "" }), { code: 18 });
  t.throws(() => box.query(Query.methods.Params, { paramsType: "x" }), { code: 18 });
  t.match(box.query(V1Query.methods.Params, { paramsType: "voting" }), {
    votingParams: { votingPeriod: { seconds: 172_800n } },
    depositParams: undefined,
    params: { quorum: "0.334000000000000000" },
  });
  t.throws(() => box.query(V1Query.methods.Params, { paramsType: "x" }), { code: 18 });
});

t.test("a proposal that v1beta1 cannot show is refused there by name", async (t) => {
  const box = new Box();
  box.propose([]);
  t.throws(() => box.query(Query.methods.Proposal, { proposalId: 1n }), { codespace: "sdk", code: 29 });
});
