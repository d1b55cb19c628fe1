import {
  BondStatus as BondStatusNumber,
  Delegation as DelegationRecord,
  type DelegationResponse,
  Query,
  Redelegation as RedelegationRecord,
  type RedelegationResponse,
  UnbondingDelegation as UnbondingRecord,
  Validator as ValidatorRecord,
} from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { concatBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { decToWire, decTruncate } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { type Page, paginate } from "../../runtime/pagination.ts";
import type { StakingKeeper } from "./keeper.ts";
import {
  delegationKey,
  delegationsKey,
  delegatorsKey,
  redelegationOfIndex,
  redelegationsFromKey,
  redelegationsKey,
  STORE,
  unbondersKey,
  unbondingOfIndex,
  unbondingsKey,
  VALIDATOR_PREFIX,
} from "./keys.ts";
import {
  delegationFromRecord,
  delegationToRecord,
  redelegationFromRecord,
  redelegationToRecord,
  unbondingToRecord,
  validatorToRecord,
} from "./records.ts";
import type { Delegation, Redelegation } from "./types.ts";
import { tokensFromShares } from "./validator.ts";

export function stakingQueries(keeper: StakingKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Validators, (ctx, { status, pagination }) => {
      const wanted = statusOf(status);
      const page = paginate(ctx.store(STORE), VALIDATOR_PREFIX, pagination, (_, value) => {
        const record = ValidatorRecord.decode(value);
        return wanted === undefined || record.status === wanted ? record : undefined;
      });
      return { validators: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.Validator, (ctx, { validatorAddr }) => ({
      validator: validatorToRecord(validatorOf(keeper, ctx, validatorAddr), ctx.addresses),
    })),
    queryRoute(methods.ValidatorDelegations, (ctx, { validatorAddr, pagination }) => {
      const operator = operatorOf(ctx, validatorAddr, "validator_addr");
      const store = ctx.store(STORE);
      const page = paginate(store, delegatorsKey(operator), pagination, (key) =>
        DelegationRecord.decode(store.get(delegationKey(key.slice() as Address, operator))!),
      );
      return delegationPage(keeper, ctx, page);
    }),
    queryRoute(methods.ValidatorUnbondingDelegations, (ctx, { validatorAddr, pagination }) => {
      const prefix = unbondersKey(operatorOf(ctx, validatorAddr, "validator_addr"));
      const store = ctx.store(STORE);
      const page = paginate(store, prefix, pagination, (key) =>
        UnbondingRecord.decode(store.get(unbondingOfIndex(concatBytes(prefix, key)))!),
      );
      return { unbondingResponses: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.Delegation, (ctx, { delegatorAddr, validatorAddr }) => {
      const delegation = delegationOf(keeper, ctx, delegatorAddr, validatorAddr);
      return { delegationResponse: withBalance(keeper, ctx, delegation) };
    }),
    queryRoute(methods.UnbondingDelegation, (ctx, { delegatorAddr, validatorAddr }) => {
      const delegator = delegatorOf(ctx, delegatorAddr);
      const operator = operatorOf(ctx, validatorAddr, "validator_addr");
      const unbonding = keeper.state.unbonding(ctx, delegator, operator);
      if (!unbonding)
        throw SdkError.keyNotFound(
          `unbonding delegation with delegator ${delegatorAddr} not found for validator ${validatorAddr}`,
        );
      return { unbond: unbondingToRecord(unbonding, ctx.addresses) };
    }),
    queryRoute(methods.DelegatorDelegations, (ctx, { delegatorAddr, pagination }) => {
      const prefix = delegationsKey(delegatorOf(ctx, delegatorAddr));
      const page = paginate(ctx.store(STORE), prefix, pagination, (_, value) =>
        DelegationRecord.decode(value),
      );
      return delegationPage(keeper, ctx, page);
    }),
    queryRoute(methods.DelegatorUnbondingDelegations, (ctx, { delegatorAddr, pagination }) => {
      const prefix = unbondingsKey(delegatorOf(ctx, delegatorAddr));
      const page = paginate(ctx.store(STORE), prefix, pagination, (_, value) =>
        UnbondingRecord.decode(value),
      );
      return { unbondingResponses: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.Redelegations, (ctx, request) => {
      const { delegatorAddr, srcValidatorAddr, dstValidatorAddr, pagination } = request;
      const store = ctx.store(STORE);
      if (delegatorAddr !== "" && srcValidatorAddr !== "" && dstValidatorAddr !== "") {
        const found = keeper.state.redelegation(
          ctx,
          delegatorOf(ctx, delegatorAddr),
          operatorOf(ctx, srcValidatorAddr, "src_validator_addr"),
          operatorOf(ctx, dstValidatorAddr, "dst_validator_addr"),
        );
        if (!found)
          throw SdkError.keyNotFound(
            `redelegation not found for delegator address ${delegatorAddr} from validator address ${srcValidatorAddr}`,
          );
        return { redelegationResponses: [shownRedelegation(keeper, ctx, found)], pagination: undefined };
      }
      const ofSource = delegatorAddr === "" && srcValidatorAddr !== "" && dstValidatorAddr === "";
      const prefix = ofSource
        ? redelegationsFromKey(operatorOf(ctx, srcValidatorAddr, "src_validator_addr"))
        : redelegationsKey(delegatorOf(ctx, delegatorAddr));
      const page = paginate(store, prefix, pagination, (key, value) => {
        const bytes = ofSource ? store.get(redelegationOfIndex(concatBytes(prefix, key)))! : value;
        return redelegationFromRecord(RedelegationRecord.decode(bytes), ctx.addresses);
      });
      return {
        redelegationResponses: page.items.map((each) => shownRedelegation(keeper, ctx, each)),
        pagination: page.pagination,
      };
    }),
    queryRoute(methods.DelegatorValidators, (ctx, { delegatorAddr, pagination }) => {
      const prefix = delegationsKey(delegatorOf(ctx, delegatorAddr));
      const page = paginate(ctx.store(STORE), prefix, pagination, (_, value) => {
        const { validatorAddress } = DelegationRecord.decode(value);
        return validatorToRecord(validatorOf(keeper, ctx, validatorAddress), ctx.addresses);
      });
      return { validators: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.DelegatorValidator, (ctx, { delegatorAddr, validatorAddr }) => {
      delegationOf(keeper, ctx, delegatorAddr, validatorAddr);
      return { validator: validatorToRecord(validatorOf(keeper, ctx, validatorAddr), ctx.addresses) };
    }),
    queryRoute(methods.HistoricalInfo, (ctx, { height }) => {
      if (height < 0n) throw SdkError.invalidRequest("height: cannot be negative");
      const hist = keeper.historicalInfo(ctx, height);
      if (!hist) throw SdkError.keyNotFound(`historical info for height ${height} not found`);
      return { hist };
    }),
    queryRoute(methods.Pool, (ctx) => ({
      pool: {
        notBondedTokens: keeper.totalNotBonded(ctx).toString(),
        bondedTokens: keeper.totalBonded(ctx).toString(),
      },
    })),
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
  ];
}

/** Undefined if none is asked for. @throws SdkError.invalidRequest */
function statusOf(name: string): number | undefined {
  if (name === "") return undefined;
  const numbers: Readonly<Record<string, number>> = BondStatusNumber;
  const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (!number)
    throw SdkError.invalidRequest(
      `status: invalid validator status ${name.slice(0, 100)}; BOND_STATUS_BONDED, BOND_STATUS_UNBONDING and BOND_STATUS_UNBONDED are known`,
    );
  return number;
}

function delegatorOf(ctx: Context, text: string): Address {
  if (text === "") throw SdkError.invalidRequest("delegator_addr: delegator address cannot be empty");
  return ctx.addresses.parse(text, "delegator_addr");
}

function operatorOf(ctx: Context, text: string, field: string): Address {
  if (text === "") throw SdkError.invalidRequest(`${field}: validator address cannot be empty`);
  return ctx.addresses.operators.parse(text, field);
}

function validatorOf(keeper: StakingKeeper, ctx: Context, text: string) {
  const validator = keeper.validator(ctx, operatorOf(ctx, text, "validator_addr"));
  if (!validator) throw SdkError.keyNotFound(`validator ${text} not found`);
  return validator;
}

function delegationOf(
  keeper: StakingKeeper,
  ctx: Context,
  delegatorAddr: string,
  validatorAddr: string,
): Delegation {
  const delegator = delegatorOf(ctx, delegatorAddr);
  const delegation = keeper.delegation(ctx, delegator, operatorOf(ctx, validatorAddr, "validator_addr"));
  if (!delegation)
    throw SdkError.keyNotFound(
      `delegation with delegator ${delegatorAddr} not found for validator ${validatorAddr}`,
    );
  return delegation;
}

function delegationPage(keeper: StakingKeeper, ctx: Context, page: Page<DelegationRecord>) {
  const delegationResponses = page.items.map((record) =>
    withBalance(keeper, ctx, delegationFromRecord(record, ctx.addresses)),
  );
  return { delegationResponses, pagination: page.pagination };
}

function withBalance(keeper: StakingKeeper, ctx: Context, delegation: Delegation): DelegationResponse {
  const validator = keeper.state.mustHaveValidator(ctx, delegation.operator);
  const amount = decTruncate(tokensFromShares(validator, delegation.shares));
  return {
    delegation: delegationToRecord(delegation, ctx.addresses),
    balance: { denom: keeper.bondDenom(ctx), amount: amount.toString() },
  };
}

function shownRedelegation(
  keeper: StakingKeeper,
  ctx: Context,
  redelegation: Redelegation,
): RedelegationResponse {
  const destination = keeper.state.mustHaveValidator(ctx, redelegation.destination);
  const record = redelegationToRecord(redelegation, ctx.addresses);
  return {
    // The entries stand beside it, with what they are worth.
    redelegation: { ...record, entries: [] },
    entries: redelegation.entries.map((entry) => ({
      redelegationEntry: {
        creationHeight: entry.creationHeight,
        completionTime: entry.completionTime,
        initialBalance: entry.initialBalance.toString(),
        sharesDst: decToWire(entry.sharesDst),
        unbondingId: entry.unbondingId,
        unbondingOnHoldRefCount: 0n,
      },
      balance: decTruncate(tokensFromShares(destination, entry.sharesDst)).toString(),
    })),
  };
}
