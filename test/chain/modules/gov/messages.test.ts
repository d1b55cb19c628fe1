/** What may be proposed, and what the messages of a proposal may do when they run. */
import t from "tap";
import { SdkError } from "../../../../chain/runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../../../chain/runtime/module.ts";
import {
  MsgSend,
  MsgUpdateParams as MsgUpdateBankParams,
} from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  Msg,
  MsgCancelProposal,
  MsgDeposit,
  MsgUpdateParams,
  MsgVote,
  ProposalStatus,
  Query,
} from "../../../../proto/gen/cosmos.gov.v1.ts";
import { Msg as MintMsg } from "../../../../proto/gen/cosmos.mint.v1beta1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { Msg as InferenceMsg, MsgInfer } from "../../../../proto/gen/opg.inference.v1.ts";
import { account, DENOM } from "../sandbox.ts";
import { Box, eventsOf, FakeStake, GOV, NO, pack, YES } from "./box.ts";

const DAY = 86_400n;
const opg = (amount: bigint) => [{ denom: DENOM, amount: amount.toString() }];
const bankParams = { sendEnabled: [], defaultSendEnabled: true };
const good = pack(MsgUpdateBankParams, { authority: GOV, params: bankParams });
const stake = () => new FakeStake().validator("val", 100n, { val: "100" });

/** Stands in for whatever a module might do with a message that the governance account signs. */
function route(handle: AnyMsgRoute["handle"]): AnyMsgRoute {
  return msgRoute(MintMsg.methods.UpdateParams, { handle: handle as () => Record<never, never> });
}
const extra = pack(MintMsg.methods.UpdateParams.request, { authority: GOV });
const infer: AnyMsgRoute = msgRoute(InferenceMsg.methods.Infer, {
  compute: () => {
    throw SdkError.notFound("no such model");
  },
  handle: () => {
    throw new TypeError("must not run");
  },
});

const refused: Readonly<Record<string, readonly [messages: readonly Any[], code: number, text: RegExp]>> = {
  "a message of another signer": [
    [good, pack(MsgSend, { fromAddress: account("bob"), toAddress: account("alice"), amount: opg(1n) })],
    13,
    /messages\[1\]: must be signed by/,
  ],
  "a message that names no signer": [
    [pack(MsgUpdateBankParams, { authority: "", params: bankParams })],
    13,
    /nobody/,
  ],
  "a message that no module handles": [
    [{ typeUrl: "/cosmos.nft.v1beta1.MsgSend", value: new Uint8Array(0) }],
    10,
    /no module handles/,
  ],
  "bytes that are no message": [[{ ...good, value: Uint8Array.of(0xff) }], 10, /messages\[0\]/],
  "unknown fields": [
    [{ ...good, value: Uint8Array.of(...good.value, 0x98, 0x06, 0x01) }],
    10,
    /messages\[0\]/,
  ],
  "a message that is wrong by itself": [
    [pack(MsgSend, { fromAddress: GOV, toAddress: account("alice"), amount: [] })],
    12,
    /amount/,
  ],
  "parameters out of bounds": [
    [
      pack(MsgUpdateParams, {
        authority: GOV,
        params: { ...new Box().gov.params(new Box().context()), quorum: "1.1" },
      }),
    ],
    12,
    /params\.quorum: 1\.1.* is not from 0 to 1/,
  ],
  "a message that computes": [[pack(MsgInfer, { requester: GOV })], 12, /cannot compute/],
  "more messages than are allowed": [new Array(101).fill(good), 12, /101 are given; 100 are allowed/],
};

for (const [name, [messages, code, text]] of Object.entries(refused)) {
  t.test(`refused when it is submitted: ${name}`, async (t) => {
    const box = new Box({ extra: [infer] });
    const { error } = box.deliver(Msg.methods.SubmitProposal, {
      messages,
      initialDeposit: opg(10_000_000n),
      proposer: account("alice"),
      title: "t",
      summary: "s",
    });
    t.match(error, { codespace: "gov", code, message: text });
    t.equal(box.balance("alice"), 1_000_000_000n);
  });
}

const texts: Readonly<Record<string, readonly [changes: object, codespace: string, code: number]>> = {
  "no title": [{ title: "" }, "sdk", 18],
  "no summary": [{ summary: "" }, "sdk", 18],
  "neither messages nor metadata": [{ metadata: "" }, "gov", 11],
  "a long title": [{ title: "t".repeat(256) }, "gov", 15],
  "long metadata, in bytes": [{ metadata: "é".repeat(128) }, "gov", 15],
  "a long summary": [{ summary: "s".repeat(10_201) }, "gov", 22],
  "metadata with another title": [{ metadata: '{"title":"other","summary":"a summary"}' }, "gov", 5],
  "metadata with another summary": [{ metadata: '{"TITLE":"a title"}' }, "gov", 5],
  "metadata that is null": [{ metadata: "null" }, "gov", 5],
  "a proposer that is none": [{ proposer: "opg1" }, "sdk", 7],
  "a deposit in another coin": [{ initialDeposit: [{ denom: "other", amount: "1" }] }, "gov", 23],
  "a deposit that is too small": [{ initialDeposit: opg(99_999n) }, "gov", 16],
  "no deposit": [{ initialDeposit: [] }, "gov", 16],
  "a deposit that alice does not have": [{ initialDeposit: opg(2_000_000_000n) }, "sdk", 5],
};

for (const [name, [changes, codespace, code]] of Object.entries(texts)) {
  t.test(`a proposal is refused: ${name}`, async (t) => {
    const box = new Box();
    t.throws(() => box.propose([], changes), { codespace, code });
    t.equal(box.held, "");
  });
}

t.test("metadata of any form is taken where it tells nothing else", async (t) => {
  const box = new Box();
  for (const metadata of [
    "ipfs://x",
    "[1]",
    "3",
    '"x"',
    '{"title":1}',
    '{"title":"a title","summary":"a summary"}',
  ])
    t.ok(box.propose([], { metadata }), metadata);
  t.ok(box.propose([], { summary: "s".repeat(10_200), title: "t".repeat(255) }));
});

t.test("a minimal first deposit is asked for where the parameters say so", async (t) => {
  const box = new Box({ params: { minInitialDepositRatio: "0.25" } });
  t.throws(() => box.propose([], { initialDeposit: opg(2_499_999n) }), { code: 16 });
  t.ok(box.propose([], { initialDeposit: opg(2_500_000n) }));
  t.throws(() => box.propose([], { initialDeposit: opg(12_499_999n), expedited: true }), { code: 16 });
});

/** Runs a proposal of `messages` to its end. */
function ended(box: Box, messages: readonly Any[]) {
  const id = box.propose(messages);
  box.vote(id, "val", YES);
  const events = box.end(2n * DAY);
  return { proposal: box.proposal(id), events, id };
}

t.test("what a message writes and emits is kept only if all of them pass", async (t) => {
  let fail = false;
  const handle: AnyMsgRoute["handle"] = (ctx) => {
    ctx.store("extra").set(Uint8Array.of(1), Uint8Array.of(1));
    ctx.events.emit("extra", { ran: "yes" });
    if (fail) throw SdkError.unauthorized("not today");
    return {};
  };
  const box = new Box({ stake: stake(), extra: [route(handle)] });
  fail = true;
  const failed = ended(box, [extra]);
  t.match(failed.proposal, {
    status: ProposalStatus.PROPOSAL_STATUS_FAILED,
    failedReason: "msg 0 (/cosmos.mint.v1beta1.MsgUpdateParams) failed: sdk 4",
  });
  t.same(eventsOf(failed.events, "extra"), []);
  t.equal(box.context().store("extra").get(Uint8Array.of(1)), undefined);
  fail = false;
  const passed = ended(box, [extra]);
  t.equal(passed.proposal.status, ProposalStatus.PROPOSAL_STATUS_PASSED);
  t.match(eventsOf(passed.events, "extra"), [{ ran: "yes" }]);
  t.same(box.context().store("extra").get(Uint8Array.of(1)), Uint8Array.of(1));
});

t.test("the reason that stands in the state is made of codes, whatever the error's text", async (t) => {
  const reasons = ["one text", "another"].map((text) => {
    const handle = () => {
      throw SdkError.logic(text);
    };
    return ended(new Box({ stake: stake(), extra: [route(handle)] }), [extra]).proposal.failedReason;
  });
  t.equal(reasons[0], reasons[1]);
});

t.test("a programming fault in a message is not taken for a failure", async (t) => {
  const handle = () => {
    throw new TypeError("a fault");
  };
  const box = new Box({ stake: stake(), extra: [route(handle)] });
  t.throws(() => ended(box, [extra]), TypeError);
});

t.test("messages run out of gas rather than run on", async (t) => {
  const box = new Box({
    stake: stake(),
    extra: [
      route((ctx) => {
        for (;;) ctx.store("extra").has(Uint8Array.of(1));
      }),
    ],
  });
  t.match(ended(box, [extra]).proposal, {
    status: ProposalStatus.PROPOSAL_STATUS_FAILED,
    failedReason: "msg 0 (/cosmos.mint.v1beta1.MsgUpdateParams) failed: sdk 11",
  });
});

t.test("what asks the engine in an end-block fails alike on every node", async (t) => {
  const box = new Box({
    stake: stake(),
    extra: [
      route((ctx) => {
        ctx.compute.outcome({} as Parameters<typeof ctx.compute.outcome>[0]);
        return {};
      }),
    ],
  });
  t.match(ended(box, [extra]).proposal, { failedReason: /failed: gov 12/ });
});

t.test("many proposals that end at once end over several blocks, each of them", async (t) => {
  let ran = 0;
  const box = new Box({
    stake: stake(),
    funds: { alice: 1_000_000_000n },
    extra: [
      route((ctx) => {
        ran++;
        ctx.gas.consume(99_000_000n, "much");
        return {};
      }),
    ],
  });
  const ids = Array.from({ length: 8 }, () => box.propose([extra]));
  for (const id of ids) box.vote(id, "val", YES);
  box.end(2n * DAY);
  t.equal(ran, 6, "500 million gas are passed with the sixth");
  t.equal(box.proposal(7n).status, ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD);
  box.end();
  t.equal(ran, 8);
  t.equal(box.proposal(8n).status, ProposalStatus.PROPOSAL_STATUS_PASSED);
});

t.test("the governance account may spend what it was given, and never what others deposited", async (t) => {
  const box = new Box({ stake: stake() });
  const send = (amount: bigint) =>
    pack(MsgSend, { fromAddress: GOV, toAddress: account("carol"), amount: opg(amount) });
  /** Proposes, and a moment later somebody else does, whose deposit is there when the first ends. */
  const besideAnother = (messages: readonly Any[]) => {
    const id = box.propose(messages);
    box.vote(id, "val", YES);
    box.time += 10n;
    box.propose([], { initialDeposit: opg(1_000_000n) });
    box.end(2n * DAY - 10n);
    const proposal = box.proposal(id);
    box.end(10n);
    return proposal;
  };
  t.match(besideAnother([send(1n)]), {
    failedReason: "msg 0 (/cosmos.bank.v1beta1.MsgSend) failed: gov 12",
    status: ProposalStatus.PROPOSAL_STATUS_FAILED,
  });
  t.equal(box.balance("alice"), 1_000_000_000n, "all deposits were there to be given back");

  const ctx = box.context("deliver");
  box.bank.initBalance(ctx, ctx.addresses.parse(GOV), [{ denom: DENOM, amount: 5n }]);
  box.bank.initSupply(ctx, [{ denom: DENOM, amount: box.bank.supply(ctx, DENOM) + 5n }]);
  t.match(besideAnother([send(6n)]), { status: ProposalStatus.PROPOSAL_STATUS_FAILED });
  t.match(besideAnother([send(5n)]), { status: ProposalStatus.PROPOSAL_STATUS_PASSED });
  t.equal(box.balance("carol"), 1_000_000_005n);
});

t.test("a proposal cannot deposit, propose or vote with what it does not have", async (t) => {
  const box = new Box({ stake: stake() });
  const target = box.propose();
  const deposit = pack(MsgDeposit, { proposalId: target, depositor: GOV, amount: opg(1n) });
  t.match(ended(box, [deposit]).proposal, { failedReason: /MsgDeposit\) failed: gov/ });
  const nested = pack(Msg.methods.SubmitProposal.request, {
    messages: [],
    metadata: "m",
    initialDeposit: opg(10_000_000n),
    proposer: GOV,
    title: "t",
    summary: "s",
  });
  t.match(ended(box, [nested]).proposal, { failedReason: /MsgSubmitProposal\) failed: gov 18/ });
  const vote = pack(MsgVote, { proposalId: 99n, voter: GOV, option: NO });
  t.match(ended(box, [vote]).proposal, { failedReason: /MsgVote\) failed: gov 3/ });
  const cancel = pack(MsgCancelProposal, { proposalId: 99n, proposer: GOV });
  t.match(ended(box, [cancel]).proposal, { failedReason: /MsgCancelProposal\) failed: sdk 38/ });
});

t.test("parameters of governance change by a vote, and rule the next proposal", async (t) => {
  const box = new Box({ stake: stake() });
  const params = {
    ...box.query(Query.methods.Params).params!,
    minDeposit: opg(1n),
    votingPeriod: { seconds: 90_000n, nanos: 0 },
  };
  t.match(box.deliver(Msg.methods.UpdateParams, { authority: account("alice"), params }).error, {
    codespace: "gov",
    code: 13,
  });
  t.equal(
    ended(box, [pack(MsgUpdateParams, { authority: GOV, params })]).proposal.status,
    ProposalStatus.PROPOSAL_STATUS_PASSED,
  );
  t.same(box.query(Query.methods.Params).params, params);
  const id = box.propose([], { initialDeposit: opg(1n) });
  t.match(box.proposal(id), { votingEndTime: { seconds: box.time + 90_000n } });
});
