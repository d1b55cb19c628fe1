/**
 * What one block pays validators, owners, the treasury and nobody for the jobs that end in it, summed and paid once: so
 * the block's events grow with the validators, and not with validators times jobs.
 */
import type { Address } from "../../runtime/address.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { splitByWeight } from "../../runtime/split.ts";
import type { Worker } from "../distribution/index.ts";
import type { ComputeDeps } from "./deps.ts";
import type { BONDS, MODULE } from "./keys.ts";
import { paramsOf } from "./state.ts";

/** The account that pays: escrow, or bonds. */
export type Payer = typeof MODULE | typeof BONDS;

interface Sums {
  readonly workers: Map<string, Worker>;
  treasury: bigint;
  burn: bigint;
}

export class Payouts {
  readonly #ctx: Context;
  readonly #deps: ComputeDeps;
  readonly #denom: string;
  readonly #sums = new Map<Payer, Sums>();

  constructor(ctx: Context, deps: ComputeDeps) {
    this.#ctx = ctx;
    this.#deps = deps;
    this.#denom = paramsOf(ctx).denom;
  }

  /** Pays an account at once. It is never a module's: those could not be registered, nor post. */
  pay(payer: Payer, to: Address, amount: bigint): void {
    if (amount > 0n) this.#deps.bank.send(this.#ctx, moduleAddress(payer), to, this.#coins(amount));
  }

  /** Shares `amount` among validators by weight. @returns false if nobody of them is a validator any more: nothing is paid */
  share(payer: Payer, workers: readonly Worker[], amount: bigint): boolean {
    const there = workers.filter(
      ({ consensus, power }) =>
        power > 0n && this.#deps.staking.validatorByConsensus(this.#ctx, consensus) !== undefined,
    );
    if (there.length === 0) return false;
    const sums = this.#of(payer).workers;
    const parts = splitByWeight(
      amount,
      there.map(({ power }) => power),
    );
    for (const [index, { consensus }] of there.entries()) {
      const key = toHex(consensus);
      const before = sums.get(key)?.power ?? 0n;
      sums.set(key, { consensus, power: before + parts[index]! });
    }
    return true;
  }

  treasury(payer: Payer, amount: bigint): void {
    this.#of(payer).treasury += amount;
  }

  burn(payer: Payer, amount: bigint): void {
    this.#of(payer).burn += amount;
  }

  /** Pays the sums. To be called once, when all jobs of this step are done. */
  settle(): void {
    const { bank, distribution } = this.#deps;
    for (const [payer, { workers, treasury, burn }] of this.#sums) {
      const inOrder = [...workers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, worker]) => worker);
      const shared = inOrder.reduce((sum, { power }) => sum + power, 0n);
      // Weights that sum to the amount are the parts themselves.
      if (shared > 0n)
        distribution.allocateTo(this.#ctx, "verification", this.#coins(shared), payer, inOrder);
      if (treasury > 0n) distribution.fundCommunityPoolFromModule(this.#ctx, payer, this.#coins(treasury));
      if (burn > 0n) bank.burn(this.#ctx, payer, this.#coins(burn));
    }
    this.#sums.clear();
  }

  #of(payer: Payer): Sums {
    const known = this.#sums.get(payer) ?? { workers: new Map(), treasury: 0n, burn: 0n };
    this.#sums.set(payer, known);
    return known;
  }

  #coins(amount: bigint) {
    return [{ denom: this.#denom, amount }];
  }
}
