/** The Huffman code of HPACK (RFC 7541, 5.2 and Appendix B). */
import { AbciFault } from "../errors.ts";

/** Bits of the code of each byte. The code is canonical: ordered by length, then by byte, each is the one before plus one. */
// biome-ignore format: a table
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];
const LONGEST = 30;

/** By length: the first code of that length, and the bytes that have codes of it, in order. */
const byLength = (() => {
  const rows: { readonly first: number; readonly symbols: readonly number[] }[] = [];
  let code = 0;
  for (let length = 0; length <= LONGEST; length++) {
    const symbols = [...LENGTHS.keys()].filter((symbol) => LENGTHS[symbol] === length);
    rows.push({ first: code, symbols });
    code = (code + symbols.length) * 2;
  }
  return rows;
})();

/**
 * The bytes that `encoded` stands for, as a string of one character a byte.
 * @throws AbciFault BAD_FRAME if the padding is not the beginning of the end-of-string code, or longer than seven bits
 */
export function decodeHuffman(encoded: Uint8Array): string {
  let text = "";
  let code = 0;
  let length = 0;
  for (const byte of encoded) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      const { first, symbols } = byLength[length] ?? { first: 0, symbols: [] };
      const symbol = symbols[code - first];
      if (symbol !== undefined) {
        text += String.fromCharCode(symbol);
        code = 0;
        length = 0;
      } else if (length >= LONGEST) {
        throw new AbciFault("BAD_FRAME", "HPACK: the end-of-string code within a string");
      }
    }
  }
  if (length > 7 || code !== 2 ** length - 1) {
    throw new AbciFault("BAD_FRAME", "HPACK: a Huffman string has wrong padding");
  }
  return text;
}
