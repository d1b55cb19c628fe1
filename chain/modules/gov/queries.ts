import {
  type Deposit,
  Deposit as DepositType,
  type Params,
  type Proposal,
  ProposalStatus,
  Proposal as ProposalType,
  Query,
  type QueryParamsResponse,
  type QueryProposalsRequest,
  type TallyResult,
  type Vote,
  Vote as VoteType,
} from "../../../proto/gen/cosmos.gov.v1.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { type Page, paginate } from "../../runtime/pagination.ts";
import type { GovKeeper } from "./keeper.ts";
import { depositsPrefix, PROPOSAL_PREFIX, STORE, votesPrefix } from "./keys.ts";
import * as state from "./state.ts";
import { EMPTY_RESULT } from "./tally.ts";

type PageRequest = Parameters<typeof paginate>[2];

/** Answers of v1, which those of v1beta1 are made of. */
export class GovQueries {
  readonly #keeper: GovKeeper;

  constructor(keeper: GovKeeper) {
    this.#keeper = keeper;
  }

  proposal(ctx: Context, id: bigint): Proposal {
    assertId(id);
    return state.proposal(ctx, id);
  }

  /** Work is linear in the proposals that are looked at. */
  proposals(ctx: Context, request: QueryProposalsRequest): Page<Proposal> {
    const { proposalStatus: status, voter, depositor } = request;
    const byStatus = Object.values<number>(ProposalStatus).includes(status) && status !== 0;
    const voted = voter === "" ? undefined : ctx.addresses.parse(voter, "voter");
    const deposited = depositor === "" ? undefined : ctx.addresses.parse(depositor, "depositor");
    return paginate(ctx.store(STORE), PROPOSAL_PREFIX, request.pagination, (_, value) => {
      const proposal = ProposalType.decode(value);
      if (byStatus && proposal.status !== status) return undefined;
      if (voted && !state.findVote(ctx, proposal.id, voted)) return undefined;
      if (deposited && !state.findDeposit(ctx, proposal.id, deposited)) return undefined;
      return proposal;
    });
  }

  vote(ctx: Context, id: bigint, voter: string): Vote {
    assertId(id);
    if (voter === "") throw SdkError.invalidRequest("voter: empty voter address");
    const vote = state.findVote(ctx, id, ctx.addresses.parse(voter, "voter"));
    if (!vote) throw SdkError.invalidRequest(`voter: ${voter} not found for proposal: ${id}`);
    return vote;
  }

  votes(ctx: Context, id: bigint, page: PageRequest): Page<Vote> {
    assertId(id);
    return paginate(ctx.store(STORE), votesPrefix(id), page, (_, value) => VoteType.decode(value));
  }

  deposit(ctx: Context, id: bigint, depositor: string): Deposit {
    assertId(id);
    if (depositor === "") throw SdkError.invalidRequest("depositor: empty depositor address");
    const deposit = state.findDeposit(ctx, id, ctx.addresses.parse(depositor, "depositor"));
    if (!deposit) throw SdkError.notFound(`depositor: ${depositor} not found for proposal: ${id}`);
    return deposit;
  }

  deposits(ctx: Context, id: bigint, page: PageRequest): Page<Deposit> {
    assertId(id);
    return paginate(ctx.store(STORE), depositsPrefix(id), page, (_, value) => DepositType.decode(value));
  }

  params(ctx: Context, type: string): QueryParamsResponse {
    const params = this.#keeper.params(ctx);
    const none = { votingParams: undefined, depositParams: undefined, tallyParams: undefined, params };
    const read = PARAMS_BY_TYPE[type];
    if (read) return { ...none, ...read(params) };
    if (type !== "") throw SdkError.invalidRequest(`params_type: unknown params type: ${type}`);
    return none;
  }

  /** Of a proposal that is voted on: as if its vote ended now. */
  tallyResult(ctx: Context, id: bigint): TallyResult {
    const proposal = this.proposal(ctx, id);
    if (proposal.status === ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD)
      return this.#keeper.tally(ctx, proposal).result;
    return proposal.finalTallyResult ?? EMPTY_RESULT;
  }
}

const PARAMS_BY_TYPE: Readonly<Record<string, (params: Params) => Partial<QueryParamsResponse>>> = {
  deposit: ({ minDeposit, maxDepositPeriod }) => ({ depositParams: { minDeposit, maxDepositPeriod } }),
  voting: ({ votingPeriod }) => ({ votingParams: { votingPeriod } }),
  tallying: ({ quorum, threshold, vetoThreshold }) => ({ tallyParams: { quorum, threshold, vetoThreshold } }),
};

function assertId(id: bigint): void {
  if (id === 0n) throw SdkError.invalidRequest("proposal_id: proposal id can not be 0");
}

export function govQueries(queries: GovQueries): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Constitution, (ctx) => ({ constitution: state.constitution(ctx) })),
    queryRoute(methods.Proposal, (ctx, { proposalId }) => ({ proposal: queries.proposal(ctx, proposalId) })),
    queryRoute(methods.Proposals, (ctx, request) => {
      const { items, pagination } = queries.proposals(ctx, request);
      return { proposals: items, pagination };
    }),
    queryRoute(methods.Vote, (ctx, { proposalId, voter }) => ({
      vote: queries.vote(ctx, proposalId, voter),
    })),
    queryRoute(methods.Votes, (ctx, { proposalId, pagination: page }) => {
      const { items, pagination } = queries.votes(ctx, proposalId, page);
      return { votes: items, pagination };
    }),
    queryRoute(methods.Params, (ctx, { paramsType }) => queries.params(ctx, paramsType)),
    queryRoute(methods.Deposit, (ctx, { proposalId, depositor }) => ({
      deposit: queries.deposit(ctx, proposalId, depositor),
    })),
    queryRoute(methods.Deposits, (ctx, { proposalId, pagination: page }) => {
      const { items, pagination } = queries.deposits(ctx, proposalId, page);
      return { deposits: items, pagination };
    }),
    queryRoute(methods.TallyResult, (ctx, { proposalId }) => ({
      tally: queries.tallyResult(ctx, proposalId),
    })),
  ];
}
