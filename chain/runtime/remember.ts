/**
 * Decoding once what is read again and again: parameters, a model, a module's account. The store gives the same bytes object
 * for a value until it is written or falls out of memory, so what was decoded is remembered by that object and dies with it.
 * Pure, and gas is charged by the read itself: what a node remembers shows nowhere (ADR-0060).
 */

/** @returns `decode`, which does the same bytes object once. Nobody changes those bytes, nor what is made of them. */
export function remembering<T>(decode: (bytes: Uint8Array) => T): (bytes: Uint8Array) => T {
  const known = new WeakMap<Uint8Array, { readonly value: T }>();
  return (bytes) => {
    const found = known.get(bytes);
    if (found) return found.value;
    const value = decode(bytes);
    known.set(bytes, { value });
    return value;
  };
}
