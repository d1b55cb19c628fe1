export { StoreError, type StoreErrorCode } from "./errors.ts";
export { MultiStore } from "./multistore.ts";
export type { MultiStoreDeps, MultiStoreOptions } from "./options.ts";
export { SnapshotFolder } from "./snapshots/folder.ts";
export { SNAPSHOT_FORMAT, type SnapshotInfo } from "./snapshots/format.ts";
export { SnapshotRestorer } from "./snapshots/restore.ts";
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
