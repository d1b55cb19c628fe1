/** A market on the modules alone: operators and validators of a test, and a job's steps in few words. Invariants hold after every block. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeTensors, type NamedTensor } from "../../../../chain/engine/tensor.ts";
import {
  answerOf,
  choiceDigest,
  commitmentOf,
  decoyOrder,
  judgedItems,
  leavesOf,
  resultRootOf,
  verdictDigest,
} from "../../../../chain/modules/compute/hashes.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/compute/params.ts";
import { findVerdict, inputsOf, putVerdict, verdictsOf } from "../../../../chain/modules/compute/state.ts";
import { takesOpening, takesVerdict } from "../../../../chain/modules/compute/window.ts";
import type { ModulesOptions } from "../../../../chain/modules/index.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { decAmountOf } from "../../../../chain/runtime/dec-coins.ts";
import { type Dec, decTruncate } from "../../../../chain/runtime/decimal.ts";
import { Query as DistributionQuery } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import {
  GenesisState,
  type Job,
  JobStatus,
  Msg,
  type MsgPostJob,
  type Params,
  Query,
  type Terms,
  Verdict,
  Verification,
} from "../../../../proto/gen/opg.compute.v1.ts";
import { Msg as ModelsMsg } from "../../../../proto/gen/opg.models.v1.ts";
import { matmul, publishModel, vector } from "../samples.ts";
import {
  account,
  codec,
  consensusAddress,
  DENOM,
  operatorAccount,
  Sandbox,
  type SandboxValidator,
} from "../sandbox.ts";

export const FUNDS = 100_000_000_000n;
export const BOND = 10_000_000_000n;
/** Elements of an item's input. */
const WIDTH = 4;

export const VALIDATORS: readonly SandboxValidator[] = [
  { name: "v1", power: 10n },
  { name: "v2", power: 20n },
  { name: "v3", power: 30n },
  { name: "v4", power: 40n },
];

export interface MarketOptions extends ModulesOptions {
  readonly params?: Partial<Params>;
  readonly terms?: Partial<Terms>;
  readonly validators?: readonly SandboxValidator[];
  readonly funds?: Readonly<Record<string, bigint>>;
  /** Names of operators, with what they ask for an item. */
  readonly operators?: Readonly<Record<string, bigint>>;
  readonly modelPrice?: bigint;
}

export type How = "EXACT" | "TOLERANCE";

const KINDS: Readonly<Record<How, number>> = {
  EXACT: Verification.VERIFICATION_EXACT,
  TOLERANCE: Verification.VERIFICATION_TOLERANCE,
};

export function hot(name: string): string {
  return account(`hot-${name}`);
}

export function earnings(name: string): string {
  return account(`earnings-${name}`);
}

/** What an item's input is; `value` makes it. */
export function item(value: number): Uint8Array {
  return encodeTensors([vector(WIDTH, value)]);
}

export const salt = (seed: string): Uint8Array => sha256(new TextEncoder().encode(`salt:${seed}`));

export class Market {
  #sandbox: Sandbox;
  readonly modelId: bigint;
  readonly validators: readonly SandboxValidator[];

  constructor(options: MarketOptions = {}) {
    const { operators = { op: 1_000n }, modelPrice = 0n, validators = VALIDATORS } = options;
    const params = { ...DEFAULT_PARAMS, ...options.params };
    const compute = GenesisState.create({
      params: { ...params, terms: { ...params.terms, ...options.terms } },
      nextJobId: 1n,
    });
    const names = Object.keys(operators);
    this.validators = validators;
    this.#sandbox = new Sandbox({
      validators,
      genesis: { compute },
      funds: {
        alice: FUNDS,
        bob: FUNDS,
        ...Object.fromEntries(names.map((name) => [name, FUNDS])),
        ...Object.fromEntries(validators.map(({ name }) => [`operator-${name}`, FUNDS])),
        ...options.funds,
      },
    });
    this.modelId = this.block(() => {
      const id = publishModel(this.sandbox, "owner", matmul(WIDTH), modelPrice);
      this.sandbox.run(Msg.methods.SetTolerance, {
        owner: account("owner"),
        modelId: id,
        absolute: "1000000000000000",
        relative: "0",
        sameArgmax: false,
      });
      return id;
    });
    this.block(() => {
      for (const [name, price] of Object.entries(operators)) this.register(name, price);
    });
  }

  get sandbox(): Sandbox {
    return this.#sandbox;
  }

  /** Goes on from the genesis that the state is exported to. */
  restart(): void {
    const before = this.#sandbox;
    const genesis = before.exported();
    this.#sandbox = new Sandbox({ validators: this.validators, genesis, height: before.height });
    this.#sandbox.compute.answer = before.compute.answer;
  }

  /** Registers an operator with offers for both kinds of jobs. */
  register(name: string, itemPrice: bigint, bond = BOND): void {
    this.sandbox.run(Msg.methods.RegisterOperator, {
      operator: account(name),
      hotAddress: hot(name),
      withdrawAddress: earnings(name),
      metadata: { moniker: name, endpoint: "", details: "" },
      capacity: 100,
      bond: { denom: DENOM, amount: bond.toString() },
    });
    for (const verification of Object.values(KINDS))
      this.sandbox.run(Msg.methods.SetOffer, {
        operator: account(name),
        modelId: this.modelId ?? 1n,
        verification,
        unitPrice: "0",
        itemPrice: itemPrice.toString(),
        maxItems: this.sandbox.modules.compute.params(this.sandbox.context()).maxItems,
      });
  }

  /** A block, after which nothing may be wrong. */
  block<T>(work: () => T): T {
    const result = this.sandbox.block(work);
    this.#holds();
    return result;
  }

  #holds(): void {
    const broken = this.sandbox.broken();
    if (broken.length > 0) throw new RangeError(`height ${this.sandbox.height}: ${broken.join("; ")}`);
  }

  /** Blocks without transactions. */
  blocks(count: number): void {
    for (let i = 0; i < count; i++) this.sandbox.block(() => undefined);
    this.#holds();
  }

  /** Blocks until the job has the status. */
  until(id: bigint, status: number, most = 400): void {
    for (let i = 0; i < most; i++) {
      if (this.job(id).status === status) {
        this.#holds();
        return;
      }
      this.sandbox.block(() => undefined);
    }
    throw new RangeError(`job ${id} has status ${this.job(id).status} after ${most} blocks, not ${status}`);
  }

  job(id: bigint): Job {
    return this.sandbox.query(Query.methods.Job, { jobId: id }).job;
  }

  operator(name: string) {
    return this.sandbox.query(Query.methods.Operator, { operator: account(name) }).operator;
  }

  postMessage(how: How, values: readonly number[], more: Partial<MsgPostJob> = {}): Partial<MsgPostJob> {
    return {
      requester: account("alice"),
      modelId: this.modelId,
      verification: KINDS[how],
      items: values.map(item),
      maxPrice: { denom: DENOM, amount: "1000000" },
      ...more,
    };
  }

  post(how: How, values: readonly number[], more: Partial<MsgPostJob> = {}): bigint {
    return this.block(() => this.sandbox.run(Msg.methods.PostJob, this.postMessage(how, values, more)).jobId);
  }

  /** Posts a job and waits until somebody has it. */
  assigned(how: How, values: readonly number[], more: Partial<MsgPostJob> = {}): bigint {
    const id = this.post(how, values, more);
    this.until(id, JobStatus.JOB_STATUS_ASSIGNED);
    return id;
  }

  /** What the canonical engine answers. */
  answers(id: bigint): Uint8Array[] {
    return inputsOf(this.sandbox.context(), id)!.map((encoded) => this.run(encoded));
  }

  run(encoded: Uint8Array): Uint8Array {
    const outcome = this.sandbox.compute.answer({
      modelHash: new Uint8Array(0),
      modelBytes: () => new Uint8Array(0),
      inputs: [],
      encoded,
      inputHash: sha256(encoded),
      units: 0n,
    });
    return outcome.status === "ok" ? outcome.encoded : new Uint8Array(0);
  }

  leaves(id: bigint, outputs: readonly Uint8Array[]): Uint8Array[] {
    const inputs = inputsOf(this.sandbox.context(), id)!;
    return leavesOf(outputs, inputs.map(sha256));
  }

  commit(name: string, id: bigint, outputs: readonly Uint8Array[], seed = `${id}`) {
    const root = resultRootOf(this.leaves(id, outputs));
    const operator = codec.parse(account(name));
    return this.sandbox.deliver(Msg.methods.Commit, {
      hotAddress: hot(name),
      jobId: id,
      commitment: commitmentOf({ jobId: id, operator, root, salt: salt(seed) }),
    });
  }

  reveal(name: string, id: bigint, outputs: readonly Uint8Array[], seed = `${id}`) {
    return this.sandbox.deliver(Msg.methods.Reveal, {
      hotAddress: hot(name),
      jobId: id,
      salt: salt(seed),
      items: outputs,
    });
  }

  /** TOLERANCE: shows answers beside decoys in the order of the salt. */
  show(
    name: string,
    id: bigint,
    outputs: readonly Uint8Array[],
    decoys: readonly Uint8Array[],
    seed = `${id}`,
  ) {
    const items = outputs.flatMap((output, index) => {
      const pair = [output, decoys[index]!];
      return decoyOrder(id, salt(seed), index) === 0 ? pair : pair.reverse();
    });
    return this.sandbox.deliver(Msg.methods.Reveal, {
      hotAddress: hot(name),
      jobId: id,
      salt: new Uint8Array(0),
      items,
    });
  }

  open(name: string, id: bigint, seed = `${id}`) {
    return this.sandbox.deliver(Msg.methods.Open, { hotAddress: hot(name), jobId: id, salt: salt(seed) });
  }

  /** Puts a verdict as votes bring it; false if the block does not take it. */
  say(validator: SandboxValidator, id: bigint, digest: Uint8Array): boolean {
    const ctx = this.sandbox.context("deliver");
    const address = consensusAddress(validator.name);
    if (!takesVerdict(this.job(id), ctx.block.height) || findVerdict(ctx, id, address)) return false;
    const { power } = validator;
    putVerdict(ctx, id, Verdict.create({ validator: address, digest, power, height: ctx.block.height }));
    return true;
  }

  /** The EXACT verdict of somebody who found these outputs. */
  verdict(validator: SandboxValidator, id: bigint, outputs: readonly Uint8Array[]): boolean {
    const leaves = this.leaves(id, outputs);
    const answer = answerOf(judgedItems(this.job(id)).map((index) => leaves[index]!));
    const digest = verdictDigest({ jobId: id, validator: consensusAddress(validator.name), answer });
    return this.say(validator, id, digest);
  }

  /** The TOLERANCE verdict: binds to choices. */
  choose(validator: SandboxValidator, id: bigint, choices: Uint8Array): boolean {
    const address = consensusAddress(validator.name);
    return this.say(
      validator,
      id,
      choiceDigest({ jobId: id, validator: address, choices, nonce: salt(validator.name) }),
    );
  }

  tell(validator: SandboxValidator, id: bigint, choices: Uint8Array): boolean {
    const ctx = this.sandbox.context("deliver");
    const verdict = findVerdict(ctx, id, consensusAddress(validator.name));
    if (!verdict || !takesOpening(this.job(id), ctx.block.height)) return false;
    putVerdict(ctx, id, { ...verdict, choices });
    return true;
  }

  verdicts(id: bigint): readonly Verdict[] {
    return verdictsOf(this.sandbox.context(), id);
  }

  /** Commits `outputs`, waits until verdicts are taken, and lets validators say what they find. */
  judged(
    name: string,
    id: bigint,
    outputs: readonly Uint8Array[],
    found: (validator: SandboxValidator) => readonly Uint8Array[] | undefined,
  ): void {
    this.block(() => must(this.commit(name, id, outputs)));
    this.blocks(1);
    this.block(() => {
      for (const validator of this.validators) {
        const said = found(validator);
        if (said) this.verdict(validator, id, said);
      }
    });
  }

  /** A job's way from its posting to VERIFIED or DISPUTED, everybody honest. */
  answered(values: readonly number[], name = "op", more: Partial<MsgPostJob> = {}): bigint {
    const id = this.assigned("EXACT", values, more);
    const outputs = this.answers(id);
    this.judged(name, id, outputs, () => outputs);
    this.block(() => must(this.reveal(name, id, outputs)));
    return id;
  }

  /** Whole coins that a validator and its delegators have to take. */
  rewards(name: string): bigint {
    const { rewards } = this.sandbox.query(DistributionQuery.methods.ValidatorOutstandingRewards, {
      validatorAddress: codec.operators.format(codec.parse(operatorAccount(name))),
    });
    const coin = rewards?.rewards.find(({ denom }) => denom === DENOM);
    return coin ? decTruncate(BigInt(coin.amount) as Dec) : 0n;
  }

  /** Tokens of a validator. */
  stake(name: string): bigint {
    const { staking } = this.sandbox.modules;
    return staking.validator(this.sandbox.context(), codec.parse(operatorAccount(name)))!.tokens;
  }

  balance(address: string): bigint {
    return this.sandbox.balance(address);
  }

  held(name: string): bigint {
    return this.sandbox.balance(codec.format(moduleAddress(name)));
  }

  supply(): bigint {
    return this.sandbox.modules.bank.supply(this.sandbox.context(), DENOM);
  }

  communityPool(): bigint {
    const pool = this.sandbox.modules.distribution.communityPool(this.sandbox.context());
    return decAmountOf(pool, DENOM);
  }

  retire(): void {
    this.block(() =>
      this.sandbox.run(ModelsMsg.methods.RetireModel, { owner: account("owner"), modelId: this.modelId }),
    );
  }
}

export function must<T extends { readonly error: unknown }>(delivered: T): T {
  if (delivered.error) throw delivered.error;
  return delivered;
}

/** Another tensor than this, as wrong as one bit. */
export function flipped(encoded: Uint8Array): Uint8Array {
  const other = encoded.slice();
  other[other.length - 4]! ^= 1;
  return other;
}

export function floats(values: readonly number[]): NamedTensor {
  return {
    name: "y",
    dtype: "float32",
    dims: [1, values.length],
    data: new Uint8Array(new Float32Array(values).buffer),
  };
}
