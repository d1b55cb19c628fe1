/** The embedded engine: one validator, in process, behind CometBFT's RPC. */
export {
  type CommittedBlock,
  type Refused,
  type SoloDeps,
  SoloEngine,
  type SoloOptions,
} from "./engine.ts";
export { SoloError, type SoloErrorCode } from "./errors.ts";
export { readSettings, type SoloSettings } from "./settings.ts";
export { type SignedState, signedStateOf } from "./signed.ts";
export { type SoloNode, soloHeight, startSoloNode } from "./start-node.ts";
export { BlockStore } from "./store.ts";
