/** Transactions that wait for a block, in the order in which they came. */
import { takeTxs } from "../../abci/index.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import { txHash } from "./hash.ts";

export interface MempoolLimits {
  /** Most transactions. CometBFT's default is 5000. */
  readonly maxTxs: number;
  /** Most bytes of all together. CometBFT's default is 64 MiB. */
  readonly maxBytes: number;
  /** Most bytes of one. CometBFT's default is 1 MiB. */
  readonly maxTxBytes: number;
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  maxTxs: 5_000,
  maxBytes: 67_108_864,
  maxTxBytes: 1_048_576,
};

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

  /** Why there is no room for `tx`, in CometBFT's words; undefined if there is. */
  refusal(tx: Uint8Array): string | undefined {
    const { maxTxs, maxBytes, maxTxBytes } = this.#limits;
    if (tx.length > maxTxBytes) return `Tx too large. Max size is ${maxTxBytes}, but got ${tx.length}`;
    if (this.#txs.size < maxTxs && this.#bytes + tx.length <= maxBytes) return undefined;
    return `mempool is full: number of txs ${this.#txs.size} (max: ${maxTxs}), total txs bytes ${this.#bytes} (max: ${maxBytes})`;
  }

  add(tx: Uint8Array): void {
    if (this.has(tx)) return;
    this.#txs.set(toHex(txHash(tx)), tx);
    this.#bytes += tx.length;
  }

  remove(tx: Uint8Array): void {
    if (this.#txs.delete(toHex(txHash(tx)))) this.#bytes -= tx.length;
  }

  /** The oldest transactions that together fit `maxBytes` of a block. */
  take(maxBytes: bigint): Uint8Array[] {
    return [...takeTxs([...this.#txs.values()], maxBytes)];
  }

  all(): Uint8Array[] {
    return [...this.#txs.values()];
  }
}
