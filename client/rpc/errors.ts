/**
 * - unreachable: no answer from the node (refused, reset, DNS); timeout: none in time
 * - http_status: an answer that is not JSON-RPC (a proxy, a wrong URL)
 * - invalid_response: JSON-RPC, but not of the form that CometBFT documents
 * - rejected: the node's own error, with its `rpcCode` and `data`
 * - not_found: the node's error says that what was asked for is not there (yet, or any more)
 * - closed: the subscription's connection was closed
 */
export type RpcErrorCode =
  | "unreachable"
  | "timeout"
  | "http_status"
  | "invalid_response"
  | "rejected"
  | "not_found"
  | "closed"
  | "unsupported";

export interface RpcErrorDetail {
  readonly rpcCode?: number;
  readonly data?: string;
  readonly cause?: unknown;
}

/** A call to a node that failed. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcErrorCode;
  /** JSON-RPC's error code, if the node gave one. */
  readonly rpcCode: number | undefined;
  /** What the node says beyond its message. */
  readonly data: string | undefined;
  constructor(code: RpcErrorCode, message: string, { rpcCode, data, cause }: RpcErrorDetail = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.rpcCode = rpcCode;
    this.data = data;
  }
}
