/** From what stakers are paid: what distribution is told to give out, and what it tells of it. */
import type { Coins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import type { DecCoins } from "../../runtime/dec-coins.ts";

/** For what a share of inference fees is paid. */
export type ShareKind = "compute" | "verification";

/** A validator who worked, by its consensus address, and how its part weighs. */
export interface Worker {
  readonly consensus: Uint8Array;
  readonly power: bigint;
}

/** Pays validators and their delegators for inference. */
export interface ValidatorShares {
  /**
   * Shares out `coins` of a module's account, whole: of `compute` to the proposer of this block, of `verification` to
   * those who signed the block before, by power; of each the validator's commission first. Where nobody of them is known, all
   * goes to the community pool.
   */
  allocate(ctx: Context, kind: ShareKind, coins: Coins, from: string): void;
  /** As allocate, to those of `workers` who are validators, by their power. */
  allocateTo(ctx: Context, kind: ShareKind, coins: Coins, from: string, workers: readonly Worker[]): void;
}

/** Takes the treasury's share of inference fees: the community pool, which stakers spend by vote. */
export interface Treasury {
  fundCommunityPoolFromModule(ctx: Context, from: string, coins: Coins): void;
}

/** Where income of stakers comes from: users pay `gas`, `compute` and `verification`; `inflation` is minted. */
export type IncomeSource = "gas" | "inflation" | ShareKind;

/** Where income went. */
export interface Income {
  readonly toStakers: DecCoins;
  readonly toCommunityPool: DecCoins;
}

/** Keeps the sources of income apart. It moves no coins. */
export interface IncomeBook {
  record(ctx: Context, source: IncomeSource, income: Income): void;
  /** What the fee collector held was given out: provisions and gas fees, which were mixed there. */
  recordCollected(
    ctx: Context,
    given: { readonly collected: DecCoins; readonly toCommunityPool: DecCoins },
  ): void;
}
