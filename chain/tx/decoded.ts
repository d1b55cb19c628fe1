/**
 * Transactions decoded, remembered by SHA-256 of their bytes: mempool, proposal and block bring the same bytes. Decoding
 * is a pure function of the bytes, the address prefix, the router and the limits, none of which changes while a chain
 * runs (ADR-0016). What is not decodable is not remembered.
 */
import { LRUCache } from "lru-cache";
import type { AddressCodec } from "../runtime/address.ts";
import type { Router } from "../runtime/router.ts";
import { sha256String } from "../store/sha256.ts";
import { type DecodedTx, decodeTx, type TxLimits } from "./decode.ts";

/** Some 8,000 transfers. */
const DEFAULT_CACHE_BYTES = 32 * 1024 * 1024;
/** What a decoded transaction takes beside its bytes, which it holds about three times. */
const OVERHEAD_BYTES = 3_072;
const COPIES = 3;

export interface DecodedTxsOptions {
  /** Memory for decoded transactions, in bytes. */
  readonly cacheBytes?: number;
  readonly limits: TxLimits;
}

export class DecodedTxs {
  readonly #router: Router;
  readonly #limits: TxLimits;
  readonly #known: LRUCache<string, DecodedTx>;
  #addresses: AddressCodec | undefined;

  constructor(options: DecodedTxsOptions, deps: { readonly router: Router }) {
    this.#router = deps.router;
    this.#limits = options.limits;
    this.#known = new LRUCache({
      maxSize: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
      sizeCalculation: ({ bytes }) => OVERHEAD_BYTES + COPIES * bytes.length,
    });
  }

  /** Whoever gets a transaction must leave it as it is: others get the same. @throws what decodeTx throws */
  decode(bytes: Uint8Array, addresses: AddressCodec): DecodedTx {
    if (addresses !== this.#addresses) {
      this.#known.clear();
      this.#addresses = addresses;
    }
    const hash = sha256String(bytes);
    const known = this.#known.get(hash);
    if (known) return known;
    const tx = decodeTx(bytes, this.#router, addresses, this.#limits);
    this.#known.set(hash, tx);
    return tx;
  }
}
