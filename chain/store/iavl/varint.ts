/**
 * Go's varints (encoding/binary): unsigned ones, and signed ones in zigzag. Values are safe integers.
 */
import { StoreError } from "../errors.ts";
import type { HashString } from "../sha256.ts";

/** A buffer that is written, viewed, and written again. Views are valid until the next `reset`. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;
  /** Views of the buffer's first n bytes, made once: making a view costs as much as a short hash. */
  #views: (Uint8Array | undefined)[] = [];

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  reset(): this {
    this.#length = 0;
    return this;
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#length + extra, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#views = [];
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  uvarint(value: number): this {
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** A signed varint; only values from 0 to 2^52 occur. */
  zigzag(value: number): this {
    return this.uvarint(value * 2);
  }

  uint32(value: number): this {
    return this.byte(value >>> 24)
      .byte(value >>> 16)
      .byte(value >>> 8)
      .byte(value);
  }

  /** Eight bytes, big-endian. */
  uint64(value: number): this {
    return this.uint32(Math.floor(value / 0x1_0000_0000)).uint32(value >>> 0);
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    if (value.length > 64) this.#bytes.set(value, this.#length);
    else for (let i = 0; i < value.length; i++) this.#bytes[this.#length + i] = value[i]!;
    this.#length += value.length;
    return this;
  }

  bytes(value: Uint8Array): this {
    return this.uvarint(value.length).raw(value);
  }

  /** A hash, behind its length. */
  hash(hash: HashString): this {
    this.#reserve(33);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = 32;
    for (let i = 0; i < 32; i++) bytes[at++] = hash.charCodeAt(i);
    this.#length = at;
    return this;
  }

  /** What was written, without a copy. */
  view(): Uint8Array {
    const length = this.#length;
    if (length > 512) return this.#bytes.subarray(0, length);
    let view = this.#views[length];
    if (view === undefined) {
      view = this.#bytes.subarray(0, length);
      this.#views[length] = view;
    }
    return view;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** @throws StoreError CORRUPT at the end of the bytes or beyond 2^53. */
export function readUvarint(bytes: Uint8Array, at: { offset: number }): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at.offset];
    if (byte === undefined) break;
    at.offset++;
    if (byte < 0x80) {
      value += byte * scale;
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
    value += (byte & 0x7f) * scale;
    scale *= 128;
  }
  throw new StoreError("CORRUPT", `no varint below 2^53 at byte ${at.offset}; restore from a snapshot`);
}

/** A signed varint that must not be negative. */
export function readZigzag(bytes: Uint8Array, at: { offset: number }): number {
  const value = readUvarint(bytes, at);
  if (value % 2 !== 0) throw new StoreError("CORRUPT", `negative number at byte ${at.offset}`);
  return value / 2;
}
