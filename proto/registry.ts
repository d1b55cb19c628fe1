/** The message types that an Any may hold, by type URL. */
import type { AnyMessageType } from "./codec.ts";

/** Finds message types by name. What is not in it cannot be read from, or shown as, an Any. */
export class TypeRegistry {
  readonly #types = new Map<string, AnyMessageType>();

  constructor(types: Iterable<AnyMessageType> = []) {
    this.add(...types);
  }

  add(...types: readonly AnyMessageType[]): this {
    for (const type of types) this.#types.set(type.typeName, type);
    return this;
  }

  /** @param typeUrl `/cosmos.bank.v1beta1.MsgSend`; whatever stands before the last slash is ignored. */
  get(typeUrl: string): AnyMessageType | undefined {
    return this.#types.get(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
  }

  /** In the order in which they were added. */
  get types(): AnyMessageType[] {
    return [...this.#types.values()];
  }
}
