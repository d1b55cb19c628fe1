/** Comparing tensors as ONNX's backend tests do: |got − want| ≤ atol + rtol·|want|, NaN equal to NaN. */
import type { PlainTensor } from "./wasm.ts";

function numbers(tensor: PlainTensor): number[] | bigint[] {
  const { data } = tensor;
  const buffer = data.slice().buffer;
  switch (tensor.dtype) {
    case "float32":
      return [...new Float32Array(buffer)];
    case "float64":
      return [...new Float64Array(buffer)];
    case "float16":
      return [...new Uint16Array(buffer)].map(halfToNumber);
    case "int64":
      return [...new BigInt64Array(buffer)];
    case "uint64":
      return [...new BigUint64Array(buffer)];
    case "int32":
      return [...new Int32Array(buffer)];
    case "uint32":
      return [...new Uint32Array(buffer)];
    case "int16":
      return [...new Int16Array(buffer)];
    case "uint16":
      return [...new Uint16Array(buffer)];
    case "int8":
      return [...new Int8Array(buffer)];
    default:
      return [...new Uint8Array(buffer)];
  }
}

/** IEEE 754 binary16 to a number. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** What differs, or undefined where nothing does. */
export function difference(
  got: PlainTensor,
  want: PlainTensor,
  rtol: number,
  atol: number,
): string | undefined {
  if (got.dtype !== want.dtype) return `type ${got.dtype}, not ${want.dtype}`;
  if (got.dims.join() !== want.dims.join()) return `shape [${got.dims.join()}], not [${want.dims.join()}]`;
  if (got.dtype === "string") {
    return got.strings!.join("\0") === want.strings!.join("\0") ? undefined : "strings differ";
  }
  const [a, b] = [numbers(got), numbers(want)];
  if (a.length !== b.length) return `${a.length} values, not ${b.length}`;
  const isFloat = got.dtype.startsWith("float");
  for (const [i, x] of a.entries()) {
    const y = b[i]!;
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const close = isFloat && Math.abs(Number(x) - Number(y)) <= atol + rtol * Math.abs(Number(y));
    if (!close) return `value ${i} is ${x}, not ${y}`;
  }
  return undefined;
}
