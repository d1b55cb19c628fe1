/** What a version is: the root of every store. Source: SDK store/rootmulti (CommitInfo). */
import { CommitInfo } from "../../proto/gen/cosmos.store.v1beta1.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import { hashMap, type MapEntry } from "./merkle.ts";

/** Go's zero time: what the SDK writes when no header is set, and this store where no time is given. */
const ZERO_TIME: Timestamp = { seconds: -62_135_596_800n, nanos: 0 };

/** @param time of the block that the version is of. No hash covers it (ADR-0152). */
export function makeCommitInfo(
  version: bigint,
  roots: readonly MapEntry[],
  time: Timestamp = ZERO_TIME,
): CommitInfo {
  return CommitInfo.create({
    version,
    storeInfos: roots.map(({ name, value }) => ({ name, commitId: { version, hash: value } })),
    timestamp: time,
  });
}

/** The block's time; undefined if the version was written without one, as by a restored snapshot. */
export function timeOf({ timestamp }: CommitInfo): Timestamp | undefined {
  return timestamp.seconds === ZERO_TIME.seconds ? undefined : timestamp;
}

export function rootsOf(info: CommitInfo): MapEntry[] {
  return info.storeInfos.map(({ name, commitId }) => ({ name, value: commitId.hash }));
}

/** The app hash: the Merkle map of store names to roots. With no stores: the SHA-256 of nothing. */
export function appHashOf(info: CommitInfo): Uint8Array {
  return hashMap(rootsOf(info));
}

export function hasStore(info: CommitInfo, name: string): boolean {
  return info.storeInfos.some((store) => store.name === name);
}
