/** The file that the play is kept in, and how what a block answers is written there. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex, utf8 } from "../../../../chain/runtime/bytes.ts";
import type { Event, ResponseFinalizeBlock, ValidatorUpdate } from "../../../../proto/gen/tendermint.abci.ts";
import type { Json, JsonObject } from "../../../../proto/json.ts";

export const VECTORS = new URL("../../../vectors/simd-play.json.gz", import.meta.url);

/** Blocks from one whole state to the next. */
export const STATE_EVERY = 10;

export interface PlayedBlock {
  /** base64 of tendermint.abci.RequestFinalizeBlock. */
  readonly request: string;
  /** One a transaction: "" or "codespace code". */
  readonly codes: readonly string[];
  /** "hex of the key power". */
  readonly updates: readonly string[];
  readonly events: string;
  /** Digest of each store (dump.ts). */
  readonly stores: Readonly<Record<string, string>>;
  readonly state?: Readonly<Record<string, Json>>;
}

export interface Vectors {
  readonly origin: string;
  readonly seed: number;
  readonly genesis: Record<string, JsonObject>;
  readonly validators: readonly string[];
  readonly blocks: readonly PlayedBlock[];
}

export function readVectors(): Vectors {
  return JSON.parse(gunzipSync(readFileSync(VECTORS)).toString()) as Vectors;
}

export function codesOf({ txResults }: ResponseFinalizeBlock): string[] {
  return txResults.map(({ code, codespace }) => (code === 0 ? "" : `${codespace} ${code}`));
}

export function updatesOf(updates: readonly ValidatorUpdate[]): string[] {
  return updates.map(({ pubKey, power }) => `${toHex(pubKey.ed25519!)} ${power}`);
}

/**
 * All events of a block, a line each, but for two differences: the price of compute is an event that only our chain has,
 * and v0.55 alone names the delegator of a redelegation (the rules followed are v0.53's).
 */
export function eventLines({ events, txResults }: ResponseFinalizeBlock): string[] {
  return [...events, ...txResults.flatMap((result) => result.events)]
    .filter(({ type }) => type !== "compute_price")
    .map(line);
}

function line({ type, attributes }: Event): string {
  const told = attributes.filter(({ key }) => type !== "redelegate" || key !== "delegator");
  return `${type} ${told.map(({ key, value }) => `${key}=${value}`).join(" ")}`;
}

export function eventsDigest(response: ResponseFinalizeBlock): string {
  return toHex(sha256(utf8(eventLines(response).join("\n"))).slice(0, 8));
}
