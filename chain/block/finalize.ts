/** Executes a decided block on a branch of the state: begin, transactions in order, end. */
import type { Event, ExecTxResult, ValidatorUpdate } from "../../proto/gen/tendermint.abci.ts";
import type { ConsensusParams } from "../../proto/gen/tendermint.types.ts";
import { ConsensusParams as ConsensusParamsType } from "../../proto/gen/tendermint.types.ts";
import { bytesEqual } from "../runtime/bytes.ts";
import { ComputePending, type ComputeRequest } from "../runtime/compute.ts";
import type { Context } from "../runtime/context.ts";
import { ChainError, SdkError } from "../runtime/errors.ts";
import type { Module } from "../runtime/module.ts";
import type { DecodedTx } from "../tx/decode.ts";
import type { TxDeps } from "../tx/pipeline.ts";
import { MAX_BLOCK_RESULT_BYTES, resultRoom } from "../tx/result-size.ts";
import { failedTx, runTx, type TxOutcome } from "../tx/run.ts";
import { dueOf } from "./due.ts";

/** What executing a block needs; the order of the modules is consensus. */
export interface BlockDeps {
  readonly beginOrder: readonly Module[];
  readonly endOrder: readonly Module[];
  readonly tx: TxDeps;
  readonly consensusParams: (ctx: Context) => ConsensusParams;
  /** Delivers what the last commit's votes say, if `tx` is that (ADR-0161). */
  readonly deliverVotes: (ctx: Context, tx: Uint8Array) => TxOutcome | undefined;
  /** Computes outcomes; waits for those of `later` that are under way. */
  readonly compute: (now: readonly ComputeRequest[], later: readonly ComputeRequest[]) => Promise<void>;
  /** Waits for what was begun ahead of need for these messages (ADR-0036); undefined if there is nothing to wait for. */
  readonly ready: (messages: readonly object[]) => Promise<unknown> | undefined;
}

export interface BlockResult {
  readonly events: readonly Event[];
  readonly txResults: readonly ExecTxResult[];
  readonly validatorUpdates: readonly ValidatorUpdate[];
  /** Set if the block changed them. */
  readonly consensusParamUpdates: ConsensusParams | undefined;
}

/** Runs the block in `ctx`, whose branch the caller writes. Whatever it throws is a fault that must halt the node. */
export async function executeBlock(
  ctx: Context,
  txs: readonly Uint8Array[],
  deps: BlockDeps,
): Promise<BlockResult> {
  const before = deps.consensusParams(ctx);
  ctx.compute.meter.resetTo(0n);
  const events: Event[] = [];
  await deps.compute(dueOf(ctx, deps.beginOrder), []);
  for (const module of deps.beginOrder)
    for (const event of await begin(ctx, module, deps)) events.push(withMode(event, "BeginBlock"));

  const gasLeft = new BlockGas(before.block?.maxGas ?? -1n);
  const txResults: ExecTxResult[] = [];
  for (const [index, bytes] of txs.entries()) {
    const votes = index === 0 ? deps.deliverVotes(ctx, bytes) : undefined;
    txResults.push(toExecTxResult(votes ?? (await deliver(ctx, bytes, gasLeft, deps))));
  }

  const validatorUpdates: ValidatorUpdate[] = [];
  for (const module of deps.endOrder) {
    const { ctx: own, write } = ctx.branch();
    validatorUpdates.push(...(module.endBlock?.(own) ?? []));
    write();
    for (const event of own.events.all) events.push(withMode(event, "EndBlock"));
  }
  return {
    events,
    txResults,
    validatorUpdates,
    consensusParamUpdates: changed(before, deps.consensusParams(ctx)),
  };
}

/** A module's begin block, again from its start for as long as it asks for what is not computed. */
async function begin(ctx: Context, module: Module, deps: BlockDeps): Promise<readonly Event[]> {
  const { meter } = ctx.compute;
  const { spent } = meter;
  for (;;) {
    const { ctx: own, write } = ctx.branch();
    try {
      module.beginBlock?.(own);
    } catch (error) {
      if (!(error instanceof ComputePending)) throw error;
      meter.resetTo(spent);
      await deps.compute([error.request, ...error.later], []);
      continue;
    }
    write();
    return own.events.all;
  }
}

async function deliver(
  ctx: Context,
  bytes: Uint8Array,
  gasLeft: BlockGas,
  deps: BlockDeps,
): Promise<TxOutcome> {
  try {
    const tx = deps.tx.decoded.decode(bytes, ctx.addresses);
    gasLeft.reserve(tx);
    const begun = deps.ready(tx.msgs.map(({ value }) => value as object));
    if (begun) await begun;
    return await runTx(ctx, tx, deps.tx, deps.compute);
  } catch (error) {
    if (error instanceof ChainError) return failedTx(error);
    throw error;
  }
}

/** Counts what transactions want, not what they use: a proposal is judged by the same numbers before it runs. */
class BlockGas {
  readonly #limit: bigint;
  #wanted = 0n;
  #resultBytes = 0n;

  constructor(limit: bigint) {
    this.#limit = limit;
  }

  /**
   * Nothing of a transaction runs that has no room.
   * @throws SdkError.invalidGasLimit if no block has room for its gas, as the pipeline; outOfGas if this block has none
   */
  reserve(tx: DecodedTx): void {
    const gas = tx.gasLimit;
    if (this.#limit >= 0n && gas > this.#limit) {
      throw SdkError.invalidGasLimit(
        `auth_info.fee.gas_limit: ${gas} is over the block's max_gas ${this.#limit}`,
      );
    }
    const bytes = this.#resultBytes + resultRoom(tx);
    if (bytes > MAX_BLOCK_RESULT_BYTES)
      throw SdkError.outOfGas(
        `no room left for results in the block: ${bytes} over ${MAX_BLOCK_RESULT_BYTES}`,
      );
    if (this.#limit >= 0n && this.#wanted + gas > this.#limit) {
      throw SdkError.outOfGas(
        `no block gas left: ${this.#wanted} of ${this.#limit} wanted, ${gas} more asked for`,
      );
    }
    this.#wanted += gas;
    this.#resultBytes = bytes;
  }
}

function toExecTxResult(outcome: TxOutcome): ExecTxResult {
  const { code, data, log, gasWanted, gasUsed, events, codespace } = outcome;
  return { code, data, log, info: "", gasWanted, gasUsed, events, codespace };
}

function withMode(event: Event, mode: string): Event {
  return { type: event.type, attributes: [...event.attributes, { key: "mode", value: mode, index: true }] };
}

function changed(before: ConsensusParams, after: ConsensusParams): ConsensusParams | undefined {
  return bytesEqual(ConsensusParamsType.encode(before), ConsensusParamsType.encode(after))
    ? undefined
    : after;
}
