/**
 * Queries of v1beta1, from the answers of v1. Source: legacyQueryServer in x/gov/keeper/grpc_query.go and
 * x/gov/migrations/v3/convert.go of the Cosmos SDK v0.53.
 */
import {
  MsgExecLegacyContent,
  type TallyResult,
  type Proposal as V1Proposal,
  type Vote as V1Vote,
} from "../../../proto/gen/cosmos.gov.v1.ts";
import {
  DepositParams,
  type TallyResult as LegacyTallyResult,
  type Proposal,
  Query,
  TallyParams,
  type Vote,
  VotingParams,
} from "../../../proto/gen/cosmos.gov.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { decToWire, parseDec } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { ZERO_TIME } from "../../runtime/time.ts";
import type { GovQueries } from "./queries.ts";
import { EMPTY_RESULT } from "./tally.ts";

function legacyTally({ yesCount, abstainCount, noCount, noWithVetoCount }: TallyResult): LegacyTallyResult {
  return { yes: yesCount, abstain: abstainCount, no: noCount, noWithVeto: noWithVetoCount };
}

/** @throws SdkError.invalidType: v1beta1 can show a proposal of exactly one message */
function legacyProposal(proposal: V1Proposal): Proposal {
  const [message] = proposal.messages;
  if (!message || proposal.messages.length > 1)
    throw SdkError.invalidType(
      `proposal ${proposal.id} has ${proposal.messages.length} messages: v1beta1 can show exactly one; ask v1`,
    );
  return {
    proposalId: proposal.id,
    content: contentOf(message),
    status: proposal.status,
    finalTallyResult: legacyTally(proposal.finalTallyResult ?? EMPTY_RESULT),
    submitTime: proposal.submitTime ?? ZERO_TIME,
    depositEndTime: proposal.depositEndTime ?? ZERO_TIME,
    totalDeposit: proposal.totalDeposit,
    votingStartTime: proposal.votingStartTime ?? ZERO_TIME,
    votingEndTime: proposal.votingEndTime ?? ZERO_TIME,
  };
}

/** A message stands in for a content, so that clients of v1beta1 see something. */
function contentOf(message: Any): Any | undefined {
  return message.typeUrl === MsgExecLegacyContent.typeUrl
    ? MsgExecLegacyContent.decode(message.value).content
    : message;
}

function legacyVote({ proposalId, voter, options }: V1Vote): Vote {
  return {
    proposalId,
    voter,
    option: 0,
    options: options.map(({ option, weight }) => ({ option, weight: decToWire(parseDec(weight)) })),
  };
}

function legacyRatio(text: string): string {
  return decToWire(parseDec(text));
}

export function legacyGovQueries(queries: GovQueries): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Proposal, (ctx, { proposalId }) => ({
      proposal: legacyProposal(queries.proposal(ctx, proposalId)),
    })),
    queryRoute(methods.Proposals, (ctx, request) => {
      const { items, pagination } = queries.proposals(ctx, request);
      return { proposals: items.map(legacyProposal), pagination };
    }),
    queryRoute(methods.Vote, (ctx, { proposalId, voter }) => ({
      vote: legacyVote(queries.vote(ctx, proposalId, voter)),
    })),
    queryRoute(methods.Votes, (ctx, { proposalId, pagination: page }) => {
      const { items, pagination } = queries.votes(ctx, proposalId, page);
      return { votes: items.map(legacyVote), pagination };
    }),
    queryRoute(methods.Params, (ctx, { paramsType }) => {
      const { depositParams, votingParams, tallyParams } = queries.params(ctx, paramsType);
      if (!depositParams && !votingParams && !tallyParams)
        throw SdkError.invalidRequest(
          `params_type: ${JSON.stringify(paramsType)} is not a valid parameter type`,
        );
      return {
        votingParams: VotingParams.create(votingParams as Partial<VotingParams>),
        depositParams: DepositParams.create(depositParams as Partial<DepositParams>),
        tallyParams: tallyParams
          ? {
              quorum: legacyRatio(tallyParams.quorum),
              threshold: legacyRatio(tallyParams.threshold),
              vetoThreshold: legacyRatio(tallyParams.vetoThreshold),
            }
          : TallyParams.create({ quorum: "0", threshold: "0", vetoThreshold: "0" }),
      };
    }),
    queryRoute(methods.Deposit, (ctx, { proposalId, depositor }) => ({
      deposit: queries.deposit(ctx, proposalId, depositor),
    })),
    queryRoute(methods.Deposits, (ctx, { proposalId, pagination: page }) => {
      const { items, pagination } = queries.deposits(ctx, proposalId, page);
      return { deposits: items, pagination };
    }),
    queryRoute(methods.TallyResult, (ctx, { proposalId }) => ({
      tally: legacyTally(queries.tallyResult(ctx, proposalId)),
    })),
  ];
}
