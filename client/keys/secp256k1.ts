/** secp256k1 keys of accounts: signatures of SHA-256 of the message, 64 bytes (r, s), s in the lower half (Cosmos SDK). */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { KeyError } from "./errors.ts";

const PRIVATE_KEY_BYTES = 32;
export const PUBLIC_KEY_BYTES = 33;
export const SIGNATURE_BYTES = 64;

/** Holds the secret out of sight of logs and JSON; `expose` is the one way to it. */
export class PrivateKey {
  readonly #secret: Uint8Array;
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array;

  /** @throws KeyError if `secret` is not 32 bytes of a scalar from 1 to the group's order less 1. */
  constructor(secret: Uint8Array) {
    if (secret.length !== PRIVATE_KEY_BYTES || !secp256k1.utils.isValidSecretKey(secret)) {
      throw new KeyError(
        "invalid_private_key",
        `private key must be ${PRIVATE_KEY_BYTES} bytes of a valid secp256k1 scalar`,
      );
    }
    this.#secret = secret.slice();
    this.publicKey = secp256k1.getPublicKey(this.#secret, true);
  }

  /** A new key from the platform's secure random source. */
  static generate(): PrivateKey {
    return new PrivateKey(secp256k1.utils.randomSecretKey());
  }

  /** @returns 64 bytes; the same message always gives the same signature (RFC 6979). */
  sign(message: Uint8Array): Uint8Array {
    return secp256k1.sign(message, this.#secret, { prehash: true, lowS: true });
  }

  /** The 32 secret bytes, for whoever stores them. */
  expose(): Uint8Array {
    return this.#secret.slice();
  }
}

/** Whether `signature` (64 bytes, low s) is of `message` (hashed here with SHA-256) by `publicKey`. Never throws. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    return secp256k1.verify(signature, message, publicKey, { prehash: true, lowS: true });
  } catch {
    return false;
  }
}

/** @throws KeyError unless `key` is a point of the curve in its 33-byte form. */
export function assertPublicKey(key: Uint8Array): void {
  if (key.length !== PUBLIC_KEY_BYTES || !secp256k1.utils.isValidPublicKey(key, true)) {
    throw new KeyError(
      "invalid_public_key",
      `public key must be a secp256k1 point of ${PUBLIC_KEY_BYTES} bytes, compressed`,
    );
  }
}
