/** The socket transport: length-prefixed frames over unix or TCP, pipelined, answered in order per connection. */
import { createServer, type Socket } from "node:net";
import { ResponseException } from "../proto/gen/tendermint.abci.ts";
import { type Address, formatAddress } from "./address.ts";
import type { AbciLog, Dispatcher } from "./dispatch.ts";
import { reasonOf } from "./errors.ts";
import { decodeRequest, FrameSplitter, frameResponse } from "./frames.ts";
import type { Limits } from "./limits.ts";
import { type Listening, listen } from "./listen.ts";

/** Field of ResponseException in tendermint.abci.Response. */
const EXCEPTION_FIELD = 1;

/** How long a connection that was refused may stay open from the client's side. */
const REFUSED_LINGER_MS = 5000;

/** Answers up to this many bytes together are copied into one write: a write of many pieces costs more than the copy. */
const JOINED_BYTES = 65_536;

function join(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

interface Slot {
  readonly field: number;
  body: Uint8Array | undefined;
}

class Connection {
  readonly #socket: Socket;
  readonly #limits: Limits;
  readonly #dispatcher: Dispatcher;
  readonly #log: AbciLog;
  readonly #frames: FrameSplitter;
  /** Answers owed, oldest first. */
  #owed: Slot[] = [];
  #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  /** Frames are being read: what is answered meanwhile leaves in one write at the end. */
  #reading = false;
  #closing = false;

  constructor(
    options: { readonly limits: Limits; readonly log: AbciLog },
    dispatcher: Dispatcher,
    socket: Socket,
  ) {
    this.#limits = options.limits;
    this.#log = options.log;
    this.#dispatcher = dispatcher;
    this.#socket = socket;
    this.#frames = new FrameSplitter(options.limits.maxFrameBytes);
    socket.on("data", (chunk: Uint8Array) => {
      if (this.#closing) return;
      this.#frames.push(chunk);
      this.#read();
    });
    socket.on("drain", () => this.#read());
    socket.on("error", (error) => {
      this.#log.warn({ err: error }, `ABCI connection failed: ${error.message}`);
    });
    socket.on("close", () => {
      this.#closing = true;
      this.#owed = [];
      this.#outgoing = [];
    });
  }

  get #mayRead(): boolean {
    return (
      !this.#closing &&
      this.#owed.length < this.#limits.maxPending &&
      this.#socket.writableLength + this.#outgoingBytes < this.#limits.maxUnsentBytes
    );
  }

  /** Takes frames as long as there are any and the limits allow, and sends what was answered meanwhile. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    let starved = false;
    // Sending may make room again at once, and then no event would wake us for the frames that are left.
    while (!starved && this.#mayRead) {
      starved = this.#takeFrames();
      this.#send();
    }
    this.#reading = false;
    if (this.#closing) return;
    if (this.#mayRead) this.#socket.resume();
    else this.#socket.pause();
  }

  /** True if more bytes must arrive before the next frame is whole. */
  #takeFrames(): boolean {
    try {
      while (this.#mayRead) {
        const frame = this.#frames.next();
        if (frame === undefined) return true;
        this.#handle(frame);
      }
    } catch (error) {
      this.#refuse(error);
    }
    return false;
  }

  #handle(frame: Uint8Array): void {
    const { call, request } = decodeRequest(frame);
    const slot: Slot = { field: call.responseField, body: undefined };
    this.#owed.push(slot);
    this.#dispatcher.dispatch(call, request, (body) => {
      slot.body = body;
      if (this.#owed[0] !== slot) return;
      this.#settle();
      if (this.#reading) return;
      this.#send();
      // There may be whole frames left that were held back by a limit.
      this.#read();
    });
  }

  /** Moves the answers that are ready, up to the first that is not, to what is sent next. */
  #settle(): void {
    let ready = 0;
    for (const slot of this.#owed) {
      if (slot.body === undefined) break;
      for (const piece of frameResponse(slot.field, slot.body)) {
        this.#outgoing.push(piece);
        this.#outgoingBytes += piece.length;
      }
      ready++;
    }
    if (ready === this.#owed.length) this.#owed = [];
    else this.#owed.splice(0, ready);
  }

  #send(): void {
    const pieces = this.#outgoing;
    if (pieces.length > 0 && !this.#socket.destroyed) {
      const bytes = this.#outgoingBytes;
      this.#outgoing = [];
      this.#outgoingBytes = 0;
      if (pieces.length === 1) this.#socket.write(pieces[0]!);
      else if (bytes <= JOINED_BYTES) this.#socket.write(join(pieces, bytes));
      else {
        this.#socket.cork();
        for (const piece of pieces) this.#socket.write(piece);
        this.#socket.uncork();
      }
    }
    if (this.#closing && this.#owed.length === 0) this.#socket.end();
  }

  /** Bytes that are no request: what came before is still answered, then the exception, and this connection ends. */
  #refuse(error: unknown): void {
    this.#closing = true;
    // What still comes is read and dropped: bytes left unread would reset the connection before the exception is read.
    this.#socket.resume();
    this.#socket.setTimeout(REFUSED_LINGER_MS, () => this.#socket.destroy());
    this.#log.warn({ err: error }, `ABCI connection closed: ${reasonOf(error)}`);
    const body = ResponseException.encode({ error: reasonOf(error) });
    this.#owed.push({ field: EXCEPTION_FIELD, body });
    this.#settle();
  }
}

export async function listenSocket(
  options: { readonly limits: Limits; readonly log: AbciLog; readonly address: Address },
  dispatcher: Dispatcher,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    new Connection(options, dispatcher, socket);
  });
  server.maxConnections = options.limits.maxConnections;
  const address = formatAddress(await listen(server, options.address));
  return {
    address,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
