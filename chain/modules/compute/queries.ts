import type { PageRequest } from "../../../proto/gen/cosmos.base.query.v1beta1.ts";
import {
  Job,
  JobStatus,
  Offer,
  Operator,
  Query,
  type QueryJobsRequest,
  type QueryQuoteRequest,
  type QueryQuoteResponse,
  type Terms,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";
import { u64FromBytes } from "../../runtime/bytes.ts";
import { coinToProto } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { type Page, paginate } from "../../runtime/pagination.ts";
import { countUnder } from "../../runtime/range.ts";
import { hashLeaf, merklePath } from "../../store/merkle.ts";
import { hashBytes, sha256 } from "../../store/sha256.ts";
import { partsToProto, splitFee } from "../inference/index.ts";
import { candidates } from "./assign.ts";
import { ComputeError } from "./errors.ts";
import { leavesOf } from "./hashes.ts";
import type { ComputeKeeper } from "./keeper.ts";
import {
  JOB_PREFIX,
  modelJobsPrefix,
  modelOffersPrefix,
  OFFER_PREFIX,
  OPERATOR_PREFIX,
  offersPrefix,
  operatorJobsPrefix,
  requesterPrefix,
  STORE,
  statusPrefix,
} from "./keys.ts";
import { assertVerification } from "./offers.ts";
import { MAX_PRICE } from "./params.ts";
import {
  findJob,
  findOperator,
  findTolerance,
  inputsOf,
  isOpen,
  jobOf,
  nextJobId,
  offerOfIndex,
  outputsOf,
  paramsOf,
  verdictsOf,
} from "./state.ts";

export function computeQueries(keeper: ComputeKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
    queryRoute(methods.Operator, (ctx, { operator: address }) => {
      const operator = findOperator(ctx, ctx.addresses.parse(address, "operator"));
      if (!operator) throw SdkError.keyNotFound(`operator: ${address} is not registered as an operator`);
      return { operator };
    }),
    queryRoute(methods.Operators, (ctx, { pagination }) => {
      const page = paginate(ctx.store(STORE), OPERATOR_PREFIX, pagination, (_, value) =>
        Operator.decode(value),
      );
      return { operators: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.Offers, (ctx, { operator, modelId, pagination }) => {
      const page = pageOfOffers(ctx, operator, modelId, pagination);
      return { offers: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.Tolerance, (ctx, { modelId }) => {
      const tolerance = findTolerance(ctx, modelId);
      if (!tolerance) throw SdkError.keyNotFound(`model_id: no tolerance is declared of model ${modelId}`);
      return { tolerance };
    }),
    queryRoute(methods.Quote, (ctx, request) => quote(ctx, keeper, request)),
    queryRoute(methods.Job, (ctx, { jobId }) => {
      const job = existing(ctx, jobId);
      const isSettled = job.status === JobStatus.JOB_STATUS_SETTLED;
      const next = { ...ctx.block, height: ctx.block.height + 1n };
      return {
        job,
        split: isSettled ? partsToProto(splitFee(BigInt(job.price), job.terms.split)) : undefined,
        ready: keeper.isReady(ctx.branch({ block: next }).ctx, job),
      };
    }),
    queryRoute(methods.Jobs, (ctx, request) => {
      const page = pageOfJobs(ctx, request);
      return { jobs: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.JobInputs, (ctx, { jobId }) => {
      const job = existing(ctx, jobId);
      const items = inputsOf(ctx, jobId);
      if (!items)
        throw ComputeError.pruned(
          `the inputs of job ${jobId} went in block ${job.closedHeight}, when it was over`,
        );
      return { items };
    }),
    queryRoute(methods.JobOutputs, (ctx, { jobId }) => ({
      items: answersOf(ctx, existing(ctx, jobId)).items,
    })),
    queryRoute(methods.Verdicts, (ctx, { jobId }) => ({
      verdicts: verdictsOf(ctx, existing(ctx, jobId).id),
    })),
    queryRoute(methods.ItemProof, (ctx, { jobId, index }) => {
      const job = existing(ctx, jobId);
      const answers = answersOf(ctx, job);
      if (job.resultRoot.length === 0)
        throw ComputeError.tooEarly(`job_id: which answers of job ${jobId} are its results is not open yet`);
      const item = answers.items[index];
      if (!item) throw SdkError.invalidRequest(`index: ${index} is not from 0 to ${job.items - 1}`);
      return {
        job,
        inputHash: answers.inputHashes[index]!,
        outputHash: item.length === 0 ? item : sha256(item),
        aunts: merklePath(leavesOf(answers.items, answers.inputHashes).map(hashLeaf), index).map(
          ({ sibling }) => hashBytes(sibling),
        ),
      };
    }),
  ];
}

/** @throws SdkError.keyNotFound, ComputeError.pruned */
function existing(ctx: Context, id: bigint): Job {
  // Clients know by the code that there is none.
  if (id === 0n || id >= nextJobId(ctx)) throw SdkError.keyNotFound(`job_id: there is no job ${id}`);
  return jobOf(ctx, id);
}

function answersOf(ctx: Context, { id, closedHeight }: Job) {
  const answers = outputsOf(ctx, id);
  if (answers) return answers;
  throw closedHeight > 0n
    ? ComputeError.pruned(`job ${id} has no outputs: they are pruned, or it was not settled`)
    : ComputeError.tooEarly(`job_id: job ${id} is not answered yet`);
}

function pageOfOffers(
  ctx: Context,
  operator: string,
  modelId: bigint,
  pagination: PageRequest | undefined,
): Page<Offer> {
  const store = ctx.store(STORE);
  if (operator !== "" && modelId !== 0n)
    throw SdkError.invalidRequest("operator and model_id exclude each other; give one");
  if (modelId !== 0n)
    return paginate(store, modelOffersPrefix(modelId), pagination, (key) => offerOfIndex(ctx, modelId, key));
  const prefix = operator === "" ? OFFER_PREFIX : offersPrefix(ctx.addresses.parse(operator, "operator"));
  return paginate(store, prefix, pagination, (_, value) => Offer.decode(value));
}

/** By the index that is shortest for what is asked: jobs that are open are few, an operator keeps those that are over. */
function pageOfJobs(
  ctx: Context,
  { requester, operator, modelId, status, pagination }: QueryJobsRequest,
): Page<Job> {
  const store = ctx.store(STORE);
  const filters = [requester !== "", operator !== "", modelId !== 0n].filter(Boolean).length;
  if (filters > 1)
    throw SdkError.invalidRequest("requester, operator and model_id exclude each other; give one");
  if (requester !== "") ctx.addresses.parse(requester, "requester");
  if (operator !== "") ctx.addresses.parse(operator, "operator");
  const fits = (job: Job): boolean =>
    (status === 0 || job.status === status) &&
    (requester === "" || job.requester === requester) &&
    (operator === "" || job.operator === operator) &&
    (modelId === 0n || job.modelId === modelId);
  if (filters === 0 && status === 0)
    return paginate(store, JOB_PREFIX, pagination, (_, value) => Job.decode(value));
  const prefix =
    status !== 0 && (filters === 0 || isOpen({ status }))
      ? statusPrefix(status)
      : requester !== ""
        ? requesterPrefix(ctx.addresses.parse(requester))
        : operator !== ""
          ? operatorJobsPrefix(ctx.addresses.parse(operator))
          : modelJobsPrefix(modelId);
  return paginate(store, prefix, pagination, (key) => {
    const job = findJob(ctx, u64FromBytes(key))!;
    return fits(job) ? job : undefined;
  });
}

function quote(
  ctx: Context,
  keeper: ComputeKeeper,
  { modelId, verification, items: asked }: QueryQuoteRequest,
): QueryQuoteResponse {
  assertVerification(verification);
  const params = paramsOf(ctx);
  const items = asked || 1;
  const { cost } = keeper.deps.inference.quote(ctx, modelId, 1n);
  const computeUnits = cost.units * BigInt(items);
  const wanted = { modelId, verification, items, computeUnits, allowedOperators: [], excludedOperators: [] };
  const prices = candidates(ctx, keeper.deps, wanted, MAX_PRICE).map(({ price }) => price);
  const coin = (amount: bigint) => coinToProto({ denom: params.denom, amount });
  const by = (better: (a: bigint, b: bigint) => boolean) =>
    prices.reduce((best, price) => (better(price, best) ? price : best), prices[0] ?? 0n);
  const [leastBlocks, mostBlocks] = blocksOf(params.terms, verification);
  return {
    computeUnits,
    operators: prices.length,
    lowestPrice: coin(by((a, b) => a < b)),
    highestPrice: coin(by((a, b) => a > b)),
    leastBlocks,
    mostBlocks: mostBlocks + params.assignBlocks + params.maxDeadlineBlocks,
    waitingJobs: countUnder(ctx.store(STORE), statusPrefix(JobStatus.JOB_STATUS_POSTED)),
  };
}

/**
 * Blocks from posting to payment, with one for the assignment and one for the commitment: at least, and at most beside the time
 * that assignment and operator take. The windows are those of window.ts.
 */
function blocksOf(
  { verdictBlocks, revealBlocks, challengeBlocks }: Terms,
  verification: number,
): readonly [least: number, most: number] {
  if (verification === Verification.VERIFICATION_EXACT)
    return [5 + challengeBlocks, verdictBlocks + revealBlocks + challengeBlocks];
  const judged = verdictBlocks + 3;
  // The answers are shown two blocks after the commitment; the last opening is one block after the window for them.
  return [4 + verdictBlocks + 2, 1 + revealBlocks + judged + revealBlocks];
}
