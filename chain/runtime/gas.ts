/** Gas: what a transaction's work is measured in, so that it can be limited and paid for. */
import { SdkError } from "./errors.ts";

/** Gas of store operations. Source: store/types/gas.go of the Cosmos SDK (KVGasConfig). */
export const STORE_GAS = {
  has: 1_000n,
  delete: 1_000n,
  read: 1_000n,
  readByte: 3n,
  write: 2_000n,
  writeByte: 30n,
  iterate: 30n,
} as const;

/** Counts gas up to a limit; `limit` undefined means none. */
export class GasMeter {
  readonly limit: bigint | undefined;
  #used = 0n;

  constructor(limit?: bigint) {
    this.limit = limit;
  }

  get used(): bigint {
    return this.#used;
  }

  /** Gas used, but never more than the limit: what a block counts for a transaction that ran out. */
  get usedWithinLimit(): bigint {
    return this.limit !== undefined && this.#used > this.limit ? this.limit : this.#used;
  }

  /** @throws SdkError.outOfGas if the limit is passed; what was consumed stays consumed. */
  consume(amount: bigint, what: string): void {
    this.#used += amount;
    if (this.limit !== undefined && this.#used > this.limit) {
      throw SdkError.outOfGas(
        `out of gas in ${what}: gas wanted ${this.limit}, gas used ${this.#used}; raise the gas limit`,
      );
    }
  }
}
