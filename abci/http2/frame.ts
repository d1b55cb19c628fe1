/** Frames of HTTP/2 (RFC 9113, 4 and 6) and of gRPC in them. */
import { AbciFault } from "../errors.ts";
import { encodeHeaders } from "./hpack.ts";

/** gRPC status codes that we send. */
export const Status = {
  ok: 0,
  invalidArgument: 3,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;
export const Setting = {
  headerTableSize: 1,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;
export const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const HEADER_BYTES = 9;
/** Before the message: a flag for compression and four bytes of length. */
export const MESSAGE_PREFIX = 5;
export const MAX_FRAME = 16_384;
export const MAX_WINDOW = 0x7fff_ffff;
export const DEFAULT_WINDOW = 65_535;
/** What we have taken of the connection's window before we give it back. */
export const WINDOW_GIVEN_BACK = 64 << 20;
/** Answers up to this many bytes are copied into one piece with their headers. */
export const COPIED_BYTES = 16_384;
export const REFUSED_STREAM = 7;
const PROTOCOL_ERROR = 1;
export const LINGER_MS = 1000;

export const EMPTY: Uint8Array = new Uint8Array();
export const responseHeaders = encodeHeaders([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
export const okTrailers = encodeHeaders([["grpc-status", "0"]]);

export function putFrameHeader(
  into: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  id: number,
): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  return putUint32(into, at + 5, id);
}

export function putUint32(into: Uint8Array, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

export function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function frameOf(type: number, flags: number, id: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  frame.set(payload, putFrameHeader(frame, 0, payload.length, type, flags, id));
  return frame;
}

export function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) putUint32(bytes, index * 4, value);
  return bytes;
}

export const fail = (message: string): never => {
  throw new AbciFault("BAD_FRAME", `HTTP/2: ${message}`);
};

/** How gRPC writes a message in a header: bytes outside of printable ASCII, and `%`, as %XX. */
function percentEncode(text: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(text.slice(0, 1000))) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** A SETTINGS frame of ours. */
export function settings(entries: readonly (readonly [name: number, value: number])[]): Uint8Array {
  const payload = new Uint8Array(entries.length * 6);
  for (const [index, [name, value]] of entries.entries()) {
    payload[index * 6 + 1] = name;
    putUint32(payload, index * 6 + 2, value);
  }
  return frameOf(FrameType.settings, 0, 0, payload);
}

/** An answer with a status other than ok, in one frame. */
export function refusal(id: number, status: Status, reason: string): Uint8Array {
  const block = encodeHeaders([
    [":status", "200"],
    ["content-type", "application/grpc"],
    ["grpc-status", String(status)],
    ["grpc-message", percentEncode(reason)],
  ]);
  return frameOf(FrameType.headers, Flag.endHeaders | Flag.endStream, id, block);
}

/** An answer in one piece: headers, one DATA frame, trailers. It must fit the peer's windows and frame size. */
export function wholeAnswer(id: number, body: Uint8Array): Uint8Array {
  const size = MESSAGE_PREFIX + body.length;
  const out = new Uint8Array(3 * HEADER_BYTES + responseHeaders.length + size + okTrailers.length);
  let at = putFrameHeader(out, 0, responseHeaders.length, FrameType.headers, Flag.endHeaders, id);
  out.set(responseHeaders, at);
  at = putFrameHeader(out, at + responseHeaders.length, size, FrameType.data, 0, id);
  at = putUint32(out, at + 1, body.length);
  out.set(body, at);
  at += body.length;
  at = putFrameHeader(out, at, okTrailers.length, FrameType.headers, Flag.endHeaders | Flag.endStream, id);
  out.set(okTrailers, at);
  return out;
}

/** The end of a connection for what the client did wrong. */
export function goAway(lastStream: number, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason);
  const payload = new Uint8Array(8 + text.length);
  payload.set(numbers(lastStream, PROTOCOL_ERROR));
  payload.set(text, 8);
  return frameOf(FrameType.goAway, 0, 0, payload);
}

/** The payload without its padding. @throws AbciFault BAD_FRAME */
export function unpad(flags: number, payload: Uint8Array): Uint8Array {
  if ((flags & Flag.padded) === 0) return payload;
  const padding = payload[0] ?? fail("padding is missing");
  if (padding >= payload.length) fail("padding is longer than its frame");
  return payload.subarray(1, payload.length - padding);
}
