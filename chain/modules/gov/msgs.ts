import { Msg, type MsgSubmitProposal } from "../../../proto/gen/cosmos.gov.v1.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { coinsFromProto } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { ChainError, SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { GovError } from "./errors.ts";
import { emitCancelled, emitVotingStarted } from "./events.ts";
import type { GovKeeper } from "./keeper.ts";
import { MAX_METADATA_BYTES, validateParams } from "./params.ts";
import { assertOption, assertWeights, wholeVote } from "./vote.ts";

export function govMsgs(keeper: GovKeeper): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.SubmitProposal, {
      validate: ({ title, summary, proposer, messages, metadata, initialDeposit }, addresses) => {
        if (title === "") throw SdkError.invalidRequest("title: proposal title cannot be empty");
        if (summary === "") throw SdkError.invalidRequest("summary: proposal summary cannot be empty");
        addresses.parse(proposer, "proposer");
        if (messages.length === 0 && metadata === "")
          throw GovError.noMessages("messages: give messages, or metadata");
        assertMetadataAgrees(metadata, title, summary);
        coinsFromProto(initialDeposit, "initial_deposit");
      },
      handle: (ctx, msg) => ({ proposalId: submit(ctx, keeper, msg) }),
    }),
    msgRoute(methods.ExecLegacyContent, {
      validate: ({ authority }, addresses) => {
        addresses.parse(authority, "authority");
      },
      handle: (ctx, { authority, content }) => {
        assertAuthority(ctx, authority);
        const read = keeper.contents.read(content);
        try {
          keeper.contents.run(ctx, read);
        } catch (error) {
          throw asInvalidContent(error);
        }
        return {};
      },
    }),
    msgRoute(methods.Vote, {
      validate: ({ voter, option }, addresses) => {
        addresses.parse(voter, "voter");
        assertOption(option);
      },
      handle: (ctx, { proposalId, voter, option, metadata }) => {
        keeper.vote(ctx, proposalId, ctx.addresses.parse(voter, "voter"), wholeVote(option), metadata);
        return {};
      },
    }),
    msgRoute(methods.VoteWeighted, {
      validate: ({ voter, options }, addresses) => {
        addresses.parse(voter, "voter");
        assertWeights(options);
      },
      handle: (ctx, { proposalId, voter, options, metadata }) => {
        keeper.vote(ctx, proposalId, ctx.addresses.parse(voter, "voter"), options, metadata);
        return {};
      },
    }),
    msgRoute(methods.Deposit, {
      validate: ({ depositor, amount }, addresses) => {
        addresses.parse(depositor, "depositor");
        if (coinsFromProto(amount, "amount").length === 0)
          throw SdkError.invalidCoins("amount: no coins are given");
      },
      handle: (ctx, { proposalId, depositor, amount }) => {
        const address = ctx.addresses.parse(depositor, "depositor");
        const started = keeper.deposit(ctx, proposalId, address, coinsFromProto(amount, "amount"));
        if (started) emitVotingStarted(ctx, "proposal_deposit", proposalId);
        return {};
      },
    }),
    msgRoute(methods.UpdateParams, {
      validate: ({ params }, addresses) => validateParams(params, addresses),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        keeper.setParams(ctx, params);
        return {};
      },
    }),
    msgRoute(methods.CancelProposal, {
      validate: ({ proposer }, addresses) => {
        addresses.parse(proposer, "proposer");
      },
      handle: (ctx, { proposalId, proposer }) => {
        keeper.cancel(ctx, proposalId, proposer);
        emitCancelled(ctx, proposalId, proposer);
        return { proposalId, canceledTime: ctx.block.time, canceledHeight: ctx.block.height };
      },
    }),
  ];
}

/** Submits a proposal and makes its first deposit. @returns its id */
export function submit(ctx: Context, keeper: GovKeeper, msg: MsgSubmitProposal): bigint {
  const proposer = ctx.addresses.parse(msg.proposer, "proposer");
  const deposit = coinsFromProto(msg.initialDeposit, "initial_deposit");
  keeper.deposits.assertInitial(keeper.params(ctx), deposit, msg.expedited);
  // Contents of v1beta1 are tried when they are submitted, as only their handlers know what is wrong with one.
  for (const any of msg.messages) {
    if (any.typeUrl === Msg.methods.ExecLegacyContent.request.typeUrl)
      keeper.messages.tryOne(ctx, any, asInvalidContent);
  }
  const { id } = keeper.submit(ctx, { ...msg, proposer });
  if (keeper.deposit(ctx, id, proposer, deposit)) emitVotingStarted(ctx, "submit_proposal", id);
  return id;
}

/** What a content's handler refuses is an invalid content; that there is no handler stays what it is. */
function asInvalidContent(error: unknown): unknown {
  if (!(error instanceof ChainError)) return error;
  const known = error.codespace === "gov" && [5, 6, 9, 13].includes(error.code);
  return known ? error : GovError.invalidContent(error.message);
}

/**
 * Metadata that is JSON in the form wallets use must tell the same title and summary as the proposal.
 * @throws GovError.invalidContent, GovError.metadataTooLong
 */
function assertMetadataAgrees(metadata: string, title: string, summary: string): void {
  // Longer is refused in any case, and is not worth parsing.
  if (metadata === "" || metadata.length > MAX_METADATA_BYTES) return;
  let json: unknown;
  try {
    json = JSON.parse(metadata);
  } catch {
    return;
  }
  if (typeof json !== "object" || Array.isArray(json)) return;
  // Go's decoder, whose rule this is, matches names without regard to case.
  const fields = new Map(Object.entries(json ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const given = ["title", "summary"].map((name) => fields.get(name) ?? "");
  if (given.some((value) => typeof value !== "string")) return;
  for (const [index, [name, expected]] of [
    ["title", title] as const,
    ["summary", summary] as const,
  ].entries()) {
    if (given[index] !== expected)
      throw GovError.invalidContent(
        `metadata: ${name} ${JSON.stringify(given[index])} must equal the proposal's, ${JSON.stringify(expected)}`,
      );
  }
}
