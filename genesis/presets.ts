/** Settings of new chains: what differs between a developer's machine, tests and a network of its own. */
import { decToWire, ZERO } from "../chain/runtime/decimal.ts";
import type { Params as GovParams } from "../proto/gen/cosmos.gov.v1.ts";
import type { Minter, Params as MintParams } from "../proto/gen/cosmos.mint.v1beta1.ts";
import type { Params as StakingParams } from "../proto/gen/cosmos.staking.v1beta1.ts";
import type { Params as ComputeParams, Terms } from "../proto/gen/opg.compute.v1.ts";
import type { Params as FeesParams } from "../proto/gen/opg.fees.v1.ts";
import type { Params as InferenceParams } from "../proto/gen/opg.inference.v1.ts";
import type { BlockParams } from "../proto/gen/tendermint.types.ts";

export interface Preset {
  readonly bech32Prefix: string;
  /** The unit that amounts are counted in. */
  readonly denom: string;
  /** The unit that people speak of, and its power of ten. */
  readonly display: string;
  readonly exponent: number;
  readonly block: BlockParams;
  /** Height from which votes carry extensions: without them the market's verdicts cannot be said (ADR-0161). */
  readonly voteExtensionsEnableHeight: bigint;
  readonly inference: Partial<InferenceParams>;
  /** The compute market; its split is that of inference. */
  readonly compute: Partial<Omit<ComputeParams, "terms">> & { readonly terms?: Partial<Terms> };
  /** The base fee of gas: off unless it is switched on here. */
  readonly fees: Partial<FeesParams>;
  readonly staking: Partial<StakingParams>;
  readonly mint: Partial<MintParams>;
  readonly minter: Partial<Minter>;
  readonly gov: Partial<GovParams>;
}

const OPG = { bech32Prefix: "opg", denom: "uopg", display: "OPG", exponent: 6 } as const;

const NONE = decToWire(ZERO);

/** Votes that one can wait for: `seconds` long, expedited ones half of it. */
function votesOf(seconds: bigint): Partial<GovParams> {
  return {
    maxDepositPeriod: { seconds: seconds * 2n, nanos: 0 },
    votingPeriod: { seconds, nanos: 0 },
    expeditedVotingPeriod: { seconds: seconds / 2n, nanos: 0 },
  };
}

export const PRESETS = {
  /** A chain on one machine: everything as a network would have it. */
  local: {
    ...OPG,
    /** 4 MiB and 200 million gas: some 2,000 transfers. */
    block: { maxBytes: 4_194_304n, maxGas: 200_000_000n },
    voteExtensionsEnableHeight: 1n,
    inference: {},
    compute: {},
    fees: {},
    /** Ten minutes, so that one can see an unbonding through; few blocks' validators are kept, as nobody asks for them. */
    staking: { unbondingTime: { seconds: 600n, nanos: 0 }, historicalEntries: 100 },
    mint: {},
    minter: {},
    gov: votesOf(60n),
  },
  /** For tests: short retention, windows and unbonding, so that all end within a test; no inflation, so that sums are simple. */
  test: {
    ...OPG,
    block: { maxBytes: 4_194_304n, maxGas: 200_000_000n },
    voteExtensionsEnableHeight: 1n,
    inference: { outputRetentionBlocks: 20n, receiptRetentionBlocks: 40n },
    compute: {
      terms: { verdictBlocks: 4, revealBlocks: 4, challengeBlocks: 5 },
      assignBlocks: 10,
      maxDeadlineBlocks: 10,
      unbondingBlocks: 100,
      outputRetentionBlocks: 20n,
      jobRetentionBlocks: 40n,
    },
    fees: {},
    staking: { unbondingTime: { seconds: 60n, nanos: 0 }, historicalEntries: 10 },
    mint: { inflationMax: NONE, inflationMin: NONE, inflationRateChange: NONE },
    minter: { inflation: NONE },
    gov: votesOf(30n),
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;
