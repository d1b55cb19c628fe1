/** Secrets at rest: scrypt (RFC 7914) makes a key of the passphrase, XChaCha20-Poly1305 seals the secret with it. */
import { randomBytes } from "node:crypto";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { fromHex, toHex } from "../../chain/runtime/bytes.ts";
import { NodeError } from "../errors.ts";

export interface Sealed {
  readonly kdf: "scrypt";
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly cipher: "xchacha20-poly1305";
  readonly nonce: string;
  readonly sealed: string;
}

/** 2^17 rounds of 8: 128 MiB and about half a second for each guess. OWASP's recommendation for scrypt. */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;
const MOST = { n: 2 ** 20, r: 16, p: 4 } as const;

async function keyOf(
  passphrase: string,
  salt: Uint8Array,
  { n, r, p }: { n: number; r: number; p: number },
): Promise<Uint8Array> {
  return scryptAsync(passphrase.normalize("NFKC"), salt, { N: n, r, p, dkLen: 32, maxmem: 2 ** 31 });
}

/** @param context text that the seal is bound to, such as the key's name: moved elsewhere it does not open */
export async function seal(secret: Uint8Array, passphrase: string, context: string): Promise<Sealed> {
  const [salt, nonce] = [new Uint8Array(randomBytes(16)), new Uint8Array(randomBytes(24))];
  const key = await keyOf(passphrase, salt, COST);
  const sealed = xchacha20poly1305(key, nonce, new TextEncoder().encode(context)).encrypt(secret);
  return {
    kdf: "scrypt",
    ...COST,
    salt: toHex(salt),
    cipher: "xchacha20-poly1305",
    nonce: toHex(nonce),
    sealed: toHex(sealed),
  };
}

/** @throws NodeError if the passphrase is wrong or the file was changed */
export async function open(box: Sealed, passphrase: string, context: string): Promise<Uint8Array> {
  const [salt, nonce, sealed] = [box.salt, box.nonce, box.sealed].map(fromHex);
  const costly = box.n > MOST.n || box.r > MOST.r || box.p > MOST.p;
  if (
    box.kdf !== "scrypt" ||
    box.cipher !== "xchacha20-poly1305" ||
    costly ||
    !salt ||
    nonce?.length !== 24 ||
    !sealed
  ) {
    throw new NodeError("keys", `key ${context}: the file is damaged, or of a newer release`);
  }
  const key = await keyOf(passphrase, salt, box);
  try {
    return xchacha20poly1305(key, nonce, new TextEncoder().encode(context)).decrypt(sealed);
  } catch {
    throw new NodeError("keys", `key ${context}: wrong passphrase (or a changed file)`);
  }
}
