export type Resync = (error: unknown) => bigint | "ask" | undefined;

const MAX_ATTEMPTS = 4;

/**
 * The sequence of one account under load. The chain counts transactions in blocks; this counts also those in the
 * mempool, so that many can be sent without waiting. One transaction is signed and sent at a time.
 */
export class SequenceCounter {
  readonly #fetch: () => Promise<bigint>;
  #next: bigint | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param fetch asks the chain for the account's sequence. */
  constructor(fetch: () => Promise<bigint>) {
    this.#fetch = fetch;
  }

  /**
   * Runs `send` with the next sequence, after all that were asked for before. The sequence counts as used if it
   * resolves. If it throws, `resync` decides: a number is the sequence to try again with, "ask" asks the chain first,
   * undefined throws the error on.
   */
  use<T>(send: (sequence: bigint) => Promise<T>, resync: Resync): Promise<T> {
    return this.#queue(() => this.#run(send, resync, 1n));
  }

  /** As {@link use}, but the sequence stays unused: for simulation. */
  peek<T>(look: (sequence: bigint) => Promise<T>, resync: Resync): Promise<T> {
    return this.#queue(() => this.#run(look, resync, 0n));
  }

  #queue<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Asks the chain again before the next use: after a transaction was lost from the mempool. */
  forget(): void {
    this.#next = undefined;
  }

  async #run<T>(send: (sequence: bigint) => Promise<T>, resync: Resync, uses: bigint): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.#next ??= await this.#fetch();
      const sequence = this.#next;
      try {
        const result = await send(sequence);
        this.#next = sequence + uses;
        return result;
      } catch (error) {
        const again = resync(error);
        // Another failure says nothing of the sequence: it was not used.
        if (again !== undefined) this.#next = again === "ask" ? undefined : again;
        if (again === undefined || attempt >= MAX_ATTEMPTS) throw error;
      }
    }
  }
}

/** The sequence that the chain says it expects, in the text of error sdk 32; undefined if it says none. */
export function expectedSequence(log: string): bigint | undefined {
  const match = /expected (\d{1,20})/.exec(log);
  return match ? BigInt(match[1]!) : undefined;
}
