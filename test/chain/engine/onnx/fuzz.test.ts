import t from "tap";
import { EngineError } from "../../../../chain/engine/errors.ts";
import { computeUnits, DEFAULT_LIMITS, inspectModel } from "../../../../chain/engine/onnx/index.ts";
import { readCases } from "../backend/cases.ts";

/** Runs of the fuzzer; CI's short form by default. */
const RUNS = Number(process.env["ONNX_FUZZ_RUNS"] ?? 600);
const SEED = Number(process.env["ONNX_FUZZ_SEED"] ?? (Math.random() * 2 ** 32) >>> 0);

/** xorshift32: small, seeded, the same everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

type Random = ReturnType<typeof generator>;

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x3a];

const MUTATIONS: readonly ((bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array)[] = [
  (bytes, random) => bytes.slice(0, random(bytes.length + 1)),
  (bytes, random) => {
    for (let i = 0; i <= random(8); i++) bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  (bytes, random) => {
    for (let i = 0; i <= random(4); i++)
      bytes[random(bytes.length)] = INTERESTING[random(INTERESTING.length)]!;
    return bytes;
  },
  // A run of ones is a long varint: lengths, sizes and dims become enormous.
  (bytes, random) => bytes.fill(0xff, random(bytes.length), random(bytes.length)),
  (bytes, random) => {
    const at = random(bytes.length);
    const length = random(bytes.length - at);
    const out = new Uint8Array(bytes.length + length);
    out.set(bytes);
    out.set(bytes.subarray(at, at + length), bytes.length);
    return out;
  },
  (bytes, random, other) => {
    const at = random(bytes.length);
    const out = new Uint8Array(at + other.length - Math.min(at, other.length));
    out.set(bytes.subarray(0, at));
    out.set(other.subarray(Math.min(at, other.length)), at);
    return out;
  },
  (bytes, random) => bytes.map(() => random(256)),
];

const seeds = [...readCases().cases, ...readCases("onnx-corpus/models.bin.gz").cases]
  .map((c) => c.model)
  .filter((model) => model.length < 20_000);

/** The verdict as text: what two nodes must agree on. */
function verdict(bytes: Uint8Array): string {
  try {
    const info = inspectModel(bytes, DEFAULT_LIMITS);
    const cost = computeUnits(info, info.hasBatch ? 3n : 1n, DEFAULT_LIMITS);
    return `${info.nodeCount} ${cost.units} ${cost.peakBytes}`;
  } catch (error) {
    // Anything but an EngineError ends the test: that is the property.
    if (error instanceof EngineError) return `${error.code} ${error.message}`;
    throw error;
  }
}

t.test(`mutated models get a verdict, the same every time (seed ${SEED}, ${RUNS} runs)`, async (t) => {
  t.comment(`ONNX_FUZZ_SEED=${SEED}`);
  const random = generator(SEED);
  let admitted = 0;
  for (let run = 0; run < RUNS; run++) {
    const seed = seeds[random(seeds.length)]!;
    const mutate = MUTATIONS[random(MUTATIONS.length)]!;
    const bytes = mutate(seed.slice(), random, seeds[random(seeds.length)]!);
    try {
      const first = verdict(bytes);
      if (first !== verdict(bytes.slice())) t.fail(`run ${run}: two verdicts`);
      if (!/^\d+ \d+ \d+$/.test(first)) continue;
      admitted++;
    } catch (error) {
      t.fail(`run ${run}: ${String(error)} for ${Buffer.from(bytes).toString("base64").slice(0, 4_000)}`);
      break;
    }
  }
  t.comment(`${admitted} of ${RUNS} were admitted`);
  t.ok(admitted < RUNS, "some mutations are refused");
});
