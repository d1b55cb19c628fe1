/** What operations may know of the chain: queries, answered once a block; and who there is. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { ComputeEngine } from "../../../chain/block/compute.ts";
import { AddressCodec, moduleAddress } from "../../../chain/runtime/address.ts";
import { joinBytes, toHex } from "../../../chain/runtime/bytes.ts";
import type { Method } from "../../../proto/codec.ts";
import { Query as AuthzQuery, type GrantAuthorization } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import { Query as BankQuery } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  type Grant as FeeGrant,
  Query as FeegrantQuery,
} from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { Query as GovQuery, type Proposal } from "../../../proto/gen/cosmos.gov.v1.ts";
import {
  type DelegationResponse,
  Query as StakingQuery,
  type UnbondingDelegation,
  type Validator,
} from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import {
  Query as ComputeQuery,
  type Job,
  type Offer,
  type Operator,
} from "../../../proto/gen/opg.compute.v1.ts";
import { Query as FeesQuery } from "../../../proto/gen/opg.fees.v1.ts";
import { type Model, Query as ModelsQuery } from "../../../proto/gen/opg.models.v1.ts";
import { DENOM, type TestChain, testSigner, testValidator } from "../chain.ts";
import type { Random } from "../modules/random.ts";

export const ADDRESSES = new AddressCodec("opg");
export const AUTHORITY = ADDRESSES.format(moduleAddress("gov"));

/** The operators of the first validators: these two neither stop, cheat nor sell, so that a chain always has somebody. */
export const ANCHORS = ["operator-a1", "operator-a2"] as const;

/** Names of the keys of a genesis' validators. */
export const FIRST_VALIDATORS = ["a1", "a2", "v1", "v2", "v3", "v4"] as const;

export const addressOf = (name: string): string => testSigner(name).address;
export const operatorOf = (name: string): string =>
  ADDRESSES.operators.format(ADDRESSES.parse(addressOf(name)));
export const coin = (amount: bigint | number) => ({ denom: DENOM, amount: amount.toString() });

/** Pages that hold all there is. */
const ALL = { key: new Uint8Array(0), offset: 0n, limit: 200n, countTotal: false, reverse: false };

export class View {
  readonly #chain: TestChain;
  readonly #engine: ComputeEngine;
  readonly #files = new Map<bigint, Uint8Array>();
  /** Names of validators' keys, by their consensus address in hex. */
  readonly #validatorKeys = new Map<string, string>();
  /** Names of everybody who may have an account. */
  readonly #people: string[];
  readonly #names = new Map<string, string>();
  readonly #answers = new Map<string, Promise<unknown>>();
  #acting: string | undefined;
  /** Of the block that is being made. */
  time: Timestamp = { seconds: 0n, nanos: 0 };

  constructor(chain: TestChain, engine: ComputeEngine, people: readonly string[]) {
    this.#chain = chain;
    this.#engine = engine;
    this.#people = [];
    for (const name of people) this.meet(name);
    for (const name of FIRST_VALIDATORS) this.meetValidator(name);
  }

  /** Height of the block that is being made. */
  get height(): bigint {
    return this.#chain.height + 1n;
  }

  /** Forgets the block before. */
  turn(time: Timestamp): void {
    this.time = time;
    this.#answers.clear();
  }

  get people(): readonly string[] {
    return this.#people;
  }

  /** Somebody new, or not. */
  meet(name: string): string {
    const address = addressOf(name);
    if (this.#names.has(address)) return name;
    this.#names.set(address, name);
    this.#people.push(name);
    return name;
  }

  /** Remembers a validator's key by its name, as testValidator makes it. */
  meetValidator(name: string): string {
    this.#validatorKeys.set(toHex(testValidator(name).address), name);
    return name;
  }

  /** The name of the key with this consensus address, in hex. */
  validatorKey(address: string): string | undefined {
    return this.#validatorKeys.get(address);
  }

  /** The name behind an account's or operator's address. */
  nameOf(address: string): string | undefined {
    const known = this.#names.get(address);
    if (known !== undefined || !address.startsWith("opgvaloper")) return known;
    return this.#names.get(ADDRESSES.format(ADDRESSES.operators.parse(address)));
  }

  person(random: Random): string {
    return this.#acting ?? random.pick(this.#people);
  }

  /** Makes what `name` would do, who is every person meanwhile. */
  async as<T>(name: string, make: () => Promise<T>): Promise<T> {
    this.#acting = name;
    try {
      return await make();
    } finally {
      this.#acting = undefined;
    }
  }

  /** Mostly somebody there is, sometimes somebody new. */
  receiver(random: Random): string {
    if (random.chance(8) && this.#people.length < 60) return this.meet(`new-${this.#people.length}`);
    return random.pick(this.#people);
  }

  /** A name that no account has yet. */
  stranger(kind: string): string {
    return `${kind}-${this.height}-${this.#people.length}`;
  }

  async #ask<Request, Response>(
    method: Method<Request, Response>,
    request: Partial<Request> = {},
    key = "",
  ): Promise<Response> {
    const name = `${method.path} ${key}`;
    let answer = this.#answers.get(name);
    if (!answer) {
      answer = this.#chain.query(method, request);
      this.#answers.set(name, answer);
    }
    return answer as Promise<Response>;
  }

  async validators(): Promise<readonly Validator[]> {
    const pagination = { key: new Uint8Array(0), offset: 0n, limit: 200n, countTotal: false, reverse: false };
    return (await this.#ask(StakingQuery.methods.Validators, { pagination })).validators;
  }

  async delegations(name: string): Promise<readonly DelegationResponse[]> {
    const request = { delegatorAddr: addressOf(name) };
    return (await this.#ask(StakingQuery.methods.DelegatorDelegations, request, name)).delegationResponses;
  }

  async unbondings(name: string): Promise<readonly UnbondingDelegation[]> {
    const request = { delegatorAddr: addressOf(name) };
    return (await this.#ask(StakingQuery.methods.DelegatorUnbondingDelegations, request, name))
      .unbondingResponses;
  }

  async spendable(name: string): Promise<bigint> {
    const request = { address: addressOf(name), denom: DENOM };
    const { balance } = await this.#ask(BankQuery.methods.SpendableBalanceByDenom, request, name);
    return BigInt(balance?.amount ?? "0");
  }

  async proposals(): Promise<readonly Proposal[]> {
    const pagination = { key: new Uint8Array(0), offset: 0n, limit: 30n, countTotal: false, reverse: true };
    return (await this.#ask(GovQuery.methods.Proposals, { pagination })).proposals;
  }

  async models(): Promise<readonly Model[]> {
    const pagination = { key: new Uint8Array(0), offset: 0n, limit: 60n, countTotal: false, reverse: true };
    return (await this.#ask(ModelsQuery.methods.Models, { pagination })).models;
  }

  async operators(): Promise<readonly Operator[]> {
    return (await this.#ask(ComputeQuery.methods.Operators, { pagination: ALL })).operators;
  }

  /** Of one operator, or of all. */
  async offers(operator = ""): Promise<readonly Offer[]> {
    return (await this.#ask(ComputeQuery.methods.Offers, { operator, pagination: ALL }, operator)).offers;
  }

  async jobs(status: number): Promise<readonly Job[]> {
    return (await this.#ask(ComputeQuery.methods.Jobs, { status, pagination: ALL }, `${status}`)).jobs;
  }

  async isReady(jobId: bigint): Promise<boolean> {
    return (await this.#ask(ComputeQuery.methods.Job, { jobId }, `${jobId}`)).ready;
  }

  async jobInputs(jobId: bigint): Promise<readonly Uint8Array[]> {
    return (await this.#ask(ComputeQuery.methods.JobInputs, { jobId }, `${jobId}`)).items;
  }

  /** What a job holds as answers: of one within tolerance two an item, until it is opened. */
  async jobOutputs(jobId: bigint): Promise<readonly Uint8Array[]> {
    return (await this.#ask(ComputeQuery.methods.JobOutputs, { jobId }, `${jobId}`)).items;
  }

  /** What the engine answers to a job's items; empty where the model cannot run. */
  async answers(job: Job): Promise<readonly Uint8Array[]> {
    const items = await this.jobInputs(job.id);
    const file = await this.#file(job.modelId);
    const model = { hash: job.modelHash, bytes: () => file };
    const outcomes = items.map((bytes) => this.#engine.run(model, { bytes, hash: sha256(bytes) }));
    return (await Promise.all(outcomes)).map((each) =>
      each.status === "ok" ? each.encoded : new Uint8Array(0),
    );
  }

  /** A model's file, as the chain gives it out. */
  async #file(modelId: bigint): Promise<Uint8Array> {
    const known = this.#files.get(modelId);
    if (known) return known;
    const { model } = await this.ask(ModelsQuery.methods.Model, { modelId });
    const count = Math.ceil(Number(model.size) / model.chunkSize);
    const chunks = Array.from({ length: count }, (_, index) =>
      this.ask(ModelsQuery.methods.Chunk, { modelId, index }),
    );
    const file = joinBytes((await Promise.all(chunks)).map(({ data }) => data));
    this.#files.set(modelId, file);
    return file;
  }

  async grantsTo(name: string): Promise<readonly GrantAuthorization[]> {
    return (await this.#ask(AuthzQuery.methods.GranteeGrants, { grantee: addressOf(name) }, name)).grants;
  }

  async allowancesTo(name: string): Promise<readonly FeeGrant[]> {
    return (await this.#ask(FeegrantQuery.methods.Allowances, { grantee: addressOf(name) }, name)).allowances;
  }

  /** Of a unit of gas, times 10^18. */
  async baseFee(): Promise<bigint> {
    return BigInt((await this.#ask(FeesQuery.methods.BaseFee)).baseFee);
  }

  /** An answer as the chain gives it, for what is asked for rarely. */
  ask<Request, Response>(
    method: Method<Request, Response>,
    request: Partial<Request> = {},
  ): Promise<Response> {
    return this.#chain.query(method, request);
  }
}

/** Log-uniform up to `most`: small amounts and large are as common. */
export function amount(random: Random, most: bigint): bigint {
  if (most <= 0n) return 0n;
  const bits = most.toString(2).length;
  const value = random.bigint(1 + random.below(bits));
  return value > most ? most : value;
}
