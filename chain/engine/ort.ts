/**
 * onnxruntime's WebAssembly build, loaded the one way that every validator loads it. Nothing else in the project touches
 * it. Source: docs of onnxruntime-web; facts on which of its settings change bytes are in ADR-0026.
 */
import { readFileSync } from "node:fs";
import { base64 } from "@scure/base";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import { DTYPES, type DType } from "./dtype.ts";
import { EngineError } from "./errors.ts";
import { canonicalizeNaN } from "./nan.ts";
import { decodeStrings, elementCount, encodeStrings, type NamedTensor } from "./tensor.ts";

export type Ort = typeof import("onnxruntime-web");
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

/**
 * Memory of an instance in pages of 64 KiB: 4 GiB less 1 MiB, so that no address wraps. Untouched pages cost nothing. The
 * static bound on a run (EngineLimits.maxTotalBytes, 2 GiB) is about half of it. Part of the engine id.
 */
export const MEMORY_PAGES = 65_520;

/** WebAssembly as far as it is touched here: the type libraries of a Node without DOM do not have it. */
interface WasmApi {
  compile(bytes: Uint8Array): Promise<CompiledOrt>;
  instantiate(
    source: unknown,
    imports: unknown,
  ): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>;
  Memory: new (descriptor: MemoryDescriptor) => { readonly buffer: SharedArrayBuffer };
  RuntimeError: new (message: string) => Error;
}

interface MemoryDescriptor {
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

/** What of an instance's exports is used beside onnxruntime's own glue. */
interface Allocator {
  malloc(bytes: number): number;
  free(address: number): void;
}

/** onnxruntime in this thread, and the memory that it computes in. */
export interface LoadedOrt {
  readonly ort: Ort;
  readonly memory: SharedArrayBuffer;
  readonly allocator: Allocator;
  /** Of the instance: the one thing beside memory that a run moves. */
  readonly stackPointer: () => number;
}

/** Names in the pinned build (its hash is in the engine id). */
const EXPORTS = { malloc: "wb", free: "vb", stackPointer: "Lb" } as const;

/** The engine's machine code: compiled once for a process, shared by its threads. */
export type CompiledOrt = { readonly [Symbol.toStringTag]: string };

/** What onnxruntime asks for: as much as 32 bits address, growing. */
const ASKED_MAXIMUM = 65_536;

/** c = a + b of two floats, opset 16: what a thread runs through its engine before it says that it is ready. */
const PROBE_MODEL =
  "CAg6RgoOCgFhCgFiEgFjIgNBZGQSAWdaDwoBYRIKCggIARIECgIIAloPCgFiEgoKCAgBEgQKAggCYg8KAWMSCgoICAESBAoCCAJCBAoAEBE=";

function wasmApi(): WasmApi {
  return (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
}

/** Compiles the engine for `loadOrt`. Takes 0.1 to 0.2 s. */
export function compileOrt(): Promise<CompiledOrt> {
  return wasmApi().compile(readFileSync(ORT_FILES.wasm));
}

/** onnxruntime alone, for those who only run it (benchmarks). */
export async function loadOrt(compiled: CompiledOrt): Promise<Ort> {
  return (await loadEngine(compiled)).ort;
}

/**
 * Loads the engine into this thread, which must use no other WebAssembly: memory is given whole at the start, so that
 * whether a run can have it never depends on the machine's state at that moment (ADR-0027), and the code is `compiled`'s.
 * @throws EngineError of kind nonConforming if the engine does not ask for memory as the pinned version does, or whatever
 * WebAssembly throws where the memory is not to be had: a fault of this machine
 */
export async function loadEngine(compiled: CompiledOrt): Promise<LoadedOrt> {
  const wasm = wasmApi();
  const { Memory, instantiate } = wasm;
  let memory: SharedArrayBuffer | undefined;
  let exports: Readonly<Record<string, unknown>> = {};
  wasm.Memory = new Proxy(Memory, {
    construct(target, [descriptor]: [MemoryDescriptor]) {
      const isEngine = descriptor.maximum === ASKED_MAXIMUM && descriptor.shared === true;
      if (!isEngine) return new target(descriptor) as object;
      const given = new target({ ...descriptor, initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
      memory = given.buffer;
      return given as object;
    },
  });
  const wrapped = async (_source: unknown, imports: unknown) => {
    const instance = await instantiate.call(wasm, compiled, imports);
    ({ exports } = instance);
    return { module: compiled, instance };
  };
  // Given bytes, the platform's function answers with module and instance; its type here is that of the other form.
  wasm.instantiate = wrapped as unknown as WasmApi["instantiate"];
  const ort = (await import(ORT_FILES.script.href)) as Ort;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  // Never read, as the code is compiled already; but without it onnxruntime would fetch a file.
  ort.env.wasm.wasmBinary = new ArrayBuffer(8);
  ort.env.logLevel = "fatal";
  // onnxruntime loads itself when the first session is made: here, so that no model is ever blamed for that.
  await (await createSession(ort, base64.decode(PROBE_MODEL))).release();
  wasm.Memory = Memory;
  wasm.instantiate = instantiate;
  const { [EXPORTS.malloc]: malloc, [EXPORTS.free]: free, [EXPORTS.stackPointer]: stackPointer } = exports;
  const areThere = [malloc, free, stackPointer].every((each) => typeof each === "function");
  if (!memory || !areThere) {
    throw new EngineError(
      "nonConforming",
      "onnxruntime-web asks for memory in a way that this version does not know; install the pinned one with npm ci",
    );
  }
  const allocator = { malloc: malloc as Allocator["malloc"], free: free as Allocator["free"] };
  return { ort, memory, allocator, stackPointer: stackPointer as LoadedOrt["stackPointer"] };
}

/**
 * Whether an error is an answer of onnxruntime or of its machine code, and so as much a function of memory and inputs as any
 * output (ADR-0034): a status that it reports (wasm-utils.ts: checkLastError), or a trap. A stack that overflows is none: it
 * is JavaScript's.
 */
export function isAnswer(error: unknown): boolean {
  const { RuntimeError } = wasmApi();
  return error instanceof RuntimeError || (error instanceof Error && /ERROR_CODE: \d+/.test(error.message));
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
  // A kernel hands on a weight's byte that is neither 0 nor 1: whatever is not false is true.
  const canonical =
    dtype === "bool" ? bytes.map((byte) => (byte === 0 ? 0 : 1)) : canonicalizeNaN(dtype, bytes);
  return { name, dtype, dims: [...dims], data: canonical };
}
