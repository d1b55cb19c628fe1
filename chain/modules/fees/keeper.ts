/** The base fee: what every transaction pays for a unit of gas at least. The only code that touches the store `fees`. */
import { Params, Taken } from "../../../proto/gen/opg.fees.v1.ts";
import { utf8 } from "../../runtime/bytes.ts";
import { amountOf, type Coins, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import {
  type Dec,
  decCeil,
  decFromWire,
  decMulInt,
  decToWire,
  formatDec,
  ZERO,
} from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { GasMeter } from "../../runtime/gas.ts";
import { remembering } from "../../runtime/remember.ts";
import type { BankKeeper } from "../bank/index.ts";
import { nextBaseFee } from "./base-fee.ts";
import { BASE_FEE_KEY, MODULE, PARAMS_KEY, STORE, TAKEN_KEY } from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";

export interface FeesDeps {
  readonly bank: BankKeeper;
  /** Module account that fees wait in. */
  readonly feeCollector: string;
  /** Most gas that a block may hold; -1n for no limit. */
  readonly maxBlockGas: (ctx: Context) => bigint;
}

/** What the block in progress took. */
interface TakenFees {
  readonly gas: bigint;
  readonly burn: bigint;
}

const NOTHING: TakenFees = { gas: 0n, burn: 0n };

const decodeParams = remembering((bytes: Uint8Array) => Params.decode(bytes));

export class FeesKeeper {
  readonly #deps: FeesDeps;

  constructor(deps: FeesDeps) {
    this.#deps = deps;
  }

  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? decodeParams(bytes) : DEFAULT_PARAMS;
  }

  /** Sets what the next block begins with: votes are executed at a block's end, after its transactions. */
  setParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
  }

  /** Per unit of gas; zero while there is none. */
  baseFee(ctx: Context): Dec {
    const params = this.params(ctx);
    return params.enabled ? this.#baseFee(ctx, params) : ZERO;
  }

  #baseFee(ctx: Context, params: Params): Dec {
    const least = decFromWire(params.minBaseFee, "params.min_base_fee");
    const kept = this.keptBaseFee(ctx);
    return kept > least ? kept : least;
  }

  /** The base fee as the last block left it, in force or not. */
  keptBaseFee(ctx: Context): Dec {
    const bytes = ctx.store(STORE).get(BASE_FEE_KEY);
    return bytes ? decFromWire(new TextDecoder().decode(bytes), "base_fee") : ZERO;
  }

  setBaseFee(ctx: Context, baseFee: Dec): void {
    ctx.store(STORE).set(BASE_FEE_KEY, utf8(decToWire(baseFee)));
  }

  #taken(ctx: Context): TakenFees {
    const bytes = ctx.store(STORE).get(TAKEN_KEY);
    if (!bytes) return NOTHING;
    const { gas, burn } = Taken.decode(bytes);
    return { gas, burn: BigInt(burn || "0") };
  }

  /**
   * Holds a transaction's fee to the base fee, and books what of it is to be burnt. It takes none of the transaction's gas;
   * a simulation is not held to it. @throws SdkError.insufficientFee
   */
  charge(ctx: Context, fee: Coins, gas: bigint): void {
    if (ctx.mode === "genesis") return;
    const { ctx: free, write } = ctx.branch({ gas: new GasMeter() });
    const params = this.params(free);
    if (!params.enabled) return;
    const { denom } = params;
    const baseFee = this.#baseFee(free, params);
    const amount = decCeil(decMulInt(baseFee, gas));
    if (amountOf(fee, denom) < amount) {
      if (ctx.mode === "simulate") return;
      throw SdkError.insufficientFee(
        `insufficient fees; got: ${formatCoins(fee)} required: ${amount}${denom} (${gas} gas at the base fee ${formatDec(baseFee)}${denom})`,
      );
    }
    const before = this.#taken(free);
    const burn = before.burn + (params.burnBaseFee ? amount : 0n);
    free.store(STORE).set(TAKEN_KEY, Taken.encode({ gas: before.gas + gas, burn: burn.toString() }));
    write();
  }

  /** Burns what is to be burnt before it is given out, and sets the base fee of the next block. */
  endBlock(ctx: Context): void {
    const taken = this.#taken(ctx);
    const params = this.params(ctx);
    if (taken !== NOTHING) ctx.store(STORE).delete(TAKEN_KEY);
    if (taken.burn > 0n) this.#burn(ctx, [{ denom: params.denom, amount: taken.burn }]);
    if (!params.enabled) return;
    const next = nextBaseFee(this.#baseFee(ctx, params), taken.gas, this.#deps.maxBlockGas(ctx), params);
    this.setBaseFee(ctx, next);
    ctx.events.emit("base_fee", {
      base_fee: formatDec(next),
      denom: params.denom,
      gas: taken.gas,
      burnt: taken.burn,
    });
  }

  #burn(ctx: Context, coins: Coins): void {
    const { bank, feeCollector } = this.#deps;
    bank.sendBetweenModules(ctx, feeCollector, MODULE, coins);
    bank.burn(ctx, MODULE, coins);
  }

  /** Whether a block is in progress, as it is not between blocks. */
  hasTaken(ctx: Context): boolean {
    return ctx.store(STORE).has(TAKEN_KEY);
  }
}
