/** What a version is: the root of every store. Source: SDK store/rootmulti (CommitInfo). */
import { CommitInfo } from "../../proto/gen/cosmos.store.v1beta1.ts";
import { hashMap, type MapEntry } from "./merkle.ts";

/** No clock in the store: the SDK's field is written as Go's zero time, as the SDK does when no header is set. */
const ZERO_TIME = { seconds: -62_135_596_800n, nanos: 0 };

export function makeCommitInfo(version: bigint, roots: readonly MapEntry[]): CommitInfo {
  return CommitInfo.create({
    version,
    storeInfos: roots.map(({ name, value }) => ({ name, commitId: { version, hash: value } })),
    timestamp: ZERO_TIME,
  });
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
