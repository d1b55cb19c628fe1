/**
 * SHA-256, by OpenSSL where there is Node and by @noble/hashes where there is none. No static import of a Node module,
 * so that proof verification runs in browsers.
 */
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

interface NodeCrypto {
  hash(algorithm: string, data: Uint8Array, encoding: "latin1"): string;
}

interface Runtime {
  readonly process?: { getBuiltinModule?(name: string): NodeCrypto | undefined };
}

// Only where the hash function comes from; nothing of the environment is read.
const nodeCrypto = (globalThis as Runtime)["process"]?.getBuiltinModule?.("node:crypto");

/** A hash as a string of 32 code units below 256: a quarter of the memory of a Uint8Array, and quicker to make. */
export type HashString = string;

export const HASH_BYTES = 32;

const hashToString: (data: Uint8Array) => HashString =
  nodeCrypto && typeof nodeCrypto.hash === "function"
    ? (data) => nodeCrypto.hash("sha256", data, "latin1")
    : (data) => String.fromCharCode(...nobleSha256(data));

export function sha256String(data: Uint8Array): HashString {
  return hashToString(data);
}

/** SHA-256 as 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  return hashBytes(hashToString(data));
}

export function hashBytes(hash: HashString): Uint8Array {
  const bytes = new Uint8Array(hash.length);
  for (let i = 0; i < hash.length; i++) bytes[i] = hash.charCodeAt(i);
  return bytes;
}

export function hashString(bytes: Uint8Array): HashString {
  return bytes.length === HASH_BYTES ? hashStringAt(bytes, 0) : String.fromCharCode(...bytes);
}

/** The 32 bytes at `at` as a hash. Fifteen times as fast as spreading them: every inner node that is loaded has one. */
export function hashStringAt(b: Uint8Array, at: number): HashString {
  // biome-ignore format: four rows of eight bytes
  return String.fromCharCode(
    b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!, b[at + 5]!, b[at + 6]!, b[at + 7]!,
    b[at + 8]!, b[at + 9]!, b[at + 10]!, b[at + 11]!, b[at + 12]!, b[at + 13]!, b[at + 14]!, b[at + 15]!,
    b[at + 16]!, b[at + 17]!, b[at + 18]!, b[at + 19]!, b[at + 20]!, b[at + 21]!, b[at + 22]!, b[at + 23]!,
    b[at + 24]!, b[at + 25]!, b[at + 26]!, b[at + 27]!, b[at + 28]!, b[at + 29]!, b[at + 30]!, b[at + 31]!,
  );
}

/** SHA-256 of no bytes: the root of an empty tree. */
export const EMPTY_HASH: HashString = hashToString(new Uint8Array(0));
