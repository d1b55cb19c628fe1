/** The bitmap of missed blocks, byte for byte as Go's bitset writes it. */
import t from "tap";
import {
  bitsOf,
  CHUNK_BITS,
  emptyChunk,
  hasBit,
  withBit,
} from "../../../../chain/modules/slashing/bitmap.ts";
import { toHex } from "../../../../chain/runtime/bytes.ts";

t.test("a chunk is its number of bits and sixteen big-endian words", async (t) => {
  t.equal(toHex(emptyChunk()), `0000000000000400${"00".repeat(128)}`);
  const first = withBit(emptyChunk(), 0, true);
  t.equal(toHex(first.subarray(8, 16)), "0000000000000001");
  t.equal(toHex(withBit(first, 9, true).subarray(8, 16)), "0000000000000201");
  t.equal(toHex(withBit(emptyChunk(), 63, true).subarray(8, 16)), "8000000000000000");
  t.equal(toHex(withBit(emptyChunk(), 64, true).subarray(16, 24)), "0000000000000001");
  t.equal(toHex(withBit(emptyChunk(), 1023, true).subarray(-8)), "8000000000000000");
});

t.test("every bit is its own", async (t) => {
  let chunk = emptyChunk();
  const bits = Array.from({ length: CHUNK_BITS }, (_, bit) => bit).filter((bit) => bit % 7 === 3);
  for (const bit of bits) chunk = withBit(chunk, bit, true);
  t.same(bitsOf(chunk), bits);
  chunk = withBit(chunk, 10, false);
  t.notOk(hasBit(chunk, 10));
  t.same(
    bitsOf(chunk),
    bits.filter((bit) => bit !== 10),
  );
});
