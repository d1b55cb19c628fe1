/** Numbers from a seed: the same in every run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 bits (mulberry32). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 to `bound` - 1. */
  below(bound: number): number {
    return this.#next() % bound;
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** An amount of 1 to `digits` digits, each number of digits as likely. */
  amount(digits: number): bigint {
    const length = this.between(1, digits);
    let text = String(this.between(1, 9));
    while (text.length < length) text += String(this.below(10));
    return BigInt(text);
  }

  /** Part of a whole, at least 1 if there is any: in billionths, so that it divides badly. */
  part(whole: bigint): bigint {
    const share = (whole * BigInt(this.between(1, 999_999_999))) / 1_000_000_000n;
    return share > 0n ? share : whole;
  }
}
