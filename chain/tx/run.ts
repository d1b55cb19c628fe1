/**
 * Runs one transaction: decode → pipeline (limits, fee, signatures, sequence) → messages. What the pipeline did stays
 * even if a message fails; messages are all or nothing.
 */
import { TxMsgData } from "../../proto/gen/cosmos.base.abci.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import type { Event } from "../../proto/gen/tendermint.abci.ts";
import { ComputePending, type ComputeRequest, ExploringCompute } from "../runtime/compute.ts";
import type { Context } from "../runtime/context.ts";
import { ChainError } from "../runtime/errors.ts";
import { EventLog } from "../runtime/events.ts";
import { GasMeter } from "../runtime/gas.ts";
import { withInner } from "../runtime/module.ts";
import type { DecodedMsg, Router } from "../runtime/router.ts";
import { messageSigners } from "../runtime/signers.ts";
import type { DecodedTx } from "./decode.ts";
import { runPipeline, type TxDeps } from "./pipeline.ts";
import { assertRoom, fittingLog, gasForResult, resultBytes, resultRoom } from "./result-size.ts";

/** Result of a transaction. `code`, `codespace`, `data` and gas are consensus; `log` is not. */
export interface TxOutcome {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly data: Uint8Array;
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
  readonly events: readonly Event[];
  /** Responses of the messages; empty unless code is 0. */
  readonly responses: readonly Any[];
}

const NO_DATA = new Uint8Array(0);
/** The event of a signature, which a simulation does not have yet. */
const SIGNATURE_EVENT_BYTES = 160;
/** What a transaction has room for that got nowhere. */
const NO_TX = { msgs: [], gasLimit: 65_536n } as const;

/** The outcome of a transaction that did not get past `error`. */
export function failedTx(
  error: ChainError,
  parts: { readonly gasWanted?: bigint; readonly gasUsed?: bigint; readonly events?: readonly Event[] } = {},
  tx: Pick<DecodedTx, "msgs" | "gasLimit"> = NO_TX,
): TxOutcome {
  const events = parts.events ?? [];
  return {
    code: error.code,
    codespace: error.codespace,
    log: fittingLog(error.message, resultRoom(tx), resultBytes(events, NO_DATA)),
    data: NO_DATA,
    gasWanted: parts.gasWanted ?? 0n,
    gasUsed: parts.gasUsed ?? 0n,
    events,
    responses: [],
  };
}

/** The outcome of a transaction that is no user's: it pays nothing and wants no gas. */
export function passedTx(events: readonly Event[]): TxOutcome {
  return {
    code: 0,
    codespace: "",
    log: "",
    data: NO_DATA,
    gasWanted: 0n,
    gasUsed: 0n,
    events,
    responses: [],
  };
}

/** @throws whatever is not a ChainError: a programming fault, or ComputePending. */
function asChainError(error: unknown): ChainError {
  if (error instanceof ChainError) return error;
  throw error;
}

/**
 * Runs the pipeline on a branch of `ctx` and keeps its effects if it passes; then lets each message's `admit` see the
 * state. This is CheckTx, and the check of each transaction of a proposal.
 */
export function checkTx(ctx: Context, tx: DecodedTx, deps: TxDeps): TxOutcome {
  const gas = new GasMeter(tx.gasLimit);
  const branch = ctx.branch({ gas });
  try {
    runPipeline(branch.ctx, tx, deps);
    assertRoom(tx, resultBytes(branch.ctx.events.all, NO_DATA));
    if (ctx.mode === "check")
      for (const msg of withInner(tx.msgs)) msg.route.admit?.(branch.ctx.branch().ctx, msg.value);
  } catch (error) {
    return failedTx(asChainError(error), { gasWanted: tx.gasLimit, gasUsed: gas.used });
  }
  branch.write();
  return succeeded(tx, gas, branch.ctx.events.all, []);
}

/**
 * Delivers a transaction into `ctx`, waiting for inferences that are not computed yet. In mode `simulate` the gas
 * limit of the block binds in place of the transaction's, no model runs (ADR-0067), and the caller drops `ctx`.
 */
export async function runTx(
  ctx: Context,
  tx: DecodedTx,
  deps: TxDeps,
  compute: (now: readonly ComputeRequest[], later: readonly ComputeRequest[]) => Promise<void>,
): Promise<TxOutcome> {
  const { meter } = ctx.compute;
  const { spent } = meter;
  let computed = 0n;
  for (;;) {
    try {
      return attemptTx(ctx, tx, deps);
    } catch (error) {
      if (!(error instanceof ComputePending)) throw error;
      meter.resetTo(spent);
      const [now, later] = batchOf(error, computed);
      await compute(now, later);
      computed += now.reduce((sum, { units }) => sum + units, 0n);
    }
  }
}

/**
 * What to compute before the next attempt: what is needed for certain, and of what may be needed after it as many units as
 * the transaction has needed so far. So attempts are few, as what is known doubles with each, and what a transaction that
 * fails computes in vain is no more than what it is counted for (ADR-0151).
 */
function batchOf(
  { request, later }: ComputePending,
  computed: bigint,
): readonly [now: readonly ComputeRequest[], later: readonly ComputeRequest[]] {
  let left = computed + request.units;
  let count = 0;
  for (const { units } of later) {
    if (units > left) break;
    left -= units;
    count++;
  }
  return [[request, ...later.slice(0, count)], later.slice(count)];
}

/** Runs a transaction of genesis: signed for account number 0, and free of gas. */
export function runGenesisTx(ctx: Context, bytes: Uint8Array, deps: TxDeps): TxOutcome {
  try {
    return attemptTx(ctx, deps.decoded.decode(bytes, ctx.addresses), deps);
  } catch (error) {
    return failedTx(asChainError(error));
  }
}

/** Whether the transaction's own gas bounds its result. */
function isBound({ mode }: Context): boolean {
  return mode !== "simulate" && mode !== "genesis";
}

function attemptTx(ctx: Context, tx: DecodedTx, deps: TxDeps): TxOutcome {
  const gas = ctx.mode === "genesis" ? new GasMeter() : new GasMeter(gasLimitOf(ctx, tx, deps));
  // Both branches are written only at the end, so that an attempt that has to wait leaves nothing behind.
  const compute = new ExploringCompute(ctx.compute);
  const whole = ctx.branch({ gas, compute });
  try {
    runPipeline(whole.ctx, tx, deps);
    if (isBound(ctx)) assertRoom(tx, resultBytes(whole.ctx.events.all, NO_DATA));
  } catch (error) {
    return failedTx(asChainError(error), { gasWanted: tx.gasLimit, gasUsed: gas.used });
  }
  const messages = whole.ctx.branch();
  let responses: readonly Any[];
  let size: number;
  try {
    responses = runMsgs(messages.ctx, tx.msgs, deps.router);
    size =
      resultBytes(whole.ctx.events.all, NO_DATA) +
      resultBytes(messages.ctx.events.all, dataOf(responses)) +
      messages.ctx.events.later;
    if (isBound(ctx)) assertRoom(tx, size);
  } catch (error) {
    const failure = asChainError(error);
    compute.assertKnown();
    whole.write();
    return failedTx(failure, { gasWanted: tx.gasLimit, gasUsed: gas.used, events: whole.ctx.events.all }, tx);
  }
  compute.assertKnown();
  messages.write();
  whole.write();
  const done = succeeded(tx, gas, whole.ctx.events.all, responses);
  // A simulation says what must be wanted: gas for the work, or for the room that its result takes.
  const room =
    ctx.mode === "simulate" ? gasForResult(tx, size + SIGNATURE_EVENT_BYTES * tx.signers.length) : 0n;
  return room > done.gasUsed ? { ...done, gasUsed: room } : done;
}

/** Most gas that a simulation may use: nobody pays for it, and what no block holds need not be estimated. */
const MAX_SIMULATED_GAS = 1_000_000_000n;

function gasLimitOf(ctx: Context, tx: DecodedTx, deps: TxDeps): bigint {
  if (ctx.mode !== "simulate") return tx.gasLimit;
  const most = deps.maxBlockGas(ctx.branch({ gas: new GasMeter() }).ctx);
  return most >= 0n && most < MAX_SIMULATED_GAS ? most : MAX_SIMULATED_GAS;
}

function dataOf(responses: readonly Any[]): Uint8Array {
  return responses.length > 0 ? TxMsgData.encode(TxMsgData.create({ msgResponses: responses })) : NO_DATA;
}

function succeeded(
  tx: DecodedTx,
  gas: GasMeter,
  events: readonly Event[],
  responses: readonly Any[],
): TxOutcome {
  return {
    code: 0,
    codespace: "",
    log: "",
    data: dataOf(responses),
    gasWanted: tx.gasLimit,
    gasUsed: gas.used,
    events,
    responses,
  };
}

/** Runs messages in order; every event says which message it belongs to (attribute msg_index). */
function runMsgs(ctx: Context, msgs: readonly DecodedMsg[], router: Router): Any[] {
  return msgs.map((msg, index) => {
    const inner = ctx.branch();
    const response = router.handle(inner.ctx, msg);
    const own = new EventLog();
    const [, module = ""] = msg.typeUrl.split(".");
    own.emit("message", { action: msg.typeUrl, sender: firstSigner(msg, ctx), module });
    inner.write((events) => withIndex([...own.all, ...events], index));
    return response;
  });
}

function withIndex(events: readonly Event[], index: number): Event[] {
  const mark = { key: "msg_index", value: index.toString(), index: true };
  return events.map(({ type, attributes }) => ({ type, attributes: [...attributes, mark] }));
}

/** As an account, though the message may name a validator's operator. Source: baseapp createEvents of the SDK v0.53. */
function firstSigner({ route, value }: DecodedMsg, { addresses }: Context): string | undefined {
  const [first] = messageSigners(route.method.request, value, addresses);
  return first && addresses.format(first);
}
