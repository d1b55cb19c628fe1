/** What a connection hands over, and what it takes back. */
import type { Status } from "./frame.ts";

/** Takes the answer of one call: a message, or a status other than ok with its reason. */
export interface Answer {
  message(body: Uint8Array): void;
  refuse(status: Status, reason: string): void;
}

/** @param message valid until the call returns */
export type OnCall = (path: string, message: Uint8Array, answer: Answer) => void;

export interface ConnectionOptions {
  readonly maxMessageBytes: number;
  readonly maxStreams: number;
  readonly maxUnsentBytes: number;
}
