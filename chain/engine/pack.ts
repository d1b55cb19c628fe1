/** Byte strings on their way between threads: one buffer that changes hands, where each array by itself would be cloned. */

export interface Packed {
  readonly bytes: Uint8Array;
  /** Of the parts, in order. */
  readonly lengths: readonly number[];
}

export function packBytes(parts: readonly Uint8Array[]): Packed {
  const lengths = parts.map(({ length }) => length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return { bytes, lengths };
}

/** The parts, each with memory of its own: one that is kept for long must not keep the others. */
export function unpackBytes({ bytes, lengths }: Packed): Uint8Array[] {
  if (lengths.length === 1) return [bytes];
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return bytes.slice(end - length, end);
  });
}

/** The memory of `packed`, for the transfer list of postMessage. */
export function memoryOf({ bytes }: Packed): ArrayBuffer {
  return bytes.buffer as ArrayBuffer;
}
