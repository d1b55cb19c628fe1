/**
 * The queries of every module: their names and arguments as in the SDK's command line (v0.53, autocli.go of each module); ours in
 * the same manner. Fields of a request that are no argument are flags.
 */
import { Query as Auth } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Query as Authz } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import { Query as Bank } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { Service as Comet } from "../../../proto/gen/cosmos.base.tendermint.v1beta1.ts";
import { Query as Consensus } from "../../../proto/gen/cosmos.consensus.v1.ts";
import { Query as Distribution } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Query as Evidence } from "../../../proto/gen/cosmos.evidence.v1beta1.ts";
import { Query as Feegrant } from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { Query as Gov } from "../../../proto/gen/cosmos.gov.v1.ts";
import { Query as Mint } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import { Query as Params } from "../../../proto/gen/cosmos.params.v1beta1.ts";
import { Query as Slashing } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { Query as Staking } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { Query as Upgrade } from "../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { Query as Fees } from "../../../proto/gen/opg.fees.v1.ts";
import { Query as Inference } from "../../../proto/gen/opg.inference.v1.ts";
import { Query as Models } from "../../../proto/gen/opg.models.v1.ts";
import { Query as Revenue } from "../../../proto/gen/opg.revenue.v1.ts";
import { NodeError } from "../../errors.ts";
import { MARKET } from "./market-queries.ts";
import { askNode } from "./node.ts";
import { type QueryGroup, type QueryVerb, row } from "./query.ts";

/** `bonded` for `BOND_STATUS_BONDED`: the field is a text. */
function bondStatus(word: string): string {
  const name = word.toUpperCase().replaceAll("-", "_");
  return name === "" || name.startsWith("BOND_STATUS_") ? name : `BOND_STATUS_${name}`;
}

/** Parameters are their modules' own, as in the SDK since v0.47. */
async function noSubspaces(): Promise<never> {
  throw new NodeError(
    "usage",
    "subspace: this chain has none; ask the module itself, such as: opgd query staking params",
  );
}

const STATUS: Pick<QueryVerb, "flags" | "words"> = {
  flags: { status: "only those bonded, unbonding or unbonded" },
  words: { status: bondStatus },
};

const COMET: QueryGroup = {
  name: "comet",
  about: "blocks and validators as CometBFT has them",
  verbs: [
    row("node-info", Comet.methods.GetNodeInfo, "the node: network, version, plugins"),
    row("syncing", Comet.methods.GetSyncing, "whether the node catches up"),
    row("block-latest", Comet.methods.GetLatestBlock, "the newest block"),
    row("block-by-height <height>", Comet.methods.GetBlockByHeight, "the block of a height"),
    row("validator-set", Comet.methods.GetLatestValidatorSet, "the newest set of validators", {
      aliases: [
        "validator-set-latest",
        "comet-validator-set",
        "cometbft-validator-set",
        "tendermint-validator-set",
      ],
    }),
    row(
      "validator-set-by-height <height>",
      Comet.methods.GetValidatorSetByHeight,
      "the validators of a height",
    ),
  ].map((verb): QueryVerb => ({ ...verb, ask: (request, flags) => askNode(verb.method, request, flags) })),
};

/** In the order of the help. */
export const QUERIES: readonly QueryGroup[] = [
  {
    name: "auth",
    about: "accounts",
    verbs: [
      row("accounts", Auth.methods.Accounts, "all accounts"),
      row("account <address>", Auth.methods.Account, "an account"),
      row("account-info <address>", Auth.methods.AccountInfo, "what accounts of every kind have"),
      row(
        "address-by-acc-num <account_id>",
        Auth.methods.AccountAddressByID,
        "the address of an account's number",
        {
          flags: { id: "the number, as older programs give it" },
        },
      ),
      row("module-accounts", Auth.methods.ModuleAccounts, "accounts that modules own"),
      row("module-account <name>", Auth.methods.ModuleAccountByName, "the account of a module"),
      row(
        "address-bytes-to-string <address_bytes>",
        Auth.methods.AddressBytesToString,
        "bytes (hex, base64) as address",
      ),
      row(
        "address-string-to-bytes <address_string>",
        Auth.methods.AddressStringToBytes,
        "an address as bytes",
      ),
      row("bech32-prefix", Auth.methods.Bech32Prefix, "the prefix of the chain's addresses"),
      row("params", Auth.methods.Params, "parameters"),
    ],
  },
  {
    name: "authz",
    about: "what accounts may do for others",
    verbs: [
      row("grants <granter> <grantee> [msg_type_url]", Authz.methods.Grants, "grants of one to another"),
      row("grants-by-granter <granter>", Authz.methods.GranterGrants, "grants that an account gave"),
      row("grants-by-grantee <grantee>", Authz.methods.GranteeGrants, "grants that an account has"),
    ],
  },
  {
    name: "bank",
    about: "coins",
    verbs: [
      row("balances <address>", Bank.methods.AllBalances, "what an account holds", {
        flags: { resolve_denom: "with names of metadata instead of denominations" },
      }),
      row("balance <address> <denom>", Bank.methods.Balance, "what an account holds of one denomination"),
      row("spendable-balances <address>", Bank.methods.SpendableBalances, "what an account may send"),
      row(
        "spendable-balance <address> <denom>",
        Bank.methods.SpendableBalanceByDenom,
        "what an account may send of one denomination",
      ),
      row("total-supply", Bank.methods.TotalSupply, "all coins there are", { aliases: ["total"] }),
      row("total-supply-of <denom>", Bank.methods.SupplyOf, "all coins of one denomination"),
      row("denom-metadata <denom>", Bank.methods.DenomMetadataByQueryString, "what a denomination is"),
      row("denoms-metadata", Bank.methods.DenomsMetadata, "what all denominations are"),
      row("denom-owners <denom>", Bank.methods.DenomOwnersByQuery, "who holds a denomination"),
      row("send-enabled [denoms...]", Bank.methods.SendEnabled, "which denominations may be sent"),
      row("params", Bank.methods.Params, "parameters"),
    ],
  },
  MARKET,
  {
    name: "consensus",
    about: "parameters of consensus, and what CometBFT knows",
    verbs: [row("params", Consensus.methods.Params, "parameters")],
    groups: [COMET],
  },
  COMET,
  {
    name: "distribution",
    about: "rewards, commission and the community pool",
    verbs: [
      row(
        "rewards <delegator_address>",
        Distribution.methods.DelegationTotalRewards,
        "rewards of a delegator",
      ),
      row(
        "rewards-by-validator <delegator_address> <validator_address>",
        Distribution.methods.DelegationRewards,
        "rewards of a delegator from one validator",
      ),
      row(
        "commission <validator_address>",
        Distribution.methods.ValidatorCommission,
        "commission not yet withdrawn",
      ),
      row(
        "validator-outstanding-rewards <validator_address>",
        Distribution.methods.ValidatorOutstandingRewards,
        "rewards of a validator and its delegators, not yet withdrawn",
      ),
      row(
        "validator-distribution-info <validator_address>",
        Distribution.methods.ValidatorDistributionInfo,
        "commission and own rewards of a validator",
      ),
      row(
        "slashes <validator_address> <starting_height> <ending_height>",
        Distribution.methods.ValidatorSlashes,
        "slashes of a validator between two heights",
      ),
      row(
        "delegator-validators <delegator_address>",
        Distribution.methods.DelegatorValidators,
        "validators that a delegator has rewards of",
      ),
      row(
        "delegator-withdraw-address <delegator_address>",
        Distribution.methods.DelegatorWithdrawAddress,
        "where a delegator's rewards go",
      ),
      row("community-pool", Distribution.methods.CommunityPool, "coins of the community pool"),
      row("params", Distribution.methods.Params, "parameters"),
    ],
  },
  {
    name: "evidence",
    about: "evidence of misbehaviour",
    verbs: [
      row("evidence <hash>", Evidence.methods.Evidence, "evidence by its hash"),
      row("list", Evidence.methods.AllEvidence, "all evidence"),
    ],
  },
  {
    name: "feegrant",
    about: "who pays fees for whom",
    verbs: [
      row("grant <granter> <grantee>", Feegrant.methods.Allowance, "one allowance"),
      row("grants-by-grantee <grantee>", Feegrant.methods.Allowances, "allowances that an account has"),
      row(
        "grants-by-granter <granter>",
        Feegrant.methods.AllowancesByGranter,
        "allowances that an account gave",
      ),
    ],
  },
  {
    name: "fees",
    about: "the base fee of gas",
    verbs: [
      row("base-fee", Fees.methods.BaseFee, "price of gas in the next block"),
      row("params", Fees.methods.Params, "parameters"),
    ],
  },
  {
    name: "gov",
    about: "proposals, deposits and votes",
    verbs: [
      row("proposal <proposal_id>", Gov.methods.Proposal, "one proposal", { aliases: ["proposer"] }),
      row("proposals", Gov.methods.Proposals, "proposals, all or some", {
        flags: {
          proposal_status: "only those in the deposit-period or voting-period, passed, rejected or failed",
          voter: "only those that an account voted on",
          depositor: "only those that an account deposited on",
        },
      }),
      row("vote <proposal_id> <voter>", Gov.methods.Vote, "one vote"),
      row("votes <proposal_id>", Gov.methods.Votes, "votes on a proposal, while it is voted on"),
      row("deposit <proposal_id> <depositor>", Gov.methods.Deposit, "one deposit"),
      row("deposits <proposal_id>", Gov.methods.Deposits, "deposits on a proposal"),
      row("tally <proposal_id>", Gov.methods.TallyResult, "what the votes come to now"),
      row("params [params_type]", Gov.methods.Params, "parameters; of voting, tallying or deposit alone"),
      row("constitution", Gov.methods.Constitution, "the chain's constitution"),
    ],
  },
  {
    name: "inference",
    about: "prices, receipts and outputs",
    verbs: [
      row("quote <model_id> [batch]", Inference.methods.Quote, "what a run would cost in the next block", {
        defaults: { batch: 1n },
      }),
      row("price", Inference.methods.Price, "price of a compute unit, and use of the last block"),
      row("receipt <receipt_id>", Inference.methods.Receipt, "one receipt"),
      row("receipts", Inference.methods.Receipts, "all receipts, or some", {
        flags: {
          requester: "only those of one requester",
          model_id: "only those of one model",
        },
      }),
      row("receipts-of <requester>", Inference.methods.Receipts, "receipts of one requester"),
      row("receipts-of-model <model_id>", Inference.methods.Receipts, "receipts of one model"),
      row("receipts-at <height>", Inference.methods.Receipts, "receipts of one block"),
      row("output <receipt_id>", Inference.methods.Output, "output of a receipt, while it is kept"),
      row("root <height>", Inference.methods.ReceiptsRoot, "root of a block's receipts"),
      row(
        "receipt-proof <receipt_id>",
        Inference.methods.ReceiptProof,
        "Merkle path from a receipt to the root of its block",
      ),
      row("engine", Inference.methods.Engine, "the engine that every validator must reproduce"),
      row("params", Inference.methods.Params, "parameters"),
    ],
  },
  {
    name: "mint",
    about: "inflation",
    verbs: [
      row("inflation", Mint.methods.Inflation, "inflation now"),
      row("annual-provisions", Mint.methods.AnnualProvisions, "coins minted a year at this rate"),
      row("params", Mint.methods.Params, "parameters"),
    ],
  },
  {
    name: "models",
    about: "the registry of models",
    verbs: [
      row("list", Models.methods.Models, "all models", {
        flags: { owner: "only those of one owner", status: "only drafts, published or retired ones" },
      }),
      row("show <model_id>", Models.methods.Model, "one model"),
      row("by-hash <hash>", Models.methods.ModelByHash, "the published model with this file (its SHA-256)"),
      row("upload <model_id>", Models.methods.UploadStatus, "which chunks of a model are missing"),
      row("params", Models.methods.Params, "parameters"),
    ],
  },
  {
    name: "params",
    about: "parameters as older programs ask for them: refused, with the query to ask instead",
    verbs: [
      row("subspace <subspace> <key>", Params.methods.Params, "one parameter", { ask: noSubspaces }),
      row("subspaces", Params.methods.Subspaces, "the names of all", { ask: noSubspaces }),
    ],
  },
  {
    name: "revenue",
    about: "where income comes from",
    verbs: [
      row("staking-income", Revenue.methods.StakingIncome, "income of stakers, from fees and from inflation"),
    ],
  },
  {
    name: "slashing",
    about: "validators that miss blocks",
    verbs: [
      row(
        "signing-info <cons_address>",
        Slashing.methods.SigningInfo,
        "blocks that a validator missed; by its opgvalcons address or public key",
      ),
      row("signing-infos", Slashing.methods.SigningInfos, "blocks that all validators missed"),
      row("params", Slashing.methods.Params, "parameters"),
    ],
  },
  {
    name: "staking",
    about: "validators, delegations and the pool",
    verbs: [
      row("validators", Staking.methods.Validators, "all validators", STATUS),
      row("validator <validator_addr>", Staking.methods.Validator, "one validator"),
      row("delegation <delegator_addr> <validator_addr>", Staking.methods.Delegation, "one delegation"),
      row("delegations <delegator_addr>", Staking.methods.DelegatorDelegations, "delegations of a delegator"),
      row(
        "delegations-to <validator_addr>",
        Staking.methods.ValidatorDelegations,
        "delegations to a validator",
      ),
      row(
        "unbonding-delegation <delegator_addr> <validator_addr>",
        Staking.methods.UnbondingDelegation,
        "what a delegator takes back from a validator",
      ),
      row(
        "unbonding-delegations <delegator_addr>",
        Staking.methods.DelegatorUnbondingDelegations,
        "all that a delegator takes back",
      ),
      row(
        "unbonding-delegations-from <validator_addr>",
        Staking.methods.ValidatorUnbondingDelegations,
        "all that is taken back from a validator",
      ),
      row(
        "redelegation <delegator_addr> <src_validator_addr> [dst_validator_addr]",
        Staking.methods.Redelegations,
        "what a delegator moved from a validator, to all or one",
      ),
      row(
        "delegator-validators <delegator_addr>",
        Staking.methods.DelegatorValidators,
        "validators that a delegator delegates to",
      ),
      row(
        "delegator-validator <delegator_addr> <validator_addr>",
        Staking.methods.DelegatorValidator,
        "one validator that a delegator delegates to",
      ),
      row(
        "historical-info <height>",
        Staking.methods.HistoricalInfo,
        "header and validators of a height, while kept",
      ),
      row("pool", Staking.methods.Pool, "coins that are bonded, and that are not"),
      row("params", Staking.methods.Params, "parameters"),
    ],
  },
  {
    name: "upgrade",
    about: "upgrades of the program",
    verbs: [
      row("plan", Upgrade.methods.CurrentPlan, "the upgrade that is planned"),
      row("applied <name>", Upgrade.methods.AppliedPlan, "height at which an upgrade was applied"),
      row("module-versions [module_name]", Upgrade.methods.ModuleVersions, "versions of the modules' state", {
        aliases: ["module_versions"],
      }),
      row("authority", Upgrade.methods.Authority, "who may plan upgrades"),
    ],
  },
  {
    name: "validators",
    about: "validators, bonded and not",
    verbs: [row("list", Staking.methods.Validators, "all validators", STATUS)],
  },
];
