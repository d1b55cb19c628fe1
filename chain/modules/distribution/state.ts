/** What the store `distribution` holds, record by record. The only code that touches it. */

import type { DecCoin as ProtoDecCoin } from "../../../proto/gen/cosmos.base.v1beta1.ts";
import {
  DelegatorStartingInfo,
  FeePool,
  Params,
  ValidatorAccumulatedCommission,
  ValidatorCurrentRewards,
  ValidatorHistoricalRewards,
  ValidatorOutstandingRewards,
  ValidatorSlashEvent,
} from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import {
  addDecCoins,
  type DecCoins,
  decCoinsFromState,
  decCoinsToProto,
  NO_DEC_COINS,
} from "../../runtime/dec-coins.ts";
import { type Dec, decFromWire, decToWire } from "../../runtime/decimal.ts";
import { prefixRange } from "../../runtime/range.ts";
import {
  addressKey,
  addressOfKey,
  COMMISSION_PREFIX,
  CURRENT_PREFIX,
  delegatorOfKey,
  FEE_POOL_KEY,
  HISTORICAL_PREFIX,
  heightOfKey,
  historicalKey,
  OUTSTANDING_PREFIX,
  PARAMS_KEY,
  PROPOSER_KEY,
  periodOfKey,
  SLASH_PREFIX,
  STARTING_INFO_PREFIX,
  STORE,
  slashHeightKey,
  slashKey,
  startingInfoKey,
  WITHDRAW_ADDRESS_PREFIX,
} from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";

/** Rewards of one token from a validator's beginning to the end of a period, and how many records need it. */
export interface HistoricalRewards {
  readonly ratio: DecCoins;
  readonly references: number;
}

/** Rewards of the period that is going on. */
export interface CurrentRewards {
  readonly rewards: DecCoins;
  readonly period: bigint;
}

/** Where a delegation's rewards begin: after `previousPeriod`, with `stake` tokens. */
export interface StartingInfo {
  readonly previousPeriod: bigint;
  readonly stake: Dec;
  readonly height: bigint;
}

/** A slash by `fraction` that ended `period`. */
export interface SlashEvent {
  readonly height: bigint;
  readonly period: bigint;
  readonly fraction: Dec;
}

/**
 * Coins by the very bytes that they were read from or written as, which the store never changes: begin block reads and writes
 * three records of every validator in every block.
 */
const READ = new WeakMap<Uint8Array, DecCoins>();

function readCoins(bytes: Uint8Array, decode: (bytes: Uint8Array) => readonly ProtoDecCoin[]): DecCoins {
  const known = READ.get(bytes);
  if (known) return known;
  const coins = decCoinsFromState(decode(bytes));
  READ.set(bytes, coins);
  return coins;
}

function writeCoins(ctx: Context, key: Uint8Array, bytes: Uint8Array, coins: DecCoins): void {
  READ.set(bytes, coins);
  ctx.store(STORE).set(key, bytes);
}

const commissionOf = (bytes: Uint8Array) => ValidatorAccumulatedCommission.decode(bytes).commission;
const outstandingOf = (bytes: Uint8Array) => ValidatorOutstandingRewards.decode(bytes).rewards;

type Entry = readonly [key: Uint8Array, value: Uint8Array];

function* under(ctx: Context, prefix: Uint8Array): IterableIterator<Entry> {
  yield* ctx.store(STORE).iterate(prefixRange(prefix));
}

function deleteUnder(ctx: Context, prefix: Uint8Array): void {
  const store = ctx.store(STORE);
  for (const key of [...under(ctx, prefix)].map(([key]) => key)) store.delete(key);
}

// ── One of a kind ──────────────────────────────────────────────────────────────────────────────────────────────────

export function getParams(ctx: Context): Params {
  const bytes = ctx.store(STORE).get(PARAMS_KEY);
  return bytes ? Params.decode(bytes) : DEFAULT_PARAMS;
}

export function setParams(ctx: Context, params: Params): void {
  ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
}

export function getCommunityPool(ctx: Context): DecCoins {
  const bytes = ctx.store(STORE).get(FEE_POOL_KEY);
  return bytes ? decCoinsFromState(FeePool.decode(bytes).communityPool) : NO_DEC_COINS;
}

export function setCommunityPool(ctx: Context, pool: DecCoins): void {
  ctx.store(STORE).set(FEE_POOL_KEY, FeePool.encode({ communityPool: decCoinsToProto(pool) }));
}

export function addToCommunityPool(ctx: Context, coins: DecCoins): void {
  setCommunityPool(ctx, addDecCoins(getCommunityPool(ctx), coins));
}

/** Consensus address of the proposer of the block before; empty if there is none. */
export function getPreviousProposer(ctx: Context): Uint8Array {
  return ctx.store(STORE).get(PROPOSER_KEY)?.slice(2) ?? new Uint8Array(0);
}

/** Stands as google.protobuf.BytesValue: field 1. */
export function setPreviousProposer(ctx: Context, consensus: Uint8Array): void {
  const value =
    consensus.length === 0 ? consensus : concatBytes(Uint8Array.of(0x0a), lengthPrefixed(consensus));
  ctx.store(STORE).set(PROPOSER_KEY, value);
}

// ── Of a delegator ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Who gets what the delegator earns: the delegator, unless another is set. */
export function getWithdrawAddress(ctx: Context, delegator: Address): Address {
  return (
    (ctx.store(STORE).get(addressKey(WITHDRAW_ADDRESS_PREFIX, delegator)) as Address | undefined) ?? delegator
  );
}

export function setWithdrawAddress(ctx: Context, delegator: Address, to: Address): void {
  ctx.store(STORE).set(addressKey(WITHDRAW_ADDRESS_PREFIX, delegator), to);
}

export function* allWithdrawAddresses(
  ctx: Context,
): IterableIterator<readonly [delegator: Address, to: Address]> {
  for (const [key, value] of under(ctx, WITHDRAW_ADDRESS_PREFIX)) yield [addressOfKey(key), value as Address];
}

export function getStartingInfo(
  ctx: Context,
  operator: Address,
  delegator: Address,
): StartingInfo | undefined {
  const bytes = ctx.store(STORE).get(startingInfoKey(operator, delegator));
  return bytes && readStartingInfo(bytes);
}

function readStartingInfo(bytes: Uint8Array): StartingInfo {
  const { previousPeriod, stake, height } = DelegatorStartingInfo.decode(bytes);
  return { previousPeriod, stake: decFromWire(stake, "stake"), height };
}

export function setStartingInfo(
  ctx: Context,
  operator: Address,
  delegator: Address,
  info: StartingInfo,
): void {
  const bytes = DelegatorStartingInfo.encode({ ...info, stake: decToWire(info.stake) });
  ctx.store(STORE).set(startingInfoKey(operator, delegator), bytes);
}

export function deleteStartingInfo(ctx: Context, operator: Address, delegator: Address): void {
  ctx.store(STORE).delete(startingInfoKey(operator, delegator));
}

export function* allStartingInfos(ctx: Context): IterableIterator<{
  readonly operator: Address;
  readonly delegator: Address;
  readonly info: StartingInfo;
}> {
  for (const [key, value] of under(ctx, STARTING_INFO_PREFIX))
    yield { operator: addressOfKey(key), delegator: delegatorOfKey(key), info: readStartingInfo(value) };
}

// ── Of a validator ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Nothing, with no references, where there is no record. */
export function getHistorical(ctx: Context, operator: Address, period: bigint): HistoricalRewards {
  const bytes = ctx.store(STORE).get(historicalKey(operator, period));
  return bytes ? readHistorical(bytes) : { ratio: NO_DEC_COINS, references: 0 };
}

function readHistorical(bytes: Uint8Array): HistoricalRewards {
  const { cumulativeRewardRatio, referenceCount } = ValidatorHistoricalRewards.decode(bytes);
  return { ratio: decCoinsFromState(cumulativeRewardRatio), references: referenceCount };
}

export function setHistorical(
  ctx: Context,
  operator: Address,
  period: bigint,
  { ratio, references }: HistoricalRewards,
): void {
  const bytes = ValidatorHistoricalRewards.encode({
    cumulativeRewardRatio: decCoinsToProto(ratio),
    referenceCount: references,
  });
  ctx.store(STORE).set(historicalKey(operator, period), bytes);
}

export function deleteHistorical(ctx: Context, operator: Address, period: bigint): void {
  ctx.store(STORE).delete(historicalKey(operator, period));
}

export function deleteAllHistorical(ctx: Context, operator: Address): void {
  deleteUnder(ctx, addressKey(HISTORICAL_PREFIX, operator));
}

export function* allHistorical(ctx: Context): IterableIterator<{
  readonly operator: Address;
  readonly period: bigint;
  readonly rewards: HistoricalRewards;
}> {
  for (const [key, value] of under(ctx, HISTORICAL_PREFIX))
    yield { operator: addressOfKey(key), period: periodOfKey(key), rewards: readHistorical(value) };
}

export function getCurrent(ctx: Context, operator: Address): CurrentRewards {
  const bytes = ctx.store(STORE).get(addressKey(CURRENT_PREFIX, operator));
  return bytes ? readCurrent(bytes) : { rewards: NO_DEC_COINS, period: 0n };
}

/** As READ. */
const READ_CURRENT = new WeakMap<Uint8Array, CurrentRewards>();

function readCurrent(bytes: Uint8Array): CurrentRewards {
  const known = READ_CURRENT.get(bytes);
  if (known) return known;
  const { rewards, period } = ValidatorCurrentRewards.decode(bytes);
  const current = { rewards: decCoinsFromState(rewards), period };
  READ_CURRENT.set(bytes, current);
  return current;
}

export function setCurrent(ctx: Context, operator: Address, { rewards, period }: CurrentRewards): void {
  const bytes = ValidatorCurrentRewards.encode({ rewards: decCoinsToProto(rewards), period });
  READ_CURRENT.set(bytes, { rewards, period });
  ctx.store(STORE).set(addressKey(CURRENT_PREFIX, operator), bytes);
}

export function deleteCurrent(ctx: Context, operator: Address): void {
  ctx.store(STORE).delete(addressKey(CURRENT_PREFIX, operator));
}

export function* allCurrent(
  ctx: Context,
): IterableIterator<readonly [operator: Address, current: CurrentRewards]> {
  for (const [key, value] of under(ctx, CURRENT_PREFIX)) yield [addressOfKey(key), readCurrent(value)];
}

/** Commission that was not withdrawn yet. */
export function getCommission(ctx: Context, operator: Address): DecCoins {
  const bytes = ctx.store(STORE).get(addressKey(COMMISSION_PREFIX, operator));
  return bytes ? readCoins(bytes, commissionOf) : NO_DEC_COINS;
}

export function setCommission(ctx: Context, operator: Address, commission: DecCoins): void {
  const bytes = ValidatorAccumulatedCommission.encode({ commission: decCoinsToProto(commission) });
  writeCoins(ctx, addressKey(COMMISSION_PREFIX, operator), bytes, commission);
}

export function deleteCommission(ctx: Context, operator: Address): void {
  ctx.store(STORE).delete(addressKey(COMMISSION_PREFIX, operator));
}

export function* allCommissions(
  ctx: Context,
): IterableIterator<readonly [operator: Address, commission: DecCoins]> {
  for (const [key, value] of under(ctx, COMMISSION_PREFIX))
    yield [addressOfKey(key), readCoins(value, commissionOf)];
}

/** All that is owed to a validator and its delegators, commission included. */
export function getOutstanding(ctx: Context, operator: Address): DecCoins {
  const bytes = ctx.store(STORE).get(addressKey(OUTSTANDING_PREFIX, operator));
  return bytes ? readCoins(bytes, outstandingOf) : NO_DEC_COINS;
}

export function setOutstanding(ctx: Context, operator: Address, rewards: DecCoins): void {
  const bytes = ValidatorOutstandingRewards.encode({ rewards: decCoinsToProto(rewards) });
  writeCoins(ctx, addressKey(OUTSTANDING_PREFIX, operator), bytes, rewards);
}

export function deleteOutstanding(ctx: Context, operator: Address): void {
  ctx.store(STORE).delete(addressKey(OUTSTANDING_PREFIX, operator));
}

export function* allOutstanding(
  ctx: Context,
): IterableIterator<readonly [operator: Address, rewards: DecCoins]> {
  for (const [key, value] of under(ctx, OUTSTANDING_PREFIX))
    yield [addressOfKey(key), readCoins(value, outstandingOf)];
}

function readSlash([key, value]: Entry): SlashEvent {
  const { validatorPeriod, fraction } = ValidatorSlashEvent.decode(value);
  return { height: heightOfKey(key), period: validatorPeriod, fraction: decFromWire(fraction, "fraction") };
}

export function setSlash(ctx: Context, operator: Address, { height, period, fraction }: SlashEvent): void {
  const bytes = ValidatorSlashEvent.encode({ validatorPeriod: period, fraction: decToWire(fraction) });
  ctx.store(STORE).set(slashKey(operator, height, period), bytes);
}

/** Slashes of the heights from `first` to `last`, both included, in order. */
export function* slashesBetween(
  ctx: Context,
  operator: Address,
  first: bigint,
  last: bigint,
): IterableIterator<SlashEvent> {
  const range = { start: slashHeightKey(operator, first), end: slashHeightKey(operator, last + 1n) };
  for (const entry of ctx.store(STORE).iterate(range)) yield readSlash(entry);
}

export function deleteSlashes(ctx: Context, operator: Address): void {
  deleteUnder(ctx, addressKey(SLASH_PREFIX, operator));
}

export function* allSlashes(ctx: Context): IterableIterator<readonly [operator: Address, slash: SlashEvent]> {
  for (const entry of under(ctx, SLASH_PREFIX)) yield [addressOfKey(entry[0]), readSlash(entry)];
}
