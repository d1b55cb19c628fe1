/**
 * How large a transaction's result may be. CometBFT's gRPC client takes no answer of 4 MiB or more, and events and data
 * of a block are made by its users: so gas buys room for them, and a block has so much to sell (ADR-0066).
 */
import type { Event } from "../../proto/gen/tendermint.abci.ts";
import { SdkError } from "../runtime/errors.ts";
import type { DecodedTx } from "./decode.ts";

/** Bytes of results that the transactions of one block may take: 3.5 MiB, which leaves 0.5 MiB for begin and end. */
export const MAX_BLOCK_RESULT_BYTES = 3_670_016n;
/** Room that every transaction has, and for each of its messages; a transfer takes about 1,350 bytes. */
const BASE_BYTES = 512n;
const MESSAGE_BYTES = 640n;
/** Gas that buys one byte more. */
export const GAS_PER_RESULT_BYTE = 64n;
/** Framing of an event, and of an attribute with its mark as indexed: more than protobuf takes. */
const EVENT_FRAME = 12;
const ATTRIBUTE_FRAME = 14;
/** Code, codespace, gas and the lengths around a result: more than protobuf takes. */
const RESULT_FRAME = 80;
const MAX_LOG_CHARS = 512;
/** The most that UTF-8 takes for a UTF-16 unit. */
const MAX_CHAR_BYTES = 3;

/** Bytes that the result of `tx` may take, as resultBytes counts them. */
export function resultRoom(tx: Pick<DecodedTx, "msgs" | "gasLimit">): bigint {
  const room = freeRoom(tx) + tx.gasLimit / GAS_PER_RESULT_BYTE;
  return room > MAX_BLOCK_RESULT_BYTES ? MAX_BLOCK_RESULT_BYTES : room;
}

function freeRoom({ msgs }: Pick<DecodedTx, "msgs">): bigint {
  return BASE_BYTES + MESSAGE_BYTES * BigInt(msgs.length);
}

/** Gas that a transaction must want, to have room for `bytes`. */
export function gasForResult(tx: Pick<DecodedTx, "msgs">, bytes: number): bigint {
  const over = BigInt(bytes) - freeRoom(tx);
  return over > 0n ? over * GAS_PER_RESULT_BYTE : 0n;
}

/** What a result without a log takes in the answer to FinalizeBlock at most. */
export function resultBytes(events: readonly Event[], data: Uint8Array): number {
  let bytes = RESULT_FRAME + data.length;
  for (const { type, attributes } of events) {
    bytes += EVENT_FRAME + textBytes(type);
    for (const { key, value } of attributes) bytes += ATTRIBUTE_FRAME + textBytes(key) + textBytes(value);
  }
  return bytes;
}

function textBytes(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return text.length * MAX_CHAR_BYTES;
  return text.length;
}

/** @throws SdkError.outOfGas if the gas that `tx` wants buys too little room */
export function assertRoom(tx: Pick<DecodedTx, "msgs" | "gasLimit">, bytes: number): void {
  const room = resultRoom(tx);
  if (BigInt(bytes) <= room) return;
  throw SdkError.outOfGas(
    `the result takes ${bytes} bytes, and gas wanted ${tx.gasLimit} buys ${room}; raise the gas limit to ${gasForResult(tx, bytes)}`,
  );
}

/** A log that fits what is left of `room` beside `bytes`: logs are for people, and no part of consensus. */
export function fittingLog(log: string, room: bigint, bytes: number): string {
  const left = Math.max(0, Math.floor((Number(room) - bytes) / MAX_CHAR_BYTES));
  return log.slice(0, Math.min(MAX_LOG_CHARS, left));
}
