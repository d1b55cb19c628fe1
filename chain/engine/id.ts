/** What identifies the engine: everything that could change a byte of an output, or what a run costs. */
import { readFileSync } from "node:fs";
import { toHex } from "../store/bytes.ts";
import { sha256 } from "../store/sha256.ts";
import { COST_TABLE_VERSION, OPERATOR_TABLE_VERSION } from "./onnx/index.ts";
import { MEMORY_PAGES, ORT_FILES, SESSION_OPTIONS } from "./ort.ts";

export interface EngineId {
  /** For people: the parts. */
  readonly id: string;
  /** SHA-256 of `id`; what state and receipts hold. */
  readonly idHash: Uint8Array;
  /** SHA-256 over the conformance vectors and their output hashes. */
  readonly conformanceHash: Uint8Array;
}

/** The id of the engine as this installation has it. Reads and hashes 14 MB. */
export function engineIdText(): string {
  const hash = (url: URL) => toHex(sha256(readFileSync(url)));
  const options = Object.entries(SESSION_OPTIONS)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(",");
  return [
    `ort-wasm:${hash(ORT_FILES.wasm)}`,
    `js:${hash(ORT_FILES.script)}`,
    `options:${options},threads=1,pages=${MEMORY_PAGES}`,
    `operators:${OPERATOR_TABLE_VERSION}`,
    `costs:${COST_TABLE_VERSION}`,
  ].join(" ");
}

export function engineIdHash(id: string): Uint8Array {
  return sha256(new TextEncoder().encode(id));
}
