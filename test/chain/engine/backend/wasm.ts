/** The canonical engine's wasm without the pool around it: one model, one run, for tests of operators. */
import { readFileSync } from "node:fs";
import type { Tensor as OrtTensor } from "onnxruntime-web";
import { DTYPES, type DType } from "../../../../chain/engine/dtype.ts";

type Ort = typeof import("onnxruntime-web");

export interface PlainTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: Uint8Array;
  readonly strings?: readonly string[];
}

let loading: Promise<Ort> | undefined;

function load(): Promise<Ort> {
  loading ??= (async () => {
    const bundle = new URL("./ort.wasm.bundle.min.mjs", import.meta.resolve("onnxruntime-web"));
    const ort = (await import(bundle.href)) as Ort;
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.proxy = false;
    ort.env.wasm.wasmBinary = new Uint8Array(
      readFileSync(new URL("./ort-wasm-simd-threaded.wasm", bundle)),
    ).buffer;
    ort.env.logLevel = "fatal";
    return ort;
  })();
  return loading;
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
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

/** A loaded model. Inputs and outputs are in the order of the model. */
export interface WasmSession {
  readonly run: (inputs: readonly PlainTensor[]) => Promise<PlainTensor[]>;
  readonly release: () => Promise<void>;
}

export type Level = "disabled" | "basic" | "extended" | "all";

export async function prepareWasm(model: Uint8Array, level: Level): Promise<WasmSession> {
  const ort = await load();
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: level,
    logSeverityLevel: 4,
  });
  return {
    async run(inputs) {
      const feeds: Record<string, OrtTensor> = {};
      for (const [i, name] of session.inputNames.entries()) {
        const input = inputs[i]!;
        if (input.dtype === "string")
          feeds[name] = new ort.Tensor("string", [...input.strings!], [...input.dims]);
        else {
          const size = DTYPES[input.dtype].size;
          const data = new ARRAYS[input.dtype](input.data.slice().buffer, 0, input.data.length / size);
          feeds[name] = new ort.Tensor(input.dtype as "float32", data as Float32Array, [...input.dims]);
        }
      }
      const results = await session.run(feeds);
      return session.outputNames.map((name) => {
        const { type, dims, data } = results[name]!;
        const dtype = type as DType;
        if (dtype === "string")
          return { dtype, dims, data: new Uint8Array(0), strings: data as unknown as string[] };
        const view = data as unknown as Uint8Array;
        return { dtype, dims, data: new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice() };
      });
    },
    release: () => session.release(),
  };
}

/** Loads a model, runs it once and lets it go. */
export async function runWasm(
  model: Uint8Array,
  inputs: readonly PlainTensor[],
  level: Level,
): Promise<PlainTensor[]> {
  const session = await prepareWasm(model, level);
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}
