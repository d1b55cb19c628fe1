/** Distribution: rewards, commission, the community pool. Its store is touched by state.ts alone. */
import type { Params } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { type Coins, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import {
  addDecCoins,
  type DecCoins,
  decCoinsFromCoins,
  safeSubtractDecCoins,
  subtractDecCoins,
  truncateDecCoins,
} from "../../runtime/dec-coins.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { StakingHooks } from "../staking/index.ts";
import { Allocator, type AllocatorDeps } from "./allocate.ts";
import { DistributionError } from "./errors.ts";
import { emitWithdrawAddress, emitWithdrawnCommission } from "./events.ts";
import { distributionHooks } from "./hooks.ts";
import type { ShareKind, Treasury, ValidatorShares, Worker } from "./income.ts";
import { MODULE } from "./keys.ts";
import { Rewards } from "./rewards.ts";
import { delegationOf, validatorOf } from "./staking.ts";
import {
  addToCommunityPool,
  getCommission,
  getCommunityPool,
  getCurrent,
  getHistorical,
  getOutstanding,
  getParams,
  getWithdrawAddress,
  setCommission,
  setCommunityPool,
  setOutstanding,
  setParams,
  setPreviousProposer,
  setWithdrawAddress,
} from "./state.ts";

export type DistributionDeps = AllocatorDeps;

export class DistributionKeeper implements ValidatorShares, Treasury {
  readonly #deps: DistributionDeps;
  readonly rewards: Rewards;
  readonly #allocator: Allocator;
  /** What staking calls when delegations and validators change. */
  readonly hooks: StakingHooks;

  constructor(deps: DistributionDeps) {
    this.#deps = deps;
    this.rewards = new Rewards(deps);
    this.#allocator = new Allocator(deps);
    this.hooks = distributionHooks({ ...deps, rewards: this.rewards });
  }

  params(ctx: Context): Params {
    return getParams(ctx);
  }

  setParams(ctx: Context, params: Params): void {
    setParams(ctx, params);
  }

  /** Coins of the community pool; fractions too. */
  communityPool(ctx: Context): DecCoins {
    return getCommunityPool(ctx);
  }

  withdrawAddress(ctx: Context, delegator: Address): Address {
    return getWithdrawAddress(ctx, delegator);
  }

  /** @throws SdkError.unauthorized, DistributionError.setWithdrawAddrDisabled */
  setWithdrawAddress(ctx: Context, delegator: Address, to: Address): void {
    if (this.#deps.bank.isBlocked(to)) {
      throw SdkError.unauthorized(
        `withdraw_address: ${ctx.addresses.format(to)} is not allowed to receive external funds`,
      );
    }
    if (!getParams(ctx).withdrawAddrEnabled)
      throw DistributionError.setWithdrawAddrDisabled("withdraw_address: setting it is disabled");
    emitWithdrawAddress(ctx, to);
    setWithdrawAddress(ctx, delegator, to);
  }

  /** @throws StakingError.noValidatorFound, noDelegation; DistributionError.emptyDelegationDistInfo */
  withdrawRewards(ctx: Context, delegator: Address, operator: Address): Coins {
    const { staking } = this.#deps;
    const validator = validatorOf(ctx, staking, operator);
    const delegation = delegationOf(ctx, staking, delegator, operator);
    const paid = this.rewards.withdraw(ctx, validator, delegation);
    this.rewards.beginDelegation(ctx, operator, delegator);
    return paid;
  }

  /** Pays the whole coins of a validator's commission; fractions wait. @throws DistributionError.noValidatorCommission */
  withdrawCommission(ctx: Context, operator: Address): Coins {
    const commission = getCommission(ctx, operator);
    if (commission.length === 0) {
      const name = ctx.addresses.operators.format(operator);
      throw DistributionError.noValidatorCommission(`no validator commission to withdraw of ${name}`);
    }
    const { whole, rest } = truncateDecCoins(commission);
    setCommission(ctx, operator, rest);
    const outstanding = getOutstanding(ctx, operator);
    setOutstanding(ctx, operator, subtractDecCoins(outstanding, decCoinsFromCoins(whole)));
    if (whole.length > 0) {
      const to = getWithdrawAddress(ctx, operator);
      this.#deps.bank.sendFromModule(ctx, MODULE, to, whole);
    }
    emitWithdrawnCommission(ctx, whole);
    return whole;
  }

  /** @throws SdkError.insufficientFunds */
  fundCommunityPool(ctx: Context, from: Address, coins: Coins): void {
    this.#deps.bank.sendToModule(ctx, from, MODULE, coins);
    addToCommunityPool(ctx, decCoinsFromCoins(coins));
  }

  /** As fundCommunityPool, from a module's account. */
  fundCommunityPoolFromModule(ctx: Context, from: string, coins: Coins): void {
    this.#deps.bank.sendBetweenModules(ctx, from, MODULE, coins);
    addToCommunityPool(ctx, decCoinsFromCoins(coins));
  }

  /** @throws DistributionError.badDistribution if the pool has less; SdkError.unauthorized */
  spendCommunityPool(ctx: Context, to: Address, coins: Coins): void {
    const left = safeSubtractDecCoins(getCommunityPool(ctx), decCoinsFromCoins(coins));
    if (!left) {
      throw DistributionError.badDistribution(
        `amount: the community pool does not have sufficient coins to distribute ${formatCoins(coins)}`,
      );
    }
    this.#deps.bank.sendFromModule(ctx, MODULE, to, coins);
    setCommunityPool(ctx, left);
  }

  /** Gives coins of an account to a validator and its delegators. @throws StakingError.noValidatorFound */
  depositRewards(ctx: Context, from: Address, operator: Address, coins: Coins): void {
    this.#deps.bank.sendToModule(ctx, from, MODULE, coins);
    const validator = validatorOf(ctx, this.#deps.staking, operator);
    this.#allocator.toValidator(ctx, validator, decCoinsFromCoins(coins));
    if (validator.tokens === 0n) return;
    // Rewards too large to add up later would halt the chain: a block's slash ends the period. The sum throws here instead.
    const { rewards, period } = getCurrent(ctx, operator);
    const { ratio } = getHistorical(ctx, operator, period - 1n);
    if (ratio.length > 0) addDecCoins(ratio, rewards);
  }

  allocate(ctx: Context, kind: ShareKind, coins: Coins, from: string): void {
    this.#allocator.allocate(ctx, kind, coins, from);
  }

  allocateTo(ctx: Context, kind: ShareKind, coins: Coins, from: string, workers: readonly Worker[]): void {
    this.#allocator.allocateTo(ctx, kind, coins, from, workers);
  }

  /** Gives out what the block before brought in. Source: x/distribution/keeper/abci.go of the Cosmos SDK v0.53. */
  beginBlock(ctx: Context): void {
    if (ctx.block.height > 1n) this.#allocator.allocateFees(ctx, ctx.block.lastCommit.votes);
    setPreviousProposer(ctx, ctx.block.proposerAddress);
  }
}
