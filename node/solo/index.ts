/** The embedded engine: one validator, in process, behind CometBFT's RPC. */
export { type SoloDeps, SoloEngine, type SoloOptions } from "./engine.ts";
export { SoloError, type SoloErrorCode } from "./errors.ts";
export { BlockStore } from "./store.ts";
