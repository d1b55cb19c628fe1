/**
 * Signature checks, remembered by hash, so that a transaction is checked once on its way through mempool, proposal and
 * block. The answer is a pure function of key, message and signature.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { LRUCache } from "lru-cache";
import { toHex, u64Bytes } from "../runtime/bytes.ts";
import type { Verify } from "./secp256k1.ts";

export interface SignatureCheck {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** About 10 MB of answers. */
const DEFAULT_ENTRIES = 50_000;

export class SignatureCache {
  readonly #verify: Verify;
  readonly #known: LRUCache<string, boolean>;

  constructor(options: { readonly entries?: number }, deps: { readonly verify: Verify }) {
    this.#verify = deps.verify;
    this.#known = new LRUCache({ max: options.entries ?? DEFAULT_ENTRIES });
  }

  verify(check: SignatureCheck): boolean {
    const key = keyOf(check);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const valid = this.#verify(check.publicKey, check.message, check.signature);
    this.#known.set(key, valid);
    return valid;
  }
}

/**
 * Both lengths stand in full before the parts: a signature comes from the transaction and may be of any length, so with
 * less, bytes could shift from the message into it and two checks would share an answer.
 */
function keyOf({ publicKey, message, signature }: SignatureCheck): string {
  return toHex(
    sha256
      .create()
      .update(u64Bytes(BigInt(publicKey.length)))
      .update(u64Bytes(BigInt(signature.length)))
      .update(publicKey)
      .update(signature)
      .update(message)
      .digest(),
  );
}
