/** Reading TensorProto: dims, type and length of the data are checked against each other; the data stays a view. */
import { Reader, WireType } from "../../../proto/wire.ts";
import { DTYPES, type DType, dtypeFromCode, dtypeName } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { checkEntry, eachField, plainFloats, unknownField } from "./fields.ts";
import type { EngineLimits } from "./limits.ts";
import type { StoredTensor } from "./model.ts";

/** Bytes a std::string of the engine takes beside its characters. */
const STRING_OVERHEAD = 16;

/** Bytes that one element takes in memory; a string counts at its limit. */
export function elementBytes(dtype: DType, limits: EngineLimits): number {
  return dtype === "string" ? STRING_OVERHEAD + limits.maxStringBytes : DTYPES[dtype].size;
}

/** The product of dims, refused when one is negative, the rank or the product over its limit. `what` names the tensor. */
export function countElements(dims: readonly number[], what: string, limits: EngineLimits): number {
  if (dims.length > limits.maxRank) {
    throw new EngineError("limitExceeded", `${what} has rank ${dims.length}; the limit is ${limits.maxRank}`);
  }
  let elements = 1;
  let empty = false;
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new EngineError("shapeMismatch", `${what} has the dimension ${dim}: sizes are 0 or more`);
    }
    if (dim === 0) empty = true;
    // A zero elsewhere does not excuse an absurd size: kernels multiply in their own order.
    else elements *= dim;
    if (elements > limits.maxTensorElements) {
      throw new EngineError(
        "limitExceeded",
        `${what} of shape [${dims.join(", ")}] has more than ${limits.maxTensorElements} elements`,
      );
    }
  }
  return empty ? 0 : elements;
}

const TYPED_FIELD: Readonly<
  Record<number, { form: "varint" | "float32" | "float64"; dtypes: readonly DType[] }>
> = {
  4: { form: "float32", dtypes: ["float32"] },
  5: { form: "varint", dtypes: ["int32", "int16", "int8", "uint16", "uint8", "bool", "float16"] },
  7: { form: "varint", dtypes: ["int64"] },
  10: { form: "float64", dtypes: ["float64"] },
  11: { form: "varint", dtypes: ["uint32", "uint64"] },
};

/** Number of values in packed chunks, or undefined when a chunk ends inside one. */
function countPacked(
  form: "varint" | "float32" | "float64",
  chunks: readonly Uint8Array[],
): number | undefined {
  let count = 0;
  for (const chunk of chunks) {
    if (form === "varint") {
      let length = 0;
      for (const byte of chunk) {
        length++;
        if (byte < 0x80) {
          count++;
          length = 0;
        } else if (length >= 10) return undefined;
      }
      if (length > 0) return undefined;
    } else {
      const size = form === "float32" ? 4 : 8;
      if (chunk.length % size !== 0) return undefined;
      count += chunk.length / size;
    }
  }
  return count;
}

/** Reads a TensorProto. `owner` names it in messages when it has no name itself. Throws EngineError. */
export function parseTensor(bytes: Uint8Array, owner: string, limits: EngineLimits): StoredTensor {
  const dims: number[] = [];
  let name = "";
  let code = 0;
  let raw: Uint8Array | undefined;
  const typed = new Map<number, Uint8Array[]>();
  const strings: string[] = [];
  let hasStrings = false;
  const addDim = (value: bigint): void => {
    if (dims.length >= limits.maxRank) {
      throw new EngineError("limitExceeded", `tensor of ${owner} has rank over ${limits.maxRank}`);
    }
    if (value < 0n || value > 0x7fff_ffffn) {
      throw new EngineError(
        "limitExceeded",
        `tensor of ${owner} has the dimension ${value}: 0 to 2^31 - 1 are taken`,
      );
    }
    dims.push(Number(value));
  };
  eachField(bytes, "TensorProto", [2, 3, 8, 9, 12, 14], (f) => {
    switch (f.number) {
      case 1:
        if (f.type === WireType.bytes) {
          const packed = new Reader(f.view(), { strict: true });
          while (!packed.done) addDim(packed.int64());
        } else addDim(f.int64());
        break;
      case 2:
        code = f.int32();
        break;
      case 3:
        throw new EngineError("unsupportedFeature", `tensor of ${owner} is a segment: store it whole`);
      case 4:
      case 5:
      case 7:
      case 10:
      case 11: {
        const chunks = typed.get(f.number) ?? [];
        typed.set(f.number, chunks);
        chunks.push(unpackedOrPacked(f));
        break;
      }
      case 6: {
        hasStrings = true;
        if (strings.length >= limits.maxTensorElements) {
          throw new EngineError("limitExceeded", `tensor of ${owner} has too many strings`);
        }
        strings.push(f.string(limits.maxStringBytes));
        break;
      }
      case 8:
        name = f.string(limits.maxNameBytes);
        break;
      case 9:
        raw = f.view();
        break;
      case 12:
        f.skip();
        break;
      case 16:
        checkEntry(f.view());
        break;
      case 13:
        throw new EngineError(
          "unsupportedFeature",
          `tensor "${name}" of ${owner} keeps its data outside the model: save with all data in one file`,
        );
      case 14:
        if (f.int32() !== 0) {
          throw new EngineError(
            "unsupportedFeature",
            `tensor "${name}" of ${owner} keeps its data outside the model: save with all data in one file`,
          );
        }
        break;
      default:
        unknownField("TensorProto", f.number);
    }
  });
  const what = `tensor "${name}" of ${owner}`;
  const dtype = dtypeFromCode(code);
  if (dtype === undefined) {
    throw new EngineError(
      "unsupportedType",
      `${what} has the element type ${dtypeName(code)}: convert it to float32`,
    );
  }
  const elements = countElements(dims, what, limits);
  const forms = (raw === undefined ? 0 : 1) + typed.size + (hasStrings ? 1 : 0);
  if (forms > 1) throw new EngineError("malformed", `${what} carries its data in more than one form`);
  const common = { name, dtype, dims, elements, bytes: elements * elementBytes(dtype, limits) };
  const wrong = (count: number | undefined): never => {
    throw new EngineError(
      "malformed",
      `${what} of shape [${dims.join(", ")}] needs ${elements} values and carries ${count ?? "broken ones"}`,
    );
  };
  if (dtype === "string") {
    if (raw !== undefined || typed.size > 0)
      throw new EngineError("malformed", `${what} is not made of strings`);
    if (strings.length !== elements) wrong(strings.length);
    return { ...common, data: { form: "string", values: strings } };
  }
  if (hasStrings) throw new EngineError("malformed", `${what} has strings for ${dtype}`);
  const size = DTYPES[dtype].size;
  for (const [number, chunks] of typed) {
    const form = TYPED_FIELD[number]!;
    if (!form.dtypes.includes(dtype)) {
      throw new EngineError(
        "malformed",
        `${what} keeps ${dtype} in field ${number}, where it does not belong`,
      );
    }
    const count = countPacked(form.form, chunks);
    if (count !== elements) wrong(count);
    for (const chunk of chunks)
      plainFloats(dtype, form.form === "varint" ? float16Bytes(dtype, chunk) : chunk, what);
    return { ...common, data: { form: form.form, chunks } };
  }
  const data = raw ?? new Uint8Array(0);
  if (data.length !== elements * size) wrong(data.length / size);
  plainFloats(dtype, data, what);
  return { ...common, data: { form: "raw", bytes: data } };
}

/** The bits of float16 elements that are kept as varints; nothing for other types. */
function float16Bytes(dtype: DType, chunk: Uint8Array): Uint8Array {
  if (dtype !== "float16") return new Uint8Array(0);
  const bits: number[] = [];
  const reader = new Reader(chunk);
  while (!reader.done) bits.push(Number(reader.uint64() & 0xffffn));
  return new Uint8Array(Uint16Array.from(bits).buffer);
}

/** One chunk of a repeated scalar: a packed block as it is, a single value as its bytes. */
function unpackedOrPacked(f: {
  readonly type: WireType;
  view(): Uint8Array;
  int64(): bigint;
  float(): number;
  double(): number;
}): Uint8Array {
  if (f.type === WireType.bytes) return f.view();
  if (f.type === WireType.fixed32) {
    const out = new Uint8Array(4);
    new DataView(out.buffer).setFloat32(0, f.float(), true);
    return out;
  }
  if (f.type === WireType.fixed64) {
    const out = new Uint8Array(8);
    new DataView(out.buffer).setFloat64(0, f.double(), true);
    return out;
  }
  let rest = BigInt.asUintN(64, f.int64());
  const out: number[] = [];
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** Integers of a small stored tensor (bool as 0 and 1), or undefined where it holds no integers. Work grows with elements. */
export function storedInts(tensor: StoredTensor): readonly bigint[] | undefined {
  const { kind, size } = DTYPES[tensor.dtype];
  if (kind === "float" || kind === "string") return undefined;
  const wrap = (value: bigint): bigint =>
    kind === "signed" ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value);
  const out: bigint[] = [];
  if (tensor.data.form === "raw") {
    const raw = tensor.data.bytes;
    for (let i = 0; i < tensor.elements; i++) {
      let value = 0n;
      for (let b = size - 1; b >= 0; b--) value = (value << 8n) | BigInt(raw[i * size + b]!);
      out.push(wrap(value));
    }
    return out;
  }
  if (tensor.data.form !== "varint") return undefined;
  for (const chunk of tensor.data.chunks) {
    const reader = new Reader(chunk);
    while (!reader.done) out.push(wrap(reader.uint64()));
  }
  return out;
}

/** Numbers of a small float32 or float64 tensor, or undefined where it holds none. */
export function storedFloats(tensor: StoredTensor): readonly number[] | undefined {
  if (tensor.dtype !== "float32" && tensor.dtype !== "float64") return undefined;
  if (tensor.data.form === "string" || tensor.data.form === "varint") return undefined;
  const chunks = tensor.data.form === "raw" ? [tensor.data.bytes] : tensor.data.chunks;
  const out: number[] = [];
  for (const chunk of chunks) {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (tensor.dtype === "float32")
      for (let i = 0; i < chunk.length; i += 4) out.push(view.getFloat32(i, true));
    else for (let i = 0; i < chunk.length; i += 8) out.push(view.getFloat64(i, true));
  }
  return out;
}
