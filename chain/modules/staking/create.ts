/** Validators that are made and changed by their operators. Source: x/staking/keeper/msg_server.go of the SDK v0.53. */
import type { MsgCreateValidator, MsgEditValidator } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { parseAmount } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { decFromWire, formatDec, ONE, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { UNIX_EPOCH } from "../../runtime/time.ts";
import { assertDescription, assertNewRate, changedDescription, ratesFromRecord } from "./commission.ts";
import { delegate } from "./delegate.ts";
import { StakingError } from "./errors.ts";
import type { StakingParts } from "./parts.ts";
import type { Commission, Validator } from "./types.ts";
import { consensusAddress, ed25519Key } from "./validator.ts";

/** The consensus parameter that lists them. */
const KEY_TYPE = "ed25519";

export interface CreateOrder {
  readonly operator: Address;
  readonly amount: bigint;
  readonly message: MsgCreateValidator;
  /** Key types that the consensus parameters allow. */
  readonly keyTypes: readonly string[];
}

/** Makes a validator with its operator's own stake. @throws StakingError, SdkError */
export function createValidator(parts: StakingParts, ctx: Context, order: CreateOrder): void {
  const { state, hooks } = parts;
  const { operator, amount, message, keyTypes } = order;
  const rates = ratesFromRecord(message.commission);
  const least = decFromWire(state.params(ctx).minCommissionRate, "min_commission_rate");
  if (rates.rate < least) {
    throw StakingError.commissionLTMinRate(
      `commission.rate: cannot set validator commission to less than minimum rate of ${formatDec(least)}`,
    );
  }
  if (state.validator(ctx, operator)) {
    throw StakingError.validatorOwnerExists(
      "validator already exist for this operator address; must use new validator operator address",
    );
  }
  const consensus = consensusAddress(ed25519Key(message.pubkey));
  if (state.validatorByConsensus(ctx, consensus))
    throw StakingError.validatorPubKeyExists(
      "validator already exist for this pubkey; must use new validator pubkey",
    );
  assertBondDenom(parts, ctx, message.value.denom);
  assertDescription(message.description);
  if (!keyTypes.includes(KEY_TYPE))
    throw StakingError.validatorPubKeyTypeNotSupported(
      `pubkey: got: ${KEY_TYPE}, expected: ${keyTypes.join(", ")}`,
    );
  const validator: Validator = {
    operator,
    consensusPubkey: message.pubkey!,
    consensus,
    jailed: false,
    status: "unbonded",
    tokens: 0n,
    delegatorShares: ZERO,
    description: message.description,
    unbondingHeight: 0n,
    unbondingTime: UNIX_EPOCH,
    commission: { ...rates, updateTime: ctx.block.time },
    minSelfDelegation: parseAmount(message.minSelfDelegation, "min_self_delegation"),
    unbondingOnHoldRefCount: 0n,
    unbondingIds: [],
  };
  state.setValidator(ctx, validator);
  state.setByConsensus(ctx, validator);
  state.setByPower(ctx, validator);
  hooks.afterValidatorCreated(ctx, operator);
  delegate(parts, ctx, {
    delegator: operator,
    amount,
    tokenSource: "unbonded",
    validator,
    subtractAccount: true,
  });
}

/** @throws SdkError.invalidRequest unless it is the coin that is staked */
export function assertBondDenom({ state }: Pick<StakingParts, "state">, ctx: Context, denom: string): void {
  const { bondDenom } = state.params(ctx);
  if (denom !== bondDenom)
    throw SdkError.invalidRequest(`invalid coin denomination: got ${denom}, expected ${bondDenom}`);
}

/** @returns the validator as it is now. @throws StakingError, SdkError */
export function editValidator(
  { state, hooks }: StakingParts,
  ctx: Context,
  operator: Address,
  message: MsgEditValidator,
): Validator {
  const rate =
    message.commissionRate === "" ? undefined : decFromWire(message.commissionRate, "commission_rate");
  if (rate !== undefined) {
    const least = decFromWire(state.params(ctx).minCommissionRate, "min_commission_rate");
    if (rate < least)
      throw SdkError.invalidRequest(
        `commission_rate: cannot be less than the min commission rate ${formatDec(least)}`,
      );
  }
  let validator = state.mustHaveValidator(ctx, operator);
  validator = { ...validator, description: changedDescription(validator.description, message.description) };
  if (rate !== undefined) {
    assertNewRate(validator.commission, rate, ctx.block.time);
    hooks.beforeValidatorModified(ctx, operator);
    validator = { ...validator, commission: { ...validator.commission, rate, updateTime: ctx.block.time } };
  }
  if (message.minSelfDelegation !== "") {
    const least = parseAmount(message.minSelfDelegation, "min_self_delegation");
    if (least <= validator.minSelfDelegation)
      throw StakingError.minSelfDelegationDecreased(
        "min_self_delegation: minimum self delegation cannot be decrease",
      );
    if (least > validator.tokens)
      throw StakingError.selfDelegationBelowMinimum(
        "min_self_delegation: validator's self delegation must be greater than their minimum self delegation",
      );
    validator = { ...validator, minSelfDelegation: least };
  }
  state.setValidator(ctx, validator);
  return validator;
}

/** What a message says of a new rate, without state. @throws SdkError.invalidRequest */
export function assertRateInBounds(text: string): void {
  const rate = decFromWire(text, "commission_rate");
  if (rate > ONE || rate < ZERO)
    throw SdkError.invalidRequest("commission_rate: must be between 0 and 1 (inclusive)");
}

/** As Go prints a commission in the event of its change: protobuf's text format. */
export function commissionText({ rate, maxRate, maxChangeRate, updateTime }: Commission): string {
  const rates = `rate:"${rate}" max_rate:"${maxRate}" max_change_rate:"${maxChangeRate}" `;
  const { seconds, nanos } = updateTime;
  const time = `${seconds === 0n ? "" : `seconds:${seconds} `}${nanos === 0 ? "" : `nanos:${nanos} `}`;
  return `commission_rates:<${rates}> update_time:<${time}> `;
}
