/** What is compared: digests of every key and value of five stores after each block, and the state as clients are told it. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesEqual, concatBytes, toHex, u32Bytes } from "../../../../chain/runtime/bytes.ts";
import type { MessageType, Method } from "../../../../proto/codec.ts";
import { Query as BankQuery } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import { PageRequest } from "../../../../proto/gen/cosmos.base.query.v1beta1.ts";
import { Query as DistributionQuery } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Query as MintQuery } from "../../../../proto/gen/cosmos.mint.v1beta1.ts";
import { Query as SlashingQuery } from "../../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { Query as StakingQuery } from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { type Json, toJson } from "../../../../proto/json.ts";
import { actors, moduleAccounts, operators } from "./cast.ts";
import type { Pairs, PlayChain } from "./chains.ts";
import { types } from "./genesis.ts";

export const STORES = ["bank", "staking", "distribution", "slashing", "mint"] as const;
export type StoreName = (typeof STORES)[number];

/** First bytes of the keys in each store. Sources: keys.go of each module of the SDK. */
export const PREFIXES: Readonly<Record<StoreName, readonly number[]>> = {
  bank: [0, 1, 2, 3, 4, 5],
  staking: [
    0x11, 0x12, 0x21, 0x22, 0x23, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x41, 0x42, 0x43,
    0x50, 0x51, 0x61, 0x71,
  ],
  distribution: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  slashing: [0, 1, 2, 3],
  mint: [0, 1],
};

/**
 * What cannot be the same, and why: headers in staking's history hold the app hash of their chain; v0.55's parameters
 * of staking and mint have a field more each (key_rotation_fee, max_supply); the SDK leaves index entries of ids behind
 * whose unbonding is over (ADR-0110).
 */
const LEFT_OUT: Readonly<Partial<Record<StoreName, readonly number[]>>> = {
  staking: [0x38, 0x39, 0x50, 0x51],
  mint: [0x01],
};

export async function comparablePairs(chain: PlayChain, store: StoreName): Promise<Pairs> {
  const out = LEFT_OUT[store] ?? [];
  return (await chain.pairs(store)).filter(([key]) => !out.includes(key[0]!));
}

/** First 8 bytes of the SHA-256 of all pairs, in hex. */
export function digest(pairs: Pairs): string {
  const parts = pairs.flatMap(([key, value]) => [u32Bytes(key.length), key, u32Bytes(value.length), value]);
  return toHex(sha256(concatBytes(...parts)).slice(0, 8));
}

/** Keys whose values differ, or that one side lacks. */
export function difference(ours: Pairs, theirs: Pairs): readonly string[] {
  const left = new Map(ours.map(([key, value]) => [toHex(key), value]));
  const right = new Map(theirs.map(([key, value]) => [toHex(key), value]));
  const show = (value: Uint8Array | undefined) => (value ? toHex(value) : "absent");
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((key) => {
    const [a, b] = [left.get(key), right.get(key)];
    return a && b && bytesEqual(a, b) ? [] : [`${key}: ours ${show(a)}, theirs ${show(b)}`];
  });
}

export class QueryRefused extends Error {}

/** Asks one query over ABCI. @throws QueryRefused with the code */
export async function ask<Request, Response>(
  chain: PlayChain,
  method: Method<Request, Response>,
  request: Partial<Request>,
): Promise<Response> {
  const answer = await chain.query(method.path, method.request.encode(method.request.create(request)));
  if (answer.code !== 0)
    throw new QueryRefused(`${method.path}: ${answer.codespace} ${answer.code} ${answer.log}`);
  return method.response.decode(answer.value);
}

/** One page that holds all. */
export const ALL = PageRequest.create({ limit: 1_000n });

/** Answers of the queries that wallets show, as the JSON of REST, by a readable name. */
export async function readableState(chain: PlayChain): Promise<Record<string, Json>> {
  const state: Record<string, Json> = {};
  const put = async <Q, R>(name: string, method: Method<Q, R>, request: Partial<Q> = {}) => {
    const type: MessageType<R> = method.response;
    state[name] = toJson(type, await ask(chain, method, request), types);
  };
  const { methods: bank } = BankQuery;
  const { methods: staking } = StakingQuery;
  const { methods: distribution } = DistributionQuery;
  await put("supply", bank.TotalSupply, { pagination: ALL });
  const holders = [...actors.map(({ name, address }) => [name, address]), ...Object.entries(moduleAccounts)];
  for (const [name, address] of holders)
    await put(`${name}.balances`, bank.AllBalances, { address: address!, pagination: ALL });
  const { validators } = await ask(chain, staking.Validators, { pagination: ALL });
  await put("validators", staking.Validators, { pagination: ALL });
  await put("pool", staking.Pool);
  const known = new Set(validators.map(({ operatorAddress }) => operatorAddress));
  for (const { name, validator: validatorAddr } of operators.filter(({ validator }) =>
    known.has(validator),
  )) {
    const pagination = ALL;
    await put(`${name}.delegations`, staking.ValidatorDelegations, { validatorAddr, pagination });
    await put(`${name}.unbonding`, staking.ValidatorUnbondingDelegations, { validatorAddr, pagination });
    const one = { validatorAddress: validatorAddr };
    await put(`${name}.outstanding`, distribution.ValidatorOutstandingRewards, one);
    await put(`${name}.commission`, distribution.ValidatorCommission, one);
    await put(`${name}.slashes`, distribution.ValidatorSlashes, {
      ...one,
      endingHeight: 1_000_000n,
      pagination,
    });
  }
  for (const { name, address: delegatorAddress } of actors) {
    await put(`${name}.rewards`, distribution.DelegationTotalRewards, { delegatorAddress });
    await put(`${name}.withdraw_address`, distribution.DelegatorWithdrawAddress, { delegatorAddress });
    await put(`${name}.redelegations`, staking.Redelegations, {
      delegatorAddr: delegatorAddress,
      pagination: ALL,
    });
  }
  await put("community_pool", distribution.CommunityPool);
  await put("inflation", MintQuery.methods.Inflation);
  await put("annual_provisions", MintQuery.methods.AnnualProvisions);
  await put("signing_infos", SlashingQuery.methods.SigningInfos, { pagination: ALL });
  return state;
}
