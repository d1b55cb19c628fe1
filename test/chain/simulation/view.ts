/** What operations may know of the chain: queries, answered once a block; and who there is. */
import { AddressCodec, moduleAddress } from "../../../chain/runtime/address.ts";
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
import { Query as FeesQuery } from "../../../proto/gen/opg.fees.v1.ts";
import { type Model, Query as ModelsQuery } from "../../../proto/gen/opg.models.v1.ts";
import { DENOM, type TestChain, testSigner } from "../chain.ts";
import type { Random } from "../modules/random.ts";

export const ADDRESSES = new AddressCodec("opg");
export const AUTHORITY = ADDRESSES.format(moduleAddress("gov"));

/** The operators of the first validators: these two neither stop, cheat nor sell, so that a chain always has somebody. */
export const ANCHORS = ["operator-a1", "operator-a2"] as const;

export const addressOf = (name: string): string => testSigner(name).address;
export const operatorOf = (name: string): string =>
  ADDRESSES.operators.format(ADDRESSES.parse(addressOf(name)));
export const coin = (amount: bigint | number) => ({ denom: DENOM, amount: amount.toString() });

export class View {
  readonly #chain: TestChain;
  /** Names of everybody who may have an account. */
  readonly #people: string[];
  readonly #names = new Map<string, string>();
  readonly #answers = new Map<string, Promise<unknown>>();
  #acting: string | undefined;
  /** Of the block that is being made. */
  time: Timestamp = { seconds: 0n, nanos: 0 };

  constructor(chain: TestChain, people: readonly string[]) {
    this.#chain = chain;
    this.#people = [];
    for (const name of people) this.meet(name);
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
