/** What the store's tests share: folders that are cleaned up, hex, a seeded generator. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "opg-store-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A small generator (mulberry32): the same numbers for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) % below;
  };
}
