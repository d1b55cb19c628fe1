/** Genesis of staking. Source: x/staking/keeper/genesis.go and genesis.go of the SDK v0.53. */
import { GenesisState } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { ValidatorUpdate } from "../../../proto/gen/tendermint.abci.ts";
import { type AddressCodec, moduleAddress } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import { coinsOf, formatCoins, parseAmount } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, formatDec, ZERO } from "../../runtime/decimal.ts";
import { ChainError, SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { assertTime } from "../../runtime/time.ts";
import { assertDescription, assertRates } from "./commission.ts";
import type { StakingKeeper } from "./keeper.ts";
import { BONDED_POOL, NOT_BONDED_POOL, redelegationKey, unbondingKey, validatorKey } from "./keys.ts";
import { DEFAULT_PARAMS, validateParams } from "./params.ts";
import { enqueueRedelegation, enqueueUnbonding, enqueueValidator } from "./queues.ts";
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
import type { Validator } from "./types.ts";
import { MAX_TOTAL_POWER, powerOf, updateOf } from "./validator.ts";

export function stakingGenesis(keeper: StakingKeeper): ModuleGenesis<GenesisState> {
  const { state } = keeper;
  return {
    type: GenesisState,
    default: () => GenesisState.create({ params: DEFAULT_PARAMS, lastTotalPower: "0" }),
    validate: assertGenesis,
    init: (ctx, genesis) => {
      // As in the SDK, what genesis does is of the block before the first: its set is in force from block 1 on.
      const before = ctx.branch({ block: { ...ctx.block, height: 0n } });
      const updates = initGenesis(keeper, before.ctx, genesis);
      before.write();
      return updates;
    },
    export: (ctx) => {
      const { addresses } = ctx;
      return {
        params: state.params(ctx),
        lastTotalPower: state.lastTotalPower(ctx).toString(),
        lastValidatorPowers: [...state.lastPowers(ctx)].map(([operator, power]) => ({
          address: addresses.operators.format(operator),
          power,
        })),
        validators: [...state.validators(ctx)].map((each) => validatorToRecord(each, addresses)),
        delegations: [...state.delegations(ctx)].map((each) => delegationToRecord(each, addresses)),
        unbondingDelegations: [...state.unbondings(ctx)].map((each) => unbondingToRecord(each, addresses)),
        redelegations: [...state.redelegations(ctx)].map((each) => redelegationToRecord(each, addresses)),
        exported: true,
        lastUnbondingId: state.lastUnbondingId(ctx),
      };
    },
  };
}

function initGenesis(keeper: StakingKeeper, ctx: Context, genesis: GenesisState): readonly ValidatorUpdate[] {
  const { state, hooks } = keeper;
  const { exported } = genesis;
  const { addresses } = ctx;
  let bonded = 0n;
  let notBonded = 0n;
  let lastId = genesis.lastUnbondingId;
  const seeId = (id: bigint): void => {
    if (id > lastId) lastId = id;
  };
  state.setParams(ctx, genesis.params);
  state.setLastTotalPower(ctx, parseAmount(genesis.lastTotalPower || "0", "last_total_power"));
  for (const record of genesis.validators) {
    const validator = validatorFromRecord(record, addresses);
    state.setValidator(ctx, validator);
    state.setByConsensus(ctx, validator);
    state.setByPower(ctx, validator);
    if (!exported) hooks.afterValidatorCreated(ctx, validator.operator);
    validator.unbondingIds.forEach(seeId);
    const id = validator.unbondingIds.at(-1);
    if (validator.status === "unbonding") {
      enqueueValidator(ctx, validator);
      if (id !== undefined) state.setUnbondingIndex(ctx, id, validatorKey(validator.operator), "validator");
    }
    if (validator.status === "bonded") bonded += validator.tokens;
    else notBonded += validator.tokens;
  }
  for (const record of genesis.delegations) {
    const delegation = delegationFromRecord(record, addresses);
    const { delegator, operator } = delegation;
    if (!exported) hooks.beforeDelegationCreated(ctx, delegator, operator);
    state.setDelegation(ctx, delegation);
    if (!exported) hooks.afterDelegationModified(ctx, delegator, operator);
  }
  for (const record of genesis.unbondingDelegations) {
    const unbonding = unbondingFromRecord(record, addresses);
    state.setUnbonding(ctx, unbonding);
    const key = unbondingKey(unbonding.delegator, unbonding.operator);
    for (const { completionTime, balance, unbondingId } of unbonding.entries) {
      enqueueUnbonding(ctx, unbonding, completionTime);
      notBonded += balance;
      seeId(unbondingId);
      if (unbondingId > 0n) state.setUnbondingIndex(ctx, unbondingId, key, "delegation");
    }
  }
  for (const record of genesis.redelegations) {
    const redelegation = redelegationFromRecord(record, addresses);
    const { delegator, source, destination } = redelegation;
    state.setRedelegation(ctx, redelegation);
    const key = redelegationKey(delegator, source, destination);
    for (const { completionTime, unbondingId } of redelegation.entries) {
      enqueueRedelegation(ctx, redelegation, completionTime);
      seeId(unbondingId);
      if (unbondingId > 0n) state.setUnbondingIndex(ctx, unbondingId, key, "redelegation");
    }
  }
  if (lastId > 0n) state.setLastUnbondingId(ctx, lastId);
  assertPool(keeper, ctx, BONDED_POOL, bonded);
  assertPool(keeper, ctx, NOT_BONDED_POOL, notBonded);
  if (!exported) return keeper.applyValidatorSet(ctx);
  return genesis.lastValidatorPowers.map(({ address, power }) => {
    const operator = addresses.operators.parse(address);
    state.setLastPower(ctx, operator, power);
    return updateOf(state.mustHaveValidator(ctx, operator), power);
  });
}

/** The tokens of validators and unbonding delegations are those of the two accounts. */
function assertPool(keeper: StakingKeeper, ctx: Context, name: string, tokens: bigint): void {
  const held = formatCoins(keeper.bank.balances(ctx, moduleAddress(name)));
  const wanted = formatCoins(coinsOf({ denom: keeper.bondDenom(ctx), amount: tokens }));
  if (held === wanted) return;
  throw SdkError.invalidRequest(
    `app_state.staking: tokens of validators and unbonding delegations come to ${wanted || "nothing"}, but ${name} (${ctx.addresses.format(moduleAddress(name))}) has ${held || "nothing"} in app_state.bank.balances; make the two equal`,
  );
}

// ── What can be said of the file alone ─────────────────────────────────────────────────────────────────────────────

/** @throws ChainError naming the path */
function assertGenesis(genesis: GenesisState, addresses: AddressCodec): void {
  validateParams(genesis.params);
  parseAmount(genesis.lastTotalPower || "0", "last_total_power");
  const validators = assertValidators(genesis, addresses);
  const shares = new Map<string, bigint>();
  const pairs = new Set<string>();
  // What is wrong between two lists stands at the entry as a whole, what is wrong in an entry at its field.
  const known = (operator: Uint8Array): void => {
    if (!validators.has(toHex(operator)))
      throw SdkError.invalidRequest(
        `${addresses.operators.format(operator)} is not among the validators; add it, or remove this`,
      );
  };
  const unique = (...parts: readonly Uint8Array[]): void => {
    const name = parts.map(toHex).join("/");
    if (pairs.has(name)) throw SdkError.invalidRequest("is there twice; join the two");
    pairs.add(name);
  };
  each("delegations", genesis.delegations, (record) => {
    const delegation = delegationFromRecord(record, addresses);
    known(delegation.operator);
    if (delegation.shares <= ZERO) throw SdkError.invalidRequest(`shares: ${record.shares} is not positive`);
    unique(delegation.delegator, delegation.operator);
    const operator = toHex(delegation.operator);
    shares.set(operator, (shares.get(operator) ?? 0n) + delegation.shares);
  });
  for (const [operator, { index, validator }] of validators) {
    const sum = shares.get(operator) ?? 0n;
    if (sum !== validator.delegatorShares)
      throw SdkError.invalidRequest(
        `validators[${index}]: its delegator_shares ${formatDec(validator.delegatorShares)} are not the sum of the delegations' shares, ${formatDec(sum as Dec)}`,
      );
  }
  pairs.clear();
  each("unbonding_delegations", genesis.unbondingDelegations, (record) => {
    const { delegator, operator, entries } = unbondingFromRecord(record, addresses);
    unique(delegator, operator);
    assertEntries(entries);
  });
  pairs.clear();
  each("redelegations", genesis.redelegations, (record) => {
    const { delegator, source, destination, entries } = redelegationFromRecord(record, addresses);
    unique(delegator, source, destination);
    known(destination);
    assertEntries(entries);
  });
  let total = 0n;
  each("last_validator_powers", genesis.lastValidatorPowers, ({ address, power }) => {
    known(addresses.operators.parse(address, "address"));
    if (power <= 0n) throw SdkError.invalidRequest(`power: ${power} is not positive`);
    total += power;
  });
  if (total > MAX_TOTAL_POWER)
    throw SdkError.invalidRequest(
      `last_validator_powers: powers sum to ${total}; ${MAX_TOTAL_POWER} is the most`,
    );
}

type KnownValidators = ReadonlyMap<string, { readonly index: number; readonly validator: Validator }>;

/** By hex of the operator. */
function assertValidators(genesis: GenesisState, addresses: AddressCodec): KnownValidators {
  const known = new Map<string, { readonly index: number; readonly validator: Validator }>();
  const consensus = new Set<string>();
  let total = 0n;
  each("validators", genesis.validators, (record, index) => {
    const validator = validatorFromRecord(record, addresses);
    assertDescription(validator.description);
    assertRates(validator.commission);
    assertTime(validator.unbondingTime, "unbonding_time");
    assertTime(validator.commission.updateTime, "commission.update_time");
    const operator = toHex(validator.operator);
    if (known.has(operator))
      throw SdkError.invalidRequest(`operator_address: ${record.operatorAddress} is there twice; remove one`);
    if (consensus.has(toHex(validator.consensus)))
      throw SdkError.invalidRequest("consensus_pubkey: is there twice; each validator has a key of its own");
    if (validator.jailed && validator.status === "bonded")
      throw SdkError.invalidRequest("jailed: a bonded validator cannot be jailed");
    if (validator.delegatorShares === ZERO && validator.status !== "unbonding")
      throw SdkError.invalidRequest(
        "delegator_shares: bonded/unbonded genesis validator cannot have zero delegator shares",
      );
    known.set(operator, { index, validator });
    consensus.add(toHex(validator.consensus));
    total += powerOf(validator.tokens);
  });
  if (total > MAX_TOTAL_POWER)
    throw SdkError.invalidRequest(`validators: powers sum to ${total}; ${MAX_TOTAL_POWER} is the most`);
  return known;
}

function assertEntries(
  entries: readonly { readonly completionTime: Parameters<typeof assertTime>[0] }[],
): void {
  if (entries.length === 0) throw SdkError.invalidRequest("entries: none are given; remove it");
  for (const [index, { completionTime }] of entries.entries())
    assertTime(completionTime, `entries[${index}].completion_time`);
}

/** Puts the place of the entry before what is wrong with it. */
function each<T>(field: string, list: readonly T[], assert: (item: T, index: number) => void): void {
  for (const [index, item] of list.entries()) {
    try {
      assert(item, index);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      const inner = /^[\w.[\]]+: /.test(error.message) ? "." : ": ";
      throw new ChainError(error.codespace, error.code, `${field}[${index}]${inner}${error.message}`);
    }
  }
}
