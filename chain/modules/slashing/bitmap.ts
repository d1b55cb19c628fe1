/**
 * A chunk of the bitmap of missed blocks: 1024 bits as github.com/bits-and-blooms/bitset writes them, the number of bits
 * and then words of 64, all big-endian. Source: MissedBlockBitmapChunkSize of x/slashing/types/keys.go.
 */
import { u64Bytes } from "../../runtime/bytes.ts";

export const CHUNK_BITS = 1024;
const HEADER = 8;
const BYTES = HEADER + CHUNK_BITS / 8;

export function emptyChunk(): Uint8Array {
  const chunk = new Uint8Array(BYTES);
  chunk.set(u64Bytes(BigInt(CHUNK_BITS)));
  return chunk;
}

/** Words are big-endian, so the lowest bit of a word is in its last byte. */
function place(bit: number): readonly [at: number, mask: number] {
  const word = bit >> 6;
  const inWord = bit & 63;
  return [HEADER + word * 8 + (7 - (inWord >> 3)), 1 << (inWord & 7)];
}

export function hasBit(chunk: Uint8Array, bit: number): boolean {
  const [at, mask] = place(bit);
  return (chunk[at]! & mask) !== 0;
}

export function withBit(chunk: Uint8Array, bit: number, value: boolean): Uint8Array {
  const [at, mask] = place(bit);
  const changed = chunk.slice();
  changed[at] = value ? changed[at]! | mask : changed[at]! & ~mask;
  return changed;
}

/** The bits that are set, in order. */
export function bitsOf(chunk: Uint8Array): readonly number[] {
  return Array.from({ length: CHUNK_BITS }, (_, bit) => bit).filter((bit) => hasBit(chunk, bit));
}
