/**
 * One HTTP/2 connection of a gRPC server (RFC 9113; gRPC over HTTP/2), for unary calls.
 *
 * Why not a library: CometBFT waits for one CheckTx before it sends the next, so that the cost of a call is what bounds
 * its throughput, and general HTTP/2 stacks cost several times what the application does (ADR-0002).
 */
import type { Socket } from "node:net";
import { reasonOf } from "../errors.ts";
import type { ConnectionOptions, OnCall } from "./call.ts";
import {
  COPIED_BYTES,
  DEFAULT_WINDOW,
  EMPTY,
  Flag,
  FrameType,
  fail,
  frameOf,
  goAway,
  HEADER_BYTES,
  LINGER_MS,
  MAX_FRAME,
  MAX_WINDOW,
  MESSAGE_PREFIX,
  numbers,
  okTrailers,
  PREFACE,
  putFrameHeader,
  putUint32,
  REFUSED_STREAM,
  refusal,
  responseHeaders,
  Setting,
  Status,
  settings,
  uint32,
  unpad,
  WINDOW_GIVEN_BACK,
  wholeAnswer,
} from "./frame.ts";
import { HEADER_TABLE_BYTES, HpackDecoder } from "./hpack.ts";

interface Stream {
  readonly path: string;
  chunks: Uint8Array[];
  size: number;
  /** What the peer lets us send on this stream. */
  window: number;
  /** The call was handed over. */
  called: boolean;
}

/** An answer that waits for the peer's window. */
interface Held {
  readonly id: number;
  readonly data: Uint8Array;
  at: number;
}

export class Http2Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #onCall: OnCall;
  readonly #onRefused: (error: unknown) => void;
  readonly #hpack = new HpackDecoder();
  readonly #streams = new Map<number, Stream>();
  readonly #held: Held[] = [];
  #input: Uint8Array = EMPTY;
  #greeted = false;
  #lastStream = 0;
  /** Of the stream whose headers go on in CONTINUATION frames. */
  #headersOf: { readonly id: number; readonly endStream: boolean; block: Uint8Array } | undefined;
  #taken = 0;
  #window = DEFAULT_WINDOW;
  #peerInitialWindow = DEFAULT_WINDOW;
  #peerMaxFrame = MAX_FRAME;
  #outgoing: Uint8Array[] = [];
  #reading = false;
  /** Calls that were handed over and are not answered yet. */
  #running = 0;
  #closed = false;

  constructor(
    options: ConnectionOptions & { readonly onRefused: (error: unknown) => void },
    onCall: OnCall,
    socket: Socket,
  ) {
    this.#options = options;
    this.#onCall = onCall;
    this.#onRefused = options.onRefused;
    this.#socket = socket;
    const ours = settings([
      [Setting.headerTableSize, HEADER_TABLE_BYTES],
      [Setting.maxConcurrentStreams, options.maxStreams],
      [Setting.initialWindowSize, MAX_WINDOW],
    ]);
    this.#outgoing.push(ours);
    this.#outgoing.push(frameOf(FrameType.windowUpdate, 0, 0, numbers(MAX_WINDOW - DEFAULT_WINDOW)));
    this.#flush();
    socket.on("data", (chunk: Uint8Array) => this.#read(chunk));
    socket.on("drain", () => socket.resume());
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#streams.clear();
      this.#held.length = 0;
    });
  }

  #read(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#reading = true;
    try {
      this.#append(chunk);
      this.#takeFrames();
    } catch (error) {
      this.#onRefused(error);
      this.#outgoing.push(goAway(this.#lastStream, reasonOf(error)));
      this.#closed = true;
    }
    this.#reading = false;
    this.#flush();
    if (this.#closed) {
      this.#socket.end();
      this.#socket.setTimeout(LINGER_MS, () => this.#socket.destroy());
    } else if (this.#socket.writableLength > this.#options.maxUnsentBytes) this.#socket.pause();
  }

  #append(chunk: Uint8Array): void {
    if (this.#input.length === 0) {
      // A plain view: Buffer's slice would not copy where a decoder relies on it.
      this.#input = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      return;
    }
    const joined = new Uint8Array(this.#input.length + chunk.length);
    joined.set(this.#input);
    joined.set(chunk, this.#input.length);
    this.#input = joined;
  }

  #takeFrames(): void {
    const input = this.#input;
    let at = 0;
    if (!this.#greeted) {
      const seen = Math.min(input.length, PREFACE.length);
      for (let i = 0; i < seen; i++) if (input[i] !== PREFACE[i]) fail("the client's preface is wrong");
      if (seen < PREFACE.length) return;
      this.#greeted = true;
      at = PREFACE.length;
    }
    while (input.length - at >= HEADER_BYTES) {
      const length = (input[at]! << 16) | (input[at + 1]! << 8) | input[at + 2]!;
      if (length > MAX_FRAME) fail(`a frame of ${length} bytes is over ${MAX_FRAME}`);
      const end = at + HEADER_BYTES + length;
      if (end > input.length) break;
      const id = uint32(input, at + 5) & MAX_WINDOW;
      this.#take(input[at + 3]!, input[at + 4]!, id, input.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    this.#input = at === input.length ? EMPTY : input.slice(at);
  }

  #take(type: number, flags: number, id: number, payload: Uint8Array): void {
    if (this.#headersOf && (type !== FrameType.continuation || id !== this.#headersOf.id)) {
      fail("another frame within a header block");
    }
    switch (type) {
      case FrameType.data:
        this.#takeData(flags, id, payload);
        break;
      case FrameType.headers:
        this.#takeHeaders(flags, id, payload);
        break;
      case FrameType.continuation:
        this.#takeContinuation(flags, payload);
        break;
      case FrameType.settings:
        this.#takeSettings(flags, payload);
        break;
      case FrameType.ping:
        if (payload.length !== 8) fail("a ping that is not eight bytes");
        if ((flags & Flag.ack) === 0) this.#outgoing.push(frameOf(FrameType.ping, Flag.ack, 0, payload));
        break;
      case FrameType.windowUpdate:
        this.#takeWindow(id, payload);
        break;
      case FrameType.rstStream:
        this.#streams.delete(id);
        break;
      case FrameType.pushPromise:
        fail("a client does not push");
        break;
      default:
      // PRIORITY, GOAWAY and frames we do not know change nothing here.
    }
  }

  #takeHeaders(flags: number, id: number, payload: Uint8Array): void {
    let block = unpad(flags, payload);
    if ((flags & Flag.priority) !== 0) block = block.subarray(5);
    const endStream = (flags & Flag.endStream) !== 0;
    if ((flags & Flag.endHeaders) !== 0) this.#open(id, block, endStream);
    else this.#headersOf = { id, endStream, block: block.slice() };
  }

  #takeContinuation(flags: number, payload: Uint8Array): void {
    const started = this.#headersOf ?? fail("a continuation of nothing");
    const block = new Uint8Array(started.block.length + payload.length);
    block.set(started.block);
    block.set(payload, started.block.length);
    if (block.length > 4 * MAX_FRAME) fail("a header block is too long");
    if ((flags & Flag.endHeaders) === 0) {
      started.block = block;
      return;
    }
    this.#headersOf = undefined;
    this.#open(started.id, block, started.endStream);
  }

  #open(id: number, block: Uint8Array, endStream: boolean): void {
    // Decoded even if the stream is refused: later blocks refer to this one.
    const headers = this.#hpack.decode(block);
    const known = this.#streams.get(id);
    if (known) {
      // Trailers of a request.
      if (endStream && !known.called) this.#call(id, known);
      return;
    }
    if (id % 2 === 0 || id <= this.#lastStream) fail(`stream ${id} cannot be opened`);
    this.#lastStream = id;
    // Calls of streams that were reset go on running.
    if (Math.max(this.#streams.size, this.#running) >= this.#options.maxStreams) {
      this.#outgoing.push(frameOf(FrameType.rstStream, 0, id, numbers(REFUSED_STREAM)));
      return;
    }
    const path = headers.find(([name]) => name === ":path")?.[1] ?? "";
    const stream: Stream = { path, chunks: [], size: 0, window: this.#peerInitialWindow, called: false };
    this.#streams.set(id, stream);
    if (endStream) this.#call(id, stream);
  }

  #takeData(flags: number, id: number, payload: Uint8Array): void {
    this.#taken += payload.length;
    if (this.#taken >= WINDOW_GIVEN_BACK) {
      this.#outgoing.push(frameOf(FrameType.windowUpdate, 0, 0, numbers(this.#taken)));
      this.#taken = 0;
    }
    if (id === 0 || id > this.#lastStream) fail(`data for stream ${id}, which is not open`);
    const stream = this.#streams.get(id);
    // Late data of a stream that was reset or answered.
    if (stream === undefined || stream.called) return;
    const data = unpad(flags, payload);
    stream.size += data.length;
    if (stream.size > this.#options.maxMessageBytes + MESSAGE_PREFIX) {
      this.#refuse(
        id,
        Status.resourceExhausted,
        `the request is over ${this.#options.maxMessageBytes} bytes`,
      );
      return;
    }
    const endStream = (flags & Flag.endStream) !== 0;
    // The last chunk is used before this returns; earlier ones must outlive the input buffer.
    stream.chunks.push(endStream ? data : data.slice());
    if (endStream) this.#call(id, stream);
  }

  #call(id: number, stream: Stream): void {
    stream.called = true;
    const whole =
      stream.chunks.length === 1 ? stream.chunks[0]! : new Uint8Array(Buffer.concat(stream.chunks));
    stream.chunks = [];
    if (whole.length < MESSAGE_PREFIX || uint32(whole, 1) !== whole.length - MESSAGE_PREFIX) {
      this.#refuse(id, Status.internal, "the request is not one gRPC message");
      return;
    }
    if (whole[0] !== 0) {
      this.#refuse(id, Status.unimplemented, "compressed requests are not taken");
      return;
    }
    this.#running++;
    this.#onCall(stream.path, whole.subarray(MESSAGE_PREFIX), {
      message: (body) => {
        this.#running--;
        this.#answer(id, body);
      },
      refuse: (status, reason) => {
        this.#running--;
        this.#refuse(id, status, reason);
      },
    });
  }

  #refuse(id: number, status: Status, reason: string): void {
    if (!this.#streams.delete(id)) return;
    this.#outgoing.push(refusal(id, status, reason));
    this.#flush();
  }

  #answer(id: number, body: Uint8Array): void {
    const stream = this.#streams.get(id);
    // The client has given the call up.
    if (stream === undefined) return;
    const size = MESSAGE_PREFIX + body.length;
    const whole = size <= COPIED_BYTES && size <= Math.min(this.#window, stream.window);
    if (!whole) {
      const data = new Uint8Array(size);
      putUint32(data, 1, body.length);
      data.set(body, MESSAGE_PREFIX);
      this.#outgoing.push(frameOf(FrameType.headers, Flag.endHeaders, id, responseHeaders));
      this.#held.push({ id, data, at: 0 });
      this.#sendHeld();
      this.#flush();
      return;
    }
    this.#window -= size;
    this.#streams.delete(id);
    this.#outgoing.push(wholeAnswer(id, body));
    this.#flush();
  }

  /** Sends what the peer's windows allow of the answers that wait, oldest first. */
  #sendHeld(): void {
    for (let i = 0; i < this.#held.length && this.#window > 0; ) {
      const held = this.#held[i]!;
      const stream = this.#streams.get(held.id);
      while (stream && held.at < held.data.length && this.#window > 0 && stream.window > 0) {
        const size = Math.min(held.data.length - held.at, this.#window, stream.window, this.#peerMaxFrame);
        const header = new Uint8Array(HEADER_BYTES);
        putFrameHeader(header, 0, size, FrameType.data, 0, held.id);
        this.#outgoing.push(header, held.data.subarray(held.at, held.at + size));
        held.at += size;
        this.#window -= size;
        stream.window -= size;
      }
      if (stream && held.at < held.data.length) {
        i++;
        continue;
      }
      if (stream) {
        this.#outgoing.push(
          frameOf(FrameType.headers, Flag.endHeaders | Flag.endStream, held.id, okTrailers),
        );
      }
      this.#streams.delete(held.id);
      this.#held.splice(i, 1);
    }
  }

  #takeSettings(flags: number, payload: Uint8Array): void {
    if ((flags & Flag.ack) !== 0) return;
    if (payload.length % 6 !== 0) fail("settings of a wrong length");
    for (let at = 0; at < payload.length; at += 6) {
      const name = (payload[at]! << 8) | payload[at + 1]!;
      const value = uint32(payload, at + 2);
      if (name === Setting.initialWindowSize) {
        if (value > MAX_WINDOW) fail("a window that is too large");
        for (const stream of this.#streams.values()) stream.window += value - this.#peerInitialWindow;
        this.#peerInitialWindow = value;
      } else if (name === Setting.maxFrameSize) {
        if (value < MAX_FRAME) fail("a frame size that is too small");
        this.#peerMaxFrame = value;
      }
    }
    this.#outgoing.push(frameOf(FrameType.settings, Flag.ack, 0, EMPTY));
    this.#sendHeld();
  }

  #takeWindow(id: number, payload: Uint8Array): void {
    if (payload.length !== 4) fail("a window update that is not four bytes");
    const more = uint32(payload, 0) & MAX_WINDOW;
    if (more === 0) fail("a window update of nothing");
    if (id === 0) this.#window += more;
    else {
      const stream = this.#streams.get(id);
      if (stream) stream.window += more;
    }
    if (this.#window > MAX_WINDOW) fail("a window that is too large");
    if (this.#held.length > 0) this.#sendHeld();
  }

  /** Writes what has gathered; while frames are being read, it gathers until all are. */
  #flush(): void {
    const pieces = this.#outgoing;
    if (this.#reading || pieces.length === 0 || this.#socket.destroyed) return;
    this.#outgoing = [];
    if (pieces.length === 1) this.#socket.write(pieces[0]!);
    else if (pieces.length < 64) this.#socket.write(Buffer.concat(pieces));
    else {
      this.#socket.cork();
      for (const piece of pieces) this.#socket.write(piece);
      this.#socket.uncork();
    }
  }
}
