/**
 * Tensors as transactions, state and hashes hold them: one value has one encoding (ADR-0025).
 *
 *   tensors = u32 count, then each tensor, sorted by name, no name twice
 *   tensor  = u16 length of name, name (UTF-8), u8 type, u8 rank, u32 a dimension, u32 length of data, data
 *
 * All numbers are little-endian. `type` is ONNX's TensorProto.DataType. Data is the elements in row-major order,
 * little-endian; of strings, each element as u32 length and UTF-8. Every NaN is the one quiet NaN of its type; a bool is
 * 0 or 1.
 */
import { sha256 } from "../store/sha256.ts";
import { DTYPES, type DType, dtypeFromCode, dtypeName } from "./dtype.ts";
import { EngineError } from "./errors.ts";
import { canonicalizeNaN, hasForeignNaN } from "./nan.ts";

export interface Tensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Little-endian elements; of strings, each with its length before it. */
  readonly data: Uint8Array;
}

export interface NamedTensor extends Tensor {
  readonly name: string;
}

export interface TensorLimits {
  readonly maxTensors: number;
  readonly maxRank: number;
  /** Bytes of the whole encoding. */
  readonly maxBytes: number;
}

export const DEFAULT_TENSOR_LIMITS: TensorLimits = {
  maxTensors: 256,
  maxRank: 8,
  maxBytes: 64 * 1024 * 1024,
};

/** For what was bounded before: a run's inputs and outputs on their way between threads. */
export const NO_LIMITS: TensorLimits = { maxTensors: 0xffff_ffff, maxRank: 255, maxBytes: 0xffff_ffff };

const MAX_NAME_BYTES = 0xffff;
const MAX_U32 = 0xffff_ffff;
const utf8 = new TextEncoder();
const utf8Strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function badInput(message: string): EngineError {
  return new EngineError("badInput", message);
}

/** Elements of a tensor of these dimensions. @throws EngineError if a dimension is no u32 or the product is not exact */
export function elementCount(dims: readonly number[], name: string): number {
  let count = 1;
  for (const dim of dims) {
    if (!Number.isInteger(dim) || dim < 0 || dim > MAX_U32)
      throw badInput(`tensor "${name}": dimension ${dim} is not from 0 to 2^32-1`);
    count *= dim;
  }
  if (!Number.isSafeInteger(count))
    throw badInput(`tensor "${name}": dimensions [${dims.join(", ")}] have too many elements`);
  return count;
}

/**
 * The canonical form of a tensor: dimensions and length of data fit, bools are 0 or 1, NaNs are the one NaN.
 * @throws EngineError of kind badInput naming the tensor
 */
export function canonicalTensor(tensor: NamedTensor): NamedTensor {
  assertShape(tensor);
  return { ...tensor, data: canonicalizeNaN(tensor.dtype, tensor.data) };
}

function assertShape({ name, dtype, dims, data }: NamedTensor): void {
  const count = elementCount(dims, name);
  if (dtype === "string") {
    decodeStrings(data, count, name);
    return;
  }
  const bytes = count * DTYPES[dtype].size;
  if (data.length !== bytes) {
    throw badInput(
      `tensor "${name}": ${dtype} [${dims.join(", ")}] takes ${bytes} bytes of data, not ${data.length}`,
    );
  }
  if (dtype === "bool" && data.some((byte) => byte > 1))
    throw badInput(`tensor "${name}": a bool must be 0 or 1`);
}

/** Orders names by their UTF-8 bytes. */
function compareNames(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** The canonical bytes of tensors given in any order. @throws EngineError of kind badInput naming the tensor */
export function encodeTensors(tensors: readonly NamedTensor[]): Uint8Array {
  const named = tensors
    .map((tensor) => ({ tensor: canonicalTensor(tensor), name: utf8.encode(tensor.name) }))
    .sort((a, b) => compareNames(a.name, b.name));
  let length = 4;
  for (const { tensor, name } of named)
    length += 2 + name.length + 2 + 4 * tensor.dims.length + 4 + tensor.data.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, named.length, true);
  let offset = 4;
  for (const [index, { tensor, name }] of named.entries()) {
    const before = named[index - 1];
    if (before && compareNames(before.name, name) === 0)
      throw badInput(`tensor "${tensor.name}" is given twice`);
    if (name.length === 0 || name.length > MAX_NAME_BYTES)
      throw badInput("a tensor's name must have 1 to 65535 bytes");
    view.setUint16(offset, name.length, true);
    bytes.set(name, offset + 2);
    offset += 2 + name.length;
    bytes[offset] = DTYPES[tensor.dtype].code;
    bytes[offset + 1] = tensor.dims.length;
    offset += 2;
    for (const dim of tensor.dims) {
      view.setUint32(offset, dim, true);
      offset += 4;
    }
    view.setUint32(offset, tensor.data.length, true);
    bytes.set(tensor.data, offset + 4);
    offset += 4 + tensor.data.length;
  }
  return bytes;
}

/** Reads canonical bytes, and refuses every other form of them. @throws EngineError of kind badInput */
export function decodeTensors(
  bytes: Uint8Array,
  limits: TensorLimits = DEFAULT_TENSOR_LIMITS,
): NamedTensor[] {
  if (bytes.length > limits.maxBytes)
    throw badInput(`tensors take ${bytes.length} bytes; ${limits.maxBytes} are allowed`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const place = new Place(bytes.length);
  const count = view.byteLength < 4 ? badEnd() : view.getUint32(place.take(4, "the count"), true);
  if (count > limits.maxTensors)
    throw badInput(`${count} tensors are given; ${limits.maxTensors} are allowed`);
  const tensors: NamedTensor[] = [];
  let before: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const nameLength = view.getUint16(place.take(2, "the length of a name"), true);
    const nameAt = place.take(nameLength, "a name");
    const nameBytes = bytes.subarray(nameAt, nameAt + nameLength);
    const name = decodeText(nameBytes, `name of tensor ${i}`);
    if (nameLength === 0) throw badInput(`tensor ${i} has no name`);
    if (before && compareNames(before, nameBytes) >= 0)
      throw badInput(`tensor "${name}" is not in order, or given twice`);
    before = nameBytes;
    const typeAt = place.take(2, `type and rank of "${name}"`);
    const dtype = dtypeFromCode(bytes[typeAt]!);
    if (!dtype) throw badInput(`tensor "${name}": type ${dtypeName(bytes[typeAt]!)} is not taken`);
    const rank = bytes[typeAt + 1]!;
    if (rank > limits.maxRank)
      throw badInput(`tensor "${name}": rank ${rank}; ${limits.maxRank} is the most`);
    const dims: number[] = [];
    for (let axis = 0; axis < rank; axis++)
      dims.push(view.getUint32(place.take(4, `dimensions of "${name}"`), true));
    const dataLength = view.getUint32(place.take(4, `length of "${name}"`), true);
    const dataAt = place.take(dataLength, `data of "${name}"`);
    const tensor = { name, dtype, dims, data: bytes.slice(dataAt, dataAt + dataLength) };
    assertShape(tensor);
    if (hasForeignNaN(dtype, tensor.data)) {
      throw badInput(
        `tensor "${name}": a NaN is not the canonical one; encode it with the SDK, which makes it so`,
      );
    }
    tensors.push(tensor);
  }
  if (place.left > 0) throw badInput(`${place.left} bytes are left after the last tensor`);
  return tensors;
}

/** Where reading has come to. */
class Place {
  readonly #length: number;
  #offset = 0;

  constructor(length: number) {
    this.#length = length;
  }

  get left(): number {
    return this.#length - this.#offset;
  }

  /** @returns where `count` bytes start. @throws EngineError of kind badInput if there are not so many */
  take(count: number, what: string): number {
    if (this.left < count) throw badInput(`tensors end within ${what}, at byte ${this.#length}`);
    const at = this.#offset;
    this.#offset += count;
    return at;
  }
}

function badEnd(): never {
  throw badInput("tensors end within the count, at byte 0");
}

function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    throw badInput(`${what} is not valid UTF-8`);
  }
}

/** Elements of a string tensor as its data holds them. */
export function encodeStrings(values: readonly string[]): Uint8Array {
  // Encoded twice rather than kept: of millions of texts, an array each would outweigh the texts.
  let length = 0;
  for (const value of values) length += 4 + utf8.encode(value).length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const value of values) {
    const { written } = utf8.encodeInto(value, bytes.subarray(offset + 4));
    view.setUint32(offset, written, true);
    offset += 4 + written;
  }
  return bytes;
}

/** Elements of a string tensor. @throws EngineError unless there are exactly `count` */
export function decodeStrings(data: Uint8Array, count: number, name: string): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values: string[] = [];
  let offset = 0;
  // `count` comes from dimensions that nothing vouches for: stop at the end of the data, not at the count.
  while (offset < data.length && values.length < count) {
    if (data.length - offset < 4) break;
    const length = view.getUint32(offset, true);
    if (data.length - offset - 4 < length) break;
    values.push(decodeText(data.subarray(offset + 4, offset + 4 + length), `an element of tensor "${name}"`));
    offset += 4 + length;
  }
  if (values.length !== count || offset !== data.length) {
    throw badInput(`tensor "${name}": data does not hold exactly ${count} strings`);
  }
  return values;
}

/** SHA-256 of the canonical bytes: the input hash, or output hash, of a run. */
export function tensorsHash(tensors: readonly NamedTensor[]): Uint8Array {
  return sha256(encodeTensors(tensors));
}
