/** Layout of the store `staking`. Source: x/staking/types/keys.go of the Cosmos SDK v0.53. */
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, u64Bytes } from "../../runtime/bytes.ts";
import { timeKey } from "../../runtime/time.ts";

export const STORE = "staking";
export const MODULE = "staking";

/** Accounts of the tokens of bonded validators, and of all other staked and unbonding tokens. */
export const BONDED_POOL = "bonded_tokens_pool";
export const NOT_BONDED_POOL = "not_bonded_tokens_pool";

export const LAST_POWER_PREFIX = Uint8Array.of(0x11);
export const LAST_TOTAL_POWER_KEY = Uint8Array.of(0x12);
export const VALIDATOR_PREFIX = Uint8Array.of(0x21);
export const CONSENSUS_PREFIX = Uint8Array.of(0x22);
export const POWER_PREFIX = Uint8Array.of(0x23);
export const DELEGATION_PREFIX = Uint8Array.of(0x31);
export const UNBONDING_PREFIX = Uint8Array.of(0x32);
export const UNBONDING_BY_VALIDATOR_PREFIX = Uint8Array.of(0x33);
export const REDELEGATION_PREFIX = Uint8Array.of(0x34);
export const REDELEGATION_BY_SOURCE_PREFIX = Uint8Array.of(0x35);
export const REDELEGATION_BY_DESTINATION_PREFIX = Uint8Array.of(0x36);
export const UNBONDING_ID_KEY = Uint8Array.of(0x37);
export const UNBONDING_INDEX_PREFIX = Uint8Array.of(0x38);
export const UNBONDING_TYPE_PREFIX = Uint8Array.of(0x39);
export const UNBONDING_QUEUE_PREFIX = Uint8Array.of(0x41);
export const REDELEGATION_QUEUE_PREFIX = Uint8Array.of(0x42);
export const VALIDATOR_QUEUE_PREFIX = Uint8Array.of(0x43);
export const HISTORY_PREFIX = Uint8Array.of(0x50);
export const PARAMS_KEY = Uint8Array.of(0x51);
export const UPDATES_KEY = Uint8Array.of(0x61);
export const DELEGATION_BY_VALIDATOR_PREFIX = Uint8Array.of(0x71);

/** What an unbonding id stands for. */
export const UNBONDING_TYPES = { delegation: 1n, redelegation: 2n, validator: 3n } as const;

/** A prefix and addresses, each with its length before it. */
function key(prefix: Uint8Array, ...addresses: readonly Uint8Array[]): Uint8Array {
  return concatBytes(prefix, ...addresses.map(lengthPrefixed));
}

/** The addresses of such a key, without its prefix of one byte. */
function addressesOf(bytes: Uint8Array): Address[] {
  const addresses: Address[] = [];
  for (let at = 1; at < bytes.length; ) {
    const end = at + 1 + bytes[at]!;
    addresses.push(bytes.slice(at + 1, end) as Address);
    at = end;
  }
  return addresses;
}

/** Power at the end of the last block, by operator: of those who were bonded then. */
export function lastPowerKey(operator: Address): Uint8Array {
  return key(LAST_POWER_PREFIX, operator);
}

/** The operator of a last power's key. */
export function operatorOfLastPower(bytes: Uint8Array): Address {
  return bytes.slice(2) as Address;
}

export function validatorKey(operator: Address): Uint8Array {
  return key(VALIDATOR_PREFIX, operator);
}

/** Operator by consensus address. */
export function consensusKey(consensus: Uint8Array): Uint8Array {
  return key(CONSENSUS_PREFIX, consensus);
}

/** Operator by power: read backwards, the most powerful comes first, and of equals the smaller address. */
export function powerKey(power: bigint, operator: Address): Uint8Array {
  return concatBytes(POWER_PREFIX, u64Bytes(power), lengthPrefixed(operator.map((byte) => ~byte & 0xff)));
}

/** Prefix of the delegations of one delegator. */
export function delegationsKey(delegator: Address): Uint8Array {
  return key(DELEGATION_PREFIX, delegator);
}

export function delegationKey(delegator: Address, operator: Address): Uint8Array {
  return key(DELEGATION_PREFIX, delegator, operator);
}

/** Prefix of the index of those who delegate to one validator. */
export function delegatorsKey(operator: Address): Uint8Array {
  return key(DELEGATION_BY_VALIDATOR_PREFIX, operator);
}

/** There if the delegation is. Unlike other addresses in keys, the delegator's stands without its length. */
export function delegatorKey(operator: Address, delegator: Address): Uint8Array {
  return concatBytes(delegatorsKey(operator), delegator);
}

/** Prefix of the unbonding delegations of one delegator. */
export function unbondingsKey(delegator: Address): Uint8Array {
  return key(UNBONDING_PREFIX, delegator);
}

export function unbondingKey(delegator: Address, operator: Address): Uint8Array {
  return key(UNBONDING_PREFIX, delegator, operator);
}

/** Prefix of the index of those who unbond from one validator. */
export function unbondersKey(operator: Address): Uint8Array {
  return key(UNBONDING_BY_VALIDATOR_PREFIX, operator);
}

export function unbonderKey(operator: Address, delegator: Address): Uint8Array {
  return key(UNBONDING_BY_VALIDATOR_PREFIX, operator, delegator);
}

/** Key of the unbonding delegation that an entry of the index points to. */
export function unbondingOfIndex(bytes: Uint8Array): Uint8Array {
  const [operator, delegator] = addressesOf(bytes);
  return unbondingKey(delegator!, operator!);
}

/** Prefix of the redelegations of one delegator. */
export function redelegationsKey(delegator: Address): Uint8Array {
  return key(REDELEGATION_PREFIX, delegator);
}

export function redelegationKey(delegator: Address, source: Address, destination: Address): Uint8Array {
  return key(REDELEGATION_PREFIX, delegator, source, destination);
}

/** Prefix of the index of redelegations away from one validator. */
export function redelegationsFromKey(source: Address): Uint8Array {
  return key(REDELEGATION_BY_SOURCE_PREFIX, source);
}

export function redelegationFromKey(source: Address, delegator: Address, destination: Address): Uint8Array {
  return key(REDELEGATION_BY_SOURCE_PREFIX, source, delegator, destination);
}

/** Key of the redelegation that an entry of that index points to. */
export function redelegationOfIndex(bytes: Uint8Array): Uint8Array {
  const [source, delegator, destination] = addressesOf(bytes);
  return redelegationKey(delegator!, source!, destination!);
}

/** Prefix of the index of one delegator's redelegations to one validator. */
export function redelegationsToKey(destination: Address, delegator: Address): Uint8Array {
  return key(REDELEGATION_BY_DESTINATION_PREFIX, destination, delegator);
}

export function redelegationToKey(destination: Address, delegator: Address, source: Address): Uint8Array {
  return key(REDELEGATION_BY_DESTINATION_PREFIX, destination, delegator, source);
}

/** Key of what unbonds, by unbonding id. */
export function unbondingIndexKey(id: bigint): Uint8Array {
  return concatBytes(UNBONDING_INDEX_PREFIX, u64Bytes(id));
}

/** One of UNBONDING_TYPES, by unbonding id. */
export function unbondingTypeKey(id: bigint): Uint8Array {
  return concatBytes(UNBONDING_TYPE_PREFIX, u64Bytes(id));
}

/** Unbonding delegations by the time at which an entry of theirs completes. */
export function unbondingQueueKey(time: Timestamp): Uint8Array {
  return concatBytes(UNBONDING_QUEUE_PREFIX, timeKey(time));
}

/** Redelegations by the time at which an entry of theirs completes. */
export function redelegationQueueKey(time: Timestamp): Uint8Array {
  return concatBytes(REDELEGATION_QUEUE_PREFIX, timeKey(time));
}

/** Unbonding validators by the time and height at which they are unbonded. */
export function validatorQueueKey(time: Timestamp, height: bigint): Uint8Array {
  const bytes = timeKey(time);
  return concatBytes(VALIDATOR_QUEUE_PREFIX, u64Bytes(BigInt(bytes.length)), bytes, u64Bytes(height));
}

/** Bytes of a time in a key. */
const TIME_BYTES = 29;

/** Time, as its bytes, and height of such a key. */
export function partsOfValidatorQueue(bytes: Uint8Array): {
  readonly time: Uint8Array;
  readonly height: bigint;
} {
  const end = 9 + TIME_BYTES;
  return {
    time: bytes.subarray(9, end),
    height: new DataView(bytes.buffer, bytes.byteOffset + end, 8).getBigUint64(0),
  };
}

export function historyKey(height: bigint): Uint8Array {
  return concatBytes(HISTORY_PREFIX, u64Bytes(height));
}
