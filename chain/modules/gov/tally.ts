/** Counts votes by stake. Source: x/gov/keeper/tally.go of the Cosmos SDK v0.53. */
import {
  type Params,
  type Proposal,
  TallyResult,
  VoteOption,
  type WeightedVoteOption,
} from "../../../proto/gen/cosmos.gov.v1.ts";
import type { Address } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import {
  type Dec,
  decFromInt,
  decMul,
  decMulInt,
  decQuo,
  decTruncate,
  parseDec,
  ZERO,
} from "../../runtime/decimal.ts";
import { ratio } from "./params.ts";
import { votesOn } from "./state.ts";

/** What governance needs to know of stake; x/staking's keeper has it. */
export interface Stake {
  /** Bonded validators, by power. */
  bondedByPower(ctx: Context): readonly {
    readonly operator: Address;
    readonly tokens: bigint;
    readonly delegatorShares: Dec;
  }[];
  delegationsOf(
    ctx: Context,
    delegator: Address,
  ): Iterable<{ readonly operator: Address; readonly shares: Dec }>;
  /** Tokens that are bonded, of all validators. */
  totalBonded(ctx: Context): bigint;
}

export interface Tally {
  readonly passes: boolean;
  readonly burnDeposits: boolean;
  readonly result: TallyResult;
}

/** A validator while votes are counted: what its delegators vote themselves is taken off its own vote. */
interface Counted {
  readonly tokens: bigint;
  readonly shares: Dec;
  deductions: Dec;
  vote: readonly WeightedVoteOption[];
}

/** Tokens behind each option, as decimals. */
class Count {
  readonly #byOption = new Map<number, Dec>();
  total: Dec = ZERO;

  of(option: number): Dec {
    return this.#byOption.get(option) ?? ZERO;
  }

  add(options: readonly WeightedVoteOption[], power: Dec): void {
    for (const { option, weight } of options) {
      const part = decMul(power, parseDec(weight, "weight"));
      this.#byOption.set(option, (this.of(option) + part) as Dec);
    }
    this.total = (this.total + power) as Dec;
  }

  get result(): TallyResult {
    const { VOTE_OPTION_YES, VOTE_OPTION_ABSTAIN, VOTE_OPTION_NO, VOTE_OPTION_NO_WITH_VETO } = VoteOption;
    const text = (option: number): string => decTruncate(this.of(option)).toString();
    return {
      yesCount: text(VOTE_OPTION_YES),
      abstainCount: text(VOTE_OPTION_ABSTAIN),
      noCount: text(VOTE_OPTION_NO),
      noWithVetoCount: text(VOTE_OPTION_NO_WITH_VETO),
    };
  }
}

export const EMPTY_RESULT: TallyResult = TallyResult.create({
  yesCount: "0",
  abstainCount: "0",
  noCount: "0",
  noWithVetoCount: "0",
});

/** Tokens of `shares`: shares × tokens ÷ all shares, rounded half to even. */
function powerOf({ tokens, shares: all }: Counted, shares: Dec): Dec {
  // Whose last delegator left in this block has no shares until staking's own end of the block.
  if (all === ZERO) return ZERO;
  return decQuo(decMulInt(shares, tokens), all);
}

/** Work is linear in bonded validators, votes, and the voters' delegations. */
function countVotes(ctx: Context, stake: Stake, id: bigint): Count {
  const validators = new Map<string, Counted>();
  for (const { operator, tokens, delegatorShares } of stake.bondedByPower(ctx))
    validators.set(toHex(operator), { tokens, shares: delegatorShares, deductions: ZERO, vote: [] });
  const count = new Count();
  for (const [voter, { options }] of votesOn(ctx, id)) {
    const own = validators.get(toHex(voter));
    if (own) own.vote = options;
    for (const { operator, shares } of stake.delegationsOf(ctx, voter)) {
      const validator = validators.get(toHex(operator));
      if (!validator) continue;
      validator.deductions = (validator.deductions + shares) as Dec;
      count.add(options, powerOf(validator, shares));
    }
  }
  for (const validator of validators.values()) {
    if (validator.vote.length === 0) continue;
    count.add(validator.vote, powerOf(validator, (validator.shares - validator.deductions) as Dec));
  }
  return count;
}

/** What the votes on a proposal come to now. Reads only: who ends a vote deletes its votes. */
export function tally(ctx: Context, stake: Stake, { id, expedited }: Proposal, params: Params): Tally {
  const count = countVotes(ctx, stake, id);
  const { result } = count;
  const fails = (burnDeposits = false): Tally => ({ passes: false, burnDeposits, result });
  const bonded = stake.totalBonded(ctx);
  if (bonded === 0n) return fails();
  if (decQuo(count.total, decFromInt(bonded)) < ratio(params.quorum, "quorum"))
    return fails(params.burnVoteQuorum);
  const decided = (count.total - count.of(VoteOption.VOTE_OPTION_ABSTAIN)) as Dec;
  if (decided === ZERO) return fails();
  const veto = decQuo(count.of(VoteOption.VOTE_OPTION_NO_WITH_VETO), count.total);
  if (veto > ratio(params.vetoThreshold, "veto_threshold")) return fails(params.burnVoteVeto);
  const threshold = expedited
    ? ratio(params.expeditedThreshold, "expedited_threshold")
    : ratio(params.threshold, "threshold");
  if (decQuo(count.of(VoteOption.VOTE_OPTION_YES), decided) > threshold)
    return { passes: true, burnDeposits: false, result };
  return fails();
}
