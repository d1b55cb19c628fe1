/** Models with inputs and expected outputs, as scripts/onnx-backend-vectors.py and scripts/onnx-corpus-vectors.py pack them. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

export interface CaseTensor {
  /** ONNX element type, or undefined for sequences, optionals and absent values. */
  readonly code: number | undefined;
  readonly dims: readonly number[];
  /** Little-endian bytes. */
  readonly data: Uint8Array;
  readonly strings: readonly string[] | undefined;
}

export interface BackendCase {
  readonly name: string;
  readonly model: Uint8Array;
  readonly rtol: number;
  readonly atol: number;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
}

interface PackedTensor {
  readonly dtype?: number;
  readonly dims?: readonly number[];
  readonly data?: readonly [number, number];
  readonly strings?: readonly string[];
}

interface PackedCase {
  readonly name: string;
  readonly model: readonly [number, number];
  readonly rtol: number;
  readonly atol: number;
  readonly inputs: readonly PackedTensor[];
  readonly outputs: readonly PackedTensor[];
}

export function readCases(path = "onnx-backend/node-tests.bin.gz"): {
  readonly onnx: string;
  readonly cases: readonly BackendCase[];
} {
  const file = gunzipSync(readFileSync(new URL(`../../../vectors/${path}`, import.meta.url)));
  const length = file.readUInt32LE(0);
  const header = JSON.parse(file.toString("utf8", 4, 4 + length)) as {
    readonly onnx: string;
    readonly cases: readonly PackedCase[];
  };
  // Copied out so that every array starts where typed arrays may start.
  const blob = ([offset, size]: readonly [number, number]): Uint8Array =>
    new Uint8Array(file.subarray(4 + length + offset, 4 + length + offset + size));
  const tensor = (packed: PackedTensor): CaseTensor => ({
    code: packed.dtype,
    dims: packed.dims ?? [],
    data: packed.data === undefined ? new Uint8Array(0) : blob(packed.data),
    strings: packed.strings,
  });
  return {
    onnx: header.onnx,
    cases: header.cases.map((c) => ({
      name: c.name,
      model: blob(c.model),
      rtol: c.rtol,
      atol: c.atol,
      inputs: c.inputs.map(tensor),
      outputs: c.outputs.map(tensor),
    })),
  };
}
