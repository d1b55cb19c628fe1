/** A JSON-RPC error, as CometBFT words it: a code, its message, and what was wrong. Source: rpc/jsonrpc/types of v0.40. */
export class RpcFault extends Error {
  override readonly name = "RpcFault";
  readonly code: number;
  /** Empty: not sent. */
  readonly data: string;
  constructor(code: number, message: string, data: string) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export const parseError = (data: string): RpcFault => new RpcFault(-32700, "Parse error. Invalid JSON", data);
export const invalidRequest = (data: string): RpcFault => new RpcFault(-32600, "Invalid Request", data);
export const noMethod = (): RpcFault => new RpcFault(-32601, "Method not found", "");
export const invalidParams = (data: string): RpcFault => new RpcFault(-32602, "Invalid params", data);
/** CometBFT's answer to a question that it cannot answer. */
export const internal = (data: string): RpcFault => new RpcFault(-32603, "Internal error", data);
