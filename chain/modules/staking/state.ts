/** The store `staking`: records and indexes by key, without rules. With queues.ts the only code that touches it. */
import { IntProto } from "../../../proto/gen/cosmos.base.v1beta1.ts";
import {
  Delegation as DelegationRecord,
  HistoricalInfo,
  Params,
  Redelegation as RedelegationRecord,
  UnbondingDelegation as UnbondingRecord,
  Validator as ValidatorRecord,
  ValidatorUpdates,
} from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { ValidatorUpdate } from "../../../proto/gen/tendermint.abci.ts";
import type { Address } from "../../runtime/address.ts";
import { u64Bytes, u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { StakingError } from "./errors.ts";
import { decodeInt64, encodeInt64 } from "./int64.ts";
import * as keys from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";
import {
  delegationFromRecord,
  delegationToRecord,
  redelegationFromRecord,
  redelegationToRecord,
  unbondingFromRecord,
  unbondingToRecord,
  validatorFromRecord,
  validatorToRecord,
} from "./records.ts";
import type { Delegation, Redelegation, UnbondingDelegation, Validator } from "./types.ts";
import { powerOf } from "./validator.ts";

const EMPTY = new Uint8Array(0);
const { STORE } = keys;

export class StakingState {
  /**
   * Validators by the very bytes they were read from, which the store never changes: begin and end block read all bonded
   * ones in every block. What was written is read anew.
   */
  readonly #decoded = new WeakMap<Uint8Array, Validator>();

  // ── Parameters ───────────────────────────────────────────────────────────────────────────────────────────────────

  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(keys.PARAMS_KEY);
    return bytes ? Params.decode(bytes) : DEFAULT_PARAMS;
  }

  setParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(keys.PARAMS_KEY, Params.encode(params));
  }

  // ── Validators ───────────────────────────────────────────────────────────────────────────────────────────────────

  validator(ctx: Context, operator: Address): Validator | undefined {
    const bytes = ctx.store(STORE).get(keys.validatorKey(operator));
    return bytes && this.#decode(ctx, bytes);
  }

  /** @throws StakingError.noValidatorFound */
  mustHaveValidator(ctx: Context, operator: Address): Validator {
    const validator = this.validator(ctx, operator);
    if (!validator)
      throw StakingError.noValidatorFound(
        `validator ${ctx.addresses.operators.format(operator)} does not exist`,
      );
    return validator;
  }

  #decode(ctx: Context, bytes: Uint8Array): Validator {
    const known = this.#decoded.get(bytes);
    if (known) return known;
    const validator = validatorFromRecord(ValidatorRecord.decode(bytes), ctx.addresses);
    this.#decoded.set(bytes, validator);
    return validator;
  }

  /** The record as it stands in the store. */
  validatorBytes(ctx: Context, operator: Address): Uint8Array | undefined {
    return ctx.store(STORE).get(keys.validatorKey(operator));
  }

  setValidator(ctx: Context, validator: Validator): void {
    const bytes = ValidatorRecord.encode(validatorToRecord(validator, ctx.addresses));
    ctx.store(STORE).set(keys.validatorKey(validator.operator), bytes);
  }

  deleteValidator(ctx: Context, { operator, consensus }: Validator): void {
    const store = ctx.store(STORE);
    store.delete(keys.validatorKey(operator));
    store.delete(keys.consensusKey(consensus));
  }

  /** All, by operator. Work is linear in them. */
  *validators(ctx: Context): IterableIterator<Validator> {
    for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(keys.VALIDATOR_PREFIX)))
      yield this.#decode(ctx, bytes);
  }

  validatorByConsensus(ctx: Context, consensus: Uint8Array): Validator | undefined {
    const operator = ctx.store(STORE).get(keys.consensusKey(consensus)) as Address | undefined;
    return operator && this.validator(ctx, operator);
  }

  setByConsensus(ctx: Context, { operator, consensus }: Validator): void {
    ctx.store(STORE).set(keys.consensusKey(consensus), operator);
  }

  /** Jailed validators have no place in the order of power. */
  setByPower(ctx: Context, { operator, tokens, jailed }: Validator): void {
    if (!jailed) ctx.store(STORE).set(keys.powerKey(powerOf(tokens), operator), operator);
  }

  deleteByPower(ctx: Context, { operator, tokens }: Validator): void {
    ctx.store(STORE).delete(keys.powerKey(powerOf(tokens), operator));
  }

  /** Operators, the most powerful first; jailed ones are not among them. */
  *operatorsByPower(ctx: Context): IterableIterator<Address> {
    const range = { ...prefixRange(keys.POWER_PREFIX), reverse: true };
    for (const [, operator] of ctx.store(STORE).iterate(range)) yield operator as Address;
  }

  // ── What the last block came to ──────────────────────────────────────────────────────────────────────────────────

  lastPower(ctx: Context, operator: Address): bigint {
    const bytes = ctx.store(STORE).get(keys.lastPowerKey(operator));
    return bytes ? decodeInt64(bytes) : 0n;
  }

  setLastPower(ctx: Context, operator: Address, power: bigint): void {
    ctx.store(STORE).set(keys.lastPowerKey(operator), encodeInt64(power));
  }

  deleteLastPower(ctx: Context, operator: Address): void {
    ctx.store(STORE).delete(keys.lastPowerKey(operator));
  }

  /** Powers of those who were bonded at the end of the last block, by operator. */
  *lastPowers(ctx: Context): IterableIterator<readonly [operator: Address, power: bigint]> {
    for (const [key, bytes] of ctx.store(STORE).iterate(prefixRange(keys.LAST_POWER_PREFIX)))
      yield [keys.operatorOfLastPower(key), decodeInt64(bytes)];
  }

  lastTotalPower(ctx: Context): bigint {
    const bytes = ctx.store(STORE).get(keys.LAST_TOTAL_POWER_KEY);
    return bytes ? BigInt(IntProto.decode(bytes).int) : 0n;
  }

  setLastTotalPower(ctx: Context, power: bigint): void {
    ctx.store(STORE).set(keys.LAST_TOTAL_POWER_KEY, IntProto.encode({ int: power.toString() }));
  }

  setUpdates(ctx: Context, updates: readonly ValidatorUpdate[]): void {
    ctx.store(STORE).set(keys.UPDATES_KEY, ValidatorUpdates.encode({ updates }));
  }

  history(ctx: Context, height: bigint): HistoricalInfo | undefined {
    const bytes = ctx.store(STORE).get(keys.historyKey(height));
    return bytes && HistoricalInfo.decode(bytes);
  }

  // ── Delegations ──────────────────────────────────────────────────────────────────────────────────────────────────

  delegation(ctx: Context, delegator: Address, operator: Address): Delegation | undefined {
    const bytes = ctx.store(STORE).get(keys.delegationKey(delegator, operator));
    return bytes && delegationFromRecord(DelegationRecord.decode(bytes), ctx.addresses);
  }

  setDelegation(ctx: Context, delegation: Delegation): void {
    const { delegator, operator } = delegation;
    const store = ctx.store(STORE);
    const bytes = DelegationRecord.encode(delegationToRecord(delegation, ctx.addresses));
    store.set(keys.delegationKey(delegator, operator), bytes);
    store.set(keys.delegatorKey(operator, delegator), EMPTY);
  }

  deleteDelegation(ctx: Context, delegator: Address, operator: Address): void {
    const store = ctx.store(STORE);
    store.delete(keys.delegationKey(delegator, operator));
    store.delete(keys.delegatorKey(operator, delegator));
  }

  /** Of one delegator, or of all, by delegator and operator. Work is linear in them. */
  *delegations(ctx: Context, delegator?: Address): IterableIterator<Delegation> {
    const prefix = delegator ? keys.delegationsKey(delegator) : keys.DELEGATION_PREFIX;
    for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(prefix)))
      yield delegationFromRecord(DelegationRecord.decode(bytes), ctx.addresses);
  }

  /** Delegations to one validator, by delegator. Work is linear in them. */
  *delegationsTo(ctx: Context, operator: Address): IterableIterator<Delegation> {
    const prefix = keys.delegatorsKey(operator);
    for (const [key] of ctx.store(STORE).iterate(prefixRange(prefix)))
      yield this.delegation(ctx, key.slice(prefix.length) as Address, operator)!;
  }

  // ── Unbonding delegations ────────────────────────────────────────────────────────────────────────────────────────

  unbonding(ctx: Context, delegator: Address, operator: Address): UnbondingDelegation | undefined {
    return this.#unbondingAt(ctx, keys.unbondingKey(delegator, operator));
  }

  #unbondingAt(ctx: Context, key: Uint8Array): UnbondingDelegation | undefined {
    const bytes = ctx.store(STORE).get(key);
    return bytes && unbondingFromRecord(UnbondingRecord.decode(bytes), ctx.addresses);
  }

  /** Writes it and its index; one without entries is removed. */
  setUnbonding(ctx: Context, unbonding: UnbondingDelegation): void {
    const { delegator, operator, entries } = unbonding;
    const store = ctx.store(STORE);
    const [key, index] = [keys.unbondingKey(delegator, operator), keys.unbonderKey(operator, delegator)];
    if (entries.length === 0) {
      store.delete(key);
      store.delete(index);
      return;
    }
    store.set(key, UnbondingRecord.encode(unbondingToRecord(unbonding, ctx.addresses)));
    store.set(index, EMPTY);
  }

  /** Of one delegator, or of all. Work is linear in them. */
  *unbondings(ctx: Context, delegator?: Address): IterableIterator<UnbondingDelegation> {
    const prefix = delegator ? keys.unbondingsKey(delegator) : keys.UNBONDING_PREFIX;
    for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(prefix)))
      yield unbondingFromRecord(UnbondingRecord.decode(bytes), ctx.addresses);
  }

  /** From one validator, by delegator. */
  *unbondingsFrom(ctx: Context, operator: Address): IterableIterator<UnbondingDelegation> {
    for (const [key] of ctx.store(STORE).iterate(prefixRange(keys.unbondersKey(operator))))
      yield this.#unbondingAt(ctx, keys.unbondingOfIndex(key))!;
  }

  // ── Redelegations ────────────────────────────────────────────────────────────────────────────────────────────────

  redelegation(
    ctx: Context,
    delegator: Address,
    source: Address,
    destination: Address,
  ): Redelegation | undefined {
    return this.#redelegationAt(ctx, keys.redelegationKey(delegator, source, destination));
  }

  #redelegationAt(ctx: Context, key: Uint8Array): Redelegation | undefined {
    const bytes = ctx.store(STORE).get(key);
    return bytes && redelegationFromRecord(RedelegationRecord.decode(bytes), ctx.addresses);
  }

  /** Writes it and its indexes; one without entries is removed. */
  setRedelegation(ctx: Context, redelegation: Redelegation): void {
    const { delegator, source, destination, entries } = redelegation;
    const store = ctx.store(STORE);
    const key = keys.redelegationKey(delegator, source, destination);
    const from = keys.redelegationFromKey(source, delegator, destination);
    const to = keys.redelegationToKey(destination, delegator, source);
    if (entries.length === 0) {
      for (const each of [key, from, to]) store.delete(each);
      return;
    }
    store.set(key, RedelegationRecord.encode(redelegationToRecord(redelegation, ctx.addresses)));
    store.set(from, EMPTY);
    store.set(to, EMPTY);
  }

  /** Of one delegator, or of all. Work is linear in them. */
  *redelegations(ctx: Context, delegator?: Address): IterableIterator<Redelegation> {
    const prefix = delegator ? keys.redelegationsKey(delegator) : keys.REDELEGATION_PREFIX;
    for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(prefix)))
      yield redelegationFromRecord(RedelegationRecord.decode(bytes), ctx.addresses);
  }

  /** Away from one validator, by delegator. */
  *redelegationsFrom(ctx: Context, source: Address): IterableIterator<Redelegation> {
    for (const [key] of ctx.store(STORE).iterate(prefixRange(keys.redelegationsFromKey(source))))
      yield this.#redelegationAt(ctx, keys.redelegationOfIndex(key))!;
  }

  /** Whether tokens of the delegator are on their way to the validator. */
  isReceiving(ctx: Context, delegator: Address, destination: Address): boolean {
    const range = prefixRange(keys.redelegationsToKey(destination, delegator));
    for (const _ of ctx.store(STORE).iterate(range)) return true;
    return false;
  }

  // ── Ids of what unbonds ──────────────────────────────────────────────────────────────────────────────────────────

  lastUnbondingId(ctx: Context): bigint {
    const bytes = ctx.store(STORE).get(keys.UNBONDING_ID_KEY);
    return bytes ? u64FromBytes(bytes) : 0n;
  }

  setLastUnbondingId(ctx: Context, id: bigint): void {
    ctx.store(STORE).set(keys.UNBONDING_ID_KEY, u64Bytes(id));
  }

  takeUnbondingId(ctx: Context): bigint {
    const id = this.lastUnbondingId(ctx) + 1n;
    this.setLastUnbondingId(ctx, id);
    return id;
  }

  setUnbondingIndex(
    ctx: Context,
    id: bigint,
    key: Uint8Array,
    type: keyof typeof keys.UNBONDING_TYPES,
  ): void {
    const store = ctx.store(STORE);
    store.set(keys.unbondingIndexKey(id), key);
    store.set(keys.unbondingTypeKey(id), u64Bytes(keys.UNBONDING_TYPES[type]));
  }

  /** The SDK leaves the type behind for ever; here both go with what they told of (ADR-0110). */
  deleteUnbondingIndex(ctx: Context, id: bigint): void {
    const store = ctx.store(STORE);
    store.delete(keys.unbondingIndexKey(id));
    store.delete(keys.unbondingTypeKey(id));
  }
}
