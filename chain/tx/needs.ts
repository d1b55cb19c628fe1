/** What a transaction will ask of the engine, told before it runs. */
import type { ComputeNeed } from "../runtime/compute.ts";
import type { Context } from "../runtime/context.ts";
import { ChainError } from "../runtime/errors.ts";
import { GasMeter } from "../runtime/gas.ts";
import { type DecodedMsg, withInner } from "../runtime/module.ts";
import type { DecodedTx } from "./decode.ts";

export interface MessageNeed extends ComputeNeed {
  /** The decoded message. */
  readonly message: object;
}

/**
 * What the messages will ask of the engine, as far as the state before the block tells. A message that cannot run by it
 * counts nothing and hides none of the others; if an earlier transaction makes it run after all, the block's own meter
 * counts it (ADR-0064). Looking costs what it costs when the message runs, so the transaction's gas bounds it.
 */
export function needsOf(ctx: Context, tx: DecodedTx): readonly MessageNeed[] {
  const gas = new GasMeter(tx.gasLimit);
  const needs: MessageNeed[] = [];
  for (const { route, value } of carried(tx)) {
    if (!route.compute) continue;
    try {
      needs.push({ ...route.compute(ctx.branch({ gas }).ctx, value), message: value as object });
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      if (gas.used > tx.gasLimit) break;
    }
  }
  return needs;
}

/** The transaction's messages with those that they carry; none of what cannot be read, which its check will refuse. */
function carried(tx: DecodedTx): readonly DecodedMsg[] {
  try {
    return withInner(tx.msgs);
  } catch (error) {
    if (error instanceof ChainError) return [];
    throw error;
  }
}
