/** Minting by inflation. The only code that touches the store `mint`. */
import { Minter as MinterType, Params } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import { type Coins, coinsOf } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, decFromWire, decToWire, formatDec, ZERO } from "../../runtime/decimal.ts";
import type { BankKeeper } from "../bank/index.ts";
import { MAX_TOTAL_POWER, POWER_REDUCTION } from "../staking/index.ts";
import { MINTER_KEY, MODULE, PARAMS_KEY, STORE } from "./keys.ts";
import { annualProvisionsOf, blockProvision, type Minter, nextInflation } from "./minter.ts";
import { DEFAULT_INFLATION, DEFAULT_PARAMS } from "./params.ts";

/**
 * Minting stops where all stake together could be more power than CometBFT counts, at which it halts: a vote for high
 * inflation and few blocks a year would get there (ADR-0150).
 */
export const MAX_SUPPLY = MAX_TOTAL_POWER * POWER_REDUCTION;

/** Not negative either: a genesis may begin with more. */
function atMost(amount: bigint, most: bigint): bigint {
  if (most <= 0n) return 0n;
  return amount < most ? amount : most;
}

export interface MintDeps {
  readonly bank: BankKeeper;
  readonly staking: {
    stakingSupply(ctx: Context): bigint;
    bondedRatio(ctx: Context): Dec;
  };
  /** Is told of what was minted into the fee collector. */
  readonly income: { recordProvisions(ctx: Context, coins: Coins): void };
  readonly feeCollector: string;
}

export class MintKeeper {
  readonly #deps: MintDeps;

  constructor(deps: MintDeps) {
    this.#deps = deps;
  }

  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? Params.decode(bytes) : DEFAULT_PARAMS;
  }

  setParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
  }

  minter(ctx: Context): Minter {
    const bytes = ctx.store(STORE).get(MINTER_KEY);
    if (!bytes) return { inflation: DEFAULT_INFLATION, annualProvisions: ZERO };
    const { inflation, annualProvisions } = MinterType.decode(bytes);
    return {
      inflation: decFromWire(inflation, "inflation"),
      annualProvisions: decFromWire(annualProvisions, "annual_provisions"),
    };
  }

  setMinter(ctx: Context, { inflation, annualProvisions }: Minter): void {
    const minter = { inflation: decToWire(inflation), annualProvisions: decToWire(annualProvisions) };
    ctx.store(STORE).set(MINTER_KEY, MinterType.encode(minter));
  }

  /** Mints a block's provisions into the fee collector. Source: x/mint/keeper/mint.go of the Cosmos SDK v0.53. */
  beginBlock(ctx: Context): void {
    const { bank, staking, income, feeCollector } = this.#deps;
    const params = this.params(ctx);
    const supply = staking.stakingSupply(ctx);
    const bondedRatio = staking.bondedRatio(ctx);
    const inflation = nextInflation(this.minter(ctx).inflation, params, bondedRatio);
    const annualProvisions = annualProvisionsOf(inflation, supply);
    this.setMinter(ctx, { inflation, annualProvisions });
    const amount = atMost(
      blockProvision(annualProvisions, params),
      MAX_SUPPLY - bank.supply(ctx, params.mintDenom),
    );
    const minted = coinsOf({ denom: params.mintDenom, amount });
    if (minted.length > 0) bank.mint(ctx, MODULE, minted);
    bank.sendBetweenModules(ctx, MODULE, feeCollector, minted);
    income.recordProvisions(ctx, minted);
    ctx.events.emit("mint", {
      bonded_ratio: formatDec(bondedRatio),
      inflation: formatDec(inflation),
      annual_provisions: formatDec(annualProvisions),
      amount,
    });
  }
}
