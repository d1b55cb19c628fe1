/**
 * Element types of tensors that the engine takes, computes with and hands out.
 *
 * Source: ONNX TensorProto.DataType (onnx.proto, IR version 10). Types that are absent here (bfloat16, float8, 4-bit
 * and complex) have no kernels in the canonical engine, or none that clients can read: they are refused by name.
 */

export type DType =
  | "float32"
  | "float64"
  | "float16"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool"
  | "string";

export interface DTypeInfo {
  /** TensorProto.DataType. */
  readonly code: number;
  /** Bytes an element takes in little-endian raw data; 0 for strings, whose length varies. */
  readonly size: number;
  readonly kind: "float" | "signed" | "unsigned" | "bool" | "string";
}

export const DTYPES: Readonly<Record<DType, DTypeInfo>> = {
  float32: { code: 1, size: 4, kind: "float" },
  uint8: { code: 2, size: 1, kind: "unsigned" },
  int8: { code: 3, size: 1, kind: "signed" },
  uint16: { code: 4, size: 2, kind: "unsigned" },
  int16: { code: 5, size: 2, kind: "signed" },
  int32: { code: 6, size: 4, kind: "signed" },
  int64: { code: 7, size: 8, kind: "signed" },
  string: { code: 8, size: 0, kind: "string" },
  bool: { code: 9, size: 1, kind: "bool" },
  float16: { code: 10, size: 2, kind: "float" },
  float64: { code: 11, size: 8, kind: "float" },
  uint32: { code: 12, size: 4, kind: "unsigned" },
  uint64: { code: 13, size: 8, kind: "unsigned" },
};

/** Names of all ONNX data types by code, for messages about those that are refused. */
const ONNX_TYPE_NAMES: readonly string[] = [
  "undefined",
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  "complex64",
  "complex128",
  "bfloat16",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "uint4",
  "int4",
  "float4e2m1",
  "float8e8m0",
  "uint2",
  "int2",
];

const BY_CODE: readonly (DType | undefined)[] = ONNX_TYPE_NAMES.map((name) =>
  Object.hasOwn(DTYPES, name) ? (name as DType) : undefined,
);

/** The type with ONNX code `code`, or undefined where the engine does not take it. */
export function dtypeFromCode(code: number): DType | undefined {
  return BY_CODE[code];
}

/** Name of an ONNX data type code, whether the engine takes it or not. */
export function dtypeName(code: number): string {
  return ONNX_TYPE_NAMES[code] ?? `type ${code}`;
}

export function isDType(name: string): name is DType {
  return Object.hasOwn(DTYPES, name);
}
