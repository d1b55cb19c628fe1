/** Fees: the node's own floor, and the deduction into the fee collector. */

import type { Address } from "../runtime/address.ts";
import { bytesEqual } from "../runtime/bytes.ts";
import { type Coins, formatCoins } from "../runtime/coins.ts";
import type { Context } from "../runtime/context.ts";
import { type Dec, decCeil, decMulInt, formatDec } from "../runtime/decimal.ts";
import { SdkError } from "../runtime/errors.ts";
import type { Step } from "./pipeline.ts";

/** The account that fees wait in until they are shared out. */
export const FEE_COLLECTOR = "fee_collector";

/** Least price of one unit of gas, in each denomination that the node takes. Empty: none is asked for. */
export type GasPrices = readonly { readonly denom: string; readonly price: Dec }[];

/** Allowances to pay fees from another account. */
export interface FeeAllowances {
  /** Takes the fee off the allowance. @throws ChainError if there is none, or it does not suffice */
  use(
    ctx: Context,
    granter: Address,
    grantee: Address,
    fee: Coins,
    tx: { readonly typeUrls: readonly string[] },
  ): void;
}

/** What the chain asks for a unit of gas, of everybody: consensus, other than the node's own floor. */
export interface BaseFee {
  /** @throws SdkError.insufficientFee if the fee is less than the base fee of the gas */
  charge(ctx: Context, fee: Coins, gas: bigint): void;
}

export const deductFee: Step = (ctx, { tx }, { bank, auth, minGasPrices, allowances, baseFee }) => {
  if (ctx.mode === "check") assertFloor(tx.fee, tx.gasLimit, minGasPrices);
  baseFee.charge(ctx, tx.fee, tx.gasLimit);
  let payer = tx.feePayer;
  if (tx.feeGranter) {
    if (!bytesEqual(tx.feeGranter, tx.feePayer)) {
      allowances.use(ctx, tx.feeGranter, tx.feePayer, tx.fee, {
        typeUrls: tx.msgs.map(({ typeUrl }) => typeUrl),
      });
    }
    payer = tx.feeGranter;
  }
  const payerText = ctx.addresses.format(payer);
  if (!auth.hasAccount(ctx, payer)) throw SdkError.unknownAddress(`fee payer ${payerText} does not exist`);
  if (tx.fee.length > 0) bank.sendToModule(ctx, payer, FEE_COLLECTOR, tx.fee);
  ctx.events.emit("tx", { fee: formatCoins(tx.fee), fee_payer: payerText });
};

/** @throws SdkError.insufficientFee if the fee reaches the floor in no denomination that the node takes */
function assertFloor(fee: Coins, gas: bigint, prices: GasPrices): void {
  if (prices.length === 0) return;
  const required = prices.map(({ denom, price }) => ({ denom, amount: decCeil(decMulInt(price, gas)) }));
  const enough = required.some(
    ({ denom, amount }) => (fee.find((coin) => coin.denom === denom)?.amount ?? 0n) >= amount,
  );
  if (enough) return;
  const floor = prices.map(({ denom, price }) => `${formatDec(price)}${denom}`).join(",");
  throw SdkError.insufficientFee(
    `insufficient fees; got: ${formatCoins(fee)} required: ${formatCoins(required)} (${gas} gas at ${floor})`,
  );
}
