/** An operation of the simulation: what somebody does, by chance and by the state, and how it may end. */
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import type { Random } from "../modules/random.ts";
import type { View } from "./view.ts";

/** What an operation makes: messages, and the names of those who must sign them, in order. */
export interface Draft {
  readonly signers: readonly string[];
  readonly messages: readonly Any[];
  /** Default: enough for what does not compute. */
  readonly gas?: bigint;
  /** Operations whose messages this one carries, and whose refusals may be its own. */
  readonly carries?: readonly string[];
}

export interface Operation {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  /** Undefined if the state has nothing for it to work on. */
  readonly make: (random: Random, view: View) => Promise<Draft | undefined>;
  /** Ends other than success that a well-behaved chain may give it, as `codespace code`. Any other is a fault. */
  readonly refusals: readonly string[];
}

/** What may befall any transaction: no funds for fee or amount, no gas left, a fee under the base fee. */
export const COMMON_REFUSALS: readonly string[] = ["sdk 5", "sdk 11", "sdk 13"];

/** Those of a transaction whose bytes were changed on the way. */
export const GARBLED_REFUSALS: readonly string[] = [
  "sdk 2",
  "sdk 4",
  "sdk 6",
  "sdk 7",
  "sdk 8",
  "sdk 9",
  "sdk 10",
  "sdk 12",
  "sdk 14",
  "sdk 15",
  "sdk 18",
  "sdk 29",
  "sdk 30",
  "sdk 31",
  "sdk 32",
  "sdk 37",
  "sdk 41",
  "sdk 42",
];
