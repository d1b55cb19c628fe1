export { StoreError, type StoreErrorCode } from "./errors.ts";
export { MultiStore, type MultiStoreDeps, type MultiStoreOptions } from "./multistore.ts";
export type {
  Blobs,
  Branch,
  KVStore,
  Proof,
  PruningOptions,
  Range,
  ReadonlyBlobs,
  ReadonlyKVStore,
  View,
} from "./types.ts";
