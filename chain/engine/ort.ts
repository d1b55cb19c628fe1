/**
 * onnxruntime's WebAssembly build, loaded the one way that every validator loads it. Nothing else in the project touches
 * it. Source: docs of onnxruntime-web; facts on which of its settings change bytes are in ADR-0026.
 */
import { readFileSync } from "node:fs";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import { DTYPES, type DType } from "./dtype.ts";
import { canonicalizeNaN } from "./nan.ts";
import { decodeStrings, elementCount, encodeStrings, type NamedTensor } from "./tensor.ts";

type Ort = typeof import("onnxruntime-web");
export type Session = InferenceSession;

/** The files that compute: their hashes are part of the engine id. */
export const ORT_FILES = {
  script: new URL("./ort.wasm.bundle.min.mjs", import.meta.resolve("onnxruntime-web")),
  wasm: new URL("./ort-wasm-simd-threaded.wasm", import.meta.resolve("onnxruntime-web")),
} as const;

/** What changes bytes or memory; part of the engine id. */
export const SESSION_OPTIONS = {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "basic",
  executionMode: "sequential",
  enableCpuMemArena: false,
  enableMemPattern: false,
} as const;

/** Loads the engine into this thread. Takes 0.8 to 1.5 s the first time. */
export async function loadOrt(): Promise<Ort> {
  const ort = (await import(ORT_FILES.script.href)) as Ort;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = new Uint8Array(readFileSync(ORT_FILES.wasm)).buffer;
  ort.env.logLevel = "fatal";
  return ort;
}

export function createSession(ort: Ort, model: Uint8Array): Promise<Session> {
  return ort.InferenceSession.create(model, { ...SESSION_OPTIONS, logSeverityLevel: 4 });
}

// Where the platform has Float16Array, onnxruntime takes and gives that; elsewhere the bits in a Uint16Array.
const Float16 =
  (globalThis as { readonly Float16Array?: Uint16ArrayConstructor }).Float16Array ?? Uint16Array;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Float16,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** Runs a session once. Outputs come in the order of the model, NaNs made canonical. */
export async function runSession(
  ort: Ort,
  session: Session,
  inputs: readonly NamedTensor[],
): Promise<NamedTensor[]> {
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrt(ort, input)]));
  const results = await session.run(feeds);
  return session.outputNames.map((name) => {
    const output = fromOrt(name, results[name]!);
    results[name]!.dispose();
    return output;
  });
}

function toOrt(ort: Ort, { name, dtype, dims, data }: NamedTensor): OrtTensor {
  if (dtype === "string")
    return new ort.Tensor("string", decodeStrings(data, elementCount(dims, name), name), [...dims]);
  // A copy of its own: the views want alignment, and onnxruntime may keep the array.
  const elements = new ARRAYS[dtype](data.slice().buffer, 0, data.length / DTYPES[dtype].size);
  return new ort.Tensor(dtype as "float32", elements as Float32Array, [...dims]);
}

function fromOrt(name: string, { type, dims, data }: OrtTensor): NamedTensor {
  const dtype = type as DType;
  if (dtype === "string")
    return { name, dtype, dims: [...dims], data: encodeStrings(data as unknown as string[]) };
  const { buffer, byteOffset, byteLength } = data as Uint8Array;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice();
  return { name, dtype, dims: [...dims], data: canonicalizeNaN(dtype, bytes) };
}
