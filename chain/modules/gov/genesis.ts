import {
  type Deposit,
  GenesisState,
  type Proposal,
  ProposalStatus,
  type Vote,
} from "../../../proto/gen/cosmos.gov.v1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { AUTHORITY } from "../../runtime/authority.ts";
import { coinsFromProto, formatCoins } from "../../runtime/coins.ts";
import { assertCounter } from "../../runtime/counter.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { assertTime } from "../../runtime/time.ts";
import type { AuthKeeper } from "../auth/index.ts";
import type { BankKeeper } from "../bank/index.ts";
import { sumOf } from "./deposits.ts";
import { GovError } from "./errors.ts";
import { MODULE } from "./keys.ts";
import { covers, DEFAULT_PARAMS, validateParams } from "./params.ts";
import * as state from "./state.ts";
import { assertWeights } from "./vote.ts";

const { PROPOSAL_STATUS_DEPOSIT_PERIOD, PROPOSAL_STATUS_VOTING_PERIOD } = ProposalStatus;

export interface GovGenesisDeps {
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
}

export function govGenesis({ auth, bank }: GovGenesisDeps): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => GenesisState.create({ startingProposalId: 1n, params: DEFAULT_PARAMS }),
    validate: assertGenesis,
    init: (ctx, genesis) => {
      state.setNextId(ctx, genesis.startingProposalId);
      state.setParams(ctx, genesis.params!);
      state.setConstitution(ctx, genesis.constitution);
      auth.moduleAccount(ctx, MODULE);
      for (const deposit of genesis.deposits) state.setDeposit(ctx, deposit);
      for (const vote of genesis.votes) state.setVote(ctx, vote);
      for (const proposal of genesis.proposals) {
        if (proposal.status === PROPOSAL_STATUS_DEPOSIT_PERIOD) state.enqueue(ctx, "inactive", proposal);
        if (proposal.status === PROPOSAL_STATUS_VOTING_PERIOD) state.enqueue(ctx, "active", proposal);
        state.setProposal(ctx, proposal);
      }
      const [held, owed] = [bank.balances(ctx, AUTHORITY), sumOf(genesis.deposits)];
      if (!covers(held, owed))
        throw GovError.invalidGenesis(
          `deposits: sum to ${formatCoins(owed)}, and the governance account holds ${formatCoins(held) || "nothing"}`,
        );
      return undefined;
    },
    export: (ctx) =>
      GenesisState.create({
        startingProposalId: state.nextId(ctx),
        deposits: [...state.allDeposits(ctx)],
        votes: [...state.allVotes(ctx)],
        proposals: [...state.allProposals(ctx)],
        params: state.params(ctx),
        constitution: state.constitution(ctx),
      }),
  };
}

/** @throws ChainError naming the path, the value and what is allowed */
function assertGenesis(genesis: GenesisState, addresses: AddressCodec): void {
  assertCounter(genesis.startingProposalId, "starting_proposal_id");
  if (genesis.startingProposalId === 0n)
    throw GovError.invalidGenesis("starting_proposal_id: must be greater than 0");
  if (!genesis.params) throw GovError.invalidGenesis("params: must be given");
  validateParams(genesis.params, addresses);
  const ids = new Set<bigint>();
  for (const [index, proposal] of genesis.proposals.entries()) {
    const path = `proposals[${index}]`;
    if (ids.has(proposal.id)) throw GovError.invalidGenesis(`${path}.id: ${proposal.id} is there twice`);
    ids.add(proposal.id);
    if (proposal.id === 0n || proposal.id >= genesis.startingProposalId)
      throw GovError.invalidGenesis(
        `${path}.id: ${proposal.id} is not from 1 to below starting_proposal_id, ${genesis.startingProposalId}`,
      );
    assertProposal(proposal, path);
  }
  assertHeld(genesis.deposits, ids, "deposits", ({ depositor }) => depositor, addresses);
  assertHeld(genesis.votes, ids, "votes", ({ voter }) => voter, addresses);
  for (const [index, { amount }] of genesis.deposits.entries())
    coinsFromProto(amount, `deposits[${index}].amount`);
  for (const { options } of genesis.votes) assertWeights(options);
}

function assertProposal(proposal: Proposal, path: string): void {
  const needs: readonly (readonly [string, Proposal["submitTime"], boolean])[] = [
    ["submit_time", proposal.submitTime, true],
    ["deposit_end_time", proposal.depositEndTime, true],
    ["voting_start_time", proposal.votingStartTime, proposal.status === PROPOSAL_STATUS_VOTING_PERIOD],
    ["voting_end_time", proposal.votingEndTime, proposal.status === PROPOSAL_STATUS_VOTING_PERIOD],
  ];
  for (const [name, time, needed] of needs) {
    if (needed && !time) throw GovError.invalidGenesis(`${path}.${name}: must be given`);
    if (time) assertTime(time, `${path}.${name}`);
  }
  coinsFromProto(proposal.totalDeposit, `${path}.total_deposit`);
}

/** Each deposit or vote is of a proposal that is there, and of an account once. */
function assertHeld<T extends Deposit | Vote>(
  entries: readonly T[],
  ids: ReadonlySet<bigint>,
  name: string,
  whose: (entry: T) => string,
  addresses: AddressCodec,
): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const path = `${name}[${index}]`;
    if (!ids.has(entry.proposalId))
      throw GovError.invalidGenesis(`${path}.proposal_id: there is no proposal ${entry.proposalId}`);
    addresses.parse(whose(entry), path);
    const key = `${entry.proposalId}/${whose(entry)}`;
    if (seen.has(key)) throw GovError.invalidGenesis(`${path}: ${key} is there twice`);
    seen.add(key);
  }
}
