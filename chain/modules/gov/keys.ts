/** Layout of the store `gov`. Source: x/gov/types/keys.go and the collections of x/gov/keeper of the Cosmos SDK v0.53. */
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, u64Bytes } from "../../runtime/bytes.ts";
import { timeKey } from "../../runtime/time.ts";

export const MODULE = "gov";
export const STORE = "gov";

export const PROPOSAL_PREFIX = Uint8Array.of(0);
/** Proposals that are voted on, by the end of their voting period. */
export const ACTIVE_QUEUE_PREFIX = Uint8Array.of(1);
/** Proposals that wait for deposits, by the end of their deposit period. */
export const INACTIVE_QUEUE_PREFIX = Uint8Array.of(2);
/** The number of the next proposal, 8 bytes. */
export const NEXT_ID_KEY = Uint8Array.of(3);
/** There, as one byte 1, while a proposal is voted on. */
export const VOTING_PREFIX = Uint8Array.of(4);
export const DEPOSIT_PREFIX = Uint8Array.of(16);
export const VOTE_PREFIX = Uint8Array.of(32);
export const PARAMS_KEY = Uint8Array.of(48);
/** Text. */
export const CONSTITUTION_KEY = Uint8Array.of(49);

export function proposalKey(id: bigint): Uint8Array {
  return concatBytes(PROPOSAL_PREFIX, u64Bytes(id));
}

export function votingKey(id: bigint): Uint8Array {
  return concatBytes(VOTING_PREFIX, u64Bytes(id));
}

/** Id of a proposal by when it is due; `queue` is one of the two prefixes. */
export function queueKey(queue: Uint8Array, due: Timestamp, id: bigint): Uint8Array {
  return concatBytes(queue, timeKey(due), u64Bytes(id));
}

export function depositsPrefix(id: bigint): Uint8Array {
  return concatBytes(DEPOSIT_PREFIX, u64Bytes(id));
}

export function depositKey(id: bigint, depositor: Address): Uint8Array {
  return concatBytes(depositsPrefix(id), lengthPrefixed(depositor));
}

export function votesPrefix(id: bigint): Uint8Array {
  return concatBytes(VOTE_PREFIX, u64Bytes(id));
}

export function voteKey(id: bigint, voter: Address): Uint8Array {
  return concatBytes(votesPrefix(id), lengthPrefixed(voter));
}
