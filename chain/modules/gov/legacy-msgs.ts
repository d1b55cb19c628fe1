/** Messages of v1beta1 over the same state. Source: legacyMsgServer in x/gov/keeper/msg_server.go of the Cosmos SDK v0.53. */
import { MsgExecLegacyContent, MsgSubmitProposal } from "../../../proto/gen/cosmos.gov.v1.ts";
import { Msg, type WeightedVoteOption } from "../../../proto/gen/cosmos.gov.v1beta1.ts";
import { AUTHORITY } from "../../runtime/authority.ts";
import { coinsFromProto } from "../../runtime/coins.ts";
import { decFromWire, formatDec } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { emitVotingStarted } from "./events.ts";
import type { GovKeeper } from "./keeper.ts";
import { submit } from "./msgs.ts";
import { assertOption, assertWeights, wholeVote } from "./vote.ts";

/** In v1 weights are texts such as 0.5. */
function weightsOf(options: readonly WeightedVoteOption[]) {
  return options.map(({ option, weight }, index) => ({
    option,
    weight: formatDec(decFromWire(weight, `options[${index}].weight`)),
  }));
}

export function legacyGovMsgs(keeper: GovKeeper): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.SubmitProposal, {
      validate: ({ content, proposer, initialDeposit }, addresses) => {
        keeper.contents.validate(keeper.contents.read(content));
        addresses.parse(proposer, "proposer");
        coinsFromProto(initialDeposit, "initial_deposit");
      },
      handle: (ctx, { content, proposer, initialDeposit }) => {
        const { title, description } = keeper.contents.read(content).value;
        const authority = ctx.addresses.format(AUTHORITY);
        const message = {
          typeUrl: MsgExecLegacyContent.typeUrl,
          value: MsgExecLegacyContent.encode({ content, authority }),
        };
        const proposalId = submit(
          ctx,
          keeper,
          MsgSubmitProposal.create({
            messages: [message],
            initialDeposit,
            proposer,
            title,
            summary: description,
          }),
        );
        return { proposalId };
      },
    }),
    msgRoute(methods.Vote, {
      validate: ({ voter, option }, addresses) => {
        addresses.parse(voter, "voter");
        assertOption(option);
      },
      handle: (ctx, { proposalId, voter, option }) => {
        keeper.vote(ctx, proposalId, ctx.addresses.parse(voter, "voter"), wholeVote(option), "");
        return {};
      },
    }),
    msgRoute(methods.VoteWeighted, {
      validate: ({ voter, options }, addresses) => {
        addresses.parse(voter, "voter");
        assertWeights(weightsOf(options));
      },
      handle: (ctx, { proposalId, voter, options }) => {
        keeper.vote(ctx, proposalId, ctx.addresses.parse(voter, "voter"), weightsOf(options), "");
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
  ];
}
