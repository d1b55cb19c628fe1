/**
 * Frames of the socket transport: an unsigned varint with the length, then that many bytes of tendermint.abci.Request
 * or Response (CometBFT libs/protoio; spec/abci/abci++_client_server.md).
 */
import { Reader, WireError, WireType } from "../proto/wire.ts";
import { type Call, callByRequestField } from "./calls.ts";
import { AbciFault } from "./errors.ts";

/** A length takes at most this many bytes: 2^35 is beyond any limit one would set. */
const MAX_LENGTH_BYTES = 5;
/** A buffer that grew beyond this for one large frame is let go afterwards. */
const KEPT_CAPACITY = 1 << 20;

const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Cuts a byte stream into frames. A frame returned by `next` is a view that is valid until the next `push`.
 * Cost is linear in the bytes pushed, however they are cut into chunks.
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number;
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** `#bytes` is ours to write to, not the chunk that was pushed. */
  #owned = false;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes that have arrived and are not yet part of a frame that was taken. */
  get pending(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (this.pending === 0) {
      // A plain view: Buffer's slice would not copy where a decoder relies on it.
      this.#bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      this.#start = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    this.#reserve(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #reserve(extra: number): void {
    const needed = this.pending + extra;
    if (this.#owned && this.#end + extra <= this.#bytes.length) return;
    const kept = this.#bytes.subarray(this.#start, this.#end);
    if (this.#owned && needed <= this.#bytes.length / 2) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      const grown = new Uint8Array(Math.max(needed * 2, 4096));
      grown.set(kept);
      this.#bytes = grown;
      this.#owned = true;
    }
    this.#end = kept.length;
    this.#start = 0;
  }

  /**
   * The next whole frame, or undefined until more bytes arrive.
   * @throws AbciFault BAD_FRAME or FRAME_TOO_LARGE; the stream cannot be read any further then.
   */
  next(): Uint8Array | undefined {
    let length = 0;
    let at = this.#start;
    for (let i = 0; ; i++) {
      if (i === MAX_LENGTH_BYTES) {
        throw new AbciFault("BAD_FRAME", `frame length takes more than ${MAX_LENGTH_BYTES} bytes`);
      }
      if (at === this.#end) return this.#wait();
      const byte = this.#bytes[at++]!;
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) break;
    }
    if (length > this.#maxFrameBytes) {
      throw new AbciFault(
        "FRAME_TOO_LARGE",
        `frame of ${length} bytes is over the limit of ${this.#maxFrameBytes}: raise limits.maxFrameBytes, or lower block.max_bytes`,
      );
    }
    if (this.#end - at < length) return this.#wait();
    this.#start = at + length;
    return this.#bytes.subarray(at, this.#start);
  }

  #wait(): undefined {
    if (this.pending === 0) {
      if (!this.#owned || this.#bytes.length > KEPT_CAPACITY) this.#bytes = EMPTY;
      this.#start = 0;
      this.#end = 0;
      this.#owned = false;
    }
    return undefined;
  }
}

/**
 * The call that a frame holds and its decoded request.
 * @throws AbciFault BAD_FRAME
 */
export function decodeRequest(frame: Uint8Array): { readonly call: Call; readonly request: unknown } {
  try {
    const reader = new Reader(frame);
    let call: Call | undefined;
    let body: Uint8Array = EMPTY;
    while (!reader.done) {
      const [field, type] = reader.tag();
      const known = callByRequestField.get(field);
      if (known === undefined) {
        reader.skip(type);
        continue;
      }
      if (type !== WireType.bytes) throw new WireError(`field ${field} has wire type ${type}`, reader.offset);
      // Members of a oneof: the last one counts.
      call = known;
      body = reader.view();
    }
    if (call === undefined) throw new WireError("no request of a known kind", frame.length);
    return { call, request: call.decode(body) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new AbciFault("BAD_FRAME", `not a tendermint.abci.Request: ${error.message}`, { cause: error });
  }
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

function putVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest > 0x7f) {
    into[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[next++] = rest;
  return next;
}

/** Responses up to this many bytes are copied behind their header; larger ones are sent from where they are. */
const COPIED_BYTES = 16_384;

/**
 * The frame of a response, as pieces to be sent in order.
 * @param field number of the response in the oneof of tendermint.abci.Response
 * @param body the encoded response message
 */
export function frameResponse(field: number, body: Uint8Array): readonly Uint8Array[] {
  const tag = ((field << 3) | WireType.bytes) >>> 0;
  const tagSize = varintSize(tag);
  const message = tagSize + varintSize(body.length) + body.length;
  const header = varintSize(message) + tagSize + varintSize(body.length);
  const copied = body.length <= COPIED_BYTES;
  const head = new Uint8Array(copied ? header + body.length : header);
  let at = putVarint(head, 0, message);
  at = putVarint(head, at, tag);
  at = putVarint(head, at, body.length);
  if (!copied) return [head, body];
  head.set(body, at);
  return [head];
}
