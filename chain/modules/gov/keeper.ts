/** Proposals from their submission to the end of their vote. Source: x/gov/keeper of the Cosmos SDK v0.53. */
import {
  type Params,
  Proposal,
  ProposalStatus,
  type WeightedVoteOption,
} from "../../../proto/gen/cosmos.gov.v1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { utf8 } from "../../runtime/bytes.ts";
import type { Coins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { STORE_GAS } from "../../runtime/gas.ts";
import type { Router } from "../../runtime/router.ts";
import { addDuration, isBefore } from "../../runtime/time.ts";
import type { BankKeeper } from "../bank/index.ts";
import { type AnyContentRoute, Contents } from "./contents.ts";
import { type CommunityPool, Deposits } from "./deposits.ts";
import { GovError } from "./errors.ts";
import { emitSubmitted, emitVoted } from "./events.ts";
import { ProposalMessages } from "./messages.ts";
import { MAX_METADATA_BYTES, MAX_SUMMARY_BYTES } from "./params.ts";
import * as state from "./state.ts";
import { EMPTY_RESULT, type Stake, type Tally, tally } from "./tally.ts";

export interface GovOptions {
  readonly bank: BankKeeper;
  readonly stake: Stake;
  readonly communityPool?: CommunityPool;
  /** Runs the messages of proposals. */
  readonly router: Router;
  /** Contents of v1beta1 that other modules run. */
  readonly contents?: readonly AnyContentRoute[];
}

/** What a proposal is submitted with. */
export interface Submission {
  readonly messages: readonly Any[];
  readonly proposer: Address;
  readonly metadata: string;
  readonly title: string;
  readonly summary: string;
  readonly expedited: boolean;
}

const { PROPOSAL_STATUS_DEPOSIT_PERIOD, PROPOSAL_STATUS_VOTING_PERIOD } = ProposalStatus;
/** What a stored proposal pays beyond its writes: it is read and written again until its vote ends. */
const PROPOSAL_BYTE_GAS = 3n * STORE_GAS.writeByte;

export class GovKeeper {
  readonly deposits: Deposits;
  readonly messages: ProposalMessages;
  readonly contents: Contents;
  readonly #stake: Stake;

  constructor(options: GovOptions) {
    this.deposits = new Deposits(options);
    this.messages = new ProposalMessages(options);
    this.contents = new Contents(options.contents ?? []);
    this.#stake = options.stake;
  }

  params(ctx: Context): Params {
    return state.params(ctx);
  }

  setParams(ctx: Context, params: Params): void {
    state.setParams(ctx, params);
  }

  /** What the votes on a proposal come to now. Work is linear in votes and the voters' delegations. */
  tally(ctx: Context, proposal: Proposal): Tally {
    return tally(ctx, this.#stake, proposal, state.params(ctx));
  }

  /** @throws GovError, and what checking a message throws */
  submit(ctx: Context, submission: Submission): Proposal {
    const { messages, proposer, metadata, title, summary, expedited } = submission;
    assertMetadata(metadata, "metadata");
    assertSummary(summary);
    assertMetadata(title, "title");
    this.messages.assertAllowed(ctx, messages);
    const now = ctx.block.time;
    const proposal = Proposal.create({
      id: state.takeId(ctx),
      messages,
      status: PROPOSAL_STATUS_DEPOSIT_PERIOD,
      finalTallyResult: EMPTY_RESULT,
      submitTime: now,
      depositEndTime: addDuration(now, state.params(ctx).maxDepositPeriod!),
      metadata,
      title,
      summary,
      proposer: ctx.addresses.format(proposer),
      expedited,
    });
    state.setProposal(ctx, proposal);
    state.enqueue(ctx, "inactive", proposal);
    emitSubmitted(
      ctx,
      proposal.id,
      proposal.proposer,
      messages.map(({ typeUrl }) => typeUrl),
    );
    ctx.gas.consume(PROPOSAL_BYTE_GAS * BigInt(Proposal.encode(proposal).length), "submit proposal");
    return proposal;
  }

  /** @throws GovError.inactiveProposal, GovError.metadataTooLong */
  vote(
    ctx: Context,
    id: bigint,
    voter: Address,
    options: readonly WeightedVoteOption[],
    metadata: string,
  ): void {
    if (!state.isVotedOn(ctx, id))
      throw GovError.inactiveProposal(`proposal_id: proposal ${id} is not voted on now`);
    assertMetadata(metadata, "metadata");
    const text = ctx.addresses.format(voter);
    state.setVote(ctx, { proposalId: id, voter: text, options, metadata });
    emitVoted(ctx, id, text, options);
  }

  /** @returns whether the vote started */
  deposit(ctx: Context, id: bigint, depositor: Address, amount: Coins): boolean {
    return this.deposits.add(ctx, id, depositor, amount);
  }

  /** Ends a proposal that its proposer takes back. @throws GovError, SdkError.notFound */
  cancel(ctx: Context, id: bigint, proposer: string): void {
    const proposal = state.proposal(ctx, id);
    if (proposal.proposer === "")
      throw GovError.invalidProposal(
        `proposal_id: proposal ${id} names no proposer, so nobody can cancel it`,
      );
    if (proposal.proposer !== proposer)
      throw GovError.invalidProposer(`proposer: ${proposer} did not submit proposal ${id}`);
    if (
      proposal.status !== PROPOSAL_STATUS_DEPOSIT_PERIOD &&
      proposal.status !== PROPOSAL_STATUS_VOTING_PERIOD
    )
      throw GovError.invalidProposal("proposal_id: should be in the deposit or voting period");
    if (proposal.votingEndTime && isBefore(proposal.votingEndTime, ctx.block.time))
      throw GovError.votingEnded(`proposal_id: voting period is already ended for this proposal ${id}`);
    this.deposits.charge(ctx, id, state.params(ctx));
    if (proposal.votingStartTime) state.deleteVotes(ctx, id);
    state.deleteProposal(ctx, proposal);
  }
}

function assertMetadata(text: string, field: string): void {
  const { length } = utf8(text);
  if (length > MAX_METADATA_BYTES)
    throw GovError.metadataTooLong(`${field}: ${length} bytes are given; ${MAX_METADATA_BYTES} are allowed`);
}

function assertSummary(text: string): void {
  const { length } = utf8(text);
  if (length > MAX_SUMMARY_BYTES)
    throw GovError.summaryTooLong(`summary: ${length} bytes are given; ${MAX_SUMMARY_BYTES} are allowed`);
}
