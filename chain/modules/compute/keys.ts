/** Layout of the store `compute`. Light clients prove jobs by these keys, so this file imports nothing of the state. */
import type { Address } from "../../runtime/address.ts";
import { concatBytes, lengthPrefixed, u64Bytes } from "../../runtime/bytes.ts";

export const STORE = "compute";
/** The module, and its account: escrow of open jobs. */
export const MODULE = "compute";
/** Account of bonds, of what of them unbonds, and of deposits of challenges. */
export const BONDS = "compute_bonds";

export const PARAMS_KEY = Uint8Array.of(0x00);
/** Parameters that the block in progress set for the next one; absent between blocks. */
export const PENDING_PARAMS_KEY = Uint8Array.of(0x01);
export const NEXT_JOB_ID_KEY = Uint8Array.of(0x02);
/** Jobs that are not over (u64). */
export const OPEN_JOBS_KEY = Uint8Array.of(0x03);
/** Value of the beacon of the block in progress; absent where it has none. */
export const BEACON_VALUE_KEY = Uint8Array.of(0x04);
/** Blocks in a row in which jobs waited and the beacon had no value (u64). */
export const BEACON_MISSED_KEY = Uint8Array.of(0x05);

export const OPERATOR_PREFIX = Uint8Array.of(0x10);
export const OFFER_PREFIX = Uint8Array.of(0x11);
export const MODEL_OFFER_PREFIX = Uint8Array.of(0x12);
export const UNBONDING_PREFIX = Uint8Array.of(0x13);
export const TOLERANCE_PREFIX = Uint8Array.of(0x14);
export const BEACON_PREFIX = Uint8Array.of(0x15);

export const JOB_PREFIX = Uint8Array.of(0x20);
export const STATUS_PREFIX = Uint8Array.of(0x21);
export const DUE_PREFIX = Uint8Array.of(0x22);
export const REQUESTER_PREFIX = Uint8Array.of(0x23);
export const OPERATOR_JOB_PREFIX = Uint8Array.of(0x24);
export const MODEL_JOB_PREFIX = Uint8Array.of(0x25);
export const CLOSED_PREFIX = Uint8Array.of(0x26);
export const CLOSED_OUTPUT_PREFIX = Uint8Array.of(0x27);
export const INPUT_PREFIX = Uint8Array.of(0x28);
export const OUTPUT_PREFIX = Uint8Array.of(0x29);
export const VERDICT_PREFIX = Uint8Array.of(0x2a);
export const ROOT_PREFIX = Uint8Array.of(0x2b);
export const HELD_MODEL_PREFIX = Uint8Array.of(0x2c);

export function operatorKey(operator: Address): Uint8Array {
  return concatBytes(OPERATOR_PREFIX, operator);
}

export function offersPrefix(operator: Address): Uint8Array {
  return concatBytes(OFFER_PREFIX, lengthPrefixed(operator));
}

export function offerKey(operator: Address, modelId: bigint, verification: number): Uint8Array {
  return concatBytes(offersPrefix(operator), u64Bytes(modelId), Uint8Array.of(verification));
}

export function modelOffersPrefix(modelId: bigint, verification?: number): Uint8Array {
  return concatBytes(
    MODEL_OFFER_PREFIX,
    u64Bytes(modelId),
    verification === undefined ? new Uint8Array(0) : Uint8Array.of(verification),
  );
}

/** There if the operator offers the model. */
export function modelOfferKey(modelId: bigint, verification: number, operator: Address): Uint8Array {
  return concatBytes(modelOffersPrefix(modelId, verification), operator);
}

/** There if something that the operator unbonds is due at the end of this height. */
export function unbondingKey(height: bigint, operator: Address): Uint8Array {
  return concatBytes(UNBONDING_PREFIX, u64Bytes(height), operator);
}

export function toleranceKey(modelId: bigint): Uint8Array {
  return concatBytes(TOLERANCE_PREFIX, u64Bytes(modelId));
}

/** To what a validator is bound, by its consensus address. */
export function beaconKey(validator: Uint8Array): Uint8Array {
  return concatBytes(BEACON_PREFIX, validator);
}

/** A job by its id. Its value is the encoded Job. */
export function jobKey(id: bigint): Uint8Array {
  return concatBytes(JOB_PREFIX, u64Bytes(id));
}

export function statusPrefix(status: number): Uint8Array {
  return concatBytes(STATUS_PREFIX, Uint8Array.of(status));
}

/** There if the job has the status. */
export function statusKey(status: number, id: bigint): Uint8Array {
  return concatBytes(statusPrefix(status), u64Bytes(id));
}

/** There if the job's next step is due at the end of this height. */
export function dueKey(height: bigint, id: bigint): Uint8Array {
  return concatBytes(DUE_PREFIX, u64Bytes(height), u64Bytes(id));
}

export function requesterPrefix(requester: Address): Uint8Array {
  return concatBytes(REQUESTER_PREFIX, lengthPrefixed(requester));
}

/** There if the account posted the job. */
export function requesterKey(requester: Address, id: bigint): Uint8Array {
  return concatBytes(requesterPrefix(requester), u64Bytes(id));
}

export function operatorJobsPrefix(operator: Address): Uint8Array {
  return concatBytes(OPERATOR_JOB_PREFIX, lengthPrefixed(operator));
}

/** There if the job is, or was last, the operator's. */
export function operatorJobKey(operator: Address, id: bigint): Uint8Array {
  return concatBytes(operatorJobsPrefix(operator), u64Bytes(id));
}

export function modelJobsPrefix(modelId: bigint): Uint8Array {
  return concatBytes(MODEL_JOB_PREFIX, u64Bytes(modelId));
}

/** There if the job is of the model. */
export function modelJobKey(modelId: bigint, id: bigint): Uint8Array {
  return concatBytes(modelJobsPrefix(modelId), u64Bytes(id));
}

/** There if the job was over in this block. */
export function closedKey(height: bigint, id: bigint): Uint8Array {
  return concatBytes(CLOSED_PREFIX, u64Bytes(height), u64Bytes(id));
}

/** There if the job was over in this block, and its outputs are kept. */
export function closedOutputKey(height: bigint, id: bigint): Uint8Array {
  return concatBytes(CLOSED_OUTPUT_PREFIX, u64Bytes(height), u64Bytes(id));
}

/** Jobs of a model that are not over (u64); absent where there are none. */
export function heldModelKey(modelId: bigint): Uint8Array {
  return concatBytes(HELD_MODEL_PREFIX, u64Bytes(modelId));
}

/** A job's inputs: an encoded JobInputs. */
export function inputKey(id: bigint): Uint8Array {
  return concatBytes(INPUT_PREFIX, u64Bytes(id));
}

/** A job's outputs, and the hashes of its inputs: an encoded JobOutputs. */
export function outputKey(id: bigint): Uint8Array {
  return concatBytes(OUTPUT_PREFIX, u64Bytes(id));
}

export function verdictsPrefix(id: bigint): Uint8Array {
  return concatBytes(VERDICT_PREFIX, u64Bytes(id));
}

export function verdictKey(id: bigint, validator: Uint8Array): Uint8Array {
  return concatBytes(verdictsPrefix(id), validator);
}

/** The result root of a job that is pruned: 32 bytes. */
export function jobRootKey(id: bigint): Uint8Array {
  return concatBytes(ROOT_PREFIX, u64Bytes(id));
}
