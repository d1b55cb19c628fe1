/** The one error class of this room. */

export type AbciFaultCode =
  /** The address given to the server cannot be listened on. */
  | "BAD_ADDRESS"
  /** Bytes from the client that are not an ABCI request. */
  | "BAD_FRAME"
  /** A frame longer than the limit. */
  | "FRAME_TOO_LARGE"
  /** An answer that decides state and that CometBFT's gRPC client does not take: serve over a socket instead. */
  | "ANSWER_TOO_LARGE"
  /** The application threw, or answered what cannot be sent, in a call whose answer decides state. */
  | "APPLICATION_FAULT";

export class AbciFault extends Error {
  override readonly name = "AbciFault";
  readonly code: AbciFaultCode;
  /** The ABCI call that was running, such as `finalizeBlock`; empty outside of one. */
  readonly call: string;

  constructor(
    code: AbciFaultCode,
    message: string,
    options: { readonly call?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.call = options.call ?? "";
  }
}

/** What a thrown value says, for logs and answers. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
