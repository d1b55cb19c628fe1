/**
 * Tensors as JSON: `{"dtype":"float32","dims":[1,4],"data":[…]}` with the elements in row-major order, or
 * `{"dtype","dims","base64"}` with their little-endian bytes. 64-bit integers may be numbers (if exact) or decimal text;
 * NaN and the infinities are the texts "NaN", "Infinity" and "-Infinity".
 */
import { base64 } from "@scure/base";
import { DTYPES, type DType, isDType } from "./dtype.ts";
import { EngineError } from "./errors.ts";
import {
  canonicalTensor,
  decodeStrings,
  elementCount,
  encodeStrings,
  type NamedTensor,
  type Tensor,
} from "./tensor.ts";

export interface TensorJson {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly base64: string;
}

function fault(name: string, message: string): EngineError {
  return new EngineError("badInput", `input "${name}": ${message}`);
}

/** Bytes as JSON carries them. */
export function tensorToJson({ dtype, dims, data }: Tensor): TensorJson {
  return { dtype, dims, base64: base64.encode(data) };
}

/** @throws EngineError of kind badInput naming the input, the value and what is expected */
export function tensorFromJson(name: string, json: unknown): NamedTensor {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw fault(name, 'give a tensor such as {"dtype":"float32","dims":[1,4],"data":[…]}');
  }
  const known = new Set(["dtype", "dims", "data", "base64"]);
  for (const key of Object.keys(json))
    if (!known.has(key)) throw fault(name, `unknown field ${JSON.stringify(key)}`);
  const { dtype, dims, data, base64: text } = json as Readonly<Record<string, unknown>>;
  if (typeof dtype !== "string" || !isDType(dtype)) {
    throw fault(name, `dtype ${JSON.stringify(dtype)} is none of ${Object.keys(DTYPES).join(", ")}`);
  }
  if (!Array.isArray(dims) || !dims.every((dim) => typeof dim === "number"))
    throw fault(name, "dims must be a list of sizes");
  const shape = dims as number[];
  const count = elementCount(shape, name);
  if ((data === undefined) === (text === undefined)) throw fault(name, "give either data or base64");
  const bytes = text === undefined ? encodeElements(name, dtype, data, count) : decodeBase64(name, text);
  return canonicalTensor({ name, dtype, dims: shape, data: bytes });
}

/** Named inputs from `{"name": tensor, …}`. @throws EngineError of kind badInput */
export function tensorsFromJson(json: unknown): NamedTensor[] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new EngineError(
      "badInput",
      'inputs must be an object of tensors by name: {"x": {"dtype", "dims", "data"}}',
    );
  }
  return Object.entries(json).map(([name, tensor]) => tensorFromJson(name, tensor));
}

function decodeBase64(name: string, text: unknown): Uint8Array {
  if (typeof text !== "string") throw fault(name, "base64 must be text");
  try {
    return base64.decode(text);
  } catch {
    throw fault(name, "base64 is not valid base64 with padding");
  }
}

function encodeElements(name: string, dtype: DType, data: unknown, count: number): Uint8Array {
  if (!Array.isArray(data)) throw fault(name, "data must be a flat list of elements");
  if (data.length !== count) throw fault(name, `data has ${data.length} elements; dims say ${count}`);
  if (dtype === "string") {
    return encodeStrings(
      data.map((value, i) => (typeof value === "string" ? value : badElement(name, dtype, value, i))),
    );
  }
  const { size } = DTYPES[dtype];
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) writeElement(view, i * size, name, dtype, data[i], i);
  return bytes;
}

function badElement(name: string, dtype: DType, value: unknown, index: number): never {
  throw fault(name, `data[${index}]: ${JSON.stringify(value)} is no ${dtype}`);
}

function writeElement(
  view: DataView,
  at: number,
  name: string,
  dtype: DType,
  value: unknown,
  index: number,
): void {
  const { kind, size } = DTYPES[dtype];
  if (kind === "bool") {
    if (typeof value !== "boolean" && value !== 0 && value !== 1) badElement(name, dtype, value, index);
    view.setUint8(at, value ? 1 : 0);
  } else if (kind === "float") {
    const number = floatOf(value) ?? badElement(name, dtype, value, index);
    if (dtype === "float32") view.setFloat32(at, number, true);
    else if (dtype === "float64") view.setFloat64(at, number, true);
    else view.setUint16(at, float16Bits(number), true);
  } else {
    const integer = integerOf(value) ?? badElement(name, dtype, value, index);
    const bits = BigInt(size * 8);
    const [least, most] =
      kind === "signed" ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
    if (integer < least || integer > most) badElement(name, dtype, value, index);
    for (let byte = 0; byte < size; byte++)
      view.setUint8(at + byte, Number((integer >> BigInt(8 * byte)) & 0xffn));
  }
}

function floatOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : undefined;
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

/** The nearest float16, half to even. IEEE 754-2019, binary16. */
function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  // The largest finite value is 65504; from 65520 on, rounding gives infinity.
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, binaryExponent(magnitude));
  const unit = 2 ** (exponent - 10);
  const scaled = roundHalfEven(magnitude / unit);
  // Below 2^10 units the value is subnormal, and its exponent bits are 0.
  return sign | (scaled < 1024 ? scaled : ((exponent + 15) << 10) + scaled - 1024);
}

/** The e with 2^e ≤ value < 2^(e+1), for positive values. log2 may round up to the next power. */
function binaryExponent(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  return 2 ** exponent > value ? exponent - 1 : exponent;
}

function roundHalfEven(value: number): number {
  const whole = Math.floor(value);
  const rest = value - whole;
  return rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
}

/** The elements as JSON values: numbers, booleans or texts; 64-bit integers and non-finite floats as text. */
export function elementsOf({ dtype, dims, data }: Tensor): (number | string | boolean)[] {
  const count = elementCount(dims, "");
  if (dtype === "string") return decodeStrings(data, count, "");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { size } = DTYPES[dtype];
  return Array.from({ length: count }, (_, i) => readElement(view, i * size, dtype));
}

function readElement(view: DataView, at: number, dtype: DType): number | string | boolean {
  switch (dtype) {
    case "float32":
      return finite(view.getFloat32(at, true));
    case "float64":
      return finite(view.getFloat64(at, true));
    case "float16":
      return finite(float16Value(view.getUint16(at, true)));
    case "int64":
      return view.getBigInt64(at, true).toString();
    case "uint64":
      return view.getBigUint64(at, true).toString();
    case "int32":
      return view.getInt32(at, true);
    case "uint32":
      return view.getUint32(at, true);
    case "int16":
      return view.getInt16(at, true);
    case "uint16":
      return view.getUint16(at, true);
    case "int8":
      return view.getInt8(at);
    case "bool":
      return view.getUint8(at) === 1;
    default:
      return view.getUint8(at);
  }
}

function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
