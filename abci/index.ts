export type { Application, Awaitable } from "./application.ts";
export { baseApplication } from "./base.ts";
export { takeTxs, txSizeInBlock } from "./proposal.ts";
