import { type Proposal, ProposalStatus } from "../../../proto/gen/cosmos.gov.v1.ts";
import { AUTHORITY } from "../../runtime/authority.ts";
import { coinsFromProto, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import type { Invariant } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import { sumOf } from "./deposits.ts";
import { covers } from "./params.ts";
import * as state from "./state.ts";

const { PROPOSAL_STATUS_DEPOSIT_PERIOD, PROPOSAL_STATUS_VOTING_PERIOD } = ProposalStatus;

export function govInvariants(bank: BankKeeper): readonly Invariant[] {
  return [
    {
      // More is allowed: coins that are given to the account are nobody's deposit (ADR-0130).
      name: "module-account",
      check: (ctx) => {
        const [held, owed] = [bank.balances(ctx, AUTHORITY), sumOf(state.allDeposits(ctx))];
        return covers(held, owed)
          ? undefined
          : `deposits sum to ${formatCoins(owed)}, the account holds ${formatCoins(held)}`;
      },
    },
    {
      name: "total-deposits",
      check: (ctx) => {
        for (const proposal of state.allProposals(ctx)) {
          if (!isOpen(proposal)) continue;
          const total = formatCoins(coinsFromProto(proposal.totalDeposit, "total_deposit"));
          const sum = formatCoins(sumOf(state.depositsOf(ctx, proposal.id)));
          if (total !== sum)
            return `proposal ${proposal.id} has ${total} on deposit, its deposits sum to ${sum}`;
        }
        return undefined;
      },
    },
    {
      name: "nothing-of-ended-proposals",
      check: (ctx) => {
        const open = new Set<bigint>();
        for (const proposal of state.allProposals(ctx)) if (isOpen(proposal)) open.add(proposal.id);
        for (const { proposalId } of state.allDeposits(ctx))
          if (!open.has(proposalId)) return `a deposit is left of proposal ${proposalId}`;
        for (const { proposalId } of state.allVotes(ctx))
          if (!open.has(proposalId)) return `a vote is left of proposal ${proposalId}`;
        return undefined;
      },
    },
    { name: "queues", check: checkQueues },
  ];
}

function isOpen({ status }: Proposal): boolean {
  return status === PROPOSAL_STATUS_DEPOSIT_PERIOD || status === PROPOSAL_STATUS_VOTING_PERIOD;
}

/** Every open proposal is in its queue once, and nothing else is; those that are voted on are marked. */
function checkQueues(ctx: Context): string | undefined {
  const ids = (status: number): readonly bigint[] =>
    [...state.allProposals(ctx)].filter((proposal) => proposal.status === status).map(({ id }) => id);
  const sorted = (list: Iterable<bigint>): string => [...list].sort((a, b) => (a < b ? -1 : 1)).join();
  const lists: readonly (readonly [string, readonly bigint[], Iterable<bigint>])[] = [
    ["inactive queue", ids(PROPOSAL_STATUS_DEPOSIT_PERIOD), state.queued(ctx, "inactive")],
    ["active queue", ids(PROPOSAL_STATUS_VOTING_PERIOD), state.queued(ctx, "active")],
    ["marks of voting", ids(PROPOSAL_STATUS_VOTING_PERIOD), state.allVotedOn(ctx)],
  ];
  for (const [name, expected, found] of lists) {
    const [want, have] = [sorted(expected), sorted(found)];
    if (want !== have) return `${name}: has proposals ${have || "none"}, should have ${want || "none"}`;
  }
  return undefined;
}
