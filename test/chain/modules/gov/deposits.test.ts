/** Deposits, and what a proposer who takes its proposal back pays for it. */
import t from "tap";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { Msg, ProposalStatus, Query } from "../../../../proto/gen/cosmos.gov.v1.ts";
import { account, codec, DENOM } from "../sandbox.ts";
import { Box, eventsOf, FakeStake, YES } from "./box.ts";

const opg = (amount: bigint) => [{ denom: DENOM, amount: amount.toString() }];

t.test("deposits of one account add up, and go on while the vote runs", async (t) => {
  const box = new Box();
  const id = box.propose([], { initialDeposit: opg(4_000_000n) });
  const deposit = (depositor: string, amount: bigint) =>
    box.deliver(Msg.methods.Deposit, { proposalId: id, depositor: account(depositor), amount: opg(amount) });
  t.equal(deposit("alice", 1_000_000n).error, undefined);
  t.same(box.query(Query.methods.Deposit, { proposalId: id, depositor: account("alice") }).deposit, {
    proposalId: id,
    depositor: account("alice"),
    amount: opg(5_000_000n),
  });
  t.match(deposit("bob", 99_999n).error, { codespace: "gov", code: 16 }, "each is at least a hundredth");
  t.equal(deposit("bob", 5_000_000n).error, undefined);
  t.equal(box.proposal(id).status, ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD);
  t.equal(deposit("carol", 100_000n).error, undefined);
  t.same(box.proposal(id).totalDeposit, opg(10_100_000n));
  const { deposits, pagination } = box.query(Query.methods.Deposits, { proposalId: id });
  t.same(deposits.map(({ amount }) => amount[0]?.amount).sort(), ["100000", "5000000", "5000000"]);
  t.equal(pagination?.total, 3n);

  t.match(deposit("bob", 0n).error, { codespace: "sdk", code: 10 });
  const none = box.deliver(Msg.methods.Deposit, { proposalId: id, depositor: account("bob"), amount: [] });
  t.match(none.error, { codespace: "sdk", code: 10 });
  const missing = box.deliver(Msg.methods.Deposit, {
    proposalId: 9n,
    depositor: account("bob"),
    amount: opg(1n),
  });
  t.match(missing.error, { codespace: "sdk", code: 38 });
  box.end(2n * 86_400n);
  t.match(deposit("bob", 100_000n).error, { codespace: "gov", code: 3 }, "not when it has ended");
  t.equal(box.held, "");
});

const DISTRIBUTION = codec.format(moduleAddress("distribution"));

const cancels: Readonly<
  Record<
    string,
    { readonly ratio: string; readonly dest: string; readonly kept: bigint; readonly to: string }
  >
> = {
  "half is burnt": { ratio: "0.5", dest: "", kept: 5_000_001n, to: "burnt" },
  "nothing is kept": { ratio: "0", dest: "", kept: 0n, to: "nobody" },
  "all is kept by an account": { ratio: "1", dest: account("dave"), kept: 10_000_003n, to: "dave" },
  "a third goes to the community pool": {
    ratio: "0.333333333333333333",
    dest: DISTRIBUTION,
    kept: 3_333_334n,
    to: "pool",
  },
};

for (const [name, { ratio, dest, kept, to }] of Object.entries(cancels)) {
  t.test(`a proposal is cancelled: ${name}`, async (t) => {
    const box = new Box({
      params: { proposalCancelRatio: ratio, proposalCancelDest: dest },
      stake: new FakeStake().validator("val", 100n, { val: "100" }),
    });
    const before = box.bank.supply(box.context(), DENOM);
    const id = box.propose([], { initialDeposit: opg(10_000_003n) });
    box.vote(id, "val", YES);
    const { response, events } = box.deliver(Msg.methods.CancelProposal, {
      proposalId: id,
      proposer: account("alice"),
    });
    t.same(response, {
      proposalId: id,
      canceledTime: { seconds: box.time, nanos: 0 },
      canceledHeight: box.height,
    });
    t.match(eventsOf(events, "cancel_proposal"), [{ sender: account("alice"), proposal_id: "1" }]);
    t.throws(() => box.proposal(id), { codespace: "sdk", code: 38 });
    t.equal(box.held, "");
    // Truncated: the depositor keeps what is left of a unit.
    const charged = to === "burnt" ? 5_000_001n : kept;
    t.equal(box.balance("alice"), 1_000_000_000n - charged);
    t.equal(box.bank.supply(box.context(), DENOM), before - (to === "burnt" ? charged : 0n));
    t.equal(box.balance("dave"), 1_000_000_000n + (to === "dave" ? kept : 0n));
    t.same(
      box.pool.map(({ coins }) => coins),
      to === "pool" ? [[{ denom: DENOM, amount: kept }]] : [],
    );
    box.end(2n * 86_400n);
    t.same(box.broken(), []);
  });
}

t.test("only the proposer cancels, and not after the end", async (t) => {
  const box = new Box();
  const id = box.propose();
  const cancel = (who: string) =>
    box.deliver(Msg.methods.CancelProposal, { proposalId: id, proposer: account(who) }).error;
  t.match(cancel("bob"), { codespace: "gov", code: 18 });
  box.time += 2n * 86_400n + 1n;
  t.match(cancel("alice"), { codespace: "gov", code: 20 });
  box.end();
  t.match(cancel("alice"), { codespace: "gov", code: 21 });
});
