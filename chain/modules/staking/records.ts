/** Records as the store and genesis have them, from and to what the rules work with. */
import {
  BondStatus as BondStatusNumber,
  type Delegation as DelegationRecord,
  type Redelegation as RedelegationRecord,
  type UnbondingDelegation as UnbondingRecord,
  type Validator as ValidatorRecord,
} from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { parseAmount } from "../../runtime/coins.ts";
import { decFromWire, decToWire } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { BondStatus, Delegation, Redelegation, UnbondingDelegation, Validator } from "./types.ts";
import { consensusAddress, ed25519Key } from "./validator.ts";

const STATUS_NUMBERS: Readonly<Record<BondStatus, number>> = {
  unbonded: BondStatusNumber.BOND_STATUS_UNBONDED,
  unbonding: BondStatusNumber.BOND_STATUS_UNBONDING,
  bonded: BondStatusNumber.BOND_STATUS_BONDED,
};
const STATUSES = new Map(
  Object.entries(STATUS_NUMBERS).map(([status, number]) => [number, status as BondStatus]),
);

/** @throws ChainError naming the field */
export function validatorFromRecord(record: ValidatorRecord, addresses: AddressCodec): Validator {
  const status = STATUSES.get(record.status);
  if (!status)
    throw SdkError.invalidRequest(
      `status: ${record.status} is none; BOND_STATUS_UNBONDED, BOND_STATUS_UNBONDING and BOND_STATUS_BONDED are`,
    );
  const { commissionRates, updateTime } = record.commission;
  return {
    operator: addresses.operators.parse(record.operatorAddress, "operator_address"),
    consensus: consensusAddress(ed25519Key(record.consensusPubkey, "consensus_pubkey")),
    consensusPubkey: record.consensusPubkey!,
    jailed: record.jailed,
    status,
    tokens: parseAmount(record.tokens, "tokens"),
    delegatorShares: decFromWire(record.delegatorShares, "delegator_shares"),
    description: record.description,
    unbondingHeight: record.unbondingHeight,
    unbondingTime: record.unbondingTime,
    commission: {
      rate: decFromWire(commissionRates.rate, "commission.commission_rates.rate"),
      maxRate: decFromWire(commissionRates.maxRate, "commission.commission_rates.max_rate"),
      maxChangeRate: decFromWire(
        commissionRates.maxChangeRate,
        "commission.commission_rates.max_change_rate",
      ),
      updateTime,
    },
    minSelfDelegation: parseAmount(record.minSelfDelegation, "min_self_delegation"),
    unbondingOnHoldRefCount: record.unbondingOnHoldRefCount,
    unbondingIds: record.unbondingIds,
  };
}

export function validatorToRecord(validator: Validator, addresses: AddressCodec): ValidatorRecord {
  const { rate, maxRate, maxChangeRate, updateTime } = validator.commission;
  return {
    operatorAddress: addresses.operators.format(validator.operator),
    consensusPubkey: validator.consensusPubkey,
    jailed: validator.jailed,
    status: STATUS_NUMBERS[validator.status],
    tokens: validator.tokens.toString(),
    delegatorShares: decToWire(validator.delegatorShares),
    description: validator.description,
    unbondingHeight: validator.unbondingHeight,
    unbondingTime: validator.unbondingTime,
    commission: {
      commissionRates: {
        rate: decToWire(rate),
        maxRate: decToWire(maxRate),
        maxChangeRate: decToWire(maxChangeRate),
      },
      updateTime,
    },
    minSelfDelegation: validator.minSelfDelegation.toString(),
    unbondingOnHoldRefCount: validator.unbondingOnHoldRefCount,
    unbondingIds: validator.unbondingIds,
  };
}

/** @throws ChainError naming the field */
export function delegationFromRecord(record: DelegationRecord, addresses: AddressCodec): Delegation {
  return {
    delegator: addresses.parse(record.delegatorAddress, "delegator_address"),
    operator: addresses.operators.parse(record.validatorAddress, "validator_address"),
    shares: decFromWire(record.shares, "shares"),
  };
}

export function delegationToRecord(delegation: Delegation, addresses: AddressCodec): DelegationRecord {
  return {
    delegatorAddress: addresses.format(delegation.delegator),
    validatorAddress: addresses.operators.format(delegation.operator),
    shares: decToWire(delegation.shares),
  };
}

/** @throws ChainError naming the field */
export function unbondingFromRecord(record: UnbondingRecord, addresses: AddressCodec): UnbondingDelegation {
  return {
    delegator: addresses.parse(record.delegatorAddress, "delegator_address"),
    operator: addresses.operators.parse(record.validatorAddress, "validator_address"),
    entries: record.entries.map((entry, index) => ({
      ...entry,
      initialBalance: parseAmount(entry.initialBalance, `entries[${index}].initial_balance`),
      balance: parseAmount(entry.balance, `entries[${index}].balance`),
    })),
  };
}

export function unbondingToRecord(unbonding: UnbondingDelegation, addresses: AddressCodec): UnbondingRecord {
  return {
    delegatorAddress: addresses.format(unbonding.delegator),
    validatorAddress: addresses.operators.format(unbonding.operator),
    entries: unbonding.entries.map((entry) => ({
      ...entry,
      initialBalance: entry.initialBalance.toString(),
      balance: entry.balance.toString(),
    })),
  };
}

/** @throws ChainError naming the field */
export function redelegationFromRecord(record: RedelegationRecord, addresses: AddressCodec): Redelegation {
  return {
    delegator: addresses.parse(record.delegatorAddress, "delegator_address"),
    source: addresses.operators.parse(record.validatorSrcAddress, "validator_src_address"),
    destination: addresses.operators.parse(record.validatorDstAddress, "validator_dst_address"),
    entries: record.entries.map((entry, index) => ({
      ...entry,
      initialBalance: parseAmount(entry.initialBalance, `entries[${index}].initial_balance`),
      sharesDst: decFromWire(entry.sharesDst, `entries[${index}].shares_dst`),
    })),
  };
}

export function redelegationToRecord(
  redelegation: Redelegation,
  addresses: AddressCodec,
): RedelegationRecord {
  return {
    delegatorAddress: addresses.format(redelegation.delegator),
    validatorSrcAddress: addresses.operators.format(redelegation.source),
    validatorDstAddress: addresses.operators.format(redelegation.destination),
    entries: redelegation.entries.map((entry) => ({
      ...entry,
      initialBalance: entry.initialBalance.toString(),
      sharesDst: decToWire(entry.sharesDst),
    })),
  };
}
