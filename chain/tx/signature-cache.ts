/**
 * Signature checks, remembered by hash, so that a transaction is checked once on its way through mempool, proposal and
 * block; and computed ahead in worker threads. The answer is a pure function of key, message and signature.
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

/** Checks many signatures elsewhere; chain/tx/signature-pool.ts does it in worker threads. */
export interface SignaturePool {
  verifyAll(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>;
}

/** About 10 MB of answers. */
const DEFAULT_ENTRIES = 50_000;

export class SignatureCache {
  readonly #verify: Verify;
  readonly #pool: SignaturePool | undefined;
  readonly #known: LRUCache<string, boolean>;

  constructor(
    options: { readonly entries?: number },
    deps: { readonly verify: Verify; readonly pool?: SignaturePool },
  ) {
    this.#verify = deps.verify;
    this.#pool = deps.pool;
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

  /** Checks what is not known yet in the pool, if there is one. Failing is harmless: `verify` computes what is missing. */
  async warm(checks: readonly SignatureCheck[]): Promise<void> {
    if (!this.#pool) return;
    const unknown = checks.filter((check) => !this.#known.has(keyOf(check)));
    if (unknown.length === 0) return;
    const valid = await this.#pool.verifyAll(unknown);
    for (const [index, check] of unknown.entries()) this.#known.set(keyOf(check), valid[index]!);
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
