/**
 * Decoding once what is read again and again: parameters, a model, a module's account. The store gives the same bytes object
 * for a value until it is written or falls out of memory, so what was decoded is remembered by that object and dies with it.
 * Pure, and gas is charged by the read itself: what a node remembers shows nowhere (ADR-0060).
 */

/** @returns `decode`, which does the same object once. Nobody changes that object, nor what is made of it. */
export function remembering<From extends object, T>(decode: (from: From) => T): (from: From) => T {
  const known = new WeakMap<From, { readonly value: T }>();
  return (from) => {
    const found = known.get(from);
    if (found) return found.value;
    const value = decode(from);
    known.set(from, { value });
    return value;
  };
}
