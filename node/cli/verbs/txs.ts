/**
 * The messages of every module that people send: names and arguments as in the SDK's command line (v0.53: client/cli and autocli.go
 * of each module). Fields that are no argument are flags; who signs is --from.
 */
import type { AnyMethod } from "../../../proto/codec.ts";
import { Msg as Auth } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Msg as Authz } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import { Msg as Bank } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { Msg as Consensus } from "../../../proto/gen/cosmos.consensus.v1.ts";
import { Msg as Distribution } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Msg as Feegrant } from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { Msg as Gov } from "../../../proto/gen/cosmos.gov.v1.ts";
import { Msg as Mint } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import { Msg as Slashing } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { Msg as Staking } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { Msg as Upgrade } from "../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { Msg as Vesting } from "../../../proto/gen/cosmos.vesting.v1beta1.ts";
import { Msg as Compute } from "../../../proto/gen/opg.compute.v1.ts";
import { Msg as Fees } from "../../../proto/gen/opg.fees.v1.ts";
import { Msg as Inference } from "../../../proto/gen/opg.inference.v1.ts";
import { Msg as Models } from "../../../proto/gen/opg.models.v1.ts";
import { MULTI_SEND_FLAGS, multiSend, periodicVesting } from "./coins-messages.ts";
import {
  ALLOWANCE_FLAGS,
  execAuthorized,
  GRANT_FLAGS,
  grantAllowance,
  grantAuthorization,
} from "./grants.ts";
import {
  POST_JOB_FLAGS,
  postJob,
  REGISTER_FLAGS,
  registerOperator,
  UPDATE_FLAGS,
  updateOperator,
} from "./market-messages.ts";
import { createValidator, EDIT_FLAGS, editValidator } from "./staking-messages.ts";
import type { MessageVerb, TxGroup } from "./tx.ts";
import { WITHDRAW_FLAGS, withdrawRewards } from "./withdraw.ts";

type More = Omit<MessageVerb, "usage" | "method" | "about">;

function row(usage: string, method: AnyMethod, about: string, more: More = {}): MessageVerb {
  return { usage, method, about, ...more };
}

/** `update-params-proposal` of a module: all its parameters, as JSON or in a file. */
function params(method: AnyMethod): MessageVerb {
  return row(
    "update-params-proposal <params>",
    method,
    "propose parameters, all of them, as JSON or the file that holds it",
  );
}

/** In the order of the help. */
export const TXS: readonly TxGroup[] = [
  { name: "auth", about: "accounts", verbs: [params(Auth.methods.UpdateParams)] },
  {
    name: "authz",
    about: "let others act for an account",
    verbs: [
      {
        usage: "grant <grantee> <authorization-type>",
        about: "let another account send, delegate, unbond, redelegate, or sign any message (generic)",
        flags: GRANT_FLAGS,
        make: grantAuthorization,
      },
      row("revoke <grantee> <msg_type_url>", Authz.methods.Revoke, "take a grant back"),
      {
        usage: "exec <file>",
        about: "sign for a granter: the messages of an unsigned transaction, or a list of messages",
        make: execAuthorized,
      },
    ],
  },
  {
    name: "bank",
    about: "coins",
    verbs: [
      row(
        "send <from_address> <to_address> <amount...>",
        Bank.methods.Send,
        "send coins from a key to an address or key",
      ),
      {
        usage: "multi-send <from-address> <to-addresses-and-amount...>",
        about: "send coins to several addresses at once; the amount is last",
        flags: MULTI_SEND_FLAGS,
        fromFirst: true,
        make: multiSend,
      },
      row(
        "set-send-enabled-proposal <send_enabled...>",
        Bank.methods.SetSendEnabled,
        'propose which denominations may be sent, each as {"denom":"uopg","enabled":true}',
        { flags: { use_default_for: "denominations that the default holds for again, with commas" } },
      ),
      params(Bank.methods.UpdateParams),
    ],
  },
  {
    name: "compute",
    about: "the compute market: operators, offers and jobs",
    verbs: [
      {
        usage: "register-operator <moniker> <bond>",
        about: "become an operator, with a bond that answers for what it computes",
        flags: REGISTER_FLAGS,
        make: registerOperator,
      },
      {
        usage: "update-operator",
        about: "change what an operator says of itself; what no flag says stays",
        flags: UPDATE_FLAGS,
        make: updateOperator,
      },
      row("bond <amount>", Compute.methods.Bond, "add to a bond"),
      row("unbond <amount>", Compute.methods.Unbond, "ask a part of a bond back, or all of it"),
      row(
        "set-offer <model_id> <verification> <unit_price> <item_price> <max_items>",
        Compute.methods.SetOffer,
        "offer to run a model: exact or tolerance, prices of a compute unit and of an item, most items of a job",
      ),
      row("remove-offer <model_id> <verification>", Compute.methods.RemoveOffer, "take an offer back"),
      row(
        "set-tolerance <model_id> <absolute> <relative>",
        Compute.methods.SetTolerance,
        "say within which bounds a model's answers are right; of its owner",
        { flags: { same_argmax: "and the largest element of every row is at the same place" } },
      ),
      {
        usage: "post-job <model-id> <items-file> <max-price>",
        about:
          'ask for many inferences at once: a JSON list of inputs, each {"name": {"dtype", "dims", "data"}}',
        flags: POST_JOB_FLAGS,
        make: postJob,
      },
      row("cancel-job <job_id>", Compute.methods.CancelJob, "take a job back that no operator has yet"),
      row(
        "challenge <job_id>",
        Compute.methods.Challenge,
        "call the referee on a verified job, with a deposit",
      ),
      row(
        "commit <job_id> <commitment>",
        Compute.methods.Commit,
        "bind an operator to an answer; by its hot key",
      ),
      row(
        "reveal <job_id> <items...>",
        Compute.methods.Reveal,
        "show the answer, an encoded tensor list an item",
        {
          flags: { salt: "32 bytes that open the commitment (exact)" },
        },
      ),
      row(
        "open <job_id> <salt>",
        Compute.methods.Open,
        "open the commitment of an answer among decoys (tolerance)",
      ),
      params(Compute.methods.UpdateParams),
    ],
  },
  {
    name: "consensus",
    about: "parameters of consensus",
    verbs: [
      row(
        "update-params-proposal <block> <evidence> <validator> [abci]",
        Consensus.methods.UpdateParams,
        "propose parameters, all of them, each as JSON or the file that holds it",
        { flags: { synchrony: "as JSON", feature: "as JSON" } },
      ),
    ],
  },
  {
    name: "distribution",
    about: "rewards, commission and the community pool",
    verbs: [
      {
        usage: "withdraw-rewards <validator-addr>",
        about: "withdraw rewards from a validator",
        flags: WITHDRAW_FLAGS,
        make: withdrawRewards,
      },
      row(
        "withdraw-validator-commission <validator_address>",
        Distribution.methods.WithdrawValidatorCommission,
        "withdraw a validator's commission; of its operator",
      ),
      row(
        "set-withdraw-addr <withdraw_address>",
        Distribution.methods.SetWithdrawAddress,
        "say where rewards go from now on",
      ),
      row(
        "fund-community-pool <amount...>",
        Distribution.methods.FundCommunityPool,
        "give to the community pool",
      ),
      row(
        "fund-validator-rewards-pool <validator_address> <amount...>",
        Distribution.methods.DepositValidatorRewardsPool,
        "give to a validator and its delegators",
      ),
      row(
        "community-pool-spend-proposal <recipient> <amount...>",
        Distribution.methods.CommunityPoolSpend,
        "propose to pay from the community pool",
      ),
      params(Distribution.methods.UpdateParams),
    ],
  },
  {
    name: "feegrant",
    about: "pay fees for others",
    verbs: [
      {
        usage: "grant <granter> <grantee>",
        about: "let another account's fees be paid",
        aliases: ["grant-allowance"],
        flags: ALLOWANCE_FLAGS,
        fromFirst: true,
        make: grantAllowance,
      },
      row("revoke <granter> <grantee>", Feegrant.methods.RevokeAllowance, "take an allowance back", {
        aliases: ["revoke-grant"],
      }),
      row("prune", Feegrant.methods.PruneAllowances, "remove allowances that have ended, 75 at most"),
    ],
  },
  { name: "fees", about: "the base fee of gas", verbs: [params(Fees.methods.UpdateParams)] },
  {
    name: "gov",
    about: "proposals, deposits and votes",
    verbs: [
      row("vote <proposal_id> <option>", Gov.methods.Vote, "vote yes, no, abstain or no-with-veto", {
        flags: { metadata: "text or link that stands with the vote" },
      }),
      row("deposit <proposal_id> <amount...>", Gov.methods.Deposit, "add to a proposal's deposit"),
      row(
        "cancel-proposal <proposal_id>",
        Gov.methods.CancelProposal,
        "take an own proposal back; part of the deposit is forfeit",
      ),
      params(Gov.methods.UpdateParams),
    ],
  },
  { name: "inference", about: "prices and shares", verbs: [params(Inference.methods.UpdateParams)] },
  { name: "mint", about: "inflation", verbs: [params(Mint.methods.UpdateParams)] },
  { name: "models", about: "the registry of models", verbs: [params(Models.methods.UpdateParams)] },
  {
    name: "slashing",
    about: "validators that were jailed",
    verbs: [
      row("unjail", Slashing.methods.Unjail, "come back after a jailing; of the validator's operator"),
      params(Slashing.methods.UpdateParams),
    ],
  },
  {
    name: "staking",
    about: "validators and delegations",
    verbs: [
      {
        usage: "create-validator <file>",
        about: "become a validator, by a file of its key, stake, name and commission (docs/validator.md)",
        make: createValidator,
      },
      {
        usage: "edit-validator",
        about: "change what a validator says of itself",
        flags: EDIT_FLAGS,
        make: editValidator,
      },
      row("delegate <validator_address> <amount>", Staking.methods.Delegate, "delegate coins to a validator"),
      row(
        "redelegate <validator_src_address> <validator_dst_address> <amount>",
        Staking.methods.BeginRedelegate,
        "move a delegation to another validator",
      ),
      row("unbond <validator_address> <amount>", Staking.methods.Undelegate, "take a delegation back", {
        aliases: ["undelegate"],
      }),
      row(
        "cancel-unbond <validator_address> <amount> <creation_height>",
        Staking.methods.CancelUnbondingDelegation,
        "delegate again what is being taken back since a height",
      ),
      params(Staking.methods.UpdateParams),
    ],
  },
  {
    name: "upgrade",
    about: "change the program of the chain, by proposal",
    verbs: [
      row("cancel-software-upgrade", Upgrade.methods.CancelUpgrade, "propose to drop the planned upgrade", {
        aliases: ["cancel-upgrade-proposal"],
      }),
    ],
  },
  {
    name: "vesting",
    about: "accounts whose coins are free only in time",
    verbs: [
      row(
        "create-vesting-account <to_address> <amount> <end_time>",
        Vesting.methods.CreateVestingAccount,
        "make an account whose coins are free little by little until a time, in seconds since 1970",
        { flags: { delayed: "all at the end, rather than little by little" } },
      ),
      row(
        "create-permanent-locked-account <to_address> <amount...>",
        Vesting.methods.CreatePermanentLockedAccount,
        "make an account whose coins may only be staked",
      ),
      {
        usage: "create-periodic-vesting-account <to-address> <periods-file>",
        about: "make an account whose coins are free period by period",
        make: periodicVesting,
      },
    ],
  },
];
