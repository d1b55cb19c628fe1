import { GenesisState } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import {
  addDecCoins,
  type DecCoins,
  decCoinsFromProto,
  decCoinsToProto,
  truncateDecCoins,
} from "../../runtime/dec-coins.ts";
import { decFromWire, decToWire, formatDec, ONE, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import { MODULE } from "./keys.ts";
import { DEFAULT_PARAMS, validateParams } from "./params.ts";
import {
  allCommissions,
  allCurrent,
  allHistorical,
  allOutstanding,
  allSlashes,
  allStartingInfos,
  allWithdrawAddresses,
  getCommunityPool,
  getParams,
  getPreviousProposer,
  setCommission,
  setCommunityPool,
  setCurrent,
  setHistorical,
  setOutstanding,
  setParams,
  setPreviousProposer,
  setSlash,
  setStartingInfo,
  setWithdrawAddress,
} from "./state.ts";

export function distributionGenesis(bank: BankKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => GenesisState.create({ params: DEFAULT_PARAMS, feePool: { communityPool: [] } }),
    validate: assertGenesis,
    init: (ctx, genesis) => init(ctx, bank, genesis),
    export: exported,
  };
}

function init(ctx: Context, bank: BankKeeper, genesis: GenesisState): undefined {
  const operatorOf = (text: string) => ctx.addresses.operators.parse(text, "validator_address");
  const accountOf = (text: string) => ctx.addresses.parse(text, "address");
  let held = decCoinsFromProto(genesis.feePool.communityPool, "fee_pool.community_pool");
  setCommunityPool(ctx, held);
  setParams(ctx, genesis.params);
  for (const { delegatorAddress, withdrawAddress } of genesis.delegatorWithdrawInfos)
    setWithdrawAddress(ctx, accountOf(delegatorAddress), accountOf(withdrawAddress));
  const { previousProposer } = genesis;
  setPreviousProposer(
    ctx,
    previousProposer === "" ? new Uint8Array(0) : ctx.addresses.consensus.parse(previousProposer),
  );
  for (const { validatorAddress, outstandingRewards } of genesis.outstandingRewards) {
    const rewards = decCoinsFromProto(outstandingRewards, "outstanding_rewards");
    setOutstanding(ctx, operatorOf(validatorAddress), rewards);
    held = addDecCoins(held, rewards);
  }
  for (const { validatorAddress, accumulated } of genesis.validatorAccumulatedCommissions) {
    const commission = decCoinsFromProto(accumulated.commission, "accumulated.commission");
    setCommission(ctx, operatorOf(validatorAddress), commission);
  }
  for (const { validatorAddress, period, rewards } of genesis.validatorHistoricalRewards) {
    const ratio = decCoinsFromProto(rewards.cumulativeRewardRatio, "cumulative_reward_ratio");
    setHistorical(ctx, operatorOf(validatorAddress), period, { ratio, references: rewards.referenceCount });
  }
  for (const { validatorAddress, rewards } of genesis.validatorCurrentRewards) {
    const current = { rewards: decCoinsFromProto(rewards.rewards, "rewards"), period: rewards.period };
    setCurrent(ctx, operatorOf(validatorAddress), current);
  }
  for (const { delegatorAddress, validatorAddress, startingInfo } of genesis.delegatorStartingInfos) {
    const info = { ...startingInfo, stake: decFromWire(startingInfo.stake, "stake") };
    setStartingInfo(ctx, operatorOf(validatorAddress), accountOf(delegatorAddress), info);
  }
  for (const { validatorAddress, height, period, validatorSlashEvent } of genesis.validatorSlashEvents) {
    const fraction = decFromWire(validatorSlashEvent.fraction, "fraction");
    setSlash(ctx, operatorOf(validatorAddress), { height, period, fraction });
  }
  assertHoldings(ctx, bank, held);
  return undefined;
}

/** @throws SdkError.invalidRequest unless the module's account holds what is owed, and no more */
function assertHoldings(ctx: Context, bank: BankKeeper, held: DecCoins): void {
  bank.auth.moduleAccount(ctx, MODULE);
  const balance = formatCoins(bank.balances(ctx, moduleAddress(MODULE)));
  const owed = formatCoins(truncateDecCoins(held).whole);
  if (balance !== owed) {
    throw SdkError.invalidRequest(
      `app_state.distribution: outstanding_rewards and fee_pool sum to ${owed || "nothing"}, but the account of distribution holds ${balance || "nothing"}; correct app_state.bank.balances`,
    );
  }
}

function exported(ctx: Context): GenesisState {
  const operator = (address: Uint8Array) => ctx.addresses.operators.format(address);
  const proposer = getPreviousProposer(ctx);
  return {
    params: getParams(ctx),
    feePool: { communityPool: decCoinsToProto(getCommunityPool(ctx)) },
    delegatorWithdrawInfos: [...allWithdrawAddresses(ctx)].map(([delegator, to]) => ({
      delegatorAddress: ctx.addresses.format(delegator),
      withdrawAddress: ctx.addresses.format(to),
    })),
    previousProposer: proposer.length === 0 ? "" : ctx.addresses.consensus.format(proposer),
    outstandingRewards: [...allOutstanding(ctx)].map(([address, rewards]) => ({
      validatorAddress: operator(address),
      outstandingRewards: decCoinsToProto(rewards),
    })),
    validatorAccumulatedCommissions: [...allCommissions(ctx)].map(([address, commission]) => ({
      validatorAddress: operator(address),
      accumulated: { commission: decCoinsToProto(commission) },
    })),
    validatorHistoricalRewards: [...allHistorical(ctx)].map(({ operator: address, period, rewards }) => ({
      validatorAddress: operator(address),
      period,
      rewards: {
        cumulativeRewardRatio: decCoinsToProto(rewards.ratio),
        referenceCount: rewards.references,
      },
    })),
    validatorCurrentRewards: [...allCurrent(ctx)].map(([address, { rewards, period }]) => ({
      validatorAddress: operator(address),
      rewards: { rewards: decCoinsToProto(rewards), period },
    })),
    delegatorStartingInfos: [...allStartingInfos(ctx)].map(({ operator: address, delegator, info }) => ({
      delegatorAddress: ctx.addresses.format(delegator),
      validatorAddress: operator(address),
      startingInfo: { ...info, stake: decToWire(info.stake) },
    })),
    validatorSlashEvents: [...allSlashes(ctx)].map(([address, { height, period, fraction }]) => ({
      validatorAddress: operator(address),
      height,
      period,
      validatorSlashEvent: { validatorPeriod: period, fraction: decToWire(fraction) },
    })),
  };
}

/** @throws ChainError naming the path, the value and what is allowed */
function assertGenesis(genesis: GenesisState, addresses: AddressCodec): void {
  validateParams(genesis.params);
  decCoinsFromProto(genesis.feePool.communityPool, "fee_pool.community_pool");
  for (const [index, info] of genesis.delegatorWithdrawInfos.entries()) {
    addresses.parse(info.delegatorAddress, `delegator_withdraw_infos[${index}].delegator_address`);
    addresses.parse(info.withdrawAddress, `delegator_withdraw_infos[${index}].withdraw_address`);
  }
  if (genesis.previousProposer !== "")
    addresses.consensus.parse(genesis.previousProposer, "previous_proposer");
  const assertOnce = onceEach();
  const operator = (
    list: string,
    index: number,
    { validatorAddress }: { validatorAddress: string },
    rest = "",
  ) => {
    addresses.operators.parse(validatorAddress, `${list}[${index}].validator_address`);
    assertOnce(`${list}[${index}]`, `${list} ${validatorAddress} ${rest}`);
  };
  for (const [index, record] of genesis.outstandingRewards.entries()) {
    operator("outstanding_rewards", index, record);
    decCoinsFromProto(record.outstandingRewards, `outstanding_rewards[${index}].outstanding_rewards`);
  }
  for (const [index, record] of genesis.validatorAccumulatedCommissions.entries()) {
    const list = "validator_accumulated_commissions";
    operator(list, index, record);
    decCoinsFromProto(record.accumulated.commission, `${list}[${index}].accumulated.commission`);
  }
  for (const [index, record] of genesis.validatorHistoricalRewards.entries()) {
    const list = "validator_historical_rewards";
    operator(list, index, record, String(record.period));
    decCoinsFromProto(
      record.rewards.cumulativeRewardRatio,
      `${list}[${index}].rewards.cumulative_reward_ratio`,
    );
    const count = record.rewards.referenceCount;
    if (count < 1 || count > 2)
      throw SdkError.invalidRequest(`${list}[${index}].rewards.reference_count: ${count} is not 1 or 2`);
  }
  for (const [index, record] of genesis.validatorCurrentRewards.entries()) {
    const list = "validator_current_rewards";
    operator(list, index, record);
    decCoinsFromProto(record.rewards.rewards, `${list}[${index}].rewards.rewards`);
    if (record.rewards.period === 0n)
      throw SdkError.invalidRequest(`${list}[${index}].rewards.period: must be positive`);
  }
  for (const [index, record] of genesis.delegatorStartingInfos.entries()) {
    const list = "delegator_starting_infos";
    operator(list, index, record, record.delegatorAddress);
    addresses.parse(record.delegatorAddress, `${list}[${index}].delegator_address`);
    const stake = decFromWire(record.startingInfo.stake, `${list}[${index}].starting_info.stake`);
    if (stake < ZERO)
      throw SdkError.invalidRequest(`${list}[${index}].starting_info.stake: ${formatDec(stake)} is negative`);
  }
  for (const [index, record] of genesis.validatorSlashEvents.entries()) {
    const list = "validator_slash_events";
    operator(list, index, record, `${record.height} ${record.period}`);
    const path = `${list}[${index}].validator_slash_event`;
    const fraction = decFromWire(record.validatorSlashEvent.fraction, `${path}.fraction`);
    if (fraction < ZERO || fraction > ONE)
      throw SdkError.invalidRequest(`${path}.fraction: ${formatDec(fraction)} is not from 0 to 1`);
    if (record.validatorSlashEvent.validatorPeriod !== record.period) {
      throw SdkError.invalidRequest(
        `${path}.validator_period: ${record.validatorSlashEvent.validatorPeriod} is not the record's period ${record.period}`,
      );
    }
  }
}

function onceEach(): (path: string, key: string) => void {
  const seen = new Set<string>();
  return (path, key) => {
    if (seen.has(key)) throw SdkError.invalidRequest(`${path}: is there twice`);
    seen.add(key);
  };
}
