export type { Application, Awaitable } from "./application.ts";
export { baseApplication } from "./base.ts";
export { type Call, type CallName, calls } from "./calls.ts";
export type { AbciLog } from "./dispatch.ts";
export { AbciFault, type AbciFaultCode } from "./errors.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { takeTxs, txSizeInBlock } from "./proposal.ts";
export { type AbciServer, type ServerOptions, startServer } from "./server.ts";
