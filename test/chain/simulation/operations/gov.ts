/** Proposals of every kind, deposits and votes. */

import { pack } from "../../../../client/index.ts";
import type { MessageType } from "../../../../proto/codec.ts";
import { MsgUpdateParams as AuthUpdate } from "../../../../proto/gen/cosmos.auth.v1beta1.ts";
import { GenericAuthorization, MsgExec, MsgGrant } from "../../../../proto/gen/cosmos.authz.v1beta1.ts";
import { MsgSend, MsgSetSendEnabled } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  Query as ConsensusQuery,
  MsgUpdateParams as ConsensusUpdate,
} from "../../../../proto/gen/cosmos.consensus.v1.ts";
import {
  MsgUpdateParams as DistributionUpdate,
  MsgCommunityPoolSpend,
  MsgFundCommunityPool,
} from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import {
  MsgUpdateParams as GovUpdate,
  MsgCancelProposal,
  MsgDeposit,
  MsgSubmitProposal,
  MsgVote,
  MsgVoteWeighted,
  type Proposal,
  ProposalStatus,
  VoteOption,
} from "../../../../proto/gen/cosmos.gov.v1.ts";
import { MsgSubmitProposal as LegacySubmit, TextProposal } from "../../../../proto/gen/cosmos.gov.v1beta1.ts";
import { MsgUpdateParams as MintUpdate } from "../../../../proto/gen/cosmos.mint.v1beta1.ts";
import { MsgUpdateParams as SlashingUpdate } from "../../../../proto/gen/cosmos.slashing.v1beta1.ts";
import {
  MsgDelegate,
  MsgUpdateParams as StakingUpdate,
} from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { MsgCancelUpgrade, MsgSoftwareUpgrade } from "../../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { MsgUpdateParams as FeesUpdate } from "../../../../proto/gen/opg.fees.v1.ts";
import { MsgUpdateParams as InferenceUpdate } from "../../../../proto/gen/opg.inference.v1.ts";
import { MsgUpdateParams as ModelsUpdate, MsgCreateModel } from "../../../../proto/gen/opg.models.v1.ts";
import { DENOM } from "../../chain.ts";
import type { Random } from "../../modules/random.ts";
import type { Operation } from "../operation.ts";
import * as parameters from "../parameters.ts";
import { ANCHORS, AUTHORITY, addressOf, amount, coin, type View } from "../view.ts";

type Content = (random: Random, view: View) => Promise<Any> | Any;

function update<Params>(
  type: MessageType<{ readonly authority: string; readonly params: Params }>,
  make: (random: Random) => Params,
): Content {
  return (random) => pack(type, { authority: AUTHORITY, params: make(random) });
}

/** What a proposal may carry. */
const CONTENTS: readonly Content[] = [
  update(AuthUpdate, parameters.authParams),
  update(StakingUpdate, parameters.stakingParams),
  update(StakingUpdate, parameters.stakingParams),
  update(SlashingUpdate, parameters.slashingParams),
  update(SlashingUpdate, parameters.slashingParams),
  update(DistributionUpdate, parameters.distributionParams),
  update(MintUpdate, parameters.mintParams),
  update(GovUpdate, parameters.govParams),
  update(ModelsUpdate, parameters.modelsParams),
  update(InferenceUpdate, parameters.inferenceParams),
  update(InferenceUpdate, parameters.inferenceParams),
  update(FeesUpdate, parameters.feesParams),
  // Out of bounds: refused when it is submitted, or when it would be in force.
  update(SlashingUpdate, (random) => ({ ...parameters.slashingParams(random), signedBlocksWindow: 0n })),
  async (random, view) => {
    const { params } = await view.ask(ConsensusQuery.methods.Params);
    return pack(ConsensusUpdate, {
      authority: AUTHORITY,
      block: { maxBytes: 4_194_304n, maxGas: BigInt(100_000_000 + random.below(200_000_000)) },
      evidence: {
        maxAgeNumBlocks: BigInt(2 + random.below(100)),
        maxAgeDuration: { seconds: BigInt(10 + random.below(1_000)), nanos: 0 },
        maxBytes: 1_000_000n,
      },
      validator: params!.validator,
    });
  },
  (random, view) =>
    pack(MsgCommunityPoolSpend, {
      authority: AUTHORITY,
      recipient: addressOf(view.receiver(random)),
      amount: [coin(amount(random, 1_000_000_000n) + 1n)],
    }),
  (random) =>
    pack(MsgSetSendEnabled, {
      authority: AUTHORITY,
      // Never for long: whoever comes next may set it right again.
      ...(random.chance(30)
        ? { sendEnabled: [{ denom: DENOM, enabled: false }] }
        : { useDefaultFor: [DENOM] }),
    }),
  (_, view) =>
    pack(MsgSoftwareUpgrade, {
      authority: AUTHORITY,
      plan: {
        name: `far-off-${view.height}`,
        height: view.height + 1_000_000n,
        info: "",
        time: { seconds: -62_135_596_800n, nanos: 0 },
        upgradedClientState: undefined,
      },
    }),
  () => pack(MsgCancelUpgrade, { authority: AUTHORITY }),
  // The deposits of others, which are not for sending.
  (random, view) =>
    pack(MsgSend, {
      fromAddress: AUTHORITY,
      toAddress: addressOf(view.person(random)),
      amount: [coin(amount(random, 1_000_000n) + 1n)],
    }),
  // What the governance account must not do, and what must not change (ADR-0150): such proposals fail, if they get so far.
  async (random, view) =>
    pack(MsgDelegate, {
      delegatorAddress: AUTHORITY,
      validatorAddress: random.pick(await view.validators()).operatorAddress,
      amount: coin(amount(random, 1_000_000n) + 1n),
    }),
  (random) =>
    pack(MsgCreateModel, {
      owner: AUTHORITY,
      metadata: { name: "model", description: "", uri: "", license: "" },
      hash: new Uint8Array(32).fill(random.below(256)),
      size: 100n,
      price: coin(1),
    }),
  (random) =>
    pack(MsgFundCommunityPool, { depositor: AUTHORITY, amount: [coin(amount(random, 1_000_000n) + 1n)] }),
  (random, view) =>
    pack(MsgExec, {
      grantee: AUTHORITY,
      msgs: [
        pack(MsgSend, {
          fromAddress: random.chance(50) ? AUTHORITY : addressOf(view.person(random)),
          toAddress: addressOf(view.person(random)),
          amount: [coin(1)],
        }),
      ],
    }),
  (random, view) =>
    pack(MsgGrant, {
      granter: AUTHORITY,
      grantee: addressOf(view.person(random)),
      grant: {
        authorization: pack(GenericAuthorization, { msg: MsgSend.typeUrl }),
        expiration: undefined,
      },
    }),
  update(StakingUpdate, (random) => ({ ...parameters.stakingParams(random), bondDenom: "other" })),
];

const OPTIONS = [
  VoteOption.VOTE_OPTION_YES,
  VoteOption.VOTE_OPTION_ABSTAIN,
  VoteOption.VOTE_OPTION_NO,
  VoteOption.VOTE_OPTION_NO_WITH_VETO,
];

const vote = (random: Random): number => (random.chance(75) ? OPTIONS[0]! : random.pick(OPTIONS));

async function someProposal(random: Random, view: View, status: number): Promise<Proposal | undefined> {
  const all = await view.proposals();
  const open = all.filter((proposal) => proposal.status === status);
  if (open.length > 0 && random.chance(95)) return random.pick(open);
  return all.length > 0 && random.chance(20) ? random.pick(all) : undefined;
}

/** Those with much stake vote more often: else nothing would ever pass. */
function voter(random: Random, view: View): string {
  return random.chance(40) ? random.pick(ANCHORS) : view.person(random);
}

export const govOperations: readonly Operation[] = [
  {
    name: "submit-proposal",
    weight: 8,
    refusals: ["gov 12", "gov 16", "gov 23", "sdk 10", "sdk 18"],
    make: async (random, view) => {
      const name = view.person(random);
      const contents: Any[] = [];
      for (let count = random.chance(80) ? 1 : random.below(3); count > 0; count--)
        contents.push(await random.pick(CONTENTS)(random, view));
      const message = {
        messages: contents,
        proposer: addressOf(name),
        initialDeposit: random.chance(10) ? [] : [coin(1 + random.below(25_000_000))],
        metadata: contents.length === 0 ? "text" : "",
        title: `proposal of ${view.height}`,
        summary: "by chance",
        expedited: random.chance(20),
      };
      return { signers: [name], messages: [pack(MsgSubmitProposal, message)] };
    },
  },
  {
    name: "submit-legacy-text",
    weight: 1,
    refusals: ["gov 16", "gov 23", "sdk 10"],
    make: async (random, view) => {
      const name = view.person(random);
      const text = { title: `text of ${view.height}`, description: "by chance" };
      const message = {
        content: { typeUrl: TextProposal.typeUrl, value: TextProposal.encode(text) },
        initialDeposit: [coin(1 + random.below(25_000_000))],
        proposer: addressOf(name),
      };
      return { signers: [name], messages: [pack(LegacySubmit, message)] };
    },
  },
  {
    name: "deposit",
    weight: 6,
    refusals: ["gov 3", "gov 16", "gov 23", "gov 21", "sdk 18", "sdk 38"],
    make: async (random, view) => {
      const name = view.person(random);
      const proposal = await someProposal(random, view, ProposalStatus.PROPOSAL_STATUS_DEPOSIT_PERIOD);
      if (!proposal) return undefined;
      const message = {
        proposalId: proposal.id,
        depositor: addressOf(name),
        amount: [coin(1 + random.below(12_000_000))],
      };
      return { signers: [name], messages: [pack(MsgDeposit, message)] };
    },
  },
  {
    name: "vote",
    weight: 14,
    refusals: ["gov 3", "sdk 38"],
    make: async (random, view) => {
      const name = voter(random, view);
      const proposal = await someProposal(random, view, ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD);
      if (!proposal) return undefined;
      const message = { proposalId: proposal.id, voter: addressOf(name), option: vote(random), metadata: "" };
      return { signers: [name], messages: [pack(MsgVote, message)] };
    },
  },
  {
    name: "vote-weighted",
    weight: 6,
    refusals: ["gov 3", "gov 7", "sdk 18", "sdk 38"],
    make: async (random, view) => {
      const name = voter(random, view);
      const proposal = await someProposal(random, view, ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD);
      if (!proposal) return undefined;
      const yes = 1 + random.below(99);
      const other = OPTIONS[1 + random.below(3)]!;
      // Now and then they do not sum to 1.
      const rest = 100 - yes + (random.chance(4) ? 1 : 0);
      const options = [
        { option: OPTIONS[0]!, weight: (yes / 100).toFixed(2) },
        { option: other, weight: (rest / 100).toFixed(2) },
      ];
      const message = { proposalId: proposal.id, voter: addressOf(name), options, metadata: "" };
      return { signers: [name], messages: [pack(MsgVoteWeighted, message)] };
    },
  },
  {
    name: "cancel-proposal",
    weight: 3,
    refusals: ["gov 18", "gov 20", "gov 21", "gov 3", "sdk 18", "sdk 38"],
    make: async (random, view) => {
      const proposal = await someProposal(random, view, ProposalStatus.PROPOSAL_STATUS_DEPOSIT_PERIOD);
      const proposer = proposal && view.nameOf(proposal.proposer);
      if (!proposal || proposer === undefined) return undefined;
      const name = random.chance(90) ? proposer : view.person(random);
      return {
        signers: [name],
        messages: [pack(MsgCancelProposal, { proposalId: proposal.id, proposer: addressOf(name) })],
      };
    },
  },
];
