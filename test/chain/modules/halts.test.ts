/** What a majority of voters, or a user, could do to stop every node at once: each is refused or bounded (ADR-0150). */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { MAX_DEPOSITORS, sumOf } from "../../../chain/modules/gov/deposits.ts";
import { DEFAULT_MINT_PARAMS } from "../../../chain/modules/mint/index.ts";
import { MAX_SUPPLY } from "../../../chain/modules/mint/keeper.ts";
import { DEFAULT_PARAMS as DEFAULT_STAKING } from "../../../chain/modules/staking/params.ts";
import { vestedCoins } from "../../../chain/modules/vesting/schedule.ts";
import { AUTHORITY } from "../../../chain/runtime/authority.ts";
import { decToWire, ONE, ZERO } from "../../../chain/runtime/decimal.ts";
import { Msg as GovMsg, ProposalStatus } from "../../../proto/gen/cosmos.gov.v1.ts";
import { Msg as MintMsg } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import { Msg as StakingMsg } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { Msg as ModelsMsg } from "../../../proto/gen/opg.models.v1.ts";
import { Box, FakeStake, YES } from "./gov/box.ts";
import { metadata } from "./samples.ts";
import { account, codec, DENOM, operatorAccount, Sandbox } from "./sandbox.ts";
import { createMessage, UNIT } from "./staking/stakes.ts";

const GOV = codec.format(AUTHORITY);
const UNAUTHORIZED = { codespace: "sdk", code: 4 };

/** In block 2. */
function started(): Sandbox {
  const sandbox = new Sandbox({ funds: { alice: 1_000n * UNIT } });
  sandbox.fund(GOV, 1_000n * UNIT);
  sandbox.block(() => undefined);
  sandbox.begin();
  return sandbox;
}

t.test(
  "the governance account owns no model: its royalty could not be paid at the block's end",
  async (t) => {
    const sandbox = started();
    const { error } = sandbox.deliver(ModelsMsg.methods.CreateModel, {
      owner: GOV,
      metadata,
      hash: sha256(Uint8Array.of(1)),
      size: 100n,
      price: { denom: DENOM, amount: "1" },
    });
    t.match(error, { codespace: "models", message: /module account/ });
    sandbox.end();
  },
);

t.test("the governance account stakes nothing: a slash that takes its shares could not pay it", async (t) => {
  const sandbox = started();
  const amount = { denom: DENOM, amount: UNIT.toString() };
  const { error } = sandbox.deliver(StakingMsg.methods.Delegate, {
    delegatorAddress: GOV,
    validatorAddress: codec.operators.format(codec.parse(operatorAccount("v1"))),
    amount,
  });
  t.match(error, UNAUTHORIZED);
  const validator = sandbox.deliver(StakingMsg.methods.CreateValidator, {
    ...createMessage("gov", UNIT),
    validatorAddress: codec.operators.format(AUTHORITY),
  });
  t.match(validator.error, UNAUTHORIZED);
  sandbox.end();
  t.same(sandbox.broken(), []);
});

t.test("the coin that is staked stays the one that is staked", async (t) => {
  const sandbox = started();
  const update = (bondDenom: string) =>
    sandbox.deliver(StakingMsg.methods.UpdateParams, {
      authority: GOV,
      params: { ...DEFAULT_STAKING, bondDenom },
    }).error;
  t.match(update("uother"), { codespace: "sdk", code: 18 });
  t.equal(update(DENOM), undefined);
  sandbox.end();
  sandbox.block(() => undefined);
});

t.test("minting stops before there is more stake than CometBFT counts", async (t) => {
  const sandbox = started();
  sandbox.run(MintMsg.methods.UpdateParams, {
    authority: GOV,
    params: {
      ...DEFAULT_MINT_PARAMS,
      inflationMax: decToWire(ONE),
      inflationMin: decToWire(ONE),
      blocksPerYear: 1n,
    },
  });
  sandbox.end();
  const supply = () => sandbox.modules.bank.supply(sandbox.context(), DENOM);
  const first = supply();
  sandbox.block(() => undefined);
  t.equal(supply(), 2n * first, "it doubles every block");
  for (let block = 0; block < 300; block++) sandbox.block(() => undefined);
  t.equal(supply(), MAX_SUPPLY);
  t.same(sandbox.broken(), []);
});

t.test("sums of as many coins as there may be are no arguments on a stack", async (t) => {
  const one = { denom: DENOM, amount: 1n };
  const deposits = Array.from({ length: 300_000 }, (_, index) => ({
    proposalId: 1n,
    depositor: String(index),
    amount: [{ denom: DENOM, amount: "1" }],
  }));
  t.same(sumOf(deposits), [{ denom: DENOM, amount: 300_000n }]);
  const periods = deposits.map(() => ({ length: 1n, amount: [one] }));
  const vested = vestedCoins(
    {
      kind: "vesting",
      base: { address: account("alice"), pubKey: undefined, accountNumber: 0n, sequence: 0n },
      originalVesting: [{ denom: DENOM, amount: 300_000n }],
      delegatedFree: [],
      delegatedVesting: [],
      endTime: 300_001n,
      schedule: { type: "periodic", startTime: 1n, periods },
    },
    300_000n,
  );
  t.same(vested, [{ denom: DENOM, amount: 299_999n }]);
});

t.test("a validator that everybody left in this block has a vote of nothing", async (t) => {
  const stake = new FakeStake().validator("ann", 10n, { bob: "10" }).validator("ben", 0n, {});
  t.equal(stake.bondedByPower()[1]!.delegatorShares, ZERO);
  const box = new Box({ stake });
  const id = box.propose();
  box.vote(id, "ann", YES);
  box.vote(id, "ben", YES);
  box.end(2n * 86_400n);
  t.equal(box.proposal(id).finalTallyResult?.yesCount, "10");
});

/** A proposal with as many depositors as one can have, each of a coin. */
function crowded(box: Box, crowd: readonly string[]): bigint {
  const id = box.propose([], { initialDeposit: [{ denom: DENOM, amount: "1" }] });
  for (const name of crowd) {
    box.run(GovMsg.methods.Deposit, {
      proposalId: id,
      depositor: account(name),
      amount: [{ denom: DENOM, amount: "1" }],
    });
  }
  return id;
}

t.test("a proposal has only so many depositors, whom one block's end pays back", async (t) => {
  const crowd = Array.from({ length: MAX_DEPOSITORS - 1 }, (_, index) => `depositor-${index}`);
  const funds = Object.fromEntries(crowd.map((name) => [name, 1_000n]));
  const box = new Box({ funds, params: { minDepositRatio: "0" } });
  const ids = [crowded(box, crowd), crowded(box, crowd), crowded(box, crowd)];
  const [id] = ids as [bigint, bigint, bigint];
  const deposit = (name: string, amount: string) =>
    box.deliver(GovMsg.methods.Deposit, {
      proposalId: id,
      depositor: account(name),
      amount: [{ denom: DENOM, amount }],
    }).error;
  t.match(deposit("bob", "1"), { codespace: "gov", code: 16 }, "one more is refused");
  t.equal(deposit(crowd[0]!, "1"), undefined, "who is among them may add");
  t.equal(deposit("bob", "20000000"), undefined, "and whoever starts the vote may join");
  t.equal(box.proposal(id).status, ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD);
  t.match(deposit("carol", "20000000"), { codespace: "gov", code: 16 });

  const open = () => ids.filter((each) => box.gov && isThere(box, each)).length;
  box.end(2n * 86_400n);
  t.equal(open(), 2, "one block ends the vote and drops one of the others, the second waits for the next");
  box.end(1n);
  t.equal(open(), 1);
  t.equal(box.proposal(id).status, ProposalStatus.PROPOSAL_STATUS_REJECTED);
  t.equal(box.held, "");
});

function isThere(box: Box, id: bigint): boolean {
  try {
    box.proposal(id);
    return true;
  } catch {
    return false;
  }
}
