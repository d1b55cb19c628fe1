/** The compute market: operators and their bonds, offers, and jobs from posting to their end. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeTensors } from "../../../../chain/engine/tensor.ts";
import {
  commitmentOf,
  decoyOrder,
  leavesOf,
  resultRootOf,
} from "../../../../chain/modules/compute/hashes.ts";
import { u64Bytes } from "../../../../chain/runtime/bytes.ts";
import { pack } from "../../../../client/index.ts";
import {
  type Job,
  JobStatus,
  MsgBond,
  MsgCancelJob,
  MsgChallenge,
  MsgCommit,
  MsgOpen,
  MsgPostJob,
  MsgRegisterOperator,
  MsgRemoveOffer,
  MsgReveal,
  MsgSetOffer,
  MsgSetTolerance,
  MsgUnbond,
  MsgUpdateOperator,
  type Operator,
  Verification,
} from "../../../../proto/gen/opg.compute.v1.ts";
import { ModelStatus } from "../../../../proto/gen/opg.models.v1.ts";
import type { Random } from "../../modules/random.ts";
import type { Operation } from "../operation.ts";
import { ADDRESSES, ANCHORS, AUTHORITY, addressOf, amount, coin, type View } from "../view.ts";
import { inputsOf } from "./models.ts";

const { VERIFICATION_EXACT, VERIFICATION_TOLERANCE } = Verification;
const { JOB_STATUS_POSTED, JOB_STATUS_ASSIGNED, JOB_STATUS_COMMITTED } = JobStatus;
const { JOB_STATUS_REVEALED, JOB_STATUS_VERIFIED } = JobStatus;

const kind = (random: Random): number => (random.chance(70) ? VERIFICATION_EXACT : VERIFICATION_TOLERANCE);

/** What hides the answer of a job: nothing else of an operator's must be remembered. */
const saltOf = ({ id }: Job): Uint8Array => sha256(u64Bytes(id));

/** One in five answers is wrong; which ones is fixed by the job. */
const isLie = ({ id }: Job): boolean => id % 5n === 3n;

/** Other outputs than these, in one bit. */
function flipped(output: Uint8Array): Uint8Array {
  const other = output.slice();
  if (other.length >= 4) other[other.length - 4]! ^= 1;
  return other;
}

/** What the operator of a job answers. */
async function answersOf(view: View, job: Job): Promise<readonly Uint8Array[]> {
  const answers = await view.answers(job);
  return isLie(job) ? answers.map(flipped) : answers;
}

async function rootOf(view: View, job: Job): Promise<Uint8Array> {
  const [inputs, outputs] = [await view.jobInputs(job.id), await answersOf(view, job)];
  return resultRootOf(leavesOf(outputs, inputs.map(sha256)));
}

async function someOperator(random: Random, view: View): Promise<Operator | undefined> {
  const all = await view.operators();
  return all.length > 0 ? random.pick(all) : undefined;
}

async function someJob(random: Random, view: View, ...statuses: readonly number[]): Promise<Job | undefined> {
  const all = (await Promise.all(statuses.map((status) => view.jobs(status)))).flat();
  return all.length > 0 ? random.pick(all) : undefined;
}

/** Who signs for the operator of a job; sometimes somebody else who tries. */
async function hotOf(random: Random, view: View, job: Job): Promise<string | undefined> {
  const operator = (await view.operators()).find(({ address }) => address === job.operator);
  const name = operator && view.nameOf(operator.hotAddress);
  return name === undefined || random.chance(2) ? view.person(random) : name;
}

const settings = (random: Random, view: View, name: string) => ({
  operator: addressOf(name),
  hotAddress: random.chance(30) ? addressOf(view.person(random)) : "",
  withdrawAddress: random.chance(3) ? AUTHORITY : random.chance(30) ? addressOf(view.receiver(random)) : "",
  metadata: { moniker: random.chance(2) ? "" : name, endpoint: "", details: "" },
  capacity: random.chance(2) ? 0 : 1 + random.below(4),
});

/** Job messages of whoever has no right to it, of a job that went on meanwhile, or that is gone. */
const JOB_REFUSALS = [
  "compute 2",
  "compute 3",
  "compute 13",
  "compute 14",
  "compute 18",
  "compute 19",
  "compute 20",
];

export const marketOperations: readonly Operation[] = [
  {
    name: "register-operator",
    weight: 4,
    refusals: ["compute 4", "compute 5", "compute 6"],
    make: async (random, view) => {
      const name = view.person(random);
      const bond = coin(random.chance(95) ? 2_000_000n + amount(random, 1_000_000_000n) : 5n);
      return {
        signers: [name],
        messages: [pack(MsgRegisterOperator, { ...settings(random, view, name), bond })],
      };
    },
  },
  {
    name: "update-operator",
    weight: 1,
    refusals: ["compute 2", "compute 5"],
    make: async (random, view) => {
      const operator = await someOperator(random, view);
      const name = operator ? view.nameOf(operator.address) : undefined;
      if (name === undefined) return undefined;
      const message = { ...settings(random, view, name), paused: random.chance(20) };
      return { signers: [name], messages: [pack(MsgUpdateOperator, message)] };
    },
  },
  {
    name: "bond-operator",
    weight: 1,
    refusals: ["compute 2", "compute 6"],
    make: async (random, view) => {
      const name = view.nameOf((await someOperator(random, view))?.address ?? "") ?? view.person(random);
      const message = { operator: addressOf(name), amount: coin(amount(random, 1_000_000_000n)) };
      return { signers: [name], messages: [pack(MsgBond, message)] };
    },
  },
  {
    name: "unbond-operator",
    weight: 2,
    refusals: ["compute 2", "compute 6", "compute 7", "compute 8"],
    make: async (random, view) => {
      const operator = await someOperator(random, view);
      const name = operator && view.nameOf(operator.address);
      if (!operator || name === undefined) return undefined;
      const bond = BigInt(operator.bond);
      const part = random.chance(40) ? bond : amount(random, bond);
      return {
        signers: [name],
        messages: [pack(MsgUnbond, { operator: operator.address, amount: coin(part) })],
      };
    },
  },
  {
    name: "set-offer",
    weight: 7,
    refusals: ["compute 2", "compute 9", "compute 10", "compute 11", "models 2"],
    make: async (random, view) => {
      const operator = await someOperator(random, view);
      const name = operator && view.nameOf(operator.address);
      const models = (await view.models()).filter(
        ({ status }) => status === ModelStatus.MODEL_STATUS_PUBLISHED,
      );
      if (!operator || name === undefined || models.length === 0) return undefined;
      const message = {
        operator: operator.address,
        modelId: random.chance(3) ? 999n : random.pick(models).id,
        verification: kind(random),
        unitPrice: random.bigint(random.below(60)).toString(),
        itemPrice: amount(random, 10_000n).toString(),
        maxItems: random.below(12),
      };
      return { signers: [name], messages: [pack(MsgSetOffer, message)] };
    },
  },
  {
    name: "remove-offer",
    weight: 1,
    refusals: ["compute 2"],
    make: async (random, view) => {
      const operator = await someOperator(random, view);
      const name = operator && view.nameOf(operator.address);
      if (!operator || name === undefined) return undefined;
      const offers = await view.offers(operator.address);
      const offer =
        offers.length > 0 ? random.pick(offers) : { modelId: 1n, verification: VERIFICATION_EXACT };
      const { modelId, verification } = offer;
      const message = { operator: operator.address, modelId, verification };
      return { signers: [name], messages: [pack(MsgRemoveOffer, message)] };
    },
  },
  {
    name: "set-tolerance",
    weight: 2,
    refusals: ["compute 3", "compute 11", "models 2"],
    make: async (random, view) => {
      const models = await view.models();
      if (models.length === 0) return undefined;
      const model = random.pick(models);
      const name = random.chance(95) ? view.nameOf(model.owner) : view.person(random);
      if (name === undefined) return undefined;
      const message = {
        owner: addressOf(name),
        modelId: model.id,
        absolute: random.bigint(random.below(60)).toString(),
        relative: random.bigint(random.below(62)).toString(),
        sameArgmax: random.chance(50),
      };
      return { signers: [name], messages: [pack(MsgSetTolerance, message)] };
    },
  },
  {
    name: "post-job",
    weight: 10,
    refusals: ["compute 11", "compute 12", "compute 15", "compute 17", "compute 21", "models 2", "models 4"],
    make: async (random, view) => {
      const name = view.person(random);
      const models = (await view.models()).filter(
        ({ status }) => status === ModelStatus.MODEL_STATUS_PUBLISHED,
      );
      if (models.length === 0) return undefined;
      const offers = (await view.offers()).filter(({ modelId }) => models.some(({ id }) => id === modelId));
      const offer = offers.length > 0 && random.chance(90) ? random.pick(offers) : undefined;
      const model = models.find(({ id }) => id === offer?.modelId) ?? random.pick(models);
      const items = Array.from(
        { length: 1 + random.below(Math.max(1, Math.min(4, offer?.maxItems ?? 4))) },
        () => (random.chance(1) ? Uint8Array.of(1, 2, 3) : encodeTensors(inputsOf(model, random, 1))),
      );
      const operators = await view.operators();
      const named = random.chance(5) && operators.length > 0 ? [random.pick(operators).address] : [];
      const message = {
        requester: addressOf(name),
        modelId: model.id,
        verification: offer?.verification ?? kind(random),
        items,
        maxPrice: coin(random.chance(90) ? 10_000_000n : amount(random, 10_000n)),
        deadlineBlocks: random.chance(80) ? 0 : random.below(12),
        ...(random.chance(50) ? { excludedOperators: named } : { allowedOperators: named }),
      };
      return { signers: [name], messages: [pack(MsgPostJob, message)], gas: 20_000_000n };
    },
  },
  {
    name: "cancel-job",
    weight: 1,
    refusals: ["compute 2", "compute 3", "compute 13", "compute 20"],
    make: async (random, view) => {
      const job = await someJob(random, view, JOB_STATUS_POSTED, JOB_STATUS_ASSIGNED);
      const name = job && (random.chance(95) ? view.nameOf(job.requester) : view.person(random));
      if (!job || name === undefined) return undefined;
      return {
        signers: [name],
        messages: [pack(MsgCancelJob, { requester: addressOf(name), jobId: job.id })],
      };
    },
  },
  {
    name: "commit-job",
    weight: 30,
    refusals: JOB_REFUSALS,
    make: async (random, view) => {
      const job = await someJob(random, view, JOB_STATUS_ASSIGNED);
      const name = job && (await hotOf(random, view, job));
      if (!job || name === undefined) return undefined;
      const operator = ADDRESSES.parse(job.operator);
      const root = await rootOf(view, job);
      const commitment = commitmentOf({ jobId: job.id, operator, root, salt: saltOf(job) });
      const message = { hotAddress: addressOf(name), jobId: job.id, commitment };
      return { signers: [name], messages: [pack(MsgCommit, message)], gas: 20_000_000n };
    },
  },
  {
    name: "reveal-job",
    weight: 30,
    refusals: JOB_REFUSALS,
    make: async (random, view) => {
      const job = await someJob(random, view, JOB_STATUS_COMMITTED);
      if (!job || (!(await view.isReady(job.id)) && random.chance(95))) return undefined;
      const name = await hotOf(random, view, job);
      if (name === undefined) return undefined;
      const isExact = job.verification === VERIFICATION_EXACT;
      const outputs = await answersOf(view, job);
      const pairs = outputs.flatMap((output, index) => {
        const pair = [output, flipped(output)];
        return decoyOrder(job.id, saltOf(job), index) === 0 ? pair : pair.reverse();
      });
      const message = {
        hotAddress: addressOf(name),
        jobId: job.id,
        salt: isExact ? (random.chance(3) ? sha256(saltOf(job)) : saltOf(job)) : new Uint8Array(0),
        items: isExact ? outputs : pairs,
      };
      return { signers: [name], messages: [pack(MsgReveal, message)], gas: 20_000_000n };
    },
  },
  {
    name: "open-job",
    weight: 25,
    refusals: JOB_REFUSALS,
    make: async (random, view) => {
      const job = await someJob(random, view, JOB_STATUS_REVEALED);
      if (!job || (!(await view.isReady(job.id)) && random.chance(95))) return undefined;
      const name = await hotOf(random, view, job);
      if (name === undefined) return undefined;
      const message = { hotAddress: addressOf(name), jobId: job.id, salt: saltOf(job) };
      return { signers: [name], messages: [pack(MsgOpen, message)], gas: 20_000_000n };
    },
  },
  {
    name: "challenge-job",
    weight: 8,
    refusals: ["compute 2", "compute 3", "compute 13", "compute 14", "compute 20", "compute 21"],
    make: async (random, view) => {
      const job = await someJob(random, view, JOB_STATUS_VERIFIED);
      if (!job) return undefined;
      // Those who may: operators with a bond, and the accounts of validators.
      const others = (await view.operators()).filter(({ address }) => address !== job.operator);
      const names = [...others.flatMap(({ address }) => view.nameOf(address) ?? []), ...ANCHORS];
      const name = random.chance(95) ? random.pick(names) : view.person(random);
      const message = { challenger: addressOf(name), jobId: job.id };
      return { signers: [name], messages: [pack(MsgChallenge, message)] };
    },
  },
];
