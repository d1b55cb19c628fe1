/** Governance among all modules: what a vote may not hand on, and what it may do through others. */
import t from "tap";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { GenericAuthorization, MsgExec, MsgGrant } from "../../../../proto/gen/cosmos.authz.v1beta1.ts";
import {
  Msg as DistributionMsg,
  MsgCommunityPoolSpend,
} from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { BasicAllowance, MsgGrantAllowance } from "../../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { Msg, ProposalStatus, Query } from "../../../../proto/gen/cosmos.gov.v1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { MsgInfer } from "../../../../proto/gen/opg.inference.v1.ts";
import { account, codec, DENOM, operatorAccount, Sandbox } from "../sandbox.ts";
import { GOV, pack, YES } from "./box.ts";

const opg = (amount: bigint) => [{ denom: DENOM, amount: amount.toString() }];

/** A chain in its second block, with one validator. */
function started(changes: Readonly<Record<string, unknown>> = {}): Sandbox {
  const sandbox = new Sandbox({
    funds: { alice: 1_000_000_000n, bob: 1_000_000_000n },
    genesis: withVotes(changes),
  });
  sandbox.block(() => undefined);
  sandbox.begin();
  return sandbox;
}

/** Votes end a block after they began: the sandbox's blocks are a second long. */
function withVotes(changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const gov = new Sandbox().modules.all.find(({ name }) => name === "gov")!.genesis!.default() as {
    readonly params: object;
  };
  const span = (seconds: bigint, nanos = 0) => ({ seconds, nanos });
  const params = { ...gov.params, votingPeriod: span(1n), expeditedVotingPeriod: span(0n, 1), ...changes };
  return { gov: { ...gov, params } };
}

function submit(sandbox: Sandbox, messages: readonly Any[]) {
  return sandbox.deliver(Msg.methods.SubmitProposal, {
    messages,
    initialDeposit: opg(10_000_000n),
    proposer: account("alice"),
    title: "t",
    summary: "s",
    metadata: "m",
  });
}

const grant = pack(MsgGrant, {
  granter: GOV,
  grantee: account("bob"),
  grant: {
    authorization: pack(GenericAuthorization, { msg: "/cosmos.bank.v1beta1.MsgSend" }),
    expiration: undefined,
  },
});
const exec = (inner: Any) => pack(MsgExec, { grantee: GOV, msgs: [inner] });
const allowance = pack(MsgGrantAllowance, {
  granter: GOV,
  grantee: account("bob"),
  allowance: pack(BasicAllowance, {}),
});
const infer = pack(MsgInfer, { requester: GOV, modelId: 1n, maxFee: { denom: DENOM, amount: "1" } });

for (const [name, message] of Object.entries({
  "a grant of what it may do": grant,
  "a grant of what it may spend on fees": allowance,
  "a grant within a message": exec(grant),
  "an inference": infer,
  "an inference within a message within a message": exec(exec(infer)),
})) {
  t.test(`the governance account hands nothing on and computes nothing: ${name}`, async (t) => {
    t.match(submit(started(), [message]).error, { codespace: "gov", code: 12 });
  });
}

t.test("a vote spends the community pool, and a cancelled proposal pays into it", async (t) => {
  const pool = codec.format(moduleAddress("distribution"));
  const sandbox = started({ proposalCancelDest: pool });
  sandbox.run(DistributionMsg.methods.FundCommunityPool, { depositor: account("bob"), amount: opg(1_000n) });
  const spend = pack(MsgCommunityPoolSpend, { authority: GOV, recipient: account("bob"), amount: opg(600n) });
  const id = submit(sandbox, [spend]).response!.proposalId;
  const { error } = sandbox.deliver(Msg.methods.Vote, {
    proposalId: id,
    voter: operatorAccount("v1"),
    option: YES,
  });
  t.equal(error, undefined);
  sandbox.end();
  const before = sandbox.balance(account("bob"));
  sandbox.block(() => undefined);
  t.equal(
    sandbox.query(Query.methods.Proposal, { proposalId: id }).proposal?.status,
    ProposalStatus.PROPOSAL_STATUS_PASSED,
  );
  t.equal(sandbox.balance(account("bob")), before + 600n);
  t.equal(sandbox.balance(account("alice")), 1_000_000_000n, "the deposit is back");
  t.same(sandbox.broken(), []);

  sandbox.begin();
  const second = submit(sandbox, [spend]).response!.proposalId;
  sandbox.run(Msg.methods.CancelProposal, { proposalId: second, proposer: account("alice") });
  sandbox.end();
  t.equal(sandbox.balance(account("alice")), 995_000_000n);
  t.same(sandbox.broken(), []);
});
