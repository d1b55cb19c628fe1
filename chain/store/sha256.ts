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
  return String.fromCharCode(...bytes);
}

/** SHA-256 of no bytes: the root of an empty tree. */
export const EMPTY_HASH: HashString = hashToString(new Uint8Array(0));
