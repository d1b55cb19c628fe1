/**
 * Every parameter that a vote can change: what it is, what it may be, an example, and values that are refused. docs/governance.md
 * is written from it, and tests hold the chain to it (test/chain/modules/parameters.test.ts).
 */
import type { Json } from "../proto/json.ts";

export interface Parameter {
  /** Path in the message's JSON. */
  readonly path: string;
  readonly what: string;
  readonly bounds: string;
  readonly example: Json;
  /** Each must be refused, by name; empty only where every value of the type is allowed. */
  readonly refused: readonly Json[];
  /** The ends of the bounds, which are allowed. */
  readonly ends?: readonly Json[];
  /** Other values of the message that the example needs, by path. */
  readonly beside?: Readonly<Record<string, Json>>;
}

const RATIO = "0 to 1";
const day = (days: number): string => `${days * 86_400}s`;

/** A weight of a split is only allowed with the others. */
const SPLIT = {
  compute: "0.300000000000000000",
  verification: "0.300000000000000000",
  owner: "0.200000000000000000",
  treasury: "0.100000000000000000",
  burn: "0.100000000000000000",
};

/** The weights at `path` of what `of` is split into. */
function split(
  path: string,
  of: string,
  workers: { readonly compute: string; readonly verification: string },
): readonly Parameter[] {
  const receivers = {
    ...workers,
    owner: "the model's owner",
    treasury: "the community pool",
    burn: "nobody: it is burnt",
  };
  return Object.entries(receivers).map(([name, who]) => ({
    path: `params.${path}.${name}`,
    what: `part of ${of} for ${who}`,
    bounds: "0 to 1; the five sum to exactly 1",
    example: SPLIT[name as keyof typeof SPLIT],
    refused: ["-0.100000000000000000", "1.100000000000000000", "0.999999999999999999"],
    beside: { [`params.${path}`]: SPLIT },
  }));
}

function ratio(
  path: string,
  what: string,
  example: string,
  bounds = RATIO,
  refused?: readonly Json[],
): Parameter {
  return {
    path: `params.${path}`,
    what,
    bounds,
    example,
    refused: refused ?? ["-0.000000000000000001", "1.000000000000000001"],
  };
}

/** Integers are texts in JSON where they have 64 bits. */
function count(
  path: string,
  what: string,
  least: number,
  most: number,
  example: number,
  wide = true,
): Parameter {
  const value = (n: number): Json => (wide ? String(n) : n);
  return {
    path: `params.${path}`,
    what,
    bounds: `${least.toLocaleString("en-US")} to ${most.toLocaleString("en-US")}`,
    example: value(example),
    ends: [value(least), value(most)],
    refused: [value(least - 1), value(most + 1)].filter((refused) => !String(refused).startsWith("-")),
  };
}

function flag(path: string, what: string, example: boolean): Parameter {
  return { path: `params.${path}`, what, bounds: "true or false", example, refused: [] };
}

const auth: readonly Parameter[] = [
  count("max_memo_characters", "characters of a memo", 1, 100_000, 512),
  count(
    "tx_sig_limit",
    "signatures of one transaction, members of a multisig counted one by one",
    1,
    1_000,
    10,
  ),
  count("tx_size_cost_per_byte", "gas for each byte of a transaction", 1, 1_000_000, 12),
  count("sig_verify_cost_ed25519", "gas of one ed25519 signature check", 1, 1_000_000_000, 600),
  count("sig_verify_cost_secp256k1", "gas of one secp256k1 signature check", 1, 1_000_000_000, 1_100),
];

const bank: readonly Parameter[] = [
  flag("default_send_enabled", "whether coins may be sent that `MsgSetSendEnabled` says nothing of", false),
  {
    path: "params.send_enabled",
    what: "which coins may be sent; out of use: propose `MsgSetSendEnabled`",
    bounds: "denominations, each once",
    example: [{ denom: "uopg", enabled: true }],
    refused: [
      [{ denom: "1", enabled: true }],
      [
        { denom: "uopg", enabled: true },
        { denom: "uopg", enabled: false },
      ],
    ],
  },
];

const consensus: readonly Parameter[] = [
  {
    path: "block.max_bytes",
    what: "bytes of a block",
    bounds: "2,097,152 to 104,857,600, or -1 for the most",
    example: "8388608",
    refused: ["0", "2097151", "104857601", "-2"],
  },
  {
    path: "block.max_gas",
    what: "gas that the transactions of a block may ask for",
    bounds: "10,000,000 or more, or -1 for no limit",
    example: "100000000",
    refused: ["0", "9999999", "-2"],
  },
  {
    path: "evidence.max_age_num_blocks",
    what: "blocks after which evidence is too old",
    bounds: "positive",
    example: "200000",
    refused: ["0", "-1"],
  },
  {
    path: "evidence.max_age_duration",
    what: "time after which evidence is too old; not under `unbonding_time` of staking",
    bounds: "positive and under 292 years",
    example: day(21),
    refused: ["0s", "-1s", "9223372037s"],
  },
  {
    path: "evidence.max_bytes",
    what: "bytes of evidence in a block",
    bounds: "0 to the bytes of a block",
    example: "2097152",
    refused: ["-1", "104857601"],
  },
  {
    path: "validator.pub_key_types",
    what: "types of consensus keys",
    bounds: "ed25519",
    example: ["ed25519"],
    refused: [[], ["secp256k1"]],
  },
  {
    path: "abci.vote_extensions_enable_height",
    what: "height from which votes carry extensions",
    bounds: "0 for never, or a height to come; not taken back once in force",
    example: "1000000",
    refused: ["-1", "1"],
  },
];

const gov: readonly Parameter[] = [
  {
    path: "params.min_deposit",
    what: "deposit that starts a vote",
    bounds: "at least one coin, and less than `expedited_min_deposit`",
    example: [{ denom: "uopg", amount: "20000000" }],
    refused: [[], [{ denom: "uopg", amount: "0" }], [{ denom: "uopg", amount: "50000000" }]],
  },
  {
    path: "params.expedited_min_deposit",
    what: "deposit that starts an expedited vote",
    bounds: "more than `min_deposit`",
    example: [{ denom: "uopg", amount: "100000000" }],
    refused: [[], [{ denom: "uopg", amount: "10000000" }]],
  },
  {
    path: "params.max_deposit_period",
    what: "time to bring the deposit together",
    bounds: "positive, at most 100 years",
    example: day(14),
    refused: ["0s", "-1s", "3155760001s"],
  },
  {
    path: "params.voting_period",
    what: "time to vote",
    bounds: "longer than `expedited_voting_period`, at most 100 years",
    example: day(7),
    refused: ["0s", day(1), "3155760001s"],
  },
  {
    path: "params.expedited_voting_period",
    what: "time to vote on an expedited proposal",
    bounds: "positive, shorter than `voting_period`",
    example: "43200s",
    refused: ["0s", day(2)],
  },
  ratio("quorum", "part of all bonded stake that must vote", "0.400000000000000000"),
  ratio(
    "threshold",
    "part of the stake that votes and does not abstain, of which yes must be more",
    "0.600000000000000000",
    "above 0, below `expedited_threshold`",
    ["0.000000000000000000", "0.667000000000000000", "1.100000000000000000"],
  ),
  ratio(
    "expedited_threshold",
    "the same for an expedited proposal",
    "0.750000000000000000",
    "above `threshold`, at most 1",
    ["0.500000000000000000", "1.100000000000000000"],
  ),
  ratio(
    "veto_threshold",
    "part of the stake that votes of which a veto must be more",
    "0.250000000000000000",
    "above 0, at most 1",
    ["0.000000000000000000", "1.100000000000000000"],
  ),
  ratio(
    "min_initial_deposit_ratio",
    "part of the deposit that must come with the proposal",
    "0.250000000000000000",
  ),
  ratio("min_deposit_ratio", "part of the deposit that each deposit must reach", "0.050000000000000000"),
  ratio(
    "proposal_cancel_ratio",
    "part of the deposit that a cancelled proposal forfeits",
    "0.250000000000000000",
  ),
  {
    path: "params.proposal_cancel_dest",
    what: "who gets what a cancelled proposal forfeits; empty burns it",
    bounds: "an address, or empty",
    example: "",
    refused: ["cosmos1x"],
  },
  flag("burn_vote_quorum", "burn the deposit where the quorum is not reached", true),
  flag("burn_proposal_deposit_prevote", "burn the deposit of a proposal that never came to a vote", true),
  flag("burn_vote_veto", "burn the deposit of a proposal that was vetoed", false),
];

const staking: readonly Parameter[] = [
  {
    path: "params.unbonding_time",
    what: "time until stake that leaves is free",
    bounds: "positive",
    example: day(14),
    refused: ["0s", "-1s"],
  },
  {
    path: "params.max_validators",
    what: "validators at once",
    bounds: "positive",
    example: 150,
    refused: [0],
  },
  {
    path: "params.max_entries",
    what: "unbondings at once of one delegator from one validator, or redelegations between two",
    bounds: "positive",
    example: 10,
    refused: [0],
  },
  {
    path: "params.historical_entries",
    what: "headers that are kept",
    bounds: "any",
    example: 1_000,
    refused: [],
  },
  {
    path: "params.bond_denom",
    what: "the coin that is staked",
    bounds: "a denomination; the one that is staked, while any is",
    example: "uopg",
    refused: ["", "1", "uother"],
  },
  ratio("min_commission_rate", "least commission of a validator", "0.050000000000000000"),
];

const slashing: readonly Parameter[] = [
  {
    path: "params.signed_blocks_window",
    what: "blocks that are looked back on",
    bounds: "positive",
    example: "10000",
    refused: ["0", "-1"],
  },
  ratio("min_signed_per_window", "part of them that a validator must sign", "0.050000000000000000"),
  {
    path: "params.downtime_jail_duration",
    what: "time in jail for missing more",
    bounds: "positive",
    example: "3600s",
    refused: ["0s", "-1s"],
  },
  ratio(
    "slash_fraction_double_sign",
    "part of the stake that is burnt for signing two blocks of one height",
    "0.100000000000000000",
  ),
  ratio(
    "slash_fraction_downtime",
    "part of the stake that is burnt for missing too many blocks",
    "0.000100000000000000",
  ),
];

const mint: readonly Parameter[] = [
  {
    path: "params.mint_denom",
    what: "the coin that is minted",
    bounds: "a denomination",
    example: "uopg",
    refused: ["", "1"],
  },
  ratio("inflation_rate_change", "most that inflation changes in a year", "0.100000000000000000"),
  ratio("inflation_max", "most inflation in a year", "0.150000000000000000", "`inflation_min` to 1", [
    "0.010000000000000000",
    "1.100000000000000000",
  ]),
  ratio(
    "inflation_min",
    "least inflation in a year; 0 is allowed",
    "0.000000000000000000",
    "0 to `inflation_max`",
    ["-0.100000000000000000", "0.300000000000000000"],
  ),
  ratio(
    "goal_bonded",
    "bonded part of the supply at which inflation rests",
    "0.500000000000000000",
    "above 0, at most 1",
    ["0.000000000000000000", "1.100000000000000000"],
  ),
  {
    path: "params.blocks_per_year",
    what: "blocks that a year is taken to have",
    bounds: "positive",
    example: "5256000",
    refused: ["0"],
  },
];

const distribution: readonly Parameter[] = [
  ratio(
    "community_tax",
    "part of gas fees and provisions that goes to the community pool",
    "0.050000000000000000",
  ),
  ratio("base_proposer_reward", "out of use", "0.000000000000000000", "0", ["0.010000000000000000"]),
  ratio("bonus_proposer_reward", "out of use", "0.000000000000000000", "0", ["0.010000000000000000"]),
  flag("withdraw_addr_enabled", "whether delegators may have rewards sent to another account", false),
];

const fees: readonly Parameter[] = [
  flag("enabled", "ask for a base fee", true),
  flag("burn_base_fee", "burn the base fee", false),
  {
    path: "params.denom",
    what: "the coin of the base fee",
    bounds: "a denomination",
    example: "uopg",
    refused: ["", "1"],
  },
  ratio(
    "target_gas_share",
    "part of the block's gas at which the base fee rests",
    "0.600000000000000000",
    "0.01 to 1",
    ["0.000000000000000000", "1.100000000000000000"],
  ),
  count("max_change_denominator", "the base fee moves by one part in this many at most", 1, 1_000, 16, false),
  ratio("min_base_fee", "least base fee for a gas", "0.002000000000000000", "10^-18 to 10^9", [
    "0.000000000000000000",
    "1000000001.000000000000000000",
  ]),
];

const models: readonly Parameter[] = [
  count("max_model_bytes", "bytes of a model's file", 1_024, 536_870_912, 33_554_432),
  count("chunk_bytes", "bytes of a chunk of an upload", 1_024, 1_000_000, 131_072, false),
  count(
    "max_metadata_bytes",
    "bytes of a model's name, description, link and licence",
    64,
    65_536,
    8_192,
    false,
  ),
  count(
    "draft_lifetime_blocks",
    "blocks after which a draft that is not published is removed",
    1,
    100_000_000,
    14_400,
  ),
  count("max_nodes", "nodes of a graph", 1, 8_192, 2_048, false),
  count("max_tensor_elements", "elements of one tensor", 1, 268_435_456, 16_777_216),
  count("max_rank", "dimensions of one tensor", 1, 8, 6, false),
  count("max_run_bytes", "bytes of all tensors of a run", 1_048_576, 2_147_483_648, 536_870_912),
];

const inference: readonly Parameter[] = [
  {
    path: "params.fee_denom",
    what: "the coin of inference fees",
    bounds: "a denomination",
    example: "uopg",
    refused: ["", "1"],
  },
  ...split("split", "a fee", {
    compute: "who computed first: the block's proposer",
    verification: "those who verified: the validators that signed",
  }),
  count("block_compute_budget", "compute units that a block may hold", 1, 1_000_000_000_000, 4_000_000_000),
  ratio(
    "target_use",
    "part of the budget at which the price of a unit rests",
    "0.600000000000000000",
    "0.01 to 0.99",
    ["0.009000000000000000", "0.991000000000000000"],
  ),
  ratio(
    "max_price_change",
    "most that the price changes from block to block",
    "0.050000000000000000",
    "0 to 0.5",
    ["-0.100000000000000000", "0.510000000000000000"],
  ),
  ratio(
    "min_unit_price",
    "least price of a compute unit",
    "0.000100000000000000",
    "10^-18 to `max_unit_price`",
    ["0.000000000000000000", "1000000001.000000000000000000"],
  ),
  ratio(
    "max_unit_price",
    "most price of a compute unit",
    "100.000000000000000000",
    "`min_unit_price` to 10^9",
    ["0.000400000000000000", "1000000001.000000000000000000"],
  ),
  count("max_input_bytes", "bytes of a job's inputs", 1, 67_108_864, 500_000),
  count("max_output_bytes", "bytes of a job's outputs", 1, 16_777_216, 500_000),
  count("max_tags", "tags of a job", 0, 64, 4, false),
  count("max_tag_bytes", "bytes of a tag", 0, 1_024, 32, false),
  {
    ...count("output_retention_blocks", "blocks that outputs are kept", 1, 1_000_000_000, 7_200),
    bounds: "1 to `receipt_retention_blocks`",
    ends: ["1", "1296000"],
  },
  {
    ...count("receipt_retention_blocks", "blocks that receipts are kept", 1, 1_000_000_000, 2_592_000),
    bounds: "`output_retention_blocks` to 1,000,000,000",
    ends: ["14400", "1000000000"],
  },
];

/** Coins of the market's denomination, from one unit. */
function amount(path: string, what: string, example: string): Parameter {
  return {
    path: `params.${path}`,
    what,
    bounds: "1 to 2^120",
    example,
    refused: ["0", "-1", (2n ** 121n).toString()],
  };
}

/** Blocks that make the life of a job, which `unbonding_blocks` is longer than. */
function blocks(path: string, what: string, most: number, example: number, least = 1): Parameter {
  const counted = count(path, what, least, most, example, false);
  return {
    ...counted,
    bounds: `${counted.bounds}; a job's longest life is under \`unbonding_blocks\``,
    ends: [],
  };
}

const compute: readonly Parameter[] = [
  {
    path: "params.denom",
    what: "the coin of bonds, prices and deposits; it never changes",
    bounds: "the one that it is",
    example: "uopg",
    refused: ["", "1", "uother"],
  },
  ...split("terms.split", "a job's price", {
    compute: "the operator",
    verification: "the validators whose verdict agreed",
  }),
  ratio("terms.slash_wrong", "part of a job's collateral that a wrong answer costs", "0.800000000000000000"),
  ratio("terms.slash_unrevealed", "the same of an answer that is never opened", "0.600000000000000000"),
  ratio("terms.slash_late", "the same of one that is not committed in time", "0.200000000000000000"),
  ratio(
    "terms.challenger_reward",
    "part of what a wrong answer costs for who challenged it; validators who saw it share the rest",
    "0.400000000000000000",
  ),
  ratio("terms.sample", "part of a job's items that validators judge; one at least", "0.100000000000000000"),
  blocks("terms.verdict_blocks", "blocks for verdicts", 100_000, 20, 3),
  blocks("terms.reveal_blocks", "blocks for the reveal after them", 100_000, 20),
  blocks("terms.challenge_blocks", "blocks for challenges of a verified job", 1_000_000, 200),
  amount("min_bond", "least bond of an operator", "5000000000"),
  {
    ...count(
      "unbonding_blocks",
      "blocks that a bond stays after it was asked back",
      743,
      100_000_000,
      201_600,
      false,
    ),
    bounds: "more than the longest life of a job, to 100,000,000",
  },
  ratio(
    "collateral_ratio",
    "what of a bond answers for a job, in prices of it",
    "3.000000000000000000",
    "0 to 1,000",
    ["-0.000000000000000001", "1000.000000000000000001"],
  ),
  amount("challenge_deposit", "deposit of a challenge", "20000000"),
  blocks("assign_blocks", "blocks in which a job must find an operator", 1_000_000, 200),
  blocks("max_deadline_blocks", "most blocks that an operator may be given", 1_000_000, 200),
  blocks("max_attempts", "operators that a job is given to, one after the other", 100, 5),
  count("max_items", "items of a job", 1, 100_000, 5_000, false),
  count("max_input_bytes", "bytes of a job's inputs", 1, 16_000_000, 500_000),
  count("max_output_bytes", "bytes of a job's outputs", 1, 16_000_000, 500_000),
  count("max_open_jobs", "jobs that may be open at one time", 1, 1_000_000, 2_000, false),
  count("max_offers", "offers for one model", 1, 1_000, 200, false),
  ratio(
    "referee_share",
    "part of a block's compute budget that the referee may use",
    "0.500000000000000000",
    "0.01 to 1",
    ["0.009000000000000000", "1.100000000000000000"],
  ),
  ratio(
    "slash_verdict",
    "part of a validator's stake that a verdict costs which the referee shows wrong",
    "0.010000000000000000",
  ),
  count("max_verdicts", "verdicts in one vote extension", 1, 256, 50, false),
  {
    ...count(
      "output_retention_blocks",
      "blocks that outputs are kept after a job is over",
      1,
      1_000_000_000,
      7_200,
    ),
    bounds: "1 to `job_retention_blocks`",
    ends: ["1", "100800"],
  },
  {
    ...count("job_retention_blocks", "blocks that a job is kept after it is over", 1, 1_000_000_000, 201_600),
    bounds: "`output_retention_blocks` to 1,000,000,000",
    ends: ["14400", "1000000000"],
  },
];

/** By the message that a proposal carries. */
export const PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
  "cosmos.auth.v1beta1.MsgUpdateParams": auth,
  "cosmos.bank.v1beta1.MsgUpdateParams": bank,
  "cosmos.consensus.v1.MsgUpdateParams": consensus,
  "cosmos.distribution.v1beta1.MsgUpdateParams": distribution,
  "cosmos.gov.v1.MsgUpdateParams": gov,
  "cosmos.mint.v1beta1.MsgUpdateParams": mint,
  "cosmos.slashing.v1beta1.MsgUpdateParams": slashing,
  "cosmos.staking.v1beta1.MsgUpdateParams": staking,
  "opg.compute.v1.MsgUpdateParams": compute,
  "opg.fees.v1.MsgUpdateParams": fees,
  "opg.inference.v1.MsgUpdateParams": inference,
  "opg.models.v1.MsgUpdateParams": models,
};
