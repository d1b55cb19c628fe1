import { JobStatus } from "../../../proto/gen/opg.compute.v1.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import type { Invariant } from "../../runtime/module.ts";
import { countUnder } from "../../runtime/range.ts";
import { sha256 } from "../../store/sha256.ts";
import type { BankKeeper } from "../bank/index.ts";
import { bondsOwed, escrowOwed, loadsOf } from "./assert-genesis.ts";
import { inputRootOf, leavesOf, resultRootOf } from "./hashes.ts";
import {
  BONDS,
  CLOSED_OUTPUT_PREFIX,
  CLOSED_PREFIX,
  closedKey,
  closedOutputKey,
  DUE_PREFIX,
  dueKey,
  HELD_MODEL_PREFIX,
  INPUT_PREFIX,
  inputKey,
  MODEL_JOB_PREFIX,
  MODEL_OFFER_PREFIX,
  MODULE,
  modelJobKey,
  modelOfferKey,
  OPERATOR_JOB_PREFIX,
  operatorJobKey,
  outputKey,
  PENDING_PARAMS_KEY,
  REQUESTER_PREFIX,
  requesterKey,
  STATUS_PREFIX,
  STORE,
  statusKey,
  UNBONDING_PREFIX,
  unbondingKey,
} from "./keys.ts";
import {
  allInputs,
  allJobs,
  allOffers,
  allOperators,
  allOutputs,
  findJob,
  hashesOf,
  isOpen,
  openJobs,
  openJobsOfModel,
  paramsOf,
} from "./state.ts";

export function computeInvariants(bank: BankKeeper): readonly Invariant[] {
  return [
    {
      name: "escrow",
      check: (ctx) => holds(ctx, bank, MODULE, escrowOwed({ jobs: [...allJobs(ctx)] }), "escrow of jobs is"),
    },
    {
      name: "bonds",
      check: (ctx) => {
        const owed = bondsOwed({ operators: [...allOperators(ctx)], jobs: [...allJobs(ctx)] });
        return holds(ctx, bank, BONDS, owed, "bonds, unbonding parts and deposits are");
      },
    },
    { name: "collateral", check: checkLoads },
    { name: "answers", check: checkAnswers },
    { name: "job-indexes", check: checkJobIndexes },
    {
      name: "indexes",
      check: (ctx) => {
        const store = ctx.store(STORE);
        if (store.has(PENDING_PARAMS_KEY)) return "parameters are pending between blocks";
        let [unbonding, offers] = [0, 0];
        for (const operator of allOperators(ctx)) {
          const address = ctx.addresses.parse(operator.address);
          for (const { dueHeight } of operator.unbonding) {
            unbonding++;
            if (!store.has(unbondingKey(dueHeight, address)))
              return `what ${operator.address} unbonds at ${dueHeight} is not in the queue`;
          }
        }
        for (const { operator, modelId, verification } of allOffers(ctx)) {
          offers++;
          if (!store.has(modelOfferKey(modelId, verification, ctx.addresses.parse(operator))))
            return `the offer of ${operator} is not under model ${modelId}`;
        }
        return (
          counted(ctx, UNBONDING_PREFIX, unbonding, "parts that unbond") ??
          counted(ctx, MODEL_OFFER_PREFIX, offers, "offers")
        );
      },
    },
  ];
}

/** Whether a module's account holds exactly what is owed. */
function holds(ctx: Context, bank: BankKeeper, name: string, owed: bigint, what: string): string | undefined {
  const { denom } = paramsOf(ctx);
  const held = formatCoins(bank.balances(ctx, moduleAddress(name)));
  const wanted = formatCoins(owed > 0n ? [{ denom, amount: owed }] : []);
  return held === wanted
    ? undefined
    : `the account ${name} holds ${held || "nothing"}; ${what} ${wanted || "nothing"}`;
}

/** Locked is the collateral of open jobs, and never more than the bond. */
function checkLoads(ctx: Context): string | undefined {
  const loads = loadsOf(allJobs(ctx));
  for (const { address, locked, openJobs: open, bond } of allOperators(ctx)) {
    const load = loads.get(address) ?? { locked: 0n, open: 0 };
    if (BigInt(locked) !== load.locked)
      return `${address} has ${locked} locked; the collateral of its jobs is ${load.locked}`;
    if (open !== load.open) return `${address} has ${open} open jobs; there are ${load.open}`;
    if (BigInt(locked) > BigInt(bond)) return `${address} has ${locked} locked of a bond of ${bond}`;
    loads.delete(address);
  }
  const [stray] = loads.keys();
  return stray === undefined ? undefined : `jobs are open of ${stray}, who is no operator`;
}

/** Open jobs have their inputs; of what is verified or settled the outputs are those of the root. */
function checkAnswers(ctx: Context): string | undefined {
  for (const { jobId, items } of allInputs(ctx)) {
    const job = findJob(ctx, jobId);
    if (!job || !isOpen(job)) return `there are inputs of job ${jobId}, which is not open`;
    if (!bytesEqual(inputRootOf(items.map(sha256)), job.inputRoot))
      return `the inputs of job ${jobId} are not those of its root`;
  }
  for (const { jobId, items, inputHashes } of allOutputs(ctx)) {
    const job = findJob(ctx, jobId);
    if (!job) return `there are outputs of job ${jobId}, which is not there`;
    const hashes = hashesOf(inputHashes);
    if (!bytesEqual(inputRootOf(hashes), job.inputRoot))
      return `the input hashes of job ${jobId} are not those of its root`;
    if (job.status !== JobStatus.JOB_STATUS_SETTLED && job.status !== JobStatus.JOB_STATUS_VERIFIED) continue;
    const leaves = leavesOf(items, hashes);
    if (!bytesEqual(resultRootOf(leaves), job.resultRoot))
      return `the outputs of job ${jobId} are not those of its root`;
  }
  return undefined;
}

/** Every job is in each of its indexes, and they hold nothing else. */
function checkJobIndexes(ctx: Context): string | undefined {
  const store = ctx.store(STORE);
  const counts = { jobs: 0, operators: 0, due: 0, closed: 0, outputs: 0, open: 0n };
  const models = new Map<bigint, bigint>();
  for (const job of allJobs(ctx)) {
    const { id, status, requester, operator, modelId, dueHeight, closedHeight } = job;
    const isOver = !isOpen(job);
    const keys = [
      statusKey(status, id),
      requesterKey(ctx.addresses.parse(requester), id),
      modelJobKey(modelId, id),
    ];
    counts.jobs++;
    if (operator !== "") keys.push(operatorJobKey(ctx.addresses.parse(operator), id));
    if (dueHeight > 0n) keys.push(dueKey(dueHeight, id));
    if (closedHeight > 0n) keys.push(closedKey(closedHeight, id));
    counts.operators += operator === "" ? 0 : 1;
    counts.due += dueHeight > 0n ? 1 : 0;
    counts.closed += closedHeight > 0n ? 1 : 0;
    if (isOver && store.has(outputKey(id))) {
      counts.outputs++;
      keys.push(closedOutputKey(closedHeight, id));
    }
    if (!keys.every((key) => store.has(key))) return `job ${id} is not in all of its indexes`;
    if (isOver !== closedHeight > 0n) return `job ${id} has status ${status} and closed at ${closedHeight}`;
    if (isOver) continue;
    counts.open++;
    models.set(modelId, (models.get(modelId) ?? 0n) + 1n);
    if (!store.has(inputKey(id))) return `job ${id} is open and has no inputs`;
  }
  if (openJobs(ctx) !== counts.open) return `${openJobs(ctx)} jobs are counted as open; ${counts.open} are`;
  for (const [id, open] of models)
    if (openJobsOfModel(ctx, id) !== open)
      return `${openJobsOfModel(ctx, id)} jobs of model ${id} are counted as open; ${open} are`;
  return (
    counted(ctx, STATUS_PREFIX, counts.jobs, "jobs by status") ??
    counted(ctx, REQUESTER_PREFIX, counts.jobs, "jobs by requester") ??
    counted(ctx, MODEL_JOB_PREFIX, counts.jobs, "jobs by model") ??
    counted(ctx, OPERATOR_JOB_PREFIX, counts.operators, "jobs by operator") ??
    counted(ctx, DUE_PREFIX, counts.due, "jobs that are due") ??
    counted(ctx, CLOSED_PREFIX, counts.closed, "jobs that are over") ??
    counted(ctx, CLOSED_OUTPUT_PREFIX, counts.outputs, "outputs of jobs that are over") ??
    counted(ctx, INPUT_PREFIX, Number(counts.open), "inputs") ??
    counted(ctx, HELD_MODEL_PREFIX, models.size, "models with open jobs")
  );
}

function counted(ctx: Context, prefix: Uint8Array, wanted: number, what: string): string | undefined {
  const found = countUnder(ctx.store(STORE), prefix);
  return found === wanted ? undefined : `the index holds ${found} entries for ${wanted} ${what}`;
}
