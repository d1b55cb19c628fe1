/**
 * Rewards of delegations by F1: a validator's history is cut into periods in which no delegation changed, and of each period
 * only the rewards of one token since the beginning are kept. A delegation's rewards are its stake times a difference of two
 * of these; a slash ends a period, after which the stake is smaller. Nothing here grows with the number of delegations.
 * Source: Ojha, "F1 Fee Distribution" (2019); x/distribution/keeper/{delegation,validator}.go of the Cosmos SDK v0.53.
 */
import type { Address } from "../../runtime/address.ts";
import type { Coins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import {
  addDecCoins,
  type DecCoins,
  intersectDecCoins,
  mulDecCoinsTruncate,
  NO_DEC_COINS,
  quoDecCoinsTruncate,
  subtractDecCoins,
  truncateDecCoins,
} from "../../runtime/dec-coins.ts";
import {
  type Dec,
  decFromInt,
  decMulTruncate,
  decSub,
  formatDec,
  ONE,
  SMALLEST,
  ZERO,
} from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { BankKeeper } from "../bank/index.ts";
import {
  type Delegation,
  tokensFromShares,
  tokensFromSharesTruncated,
  type Validator,
} from "../staking/index.ts";
import { DistributionError } from "./errors.ts";
import { emitWithdrawnRewards } from "./events.ts";
import { MODULE } from "./keys.ts";
import { delegationOf, type StakingView, validatorOf } from "./staking.ts";
import {
  addToCommunityPool,
  deleteHistorical,
  deleteStartingInfo,
  getCurrent,
  getHistorical,
  getOutstanding,
  getStartingInfo,
  getWithdrawAddress,
  setCommission,
  setCurrent,
  setHistorical,
  setOutstanding,
  setSlash,
  setStartingInfo,
  slashesBetween,
} from "./state.ts";

/** One record for the period itself, one for a delegation or slash that begins with it. */
const MAX_REFERENCES = 2;
/** What rounding slash by slash may leave more than rounding once. Source: CalculateDelegationRewards, v0.53. */
const STAKE_MARGIN = 3n * SMALLEST;

export interface RewardsDeps {
  readonly bank: BankKeeper;
  readonly staking: StakingView;
}

export class Rewards {
  readonly #bank: BankKeeper;
  readonly #staking: StakingView;

  constructor({ bank, staking }: RewardsDeps) {
    this.#bank = bank;
    this.#staking = staking;
  }

  // ── Periods of a validator ───────────────────────────────────────────────────────────────────────────────────────

  /** Records of a new validator: period 0 is over, period 1 begins. */
  beginValidator(ctx: Context, operator: Address): void {
    setHistorical(ctx, operator, 0n, { ratio: NO_DEC_COINS, references: 1 });
    setCurrent(ctx, operator, { rewards: NO_DEC_COINS, period: 1n });
    setCommission(ctx, operator, NO_DEC_COINS);
    setOutstanding(ctx, operator, NO_DEC_COINS);
  }

  /** Ends the current period and begins the next. @returns the period that ended */
  endPeriod(ctx: Context, { operator, tokens }: Validator): bigint {
    const { rewards, period } = getCurrent(ctx, operator);
    let ratio: DecCoins = NO_DEC_COINS;
    if (tokens === 0n) {
      // Nobody has a token to be paid for.
      addToCommunityPool(ctx, rewards);
      setOutstanding(ctx, operator, subtractDecCoins(getOutstanding(ctx, operator), rewards));
    } else {
      ratio = quoDecCoinsTruncate(rewards, decFromInt(tokens));
    }
    const before = getHistorical(ctx, operator, period - 1n);
    this.#release(ctx, operator, period - 1n);
    setHistorical(ctx, operator, period, { ratio: addDecCoins(before.ratio, ratio), references: 1 });
    setCurrent(ctx, operator, { rewards: NO_DEC_COINS, period: period + 1n });
    return period;
  }

  /** Ends the period, as the stake of all delegations is about to shrink by `fraction`. */
  recordSlash(ctx: Context, operator: Address, fraction: Dec): void {
    if (fraction < ZERO || fraction > ONE)
      throw SdkError.logic(`slash fraction ${formatDec(fraction)} is not from 0 to 1`);
    const period = this.endPeriod(ctx, validatorOf(ctx, this.#staking, operator));
    this.#hold(ctx, operator, period);
    setSlash(ctx, operator, { height: ctx.block.height, period, fraction });
  }

  #hold(ctx: Context, operator: Address, period: bigint): void {
    const { ratio, references } = getHistorical(ctx, operator, period);
    if (references >= MAX_REFERENCES)
      throw SdkError.logic(`period ${period} has ${references} references; ${MAX_REFERENCES} is the most`);
    setHistorical(ctx, operator, period, { ratio, references: references + 1 });
  }

  #release(ctx: Context, operator: Address, period: bigint): void {
    const { ratio, references } = getHistorical(ctx, operator, period);
    if (references === 0) throw SdkError.logic(`period ${period} has no references to take one from`);
    if (references === 1) deleteHistorical(ctx, operator, period);
    else setHistorical(ctx, operator, period, { ratio, references: references - 1 });
  }

  // ── Delegations ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A delegation earns from here on. The current period must have ended just before. */
  beginDelegation(ctx: Context, operator: Address, delegator: Address): void {
    const previousPeriod = getCurrent(ctx, operator).period - 1n;
    this.#hold(ctx, operator, previousPeriod);
    const validator = validatorOf(ctx, this.#staking, operator);
    const { shares } = delegationOf(ctx, this.#staking, delegator, operator);
    // Rounded down, so that nobody can withdraw more than there is.
    const stake = tokensFromSharesTruncated(validator, shares);
    setStartingInfo(ctx, operator, delegator, { previousPeriod, stake, height: ctx.block.height });
  }

  /**
   * What a delegation earned up to the end of `endingPeriod`. Work grows with the validator's slashes since it began.
   * @throws DistributionError.emptyDelegationDistInfo if it has no record
   */
  earned(ctx: Context, validator: Validator, delegation: Delegation, endingPeriod: bigint): DecCoins {
    const { operator, delegator } = delegation;
    const info = getStartingInfo(ctx, operator, delegator);
    if (!info) throw noRecord(ctx, delegation);
    if (info.height === ctx.block.height) return NO_DEC_COINS;
    let { previousPeriod: period, stake } = info;
    let rewards: DecCoins = NO_DEC_COINS;
    // Slashes of this height count too: they came after the rewards of this height, but make the stake smaller.
    for (const slash of slashesBetween(ctx, operator, info.height, ctx.block.height)) {
      if (slash.period <= period) continue;
      rewards = addDecCoins(rewards, between(ctx, operator, period, slash.period, stake));
      stake = decMulTruncate(stake, decSub(ONE, slash.fraction));
      period = slash.period;
    }
    const now = tokensFromShares(validator, delegation.shares);
    if (stake > now) {
      if (stake > now + STAKE_MARGIN) {
        throw SdkError.logic(
          `stake of ${ctx.addresses.format(delegator)} is ${formatDec(stake)} by slashes, ${formatDec(now)} by shares`,
        );
      }
      stake = now;
    }
    return addDecCoins(rewards, between(ctx, operator, period, endingPeriod, stake));
  }

  /** What a delegation would get now. On a branch that is dropped: asking ends a period. */
  pending(ctx: Context, validator: Validator, delegation: Delegation): DecCoins {
    const { ctx: aside } = ctx.branch();
    return this.earned(aside, validator, delegation, this.endPeriod(aside, validator));
  }

  /**
   * Pays what a delegation earned, and ends its record. Fractions go to the community pool.
   * @returns what was paid; a zero coin if nothing
   * @throws DistributionError.emptyDelegationDistInfo if it has no record
   */
  withdraw(ctx: Context, validator: Validator, delegation: Delegation): Coins {
    const { operator, delegator } = delegation;
    const info = getStartingInfo(ctx, operator, delegator);
    if (!info) throw noRecord(ctx, delegation);
    const endingPeriod = this.endPeriod(ctx, validator);
    const earned = this.earned(ctx, validator, delegation, endingPeriod);
    const outstanding = getOutstanding(ctx, operator);
    // The order of operations may earn a last digit more than there is.
    const rewards = intersectDecCoins(earned, outstanding);
    const { whole, rest } = truncateDecCoins(rewards);
    if (whole.length > 0) this.#bank.sendFromModule(ctx, MODULE, getWithdrawAddress(ctx, delegator), whole);
    setOutstanding(ctx, operator, subtractDecCoins(outstanding, rewards));
    addToCommunityPool(ctx, rest);
    this.#release(ctx, operator, info.previousPeriod);
    deleteStartingInfo(ctx, operator, delegator);
    // A zero coin says in which denomination there was nothing.
    const paid = whole.length > 0 ? whole : [{ denom: this.#staking.bondDenom(ctx), amount: 0n }];
    emitWithdrawnRewards(ctx, operator, delegator, paid);
    return paid;
  }
}

function noRecord(ctx: Context, { delegator, operator }: Delegation): Error {
  const [who, to] = [ctx.addresses.format(delegator), ctx.addresses.operators.format(operator)];
  return DistributionError.emptyDelegationDistInfo(`no delegation distribution info of ${who} at ${to}`);
}

/** Rewards of `stake` tokens from the end of one period to the end of another, rounded down. */
function between(ctx: Context, operator: Address, from: bigint, to: bigint, stake: Dec): DecCoins {
  if (from > to) throw SdkError.logic(`period ${from} is after period ${to}`);
  if (stake < ZERO) throw SdkError.logic(`stake ${formatDec(stake)} is negative`);
  const gained = subtractDecCoins(
    getHistorical(ctx, operator, to).ratio,
    getHistorical(ctx, operator, from).ratio,
  );
  return mulDecCoinsTruncate(gained, stake);
}
