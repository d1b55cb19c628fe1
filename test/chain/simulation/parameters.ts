/** Parameters by chance, within their bounds and mostly such that things go on happening; for genesis and for votes. */
import { DEFAULT_PARAMS as AUTH } from "../../../chain/modules/auth/params.ts";
import { DEFAULT_PARAMS as COMPUTE } from "../../../chain/modules/compute/params.ts";
import { DEFAULT_PARAMS as GOV } from "../../../chain/modules/gov/params.ts";
import { DEFAULT_PARAMS as INFERENCE } from "../../../chain/modules/inference/params.ts";
import { DEFAULT_PARAMS as MINT } from "../../../chain/modules/mint/params.ts";
import { DEFAULT_PARAMS as MODELS } from "../../../chain/modules/models/params.ts";
import { decToWire, ONE, parseDec } from "../../../chain/runtime/decimal.ts";
import type { Params as AuthParams } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import type { Params as DistributionParams } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import type { Params as GovParams } from "../../../proto/gen/cosmos.gov.v1.ts";
import type { Params as MintParams } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import type { Params as SlashingParams } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import type { Params as StakingParams } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Params as ComputeParams } from "../../../proto/gen/opg.compute.v1.ts";
import type { Params as FeesParams } from "../../../proto/gen/opg.fees.v1.ts";
import type { Params as InferenceParams, SplitWeights } from "../../../proto/gen/opg.inference.v1.ts";
import type { Params as ModelsParams } from "../../../proto/gen/opg.models.v1.ts";
import { DENOM } from "../chain.ts";
import type { Random } from "../modules/random.ts";

/** Signatures that any vote lets a transaction have. */
export const LEAST_SIG_LIMIT = 3;

const seconds = (least: number, spread: number, random: Random) => ({
  seconds: BigInt(least + random.below(spread)),
  nanos: 0,
});

/** A share from 0 to 1 of 18 digits, on the wire; the ends now and then. */
export function share(random: Random): string {
  if (random.chance(8)) return "0";
  if (random.chance(8)) return ONE.toString();
  return (random.bigint(64) % ONE).toString();
}

/** A decimal as text, of hundredths. */
const hundredths = (value: number): string => (value / 100).toFixed(2);

/** Five weights that sum to exactly 1. */
export function split(random: Random): SplitWeights {
  const cuts = [0n, ...Array.from({ length: 4 }, () => random.bigint(64) % (ONE + 1n)), ONE];
  cuts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [compute, verification, owner, treasury, burn] = cuts
    .slice(1)
    .map((cut, index) => (cut - cuts[index]!).toString());
  return { compute: compute!, verification: verification!, owner: owner!, treasury: treasury!, burn: burn! };
}

export const authParams = (random: Random): AuthParams => ({
  ...AUTH,
  txSigLimit: BigInt(LEAST_SIG_LIMIT + random.below(8)),
  txSizeCostPerByte: BigInt(1 + random.below(20)),
  sigVerifyCostSecp256k1: BigInt(1 + random.below(3_000)),
});

export const stakingParams = (random: Random): StakingParams => ({
  unbondingTime: seconds(10, 200, random),
  maxValidators: 4 + random.below(12),
  maxEntries: 1 + random.below(7),
  historicalEntries: random.below(20),
  bondDenom: DENOM,
  minCommissionRate: random.chance(70) ? "0" : (random.bigint(64) % (ONE / 10n)).toString(),
});

export const slashingParams = (random: Random): SlashingParams => ({
  signedBlocksWindow: BigInt(3 + random.below(20)),
  minSignedPerWindow: decToWire(parseDec(hundredths(20 + random.below(71)))),
  downtimeJailDuration: seconds(1, 60, random),
  slashFractionDoubleSign: random.chance(8) ? ONE.toString() : (random.bigint(64) % (ONE / 2n)).toString(),
  slashFractionDowntime: random.chance(8) ? "0" : (random.bigint(64) % (ONE / 5n)).toString(),
});

export const distributionParams = (random: Random): DistributionParams => ({
  communityTax: share(random),
  baseProposerReward: "0",
  bonusProposerReward: "0",
  withdrawAddrEnabled: random.chance(85),
});

export function mintParams(random: Random): MintParams {
  const most = random.bigint(64) % ONE;
  return {
    ...MINT,
    mintDenom: DENOM,
    inflationRateChange: share(random),
    inflationMax: most.toString(),
    inflationMin: random.chance(30) ? "0" : (random.bigint(64) % (most + 1n)).toString(),
    goalBonded: (1n + (random.bigint(64) % ONE)).toString(),
    /** Few, so that a block mints as much as a day's on a real chain; or a year's, to the end of what may be minted. */
    blocksPerYear: random.chance(4) ? 1n : BigInt(1_000 + random.below(1_000_000)),
  };
}

export function govParams(random: Random): GovParams {
  const voting = 15 + random.below(60);
  const least = 1 + random.below(10_000_000);
  const threshold = 30 + random.below(40);
  const coins = (amount: number) => [{ denom: DENOM, amount: amount.toString() }];
  return {
    ...GOV,
    minDeposit: coins(least),
    maxDepositPeriod: seconds(5, 60, random),
    votingPeriod: { seconds: BigInt(voting), nanos: 0 },
    quorum: hundredths(random.below(30)),
    threshold: hundredths(threshold),
    vetoThreshold: hundredths(10 + random.below(40)),
    minInitialDepositRatio: hundredths(random.chance(50) ? 0 : random.below(50)),
    proposalCancelRatio: hundredths(random.below(101)),
    expeditedVotingPeriod: { seconds: BigInt(1 + random.below(voting - 1)), nanos: 0 },
    expeditedThreshold: hundredths(threshold + 1 + random.below(20)),
    expeditedMinDeposit: coins(least * 2),
    burnVoteQuorum: random.chance(50),
    burnProposalDepositPrevote: random.chance(50),
    burnVoteVeto: random.chance(50),
    minDepositRatio: hundredths(random.chance(50) ? 0 : random.below(5)),
  };
}

export const modelsParams = (random: Random): ModelsParams => ({
  ...MODELS,
  /** The least: small models come in several chunks. */
  chunkBytes: 1_024 + random.below(3) * 500,
  draftLifetimeBlocks: BigInt(4 + random.below(30)),
});

export const inferenceParams = (random: Random): InferenceParams => ({
  ...INFERENCE,
  feeDenom: DENOM,
  split: split(random),
  blockComputeBudget: random.chance(30) ? 1_000n + random.bigint(21) : INFERENCE.blockComputeBudget,
  outputRetentionBlocks: BigInt(1 + random.below(10)),
  receiptRetentionBlocks: BigInt(10 + random.below(30)),
});

/** Windows of few blocks, so that jobs come to their end; and prices and slashes of all sizes. */
export function computeParams(random: Random): ComputeParams {
  const blocks = (least: number) => least + random.below(6);
  const terms = {
    split: split(random),
    slashWrong: share(random),
    slashUnrevealed: share(random),
    slashLate: share(random),
    challengerReward: share(random),
    sample: random.chance(50) ? ONE.toString() : share(random),
    verdictBlocks: blocks(3),
    revealBlocks: blocks(2),
    challengeBlocks: blocks(1),
  };
  const retention = BigInt(2 + random.below(15));
  return {
    ...COMPUTE,
    denom: DENOM,
    terms,
    minBond: (1_000_000 + random.below(1_000_000)).toString(),
    unbondingBlocks: 200,
    collateralRatio: (random.bigint(64) % (3n * ONE)).toString(),
    challengeDeposit: (1 + random.below(1_000_000)).toString(),
    assignBlocks: blocks(4),
    maxDeadlineBlocks: blocks(5),
    maxAttempts: 1 + random.below(3),
    maxItems: 3 + random.below(10),
    maxOpenJobs: 5 + random.below(20),
    maxOffers: 1 + random.below(6),
    refereeShare: decToWire(parseDec(hundredths(1 + random.below(100)))),
    slashVerdict: random.chance(50) ? "0" : (random.bigint(64) % (ONE / 50n)).toString(),
    maxVerdicts: 1 + random.below(20),
    outputRetentionBlocks: retention,
    jobRetentionBlocks: retention + BigInt(random.below(20)),
  };
}

export const feesParams = (random: Random): FeesParams => ({
  enabled: random.chance(50),
  burnBaseFee: random.chance(60),
  denom: DENOM,
  targetGasShare: decToWire(parseDec(hundredths(1 + random.below(20)))),
  maxChangeDenominator: 1 + random.below(20),
  minBaseFee: (1n + (random.bigint(64) % (ONE / 100n))).toString(),
});
