export { RpcClient, type RpcOptions } from "./client.ts";
export { RpcError, type RpcErrorCode } from "./errors.ts";
export type { RpcEvent, SubscribeOptions, WebSocketConstructor, WebSocketLike } from "./subscribe.ts";
export type * from "./types.ts";
