/** HPACK (RFC 7541): decoding of header blocks, and encoding without state. */
import { AbciFault } from "../errors.ts";
import { decodeHuffman } from "./huffman.ts";

export type Header = readonly [name: string, value: string];

/** RFC 7541, Appendix A; index 1 is the first. */
const STATIC_TABLE: readonly Header[] = `
:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204
:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate
accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control
content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type
cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since
last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after
server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`
  .trim()
  .split(/[|\n]/)
  .map((entry) => {
    const at = entry.indexOf(" ");
    return at === -1 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
  });

/** An entry of the dynamic table counts 32 bytes beyond its name and value (RFC 7541, 4.1). */
const ENTRY_OVERHEAD = 32;
/** Bytes of the dynamic table that we allow a peer: the protocol's default, so that nothing need be agreed on. */
export const HEADER_TABLE_BYTES = 4096;
/** Bytes of names and values of one request: CometBFT's have some two hundred. */
export const MAX_HEADER_BYTES = 16_384;

const fail = (message: string): never => {
  throw new AbciFault("BAD_FRAME", `HPACK: ${message}`);
};

/** Decodes the header blocks of one connection, in order: later blocks refer to earlier ones. */
export class HpackDecoder {
  #dynamic: Header[] = [];
  #size = 0;
  #limit = HEADER_TABLE_BYTES;
  #block: Uint8Array = new Uint8Array();
  #at = 0;

  /** @throws AbciFault BAD_FRAME; the connection cannot go on then */
  decode(block: Uint8Array): Header[] {
    this.#block = block;
    this.#at = 0;
    const headers: Header[] = [];
    let bytes = 0;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      let header: Header;
      if (first >= 0x80) header = this.#entry(this.#integer(7));
      else if (first >= 0x40) {
        header = this.#literal(6);
        this.#remember(header);
      } else if (first >= 0x20) {
        const limit = this.#integer(5);
        if (limit > HEADER_TABLE_BYTES) fail(`table of ${limit} bytes is over ${HEADER_TABLE_BYTES}`);
        this.#limit = limit;
        this.#evict();
        continue;
      } else header = this.#literal(4);
      bytes += header[0].length + header[1].length + ENTRY_OVERHEAD;
      if (bytes > MAX_HEADER_BYTES) fail(`headers are over ${MAX_HEADER_BYTES} bytes`);
      headers.push(header);
    }
    return headers;
  }

  #entry(index: number): Header {
    const header =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]
        : this.#dynamic[this.#dynamic.length - (index - STATIC_TABLE.length)];
    return header ?? fail(`no entry ${index}`);
  }

  #literal(prefix: number): Header {
    const index = this.#integer(prefix);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    return [name, this.#string()];
  }

  /** The newest entry is last, and has the lowest index. */
  #remember(header: Header): void {
    this.#dynamic.push(header);
    this.#size += header[0].length + header[1].length + ENTRY_OVERHEAD;
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#limit) {
      const oldest = this.#dynamic.shift()!;
      this.#size -= oldest[0].length + oldest[1].length + ENTRY_OVERHEAD;
    }
  }

  #byte(): number {
    return this.#block[this.#at++] ?? fail("a block ends early");
  }

  /** RFC 7541, 5.1. */
  #integer(prefix: number): number {
    const mask = 2 ** prefix - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) fail("an integer is too large");
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  #string(): string {
    const huffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    if (length > this.#block.length - this.#at) fail("a string is longer than its block");
    const bytes = this.#block.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (huffman) return decodeHuffman(bytes);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }
}

function putInteger(into: number[], prefix: number, high: number, value: number): void {
  const mask = 2 ** prefix - 1;
  if (value < mask) {
    into.push(high | value);
    return;
  }
  into.push(high | mask);
  let rest = value - mask;
  while (rest > 0x7f) {
    into.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  into.push(rest);
}

/** A header block that neither uses nor changes the peer's dynamic table. Names and values are ASCII. */
export function encodeHeaders(headers: readonly Header[]): Uint8Array {
  const block: number[] = [];
  for (const [name, value] of headers) {
    const whole = STATIC_TABLE.findIndex((entry) => entry[0] === name && entry[1] === value);
    if (whole !== -1) {
      putInteger(block, 7, 0x80, whole + 1);
      continue;
    }
    const named = STATIC_TABLE.findIndex((entry) => entry[0] === name);
    putInteger(block, 4, 0, named + 1);
    for (const text of named === -1 ? [name, value] : [value]) {
      putInteger(block, 7, 0, text.length);
      for (let i = 0; i < text.length; i++) block.push(text.charCodeAt(i) & 0x7f);
    }
  }
  return Uint8Array.from(block);
}
