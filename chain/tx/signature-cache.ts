/**
 * Signature checks, remembered by hash, so that a transaction is checked once on its way through mempool, proposal and
 * block. The answer is a pure function of key, digest and signature: whether it is remembered, comes from a thread or is
 * computed on the spot makes no difference but time (ADR-0015).
 */
import { LRUCache } from "lru-cache";
import { sha256String } from "../store/sha256.ts";
import type { DecodedTx } from "./decode.ts";
import {
  DIGEST_BYTES,
  isWellFormed,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  type SignatureCheck,
  type Verify,
} from "./secp256k1.ts";
import type { SignaturePool } from "./signature-pool.ts";

/** About 10 MB of answers. */
const DEFAULT_ENTRIES = 50_000;

export interface SignatureCacheDeps {
  readonly verify: Verify;
  /** Threads that check ahead of need; without them `ahead` does nothing. */
  readonly pool?: SignaturePool;
}

export class SignatureCache {
  readonly #verify: Verify;
  readonly #pool: SignaturePool | undefined;
  readonly #known: LRUCache<string, boolean>;
  readonly #checked = new WeakSet<DecodedTx>();

  constructor(options: { readonly entries?: number }, deps: SignatureCacheDeps) {
    this.#verify = deps.verify;
    this.#pool = deps.pool;
    this.#known = new LRUCache({ max: options.entries ?? DEFAULT_ENTRIES });
  }

  /** Whether anything is gained by calling `ahead`. */
  get hasThreads(): boolean {
    return this.#pool !== undefined && this.#pool.alive > 0;
  }

  /** Notes that the signatures of a transaction were looked at once: there is nothing to do ahead for it. */
  markChecked(tx: DecodedTx): void {
    this.#checked.add(tx);
  }

  isChecked(tx: DecodedTx): boolean {
    return this.#checked.has(tx);
  }

  verify(check: SignatureCheck): boolean {
    // Cheap to refuse, and what is left has one length, so that two checks never share a key.
    if (!isWellFormed(check)) return false;
    const key = keyOf(check);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const valid = this.#pool?.take(key) ?? this.#verify(check);
    this.#known.set(key, valid);
    return valid;
  }

  /** Hands checks that will be needed soon, and are not known, to the threads. Returns at once. */
  ahead(checks: readonly SignatureCheck[]): void {
    if (!this.#pool) return;
    let offered = 0;
    for (const check of checks) {
      if (!isWellFormed(check)) continue;
      const key = keyOf(check);
      if (this.#known.has(key)) continue;
      if (this.#pool.offer(key, check, (settled, valid) => this.#known.set(settled, valid))) offered++;
    }
    if (offered > 0) this.#pool.wake(offered);
  }
}

const joined = PUBLIC_KEY_BYTES + DIGEST_BYTES + SIGNATURE_BYTES;

/** SHA-256 of the three parts, each of its one length. */
function keyOf({ publicKey, digest, signature }: SignatureCheck): string {
  const bytes = new Uint8Array(joined);
  bytes.set(publicKey);
  bytes.set(digest, PUBLIC_KEY_BYTES);
  bytes.set(signature, PUBLIC_KEY_BYTES + DIGEST_BYTES);
  return sha256String(bytes);
}
