/**
 * Ends what is due: proposals without enough deposit are dropped, votes are counted and messages run. Source: x/gov/abci.go
 * of the Cosmos SDK v0.53; the bound of work is ADR-0130.
 */
import { type Proposal, ProposalStatus } from "../../../proto/gen/cosmos.gov.v1.ts";
import type { Context } from "../../runtime/context.ts";
import { addDuration } from "../../runtime/time.ts";
import { emitDropped, emitTallied, type Result } from "./events.ts";
import type { GovKeeper } from "./keeper.ts";
import * as state from "./state.ts";

/**
 * Gas after which a block ends no further proposal: what is due waits for the next. One of each queue is always
 * ended, so every block gets on, and nobody holds up a vote by proposals without deposit. Reads and writes of tallies, refunds and messages count.
 */
export const BLOCK_GAS = 500_000_000n;
/** Events after which a block ends no further proposal: results of a block have a bound (ADR-0066), and refunds a size (ADR-0150). */
export const BLOCK_EVENTS = 512;

export function endProposals(ctx: Context, keeper: GovKeeper): void {
  const start = ctx.gas.used;
  const told = ctx.events.all.length;
  const tired = (): boolean =>
    ctx.gas.used - start >= BLOCK_GAS || ctx.events.all.length - told >= BLOCK_EVENTS;
  for (const id of [...state.due(ctx, "inactive")]) {
    if (tired()) break;
    drop(ctx, keeper, state.proposal(ctx, id));
  }
  for (const [index, id] of [...state.due(ctx, "active")].entries()) {
    if (index > 0 && tired()) return;
    decide(ctx, keeper, state.proposal(ctx, id));
  }
}

function drop(ctx: Context, keeper: GovKeeper, proposal: Proposal): void {
  state.deleteProposal(ctx, proposal);
  if (keeper.params(ctx).burnProposalDepositPrevote) keeper.deposits.burn(ctx, proposal.id);
  else keeper.deposits.refund(ctx, proposal.id);
  emitDropped(ctx, proposal.id);
}

interface Decision {
  readonly changes: Partial<Proposal>;
  readonly result: Result;
  readonly log: string;
}

function decide(ctx: Context, keeper: GovKeeper, proposal: Proposal): void {
  const { passes, burnDeposits, result } = keeper.tally(ctx, proposal);
  state.deleteVotes(ctx, proposal.id);
  // An expedited proposal that fails goes on as a regular one, with its deposit.
  const goesOn = proposal.expedited && !passes;
  if (!goesOn) {
    if (burnDeposits) keeper.deposits.burn(ctx, proposal.id);
    else keeper.deposits.refund(ctx, proposal.id);
  }
  state.dequeue(ctx, "active", proposal);
  const decision = passes
    ? executed(ctx, keeper, proposal)
    : goesOn
      ? converted(ctx, keeper, proposal)
      : REJECTED;
  state.setProposal(ctx, { ...proposal, ...decision.changes, finalTallyResult: result });
  emitTallied(ctx, proposal.id, decision.result, decision.log);
}

const REJECTED: Decision = {
  changes: {
    status: ProposalStatus.PROPOSAL_STATUS_REJECTED,
    failedReason: "proposal did not get enough votes to pass",
  },
  result: "proposal_rejected",
  log: "rejected",
};

function executed(ctx: Context, keeper: GovKeeper, { messages }: Proposal): Decision {
  const failure = keeper.messages.execute(ctx, messages);
  if (!failure)
    return {
      changes: { status: ProposalStatus.PROPOSAL_STATUS_PASSED },
      result: "proposal_passed",
      log: "passed",
    };
  return {
    changes: { status: ProposalStatus.PROPOSAL_STATUS_FAILED, failedReason: failure.reason },
    result: "proposal_failed",
    log: failure.log,
  };
}

function converted(ctx: Context, keeper: GovKeeper, proposal: Proposal): Decision {
  const votingEndTime = addDuration(proposal.votingStartTime!, keeper.params(ctx).votingPeriod!);
  state.enqueue(ctx, "active", { ...proposal, votingEndTime });
  return {
    changes: { expedited: false, votingEndTime },
    result: "expedited_proposal_rejected",
    log: "expedited proposal converted to regular",
  };
}
