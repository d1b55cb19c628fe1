/** Events: what a block tells those who index it. Their order is the order in which they were emitted. */
import type { Event, EventAttribute } from "../../proto/gen/tendermint.abci.ts";

/** Collects events. A failed branch's log is dropped with it. */
export class EventLog {
  readonly #events: Event[] = [];
  #later = 0;

  /** Attributes keep the order of `attributes`; all are indexed. Undefined values are left out. */
  emit(type: string, attributes: Readonly<Record<string, string | bigint | undefined>>): void {
    const list: EventAttribute[] = [];
    for (const key of Object.keys(attributes)) {
      const value = attributes[key];
      if (value !== undefined) list.push({ key, value: String(value), index: true });
    }
    this.#events.push({ type, attributes: list });
  }

  /** Announces events of the block's end that this work causes: `bytes` of them at most, paid for by who causes them. */
  announce(bytes: number): void {
    this.#later += bytes;
  }

  /** Bytes of events that were announced. */
  get later(): number {
    return this.#later;
  }

  append(events: readonly Event[]): void {
    // Not spread: a transaction chooses how many there are, and the stack bounds arguments.
    for (const event of events) this.#events.push(event);
  }

  get all(): readonly Event[] {
    return this.#events;
  }
}
