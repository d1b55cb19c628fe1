/** Posting jobs and taking them back (ADR-0160). */
import {
  Job,
  JobStatus,
  type MsgPostJob,
  type Params,
  type Tolerance,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";
import { EngineError } from "../../engine/errors.ts";
import { batchOf } from "../../engine/onnx/index.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { utf8 } from "../../runtime/bytes.ts";
import { coinFromProto, coinToProto } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { decFromWire } from "../../runtime/decimal.ts";
import { type CallableModel, leastOutputBytes, ModelRuns } from "../models/index.ts";
import { withdraw } from "./close.ts";
import type { ComputeDeps } from "./deps.ts";
import { ComputeError } from "./errors.ts";
import { emitJob } from "./events.ts";
import { MAX_CHOICES } from "./extension.ts";
import { inputRootOf, sampleSize } from "./hashes.ts";
import { MODULE } from "./keys.ts";
import { MAX_PRICE } from "./params.ts";
import { Payouts } from "./payouts.ts";
import { findTolerance, jobOf, openJobs, paramsOf, putInputs, putJob, takeJobId } from "./state.ts";
import { ENTRY_BYTES, entriesOf } from "./window.ts";

/** Gas of posting, beside what the state's bytes cost: for the job, an item, and a byte of its inputs. */
const JOB_GAS = 50_000n;
const ITEM_GAS = 200n;
const INPUT_GAS_PER_BYTE = 2n;

/** Operators that a job can name, of each list. */
const MAX_NAMED = 50;
const MAX_APP_BYTES = 64;

/** An operator has at least so many blocks, and one more for so many units: else requesters could have it slashed at will. */
const LEAST_DEADLINE_BLOCKS = 5n;
const UNITS_PER_BLOCK = 1_000_000_000n;

/** What can be said of the message alone. @throws ComputeError.invalidJob, invalidItems; SdkError */
export function assertPost(msg: MsgPostJob, addresses: AddressCodec): void {
  addresses.parse(msg.requester, "requester");
  const { verification, items, app } = msg;
  if (
    verification !== Verification.VERIFICATION_EXACT &&
    verification !== Verification.VERIFICATION_TOLERANCE
  )
    throw ComputeError.invalidJob(
      `verification: ${verification} is neither VERIFICATION_EXACT (1) nor VERIFICATION_TOLERANCE (2)`,
    );
  if (items.length === 0) throw ComputeError.invalidItems("items: a job has one or more");
  const price = coinFromProto(msg.maxPrice, "max_price");
  if (price.amount > MAX_PRICE)
    throw ComputeError.priceTooHigh(`max_price: ${price.amount} is more than ${MAX_PRICE}`);
  for (const name of ["allowedOperators", "excludedOperators"] as const) {
    const field = name === "allowedOperators" ? "allowed_operators" : "excluded_operators";
    const list = msg[name];
    if (list.length > MAX_NAMED)
      throw ComputeError.invalidJob(`${field}: ${list.length} are named; ${MAX_NAMED} are allowed`);
    if (new Set(list).size !== list.length)
      throw ComputeError.invalidJob(`${field}: an operator is named twice`);
    for (const [index, operator] of list.entries()) addresses.parse(operator, `${field}[${index}]`);
  }
  const bytes = utf8(app).length;
  if (bytes > MAX_APP_BYTES)
    throw ComputeError.invalidJob(`app: ${bytes} bytes; ${MAX_APP_BYTES} are allowed`);
}

/** What the items of a job come to. */
interface Work {
  readonly computeUnits: bigint;
  readonly inputRoot: Uint8Array;
}

export class Posting {
  readonly #deps: ComputeDeps;
  readonly #runs: ModelRuns;

  constructor(deps: ComputeDeps) {
    this.#deps = deps;
    this.#runs = new ModelRuns(deps.models);
  }

  /**
   * Escrows the most that a job may cost and puts it among those that wait for an operator.
   * @throws ComputeError.tooManyJobs, invalidItems, invalidJob, invalidTolerance, wrongDenom, notYours; ModelsError; SdkError.insufficientFunds
   */
  post(ctx: Context, msg: MsgPostJob): Job {
    const { bank, models } = this.#deps;
    const params = paramsOf(ctx);
    const requester = ctx.addresses.parse(msg.requester, "requester");
    // Refunds must arrive.
    if (bank.isBlocked(requester))
      throw ComputeError.notYours(`requester: ${msg.requester} is a module account and cannot be paid back`);
    if (openJobs(ctx) >= BigInt(params.maxOpenJobs))
      throw ComputeError.tooManyJobs(`${params.maxOpenJobs} jobs are open; post it again when some are over`);
    const price = coinFromProto(msg.maxPrice, "max_price");
    if (price.denom !== params.denom)
      throw ComputeError.wrongDenom(`max_price: must be in ${params.denom}, not in ${price.denom}`);
    const bytes = msg.items.reduce((sum, item) => sum + item.length, 0);
    ctx.gas.consume(
      JOB_GAS + ITEM_GAS * BigInt(msg.items.length) + INPUT_GAS_PER_BYTE * BigInt(bytes),
      "a job's items",
    );
    assertItems(msg, bytes, params);
    const callable = models.callable(ctx, msg.modelId);
    if (callable.price.amount > 0n && callable.price.denom !== params.denom)
      throw ComputeError.wrongDenom(
        `model ${msg.modelId} is priced in ${callable.price.denom}, jobs are paid in ${params.denom}; its owner must set a new price`,
      );
    const work = this.#work(ctx, callable, msg, params);
    const tolerance = toleranceOf(ctx, msg);
    const deadlineBlocks = deadlineOf(msg.deadlineBlocks, work.computeUnits, params);
    if (price.amount > 0n) bank.sendToModule(ctx, requester, MODULE, [price]);
    const { height } = ctx.block;
    const job = Job.create({
      id: takeJobId(ctx),
      status: JobStatus.JOB_STATUS_POSTED,
      requester: msg.requester,
      modelId: msg.modelId,
      modelHash: callable.model.hash,
      verification: msg.verification,
      items: msg.items.length,
      ...work,
      maxPrice: coinToProto(price),
      escrow: price.amount.toString(),
      price: "",
      collateral: "0",
      deposit: "0",
      allowedOperators: msg.allowedOperators,
      excludedOperators: msg.excludedOperators,
      postedHeight: height,
      deadlineBlocks,
      dueHeight: height + BigInt(params.assignBlocks),
      terms: params.terms,
      modelOwner: callable.model.owner,
      app: msg.app,
      tolerance,
    });
    putJob(ctx, job);
    putInputs(ctx, job.id, msg.items);
    emitJob(ctx, job, {
      app: msg.app || undefined,
      verification: BigInt(job.verification),
      items: BigInt(job.items),
      compute_units: job.computeUnits,
      max_price: `${price.amount}${price.denom}`,
      expires: job.dueHeight,
    });
    return job;
  }

  /** Checks every item against the model. @throws ComputeError.invalidItems naming the item */
  #work(ctx: Context, callable: CallableModel, { verification, items }: MsgPostJob, params: Params): Work {
    const cost = checked("items", () => this.#runs.cost(ctx, callable, 1n));
    const budget = this.#deps.inference.params(ctx).blockComputeBudget;
    if (cost.units > budget)
      throw ComputeError.invalidItems(
        `items: one takes ${cost.units} compute units; the referee can run ${budget} in a block`,
      );
    // Shown beside decoys, answers take twice the room.
    const entries = BigInt(items.length * entriesOf(verification));
    const least = (leastOutputBytes(cost) + ENTRY_BYTES) * entries;
    if (least > params.maxOutputBytes)
      throw ComputeError.invalidItems(
        `items: the answers take ${least} bytes or more; ${params.maxOutputBytes} are allowed; post fewer items`,
      );
    const hashes = items.map((item, index) =>
      checked(`items[${index}]`, () => {
        const { tensors, hash } = this.#runs.inputs(item, Number(params.maxInputBytes));
        const batch = batchOf(callable.info, tensors);
        if (batch !== 1n)
          throw new EngineError("badInput", `a batch of ${batch} is given; an item has a batch of 1`);
        return hash;
      }),
    );
    return { computeUnits: cost.units * BigInt(items.length), inputRoot: inputRootOf(hashes) };
  }
}

function assertItems({ verification, items }: MsgPostJob, bytes: number, params: Params): void {
  if (items.length > params.maxItems)
    throw ComputeError.invalidItems(`items: ${items.length} are given; ${params.maxItems} are allowed`);
  if (BigInt(bytes) > params.maxInputBytes)
    throw ComputeError.invalidItems(
      `items: ${bytes} bytes are given; ${params.maxInputBytes} are allowed; post more jobs of fewer items`,
    );
  const judged = sampleSize(items.length, decFromWire(params.terms.sample, "params.terms.sample"));
  if (verification === Verification.VERIFICATION_TOLERANCE && judged > MAX_CHOICES)
    throw ComputeError.invalidItems(
      `items: ${judged} of them would be judged; of a job within tolerance ${MAX_CHOICES} can be`,
    );
}

function toleranceOf(ctx: Context, { verification, modelId }: MsgPostJob): Tolerance | undefined {
  if (verification === Verification.VERIFICATION_EXACT) return undefined;
  const tolerance = findTolerance(ctx, modelId);
  if (!tolerance)
    throw ComputeError.invalidTolerance(
      `verification: the owner of model ${modelId} declared no tolerance; ask for VERIFICATION_EXACT`,
    );
  return tolerance;
}

/** Blocks that an operator has. @throws ComputeError.invalidJob */
function deadlineOf(asked: number, units: bigint, { maxDeadlineBlocks }: Params): number {
  const most = BigInt(maxDeadlineBlocks);
  // Governance may allow fewer.
  const start = LEAST_DEADLINE_BLOCKS < most ? LEAST_DEADLINE_BLOCKS : most;
  const least = start + units / UNITS_PER_BLOCK;
  if (least > most)
    throw ComputeError.invalidItems(
      `items: ${units} compute units take an operator ${least} blocks; ${most} are allowed; post fewer items`,
    );
  const blocks = BigInt(asked || maxDeadlineBlocks);
  if (blocks < least || blocks > most)
    throw ComputeError.invalidJob(
      `deadline_blocks: ${asked} is not from ${least} to ${most}; 0 takes the most`,
    );
  return Number(blocks);
}

/** Takes a job back that waits for an operator. @throws ComputeError.notFound, notYours, wrongStatus */
export function cancel(ctx: Context, deps: ComputeDeps, requester: string, id: bigint): void {
  const job = jobOf(ctx, id);
  if (job.requester !== requester)
    throw ComputeError.notYours(`job ${id} is of ${job.requester}, not of ${requester}`);
  if (job.status !== JobStatus.JOB_STATUS_POSTED)
    throw ComputeError.wrongStatus(`job ${id} has an operator, or is over; it cannot be cancelled`);
  const payouts = new Payouts(ctx, deps);
  withdraw(ctx, payouts, job, JobStatus.JOB_STATUS_CANCELLED);
  payouts.settle();
}

/** Runs `work`, and says an engine's refusal with this module's code. @throws ComputeError.invalidItems */
function checked<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof EngineError) throw ComputeError.invalidItems(`${where}: ${error.message}`);
    throw error;
  }
}
