/** Giving out what came in: fees and provisions to those who may vote, shares of inference fees to those who worked. */
import type { VoteInfo } from "../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../proto/gen/tendermint.types.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { compareBytes } from "../../runtime/bytes.ts";
import { type Coins, coinsOf } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import {
  addDecCoins,
  type DecCoins,
  decCoinsFromCoins,
  mulDecCoins,
  mulDecCoinsTruncate,
  NO_DEC_COINS,
  subtractDecCoins,
} from "../../runtime/dec-coins.ts";
import { decFromInt, decFromWire, decQuoTruncate, decSub, ONE } from "../../runtime/decimal.ts";
import { splitByWeight } from "../../runtime/split.ts";
import type { BankKeeper } from "../bank/index.ts";
import type { Validator } from "../staking/index.ts";
import { emitCommission, emitRewards, emitShare } from "./events.ts";
import type { IncomeBook, ShareKind, ValidatorShares, Worker } from "./income.ts";
import { MODULE } from "./keys.ts";
import type { StakingView } from "./staking.ts";
import {
  addToCommunityPool,
  getCommission,
  getCurrent,
  getOutstanding,
  getParams,
  setCommission,
  setCurrent,
  setOutstanding,
} from "./state.ts";

export interface AllocatorDeps {
  readonly bank: BankKeeper;
  readonly staking: StakingView;
  readonly income: IncomeBook;
  /** Module account that gas fees and provisions wait in. */
  readonly feeCollector: string;
}

export class Allocator implements ValidatorShares {
  readonly #deps: AllocatorDeps;

  constructor(deps: AllocatorDeps) {
    this.#deps = deps;
  }

  /**
   * Gives what waits in the fee collector to the validators of `votes` by power, whether they signed or not, less the
   * community tax. What rounding leaves is the community pool's. Work grows with the validators.
   * Source: x/distribution/keeper/allocation.go of the Cosmos SDK v0.53.
   */
  allocateFees(ctx: Context, votes: readonly VoteInfo[]): void {
    const { bank, staking, income, feeCollector } = this.#deps;
    bank.auth.moduleAccount(ctx, feeCollector);
    const collected = bank.balances(ctx, moduleAddress(feeCollector));
    bank.sendBetweenModules(ctx, feeCollector, MODULE, collected);
    const fees = decCoinsFromCoins(collected);
    const total = votes.reduce((sum, { validator }) => sum + validator.power, 0n);
    let left = fees;
    if (total > 0n) {
      const tax = decFromWire(getParams(ctx).communityTax, "params.community_tax");
      const shared = mulDecCoinsTruncate(fees, decSub(ONE, tax));
      for (const { validator: vote } of votes) {
        // One that is gone already (ADR-0120): its part stays for the community pool.
        const validator = staking.validatorByConsensus(ctx, vote.address);
        if (!validator) continue;
        const part = decQuoTruncate(decFromInt(vote.power), decFromInt(total));
        const reward = mulDecCoinsTruncate(shared, part);
        this.toValidator(ctx, validator, reward);
        left = subtractDecCoins(left, reward);
      }
    }
    addToCommunityPool(ctx, left);
    income.recordCollected(ctx, { collected: fees, toCommunityPool: left });
  }

  /**
   * Gives coins that this module's account holds to a validator: its commission first, the rest to its delegators. Records
   * that do not change are not written: this runs for every validator in every block.
   */
  toValidator(ctx: Context, { operator, commission: { rate } }: Validator, coins: DecCoins): void {
    const commission = mulDecCoins(coins, rate);
    const name = ctx.addresses.operators.format(operator);
    emitCommission(ctx, name, commission);
    if (commission.length > 0)
      setCommission(ctx, operator, addDecCoins(getCommission(ctx, operator), commission));
    const shared = subtractDecCoins(coins, commission);
    if (shared.length > 0) {
      const { rewards, period } = getCurrent(ctx, operator);
      setCurrent(ctx, operator, { rewards: addDecCoins(rewards, shared), period });
    }
    emitRewards(ctx, name, coins);
    if (coins.length > 0) setOutstanding(ctx, operator, addDecCoins(getOutstanding(ctx, operator), coins));
  }

  allocate(ctx: Context, kind: ShareKind, coins: Coins, from: string): void {
    this.#share(ctx, kind, coins, from, () =>
      kind === "compute" ? this.#proposer(ctx) : this.#signers(ctx),
    );
  }

  allocateTo(ctx: Context, kind: ShareKind, coins: Coins, from: string, workers: readonly Worker[]): void {
    this.#share(ctx, kind, coins, from, () =>
      workers.flatMap(({ consensus, power }) => {
        const validator = power > 0n ? this.#deps.staking.validatorByConsensus(ctx, consensus) : undefined;
        return validator ? [{ validator, power }] : [];
      }),
    );
  }

  #share(ctx: Context, kind: ShareKind, coins: Coins, from: string, of: () => readonly Receiver[]): void {
    if (coins.length === 0) return;
    const { bank, income } = this.#deps;
    bank.sendBetweenModules(ctx, from, MODULE, coins);
    const receivers = of();
    const all = decCoinsFromCoins(coins);
    if (receivers.length === 0) {
      addToCommunityPool(ctx, all);
      income.record(ctx, kind, { toStakers: NO_DEC_COINS, toCommunityPool: all });
      return;
    }
    const powers = receivers.map(({ power }) => power);
    for (const [index, part] of shareCoins(coins, powers).entries()) {
      if (part.length === 0) continue;
      const { validator } = receivers[index]!;
      emitShare(ctx, validator.operator, kind, part);
      this.toValidator(ctx, validator, decCoinsFromCoins(part));
    }
    income.record(ctx, kind, { toStakers: all, toCommunityPool: NO_DEC_COINS });
  }

  /** The proposer of this block, if staking knows it. */
  #proposer(ctx: Context): readonly Receiver[] {
    const validator = this.#deps.staking.validatorByConsensus(ctx, ctx.block.proposerAddress);
    return validator ? [{ validator, power: 1n }] : [];
  }

  /** Who signed the block before, by consensus address; where nobody did, as at the first block, the proposer. */
  #signers(ctx: Context): readonly Receiver[] {
    const signed = ctx.block.lastCommit.votes.flatMap(({ validator: { address, power }, blockIdFlag }) => {
      if (blockIdFlag !== BlockIDFlag.BLOCK_ID_FLAG_COMMIT || power <= 0n) return [];
      const validator = this.#deps.staking.validatorByConsensus(ctx, address);
      return validator ? [{ validator, power }] : [];
    });
    if (signed.length === 0) return this.#proposer(ctx);
    return signed.sort((a, b) => compareBytes(a.validator.consensus, b.validator.consensus));
  }
}

interface Receiver {
  readonly validator: Validator;
  readonly power: bigint;
}

/** Splits each denomination by weight; the parts of each sum to it exactly. */
function shareCoins(coins: Coins, weights: readonly bigint[]): Coins[] {
  const parts = coins.map(({ denom, amount }) =>
    splitByWeight(amount, weights).map((part) => ({ denom, amount: part })),
  );
  return weights.map((_, index) => coinsOf(...parts.map((part) => part[index]!)));
}
