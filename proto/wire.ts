/**
 * The protobuf wire format: varints, tags and length-delimited fields, over Uint8Array.
 *
 * The writer only ever produces minimal varints. The reader rejects what no canonical writer produces when it
 * is `strict` (ADR-027 of the Cosmos SDK): over-long varints, and trailing bits.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

/** Bytes that are not a valid protobuf encoding. `offset` is where in the input the fault was seen. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.offset = offset;
  }
}

const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** Appends protobuf primitives to a growing buffer. `finish` returns the bytes written. */
export class Writer {
  #bytes: Uint8Array;
  /** Made at the first number that needs it: most messages have none. */
  #view: DataView | undefined;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Size of the buffer, in bytes. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Forgets what was written, so that the buffer serves again. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  #numbers(): DataView {
    this.#view ??= new DataView(this.#bytes.buffer);
    return this.#view;
  }

  get length(): number {
    return this.#length;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = undefined;
  }

  tag(field: number, type: WireType): this {
    return this.uint32(((field << 3) | type) >>> 0);
  }

  uint32(value: number): this {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** int32 as protobuf has it: a negative value takes ten bytes, sign-extended to 64 bits. */
  int32(value: number): this {
    return value >= 0 ? this.uint32(value) : this.uint64(BigInt.asUintN(64, BigInt(value)));
  }

  uint64(value: bigint): this {
    if (value <= 0x7fff_ffffn) return this.uint32(Number(value));
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
    return this;
  }

  int64(value: bigint): this {
    return this.uint64(BigInt.asUintN(64, value));
  }

  sint32(value: number): this {
    return this.uint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  sint64(value: bigint): this {
    return this.uint64(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  bool(value: boolean): this {
    return this.uint32(value ? 1 : 0);
  }

  fixed32(value: number): this {
    this.#reserve(4);
    this.#numbers().setUint32(this.#length, value >>> 0, true);
    this.#length += 4;
    return this;
  }

  fixed64(value: bigint): this {
    this.#reserve(8);
    this.#numbers().setBigUint64(this.#length, BigInt.asUintN(64, value), true);
    this.#length += 8;
    return this;
  }

  float(value: number): this {
    this.#reserve(4);
    this.#numbers().setFloat32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  double(value: number): this {
    this.#reserve(8);
    this.#numbers().setFloat64(this.#length, value, true);
    this.#length += 8;
    return this;
  }

  /** Raw bytes without a length. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** Length-delimited bytes. */
  bytes(value: Uint8Array): this {
    return this.uint32(value.length).raw(value);
  }

  string(value: string): this {
    // One byte a code unit covers nearly every string here; the general case encodes first.
    const length = value.length;
    this.#reserve(length + 5);
    if (length < 128) {
      const start = this.#length;
      this.#bytes[this.#length++] = length;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        this.#bytes[this.#length++] = code;
      }
      if (i === length) return this;
      this.#length = start;
    }
    return this.bytes(utf8Encoder.encode(value));
  }

  /** Writes a length-delimited block whose length is known only after `write` ran. */
  block(write: () => void): this {
    const start = this.open();
    write();
    return this.close(start);
  }

  /** Begins a length-delimited block. @returns what `close` needs */
  open(): number {
    this.#reserve(1);
    return this.#length++;
  }

  /** Ends the block that began at `start`, and writes its length. */
  close(start: number): this {
    const size = this.#length - start - 1;
    if (size < 0x80) {
      this.#bytes[start] = size;
      return this;
    }
    const extra = size < 0x4000 ? 1 : size < 0x20_0000 ? 2 : size < 0x1000_0000 ? 3 : 4;
    this.#reserve(extra);
    this.#bytes.copyWithin(start + 1 + extra, start + 1, this.#length);
    const end = this.#length + extra;
    this.#length = start;
    this.uint32(size);
    this.#length = end;
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Reads protobuf primitives from `bytes`. Every method throws WireError rather than read past the end. */
export class Reader {
  readonly #bytes: Uint8Array;
  #numbers: DataView | undefined;
  readonly #strict: boolean;
  #offset: number;
  #end: number;

  constructor(bytes: Uint8Array, options: { readonly strict?: boolean } = {}) {
    this.#bytes = bytes;
    this.#strict = options.strict ?? false;
    this.#offset = 0;
    this.#end = bytes.length;
  }

  get offset(): number {
    return this.#offset;
  }

  get strict(): boolean {
    return this.#strict;
  }

  get #view(): DataView {
    this.#numbers ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    return this.#numbers;
  }

  get done(): boolean {
    return this.#offset >= this.#end;
  }

  #fail(message: string): never {
    throw new WireError(message, this.#offset);
  }

  #need(count: number): void {
    if (this.#end - this.#offset < count) this.#fail(`unexpected end: ${count} more bytes needed`);
  }

  /** The next tag as one number: field number << 3 | wire type. Groups and field number 0 are rejected. */
  key(): number {
    const key = this.uint32();
    const type = key & 7;
    if (key >>> 3 === 0) this.#fail("field number 0");
    if (type !== 0 && type !== 1 && type !== 2 && type !== 5) this.#fail(`unsupported wire type ${type}`);
    return key;
  }

  /** The next tag as [field number, wire type]; otherwise as `key`. */
  tag(): [field: number, type: WireType] {
    const key = this.key();
    return [key >>> 3, (key & 7) as WireType];
  }

  /** Goes into the next length-delimited bytes: they end the reader until `leave`. @returns what `leave` needs */
  enter(): number {
    const length = this.uint32();
    this.#need(length);
    const end = this.#end;
    this.#end = this.#offset + length;
    return end;
  }

  /** Goes back out of what was entered, all of which must be read. */
  leave(end: number): void {
    this.#end = end;
  }

  uint32(): number {
    // The common one-byte case without bigints.
    const first = this.#bytes[this.#offset];
    if (first !== undefined && first < 0x80 && this.#offset < this.#end) {
      this.#offset++;
      return first;
    }
    const value = this.uint64();
    if (value > 0xffff_ffffn) {
      if (this.#strict) this.#fail(`varint ${value} does not fit 32 bits`);
      return Number(value & 0xffff_ffffn);
    }
    return Number(value);
  }

  int32(): number {
    const value = BigInt.asIntN(64, this.uint64());
    if (this.#strict && (value > 0x7fff_ffffn || value < -0x8000_0000n)) {
      this.#fail(`varint ${value} does not fit a signed 32-bit integer`);
    }
    return Number(BigInt.asIntN(32, value));
  }

  uint64(): bigint {
    let low = 0;
    let high = 0n;
    for (let i = 0; i < 10; i++) {
      this.#need(1);
      const byte = this.#bytes[this.#offset++]!;
      if (i < 4) low += (byte & 0x7f) * 2 ** (7 * i);
      else high |= BigInt(byte & 0x7f) << BigInt(7 * (i - 4));
      if (byte < 0x80) {
        if (this.#strict && i > 0 && byte === 0) this.#fail("varint is longer than it need be");
        const value = i < 4 ? BigInt(low) : (high << 28n) | BigInt(low);
        if (value > MAX_U64) {
          if (this.#strict) this.#fail("varint does not fit 64 bits");
          return BigInt.asUintN(64, value);
        }
        return value;
      }
    }
    this.#fail("varint is longer than ten bytes");
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  sint64(): bigint {
    const value = this.uint64();
    return (value >> 1n) ^ -(value & 1n);
  }

  bool(): boolean {
    const value = this.uint64();
    if (this.#strict && value > 1n) this.#fail(`bool has the value ${value}`);
    return value !== 0n;
  }

  fixed32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#offset, true);
    this.#offset += 4;
    return value;
  }

  fixed64(): bigint {
    this.#need(8);
    const value = this.#view.getBigUint64(this.#offset, true);
    this.#offset += 8;
    return value;
  }

  float(): number {
    this.#need(4);
    const value = this.#view.getFloat32(this.#offset, true);
    this.#offset += 4;
    return value;
  }

  double(): number {
    this.#need(8);
    const value = this.#view.getFloat64(this.#offset, true);
    this.#offset += 8;
    return value;
  }

  /** A view on the next length-delimited bytes; no copy. */
  view(): Uint8Array {
    const length = this.uint32();
    this.#need(length);
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** A copy of the next length-delimited bytes. */
  bytes(): Uint8Array {
    return this.view().slice();
  }

  string(): string {
    const view = this.view();
    try {
      return utf8Decoder.decode(view);
    } catch {
      this.#fail("string is not valid UTF-8");
    }
  }

  skip(type: WireType): void {
    if (type === WireType.varint) this.uint64();
    else if (type === WireType.fixed64) this.fixed64();
    else if (type === WireType.fixed32) this.fixed32();
    else this.view();
  }
}
