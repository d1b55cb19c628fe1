/**
 * Which transactions a block may hold. The proposer chooses with the rule by which the others judge, on the same state,
 * so that an honest proposal is never refused: bytes, gas and compute within the block's limits, and every transaction
 * through the pipeline, in order.
 */
import { txSizeInBlock } from "../../abci/proposal.ts";
import type { BlockLimits, Context } from "../runtime/context.ts";
import { ChainError } from "../runtime/errors.ts";
import type { DecodedTx } from "../tx/decode.ts";
import { needsOf } from "../tx/needs.ts";
import type { TxDeps } from "../tx/pipeline.ts";
import { MAX_BLOCK_RESULT_BYTES, resultRoom } from "../tx/result-size.ts";
import { checkTx } from "../tx/run.ts";

export interface ProposalLimits extends BlockLimits {
  /** Compute units that the inferences of one block may use together. */
  readonly computeBudget: bigint;
}

interface Used {
  bytes: bigint;
  gas: bigint;
  compute: bigint;
  /** Room for results (ADR-0066). */
  results: bigint;
}

/** Why a transaction has no place in the block; undefined if it has, and then `used` and `ctx` are moved on. */
function place(
  ctx: Context,
  bytes: Uint8Array,
  used: Used,
  limits: ProposalLimits,
  deps: TxDeps,
): string | undefined {
  const tx = decoded(ctx, bytes, deps);
  if (typeof tx === "string") return tx;
  const size = used.bytes + BigInt(txSizeInBlock(bytes));
  if (limits.maxBytes >= 0n && size > limits.maxBytes) return `block bytes ${size} over ${limits.maxBytes}`;
  const gas = used.gas + tx.gasLimit;
  if (limits.maxGas >= 0n && gas > limits.maxGas) return `block gas ${gas} over ${limits.maxGas}`;
  const results = used.results + resultRoom(tx);
  if (results > MAX_BLOCK_RESULT_BYTES)
    return `block results ${results} bytes over ${MAX_BLOCK_RESULT_BYTES}`;
  const needs = needsOf(ctx, tx);
  const compute = needs.reduce((sum, { units }) => sum + units, used.compute);
  if (compute > limits.computeBudget) return `block compute ${compute} over ${limits.computeBudget}`;
  const outcome = checkTx(ctx, tx, deps);
  if (outcome.code !== 0) return outcome.log;
  // Only now, so that no proposal makes a node compute more than a block may hold.
  for (const { request, message } of needs) ctx.compute.warm(request, message);
  Object.assign(used, { bytes: size, gas, compute, results });
  return undefined;
}

export function decoded(ctx: Context, bytes: Uint8Array, deps: TxDeps): DecodedTx | string {
  try {
    return deps.decoded.decode(bytes, ctx.addresses);
  } catch (error) {
    if (error instanceof ChainError) return error.message;
    throw error;
  }
}

/** Of the mempool's transactions, in its order, those that fit and pass. What does not is left for a later block. */
export function chooseTxs(
  ctx: Context,
  txs: readonly Uint8Array[],
  limits: ProposalLimits,
  deps: TxDeps,
): readonly Uint8Array[] {
  const used: Used = { bytes: 0n, gas: 0n, compute: 0n, results: 0n };
  return txs.filter((bytes) => place(ctx, bytes, used, limits, deps) === undefined);
}

/** @param from place of the first in its block. @returns why the proposal must be refused, or undefined if it is good */
export function judgeTxs(
  ctx: Context,
  txs: readonly Uint8Array[],
  limits: ProposalLimits,
  deps: TxDeps,
  from = 0,
): string | undefined {
  const used: Used = { bytes: 0n, gas: 0n, compute: 0n, results: 0n };
  for (const [index, bytes] of txs.entries()) {
    const fault = place(ctx, bytes, used, limits, deps);
    if (fault !== undefined) return `transaction ${from + index}: ${fault}`;
  }
  return undefined;
}
