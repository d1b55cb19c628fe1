/** Transactions that wait for a block, in the order in which they came. */
import { toHex } from "../../chain/runtime/bytes.ts";
import { txHash } from "./hash.ts";

export interface MempoolLimits {
  /** Most transactions. CometBFT's default is 5000. */
  readonly maxTxs: number;
  /** Most bytes of all together. CometBFT's default is 64 MiB. */
  readonly maxBytes: number;
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = { maxTxs: 5_000, maxBytes: 67_108_864 };

export class Mempool {
  readonly #limits: MempoolLimits;
  readonly #txs = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(limits: MempoolLimits = DEFAULT_MEMPOOL_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#txs.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(tx: Uint8Array): boolean {
    return this.#txs.has(toHex(txHash(tx)));
  }

  /** Whether there is room for `tx`. */
  fits(tx: Uint8Array): boolean {
    return this.#txs.size < this.#limits.maxTxs && this.#bytes + tx.length <= this.#limits.maxBytes;
  }

  add(tx: Uint8Array): void {
    if (this.has(tx)) return;
    this.#txs.set(toHex(txHash(tx)), tx);
    this.#bytes += tx.length;
  }

  remove(tx: Uint8Array): void {
    if (this.#txs.delete(toHex(txHash(tx)))) this.#bytes -= tx.length;
  }

  /** The oldest transactions whose bytes together are at most `maxBytes`. */
  take(maxBytes: bigint): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let left = maxBytes;
    for (const tx of this.#txs.values()) {
      left -= BigInt(tx.length);
      if (left < 0n) break;
      taken.push(tx);
    }
    return taken;
  }

  all(): Uint8Array[] {
    return [...this.#txs.values()];
  }
}
