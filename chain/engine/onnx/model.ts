/** The part of the ONNX schema that the engine reads, as plain data. Source: onnx.proto, IR version 13. */
import type { DType } from "../dtype.ts";

/** A tensor stored in the model. Its data stays a view on the model's bytes. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly elements: number;
  /** Bytes in memory once loaded; strings count at their limit. */
  readonly bytes: number;
  readonly data:
    | { readonly form: "raw"; readonly bytes: Uint8Array }
    /** Varints (int32_data, int64_data, uint64_data) or little-endian words (float_data, double_data), chunk by chunk. */
    | { readonly form: "varint" | "float32" | "float64"; readonly chunks: readonly Uint8Array[] }
    | { readonly form: "string"; readonly values: readonly string[] };
}

export type AttributeType = "float" | "int" | "string" | "tensor" | "floats" | "ints" | "strings" | "tensors";

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly f: number;
  readonly i: bigint;
  readonly s: string;
  readonly t: StoredTensor | undefined;
  readonly floats: readonly number[];
  readonly ints: readonly bigint[];
  readonly strings: readonly string[];
  readonly tensors: readonly StoredTensor[];
}

export interface ModelNode {
  readonly index: number;
  readonly name: string;
  readonly domain: string;
  readonly opType: string;
  /** Names of values; "" is an omitted optional one. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A dimension as declared: a size, a symbol, or undefined where nothing is said. */
export type DeclaredDim = number | { readonly symbol: string } | undefined;

export interface DeclaredValue {
  readonly name: string;
  /** Undefined where no type is declared (allowed for outputs and intermediate values only). */
  readonly dtype: DType | undefined;
  /** Undefined where the rank is not declared. */
  readonly dims: readonly DeclaredDim[] | undefined;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly ModelNode[];
  readonly initializers: readonly StoredTensor[];
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly valueInfo: readonly DeclaredValue[];
}

export interface Model {
  readonly irVersion: number;
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: Graph;
}
