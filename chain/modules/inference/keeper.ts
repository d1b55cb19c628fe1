/** Inference inside the block: price, run, receipt; and at the block's end split, root, price and pruning. */

import { Engine, Mode, type MsgInfer, Params, Receipt, Status } from "../../../proto/gen/opg.inference.v1.ts";
import type { EngineId } from "../../engine/engine.ts";
import { EngineError } from "../../engine/errors.ts";
import { batchOf, type RunCost } from "../../engine/onnx/index.ts";
import { bytesEqual, concatBytes, toHex, u64Bytes, u64FromBytes, utf8 } from "../../runtime/bytes.ts";
import { coinFromProto, coinToProto } from "../../runtime/coins.ts";
import type { ComputeNeed, ComputeRequest } from "../../runtime/compute.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, decFromWire, decToWire, formatDec } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { remembering } from "../../runtime/remember.ts";
import type { BankKeeper } from "../bank/index.ts";
import type { Treasury, ValidatorShares } from "../distribution/index.ts";
import {
  type CallableModel,
  leastOutputBytes,
  ModelRuns,
  type ModelsKeeper,
  type RunInputs,
  requestOf,
} from "../models/index.ts";
import { InferenceError } from "./errors.ts";
import {
  ENGINE_KEY,
  FIRST_ID_KEY,
  MODULE,
  PARAMS_KEY,
  PENDING_PARAMS_KEY,
  PRICE_KEY,
  STORE,
  USE_KEY,
} from "./keys.ts";
import { assumedOutcome } from "./outputs.ts";
import { DEFAULT_PARAMS, DEFAULT_UNIT_PRICE, INPUT_GAS_PER_BYTE, JOB_GAS, UNITS_PER_GAS } from "./params.ts";
import { boundedUnitPrice, feeOf, nextUnitPrice } from "./price.ts";
import {
  encodedReceiptsFrom,
  nextReceiptId,
  prune,
  putOutput,
  putReceipt,
  putRoot,
  rootOfEncoded,
  setNextReceiptId,
} from "./receipts.ts";
import { addParts, NO_PARTS, type Parts, partsFromProto, partsToProto, splitFee } from "./split.ts";

/** What paying one owner at the block's end adds to the block's events at most. */
const ROYALTY_EVENT_BYTES = 1_000;

export interface InferenceDeps {
  readonly bank: BankKeeper;
  readonly models: ModelsKeeper;
  readonly validators: ValidatorShares;
  /** Takes the treasury's share. */
  readonly treasury: Treasury;
}

export interface Use {
  readonly used: bigint;
  readonly budget: bigint;
}

/** What a job comes to before it runs. */
export interface Quote {
  readonly callable: CallableModel;
  readonly cost: RunCost;
  readonly unitPrice: Dec;
  readonly fee: bigint;
  readonly denom: string;
}

interface Job extends Quote {
  readonly request: ComputeRequest;
}

const decodeParams = remembering((bytes: Uint8Array) => Params.decode(bytes));
const decodeUnitPrice = remembering((bytes: Uint8Array) =>
  decFromWire(new TextDecoder().decode(bytes), "unit_price"),
);

export class InferenceKeeper {
  readonly #deps: InferenceDeps;
  readonly #runs: ModelRuns;

  constructor(deps: InferenceDeps) {
    this.#deps = deps;
    this.#runs = new ModelRuns(deps.models);
  }

  // ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────

  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? decodeParams(bytes) : DEFAULT_PARAMS;
  }

  initParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
  }

  /**
   * Sets what the next block begins with: within a block, price, budget and split do not change. They are in force from
   * this block's end, so that whoever checks or proposes for the next block sees them.
   */
  scheduleParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(PENDING_PARAMS_KEY, Params.encode(params));
  }

  unitPrice(ctx: Context): Dec {
    const bytes = ctx.store(STORE).get(PRICE_KEY);
    return bytes ? decodeUnitPrice(bytes) : DEFAULT_UNIT_PRICE;
  }

  setUnitPrice(ctx: Context, price: Dec): void {
    ctx.store(STORE).set(PRICE_KEY, utf8(decToWire(price)));
  }

  /** The engine that every validator must reproduce; undefined before genesis. */
  engine(ctx: Context): Engine | undefined {
    const bytes = ctx.store(STORE).get(ENGINE_KEY);
    return bytes && Engine.decode(bytes);
  }

  setEngine(ctx: Context, engine: Engine): void {
    ctx.store(STORE).set(ENGINE_KEY, Engine.encode(engine));
  }

  /** @throws InferenceError.engineMismatch if `mine` is not the engine of the state */
  assertEngine(ctx: Context, mine: EngineId): void {
    const demanded = this.engine(ctx);
    if (!demanded) return;
    if (!bytesEqual(demanded.idHash, mine.idHash)) {
      throw InferenceError.engineMismatch(
        `engine: the chain runs ${demanded.id}; this node has ${mine.id}; install the chain's release`,
      );
    }
    if (!bytesEqual(demanded.conformanceHash, mine.conformanceHash)) {
      throw InferenceError.engineMismatch(
        `engine: the chain's conformance vectors are ${toHex(demanded.conformanceHash)}, this node's ${toHex(mine.conformanceHash)}`,
      );
    }
  }

  /** Compute units that the last block used, and its budget; while a block is made, its budget alone (ADR-0064). */
  use(ctx: Context): Use {
    const bytes = ctx.store(STORE).get(USE_KEY);
    return bytes
      ? { used: u64FromBytes(bytes), budget: u64FromBytes(bytes.subarray(8)) }
      : { used: 0n, budget: this.params(ctx).blockComputeBudget };
  }

  setUse(ctx: Context, { used, budget }: Use): void {
    ctx.store(STORE).set(USE_KEY, concatBytes(u64Bytes(used), u64Bytes(budget)));
  }

  // ── A job ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a run at `batch` would cost by the state. @throws ChainError if it could not run */
  quote(ctx: Context, modelId: bigint, batch: bigint): Quote {
    const callable = this.#deps.models.callable(ctx, modelId);
    return this.#priced(ctx, callable, batch, this.params(ctx));
  }

  #priced(ctx: Context, callable: CallableModel, batch: bigint, params: Params): Quote {
    const cost = checked(() => this.#runs.cost(ctx, callable, batch));
    if (cost.units > params.blockComputeBudget) {
      throw InferenceError.budgetExceeded(
        `the run takes ${cost.units} compute units; a block holds ${params.blockComputeBudget}; use a smaller batch`,
      );
    }
    const least = leastOutputBytes(cost);
    if (least > params.maxOutputBytes) {
      throw InferenceError.outputTooLarge(
        `the outputs take ${least} bytes or more; ${params.maxOutputBytes} are allowed; use a smaller batch`,
      );
    }
    const { price } = callable;
    if (price.amount > 0n && price.denom !== params.feeDenom) {
      throw InferenceError.wrongDenom(
        `model ${callable.model.id} is priced in ${price.denom}, fees are paid in ${params.feeDenom}; its owner must set a new price`,
      );
    }
    const unitPrice = this.unitPrice(ctx);
    const fee = feeOf(cost.units, unitPrice, price.amount);
    return { callable, cost, unitPrice, fee, denom: params.feeDenom };
  }

  /** Everything about a job that can be told without running it. @throws ChainError naming what is wrong */
  prepare(ctx: Context, msg: MsgInfer, params: Params = this.params(ctx)): Job {
    assertShape(msg, params);
    const inputs = this.#inputs(msg.inputs, Number(params.maxInputBytes));
    const callable = this.#deps.models.callable(ctx, msg.modelId);
    const batch = checked(() => batchOf(callable.info, inputs.tensors));
    const quote = this.#priced(ctx, callable, batch, params);
    const maxFee = coinFromProto(msg.maxFee, "max_fee");
    if (maxFee.denom !== quote.denom)
      throw InferenceError.wrongDenom(`max_fee: must be in ${quote.denom}, not in ${maxFee.denom}`);
    if (quote.fee > maxFee.amount) {
      throw InferenceError.feeTooHigh(
        `max_fee: the run costs ${quote.fee}${quote.denom}, more than ${maxFee.amount}${maxFee.denom}; raise max_fee`,
      );
    }
    const request = requestOf(callable, inputs, quote.cost.units);
    return { ...quote, request };
  }

  /** @throws InferenceError.badInput */
  #inputs(bytes: Uint8Array, maxBytes: number): RunInputs {
    return checked(() => this.#runs.inputs(bytes, maxBytes));
  }

  /** Admission to the mempool: gas must suffice, the payer must be able to pay, and the engine starts. */
  admit(ctx: Context, msg: MsgInfer): void {
    const job = this.#metered(ctx, msg, this.params(ctx));
    const payer = ctx.addresses.parse(msg.payer || msg.requester, "payer");
    const free = this.#deps.bank.spendable(ctx, payer, job.denom);
    if (free < job.fee) {
      throw SdkError.insufficientFunds(
        `payer: can spend ${free}${job.denom}, less than the fee ${job.fee}${job.denom}`,
      );
    }
    ctx.compute.warm(job.request, msg, "mempool");
  }

  /** What a proposal's message will ask of the engine. @throws ChainError if it could not run */
  expect(ctx: Context, msg: MsgInfer): ComputeNeed {
    const { cost, request } = this.#metered(ctx, msg, this.params(ctx));
    return { units: cost.units, request };
  }

  /** A job, with the gas that it costs up to its run: wherever it is looked at, its transaction's gas bounds the work. */
  #metered(ctx: Context, msg: MsgInfer, params: Params): Job {
    ctx.gas.consume(JOB_GAS + INPUT_GAS_PER_BYTE * BigInt(msg.inputs.length), "inference");
    const job = this.prepare(ctx, msg, params);
    ctx.gas.consume(job.cost.units / UNITS_PER_GAS, "compute units");
    return job;
  }

  /** Runs a job and writes its receipt. @throws ChainError, ComputePending */
  infer(ctx: Context, msg: MsgInfer): { readonly receipt: Receipt; readonly outputs: Uint8Array } {
    const params = this.params(ctx);
    const job = this.#metered(ctx, msg, params);
    const { meter } = ctx.compute;
    const left = this.use(ctx).budget - meter.spent;
    if (job.cost.units > left) {
      throw InferenceError.budgetExceeded(
        `the block has ${left} compute units left; the run takes ${job.cost.units}; send it again`,
      );
    }
    const payer = ctx.addresses.parse(msg.payer || msg.requester, "payer");
    // What the run costs is known before it: no more is taken, and nothing is given back (ADR-0033).
    const fee = { denom: job.denom, amount: job.fee };
    if (job.fee > 0n) this.#deps.bank.sendToModule(ctx, payer, MODULE, [fee]);
    meter.spend(job.cost.units);
    const outcome =
      ctx.mode === "simulate"
        ? assumedOutcome(job.cost, params.maxOutputBytes)
        : ctx.compute.outcome(job.request, () => assumedOutcome(job.cost, params.maxOutputBytes));
    const ok = outcome.status === "ok";
    const outputs = ok ? outcome.encoded : new Uint8Array(0);
    if (BigInt(outputs.length) > params.maxOutputBytes) {
      throw InferenceError.outputTooLarge(
        `the outputs take ${outputs.length} bytes; ${params.maxOutputBytes} are allowed`,
      );
    }
    const id = nextReceiptId(ctx);
    setNextReceiptId(ctx, id + 1n);
    const receipt = Receipt.create({
      id,
      height: ctx.block.height,
      requester: msg.requester,
      payer: msg.payer || msg.requester,
      app: msg.app,
      modelId: msg.modelId,
      modelHash: job.callable.model.hash,
      inputHash: job.request.inputHash,
      outputHash: ok ? outcome.outputHash : new Uint8Array(0),
      engineId: ctx.compute.engine.idHash,
      computeUnits: job.cost.units,
      unitPrice: decToWire(job.unitPrice),
      fee: coinToProto(fee),
      split: partsToProto(splitFee(job.fee, params.split)),
      status: ok ? Status.STATUS_OK : Status.STATUS_ENGINE_ERROR,
      mode: Mode.MODE_CONSENSUS,
      tags: msg.tags,
      modelOwner: job.callable.model.owner,
    });
    putReceipt(ctx, receipt);
    ctx.events.announce(ROYALTY_EVENT_BYTES);
    if (ok) putOutput(ctx, id, outputs);
    ctx.events.emit("inference", {
      receipt_id: id,
      model_id: receipt.modelId,
      requester: receipt.requester,
      payer: receipt.payer,
      app: msg.app || undefined,
      status: ok ? "STATUS_OK" : "STATUS_ENGINE_ERROR",
      compute_units: receipt.computeUnits,
      fee: `${job.fee}${job.denom}`,
      max_fee: `${msg.maxFee.amount}${msg.maxFee.denom}`,
      output_hash: toHex(receipt.outputHash),
    });
    return { receipt, outputs };
  }

  // ── A block ──────────────────────────────────────────────────────────────────────────────────────────────────────

  beginBlock(ctx: Context): void {
    this.setUse(ctx, { used: 0n, budget: this.params(ctx).blockComputeBudget });
    ctx.store(STORE).set(FIRST_ID_KEY, u64Bytes(nextReceiptId(ctx)));
  }

  endBlock(ctx: Context): void {
    const params = this.params(ctx);
    this.#settle(ctx, params);
    const price = this.unitPrice(ctx);
    const { budget } = this.use(ctx);
    const used = ctx.compute.meter.spent;
    this.setUse(ctx, { used, budget });
    const next = boundedUnitPrice(nextUnitPrice(price, used, params), this.#takePending(ctx) ?? params);
    if (next !== price) this.setUnitPrice(ctx, next);
    ctx.events.emit("compute_price", { unit_price: formatDec(next), used, budget });
    prune(ctx, "outputs", ctx.block.height - params.outputRetentionBlocks);
    prune(ctx, "receipts", ctx.block.height - params.receiptRetentionBlocks);
  }

  /** Puts parameters in force that the block's messages set, if any. */
  #takePending(ctx: Context): Params | undefined {
    const store = ctx.store(STORE);
    const pending = store.get(PENDING_PARAMS_KEY);
    if (!pending) return undefined;
    store.set(PARAMS_KEY, pending);
    store.delete(PENDING_PARAMS_KEY);
    return Params.decode(pending);
  }

  /** Pays what the block's receipts say, and writes their root. */
  #settle(ctx: Context, params: Params): void {
    const firstId = u64FromBytes(ctx.store(STORE).get(FIRST_ID_KEY)!);
    const count = Number(nextReceiptId(ctx) - firstId);
    if (count === 0) return;
    const encoded = encodedReceiptsFrom(ctx, firstId, count);
    putRoot(ctx, { height: ctx.block.height, root: rootOfEncoded(encoded), firstId, count });

    let sums: Parts = NO_PARTS;
    const byOwner = new Map<string, bigint>();
    for (const bytes of encoded) {
      const receipt = Receipt.decode(bytes);
      const parts = partsFromProto(receipt.split);
      sums = addParts(sums, parts);
      byOwner.set(receipt.modelOwner, (byOwner.get(receipt.modelOwner) ?? 0n) + parts.owner);
    }
    const { bank, validators, treasury } = this.#deps;
    const coins = (amount: bigint) => (amount > 0n ? [{ denom: params.feeDenom, amount }] : []);
    validators.allocate(ctx, "compute", coins(sums.compute), MODULE);
    validators.allocate(ctx, "verification", coins(sums.verification), MODULE);
    for (const [owner, amount] of [...byOwner].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (amount === 0n) continue;
      bank.sendFromModule(ctx, MODULE, ctx.addresses.parse(owner, "owner"), coins(amount));
      ctx.events.emit("royalty", { model_owner: owner, amount: `${amount}${params.feeDenom}` });
    }
    if (sums.treasury > 0n) treasury.fundCommunityPoolFromModule(ctx, MODULE, coins(sums.treasury));
    if (sums.burn > 0n) bank.burn(ctx, MODULE, coins(sums.burn));
    const text = Object.fromEntries(
      Object.entries(sums).map(([stream, amount]) => [stream, `${amount}${params.feeDenom}`]),
    );
    ctx.events.emit("fee_split", { receipts: BigInt(count), ...text });
  }
}

function assertShape({ mode, tags, app }: MsgInfer, params: Params): void {
  if (mode !== Mode.MODE_CONSENSUS)
    throw InferenceError.unsupportedMode(`mode: ${mode} is not supported; use MODE_CONSENSUS (1)`);
  if (tags.length > params.maxTags)
    throw InferenceError.invalidTags(`tags: ${tags.length} are given; ${params.maxTags} are allowed`);
  for (const [index, text] of [app, ...tags].entries()) {
    const name = index === 0 ? "app" : `tags[${index - 1}]`;
    const bytes = text === "" ? 0 : utf8(text).length;
    if (bytes > params.maxTagBytes)
      throw InferenceError.invalidTags(`${name}: ${bytes} bytes; ${params.maxTagBytes} are allowed`);
  }
}

/** Runs `work`, and says an engine's refusal with this module's code. @throws InferenceError.badInput */
function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof EngineError) throw InferenceError.badInput(`inputs: ${error.message}`);
    throw error;
  }
}
