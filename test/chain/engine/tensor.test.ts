import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "@scure/base";
import fc from "fast-check";
import t from "tap";
import { DTYPES, type DType } from "../../../chain/engine/dtype.ts";
import {
  decodeTensors,
  encodeStrings,
  encodeTensors,
  type NamedTensor,
  tensorsHash,
} from "../../../chain/engine/tensor.ts";
import {
  elementsOf,
  tensorFromJson,
  tensorsFromJson,
  tensorToJson,
} from "../../../chain/engine/tensor-json.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
t.comment(`FUZZ_SEED=${seed} FUZZ_RUNS=${numRuns}`);

const TYPES = Object.keys(DTYPES) as DType[];

function arbitraryTensor(name: string): fc.Arbitrary<NamedTensor> {
  return fc.tuple(fc.constantFrom(...TYPES), fc.array(fc.nat(3), { maxLength: 4 })).chain(([dtype, dims]) => {
    const count = dims.reduce((a, b) => a * b, 1);
    const bytes = count * DTYPES[dtype].size;
    const data =
      dtype === "string"
        ? fc.array(fc.string({ unit: "grapheme" }), { minLength: count, maxLength: count }).map(encodeStrings)
        : fc
            .uint8Array({ minLength: bytes, maxLength: bytes })
            .map((each) => (dtype === "bool" ? each.map((byte) => byte & 1) : each));
    return data.map((data) => ({ name, dtype, dims, data }));
  });
}

const arbitraryTensors = fc
  .uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }), {
    maxLength: 4,
    selector: (name) => hex.encode(new TextEncoder().encode(name)),
  })
  .chain((names) => fc.tuple(...names.map(arbitraryTensor)));

t.test("tensors come back from their bytes, in one order, and encode to the same bytes again", (t) => {
  fc.assert(
    fc.property(arbitraryTensors, (tensors) => {
      const bytes = encodeTensors(tensors);
      const decoded = decodeTensors(bytes);
      t.equal(hex.encode(encodeTensors(decoded)), hex.encode(bytes));
      t.equal(hex.encode(encodeTensors([...tensors].reverse())), hex.encode(bytes), "whatever the order");
      t.strictSame(new Set(decoded.map(({ name }) => name)), new Set(tensors.map(({ name }) => name)));
    }),
    { seed, numRuns },
  );
  t.end();
});

t.test("bytes that were changed anywhere decode to themselves or are refused", (t) => {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(3), more: fc.nat(2) });
  fc.assert(
    fc.property(arbitraryTensors, change, (tensors, { at, to, cut, more }) => {
      const bytes = encodeTensors(tensors);
      const changed = new Uint8Array(Math.max(0, bytes.length - cut) + more);
      changed.set(bytes.subarray(0, changed.length));
      changed[at % Math.max(1, changed.length)] = to;
      try {
        t.equal(hex.encode(encodeTensors(decodeTensors(changed))), hex.encode(changed));
      } catch (error) {
        t.match(error, { name: "EngineError", kind: "badInput" });
      }
    }),
    { seed, numRuns },
  );
  t.end();
});

t.test("tensors come back from JSON, by base64 and by elements", (t) => {
  fc.assert(
    fc.property(arbitraryTensor("x"), (tensor) => {
      const hash = hex.encode(tensorsHash([tensor]));
      t.equal(hex.encode(tensorsHash([tensorFromJson("x", tensorToJson(tensor))])), hash, "base64");
      const { dtype, dims } = tensor;
      const json: unknown = JSON.parse(JSON.stringify({ dtype, dims, data: elementsOf(tensor) }));
      const again = tensorFromJson("x", json);
      // JSON has no -0 of its own: JSON.stringify writes 0.
      const hasNegativeZero = elementsOf(tensor).some((each) => Object.is(each, -0));
      if (!hasNegativeZero) t.equal(hex.encode(tensorsHash([again])), hash, `elements of ${dtype}`);
    }),
    { seed, numRuns },
  );
  t.end();
});

/** One tensor `x` of two elements of each type, written out by hand from ADR-0025. */
const VECTORS: readonly (readonly [dtype: DType, elements: readonly unknown[], data: string])[] = [
  ["float32", [1, "NaN"], "0000803f0000c07f"],
  ["float64", [-2, "NaN"], "00000000000000c0000000000000f87f"],
  ["float16", [1, "NaN"], "003c007e"],
  ["int8", [-1, 127], "ff7f"],
  ["int16", [-2, 1], "feff0100"],
  ["int32", [-1, 65536], "ffffffff00000100"],
  ["int64", ["-9223372036854775808", 1], "00000000000000800100000000000000"],
  ["uint8", [0, 255], "00ff"],
  ["uint16", [1, 65535], "0100ffff"],
  ["uint32", [1, 4294967295], "01000000ffffffff"],
  ["uint64", ["18446744073709551615", 1], "ffffffffffffffff0100000000000000"],
  ["bool", [true, false], "0100"],
  ["string", ["", "é"], "0000000002000000c3a9"],
];

function u32(value: number): string {
  return hex.encode(new Uint8Array(Uint32Array.of(value).buffer));
}

t.test("each type is encoded as ADR-0025 says", (t) => {
  t.strictSame(VECTORS.map(([dtype]) => dtype).sort(), [...TYPES].sort(), "every type has a vector");
  for (const [dtype, elements, data] of VECTORS) {
    const code = hex.encode(Uint8Array.of(DTYPES[dtype].code));
    const wanted = `01000000010078${code}020100000002000000${u32(data.length / 2)}${data}`;
    const tensor = tensorFromJson("x", { dtype, dims: [1, 2], data: elements });
    t.equal(hex.encode(encodeTensors([tensor])), wanted, dtype);
    t.equal(hex.encode(tensorsHash([tensor])), hex.encode(sha256(hex.decode(wanted))), `${dtype}: hash`);
  }
  t.equal(
    hex.encode(sha256(hex.decode("0100000001007801020100000002000000080000000000803f0000c07f"))),
    "6626208b5d02d42de674caa9d617808f180aa82ec33cddb6846df9cf66414996",
    "the hash that the ADR prints",
  );
  t.equal(hex.encode(encodeTensors([])), "00000000", "no tensors");
  t.end();
});

t.test("names are ordered by their bytes, not as JavaScript orders text", (t) => {
  // U+FF61 is below U+1F600 in UTF-8, and above its surrogates in UTF-16.
  const names = ["\u{1f600}", "\uff61", "b", "a", "aa"];
  const tensors = names.map(
    (name): NamedTensor => ({ name, dtype: "uint8", dims: [0], data: new Uint8Array() }),
  );
  t.strictSame(
    decodeTensors(encodeTensors(tensors)).map(({ name }) => name),
    ["a", "aa", "b", "\uff61", "\u{1f600}"],
  );
  t.end();
});

t.test("every NaN becomes the one quiet NaN when it is encoded; zero keeps its sign", (t) => {
  const table: readonly (readonly [dtype: DType, given: string, encoded: string])[] = [
    ["float32", "010080ff", "0000c07f"],
    ["float32", "ffffff7f", "0000c07f"],
    ["float32", "0000807f", "0000807f"],
    ["float32", "00000080", "00000080"],
    ["float64", "010000000000f07f", "000000000000f87f"],
    ["float64", "000000000000f8ff", "000000000000f87f"],
    ["float64", "000000000000f0ff", "000000000000f0ff"],
    ["float16", "017c", "007e"],
    ["float16", "ffff", "007e"],
    ["float16", "00fc", "00fc"],
    ["float16", "0080", "0080"],
    ["int32", "0100807f", "0100807f"],
  ];
  for (const [dtype, given, encoded] of table) {
    const [tensor] = decodeTensors(encodeTensors([{ name: "x", dtype, dims: [1], data: hex.decode(given) }]));
    t.equal(hex.encode(tensor!.data), encoded, `${dtype} ${given}`);
  }
  t.end();
});

t.test("every malformed form of bytes is refused by name", (t) => {
  const head = "01000000010078";
  const table: readonly (readonly [why: string, bytes: string, message: RegExp])[] = [
    ["nothing at all", "", /within the count/],
    ["half a count", "0100", /within the count/],
    ["more tensors than there are", "02000000010078020100000000", /end within/],
    ["too many tensors", "01010000", /257 tensors/],
    ["a byte after the last", "0000000000", /1 bytes are left/],
    ["no name", "01000000000002000100000001", /no name/],
    ["a name that is no UTF-8", "010000000100ff02000100000001", /UTF-8/],
    ["an unknown type", `${head}630001000000ff`, /type/],
    ["a type that is not taken: complex64", `${head}0e000800000000000000000000`, /type/],
    ["a rank over the limit", `${head}0209`, /rank 9/],
    ["dimensions that end early", `${head}020201000000`, /end within/],
    ["too little data for its dimensions", `${head}0101020000000400000000000000`, /takes 8 bytes/],
    ["data that ends early", `${head}010101000000040000000000`, /end within/],
    ["dimensions beyond all numbers", `${head}0202ffffffffffffffff00000000`, /too many elements/],
    ["a bool of 2", `${head}09000100000002`, /0 or 1/],
    ["another NaN", `${head}0100040000000100807f`, /NaN/],
    ["a negative NaN", `${head}010004000000 0000c0ff`, /NaN/],
    ["a text longer than the data", `${head}0800 0400000005000000`, /exactly 1 strings/],
    ["more texts than the dimensions say", `${head}0800 080000000000000000000000`, /exactly 1 strings/],
    ["a text that is no UTF-8", `${head}0800 0500000001000000ff`, /UTF-8/],
    ["a name twice", "02000000 0100780200010000000a 0100780200010000000a", /twice/],
    ["names out of order", "02000000 0100790200010000000a 0100780200010000000a", /order/],
  ];
  for (const [why, bytes, message] of table) {
    t.throws(() => decodeTensors(hex.decode(bytes.replaceAll(" ", ""))), { kind: "badInput", message }, why);
  }
  const limits = { maxTensors: 1, maxRank: 1, maxBytes: 10 };
  t.throws(() => decodeTensors(new Uint8Array(11), limits), { kind: "badInput", message: /11 bytes/ });
  t.end();
});

t.test("JSON that is no tensor is refused by name of input and value", (t) => {
  const table: readonly (readonly [why: string, json: unknown, message: RegExp])[] = [
    ["no object", 5, /give a tensor/],
    ["an unknown field", { dtype: "int8", dims: [], data: [1], shape: [] }, /"shape"/],
    ["an unknown type", { dtype: "float", dims: [], data: [1] }, /dtype "float"/],
    ["no dims", { dtype: "int8", data: [1] }, /dims/],
    ["a negative dim", { dtype: "int8", dims: [-1], data: [] }, /-1/],
    ["half a dim", { dtype: "int8", dims: [0.5], data: [] }, /0\.5/],
    ["data and base64", { dtype: "int8", dims: [1], data: [1], base64: "AQ==" }, /either data or base64/],
    ["neither", { dtype: "int8", dims: [1] }, /either data or base64/],
    ["too few elements", { dtype: "int8", dims: [2], data: [1] }, /data has 1 elements; dims say 2/],
    ["nested lists", { dtype: "int8", dims: [1, 1], data: [[1]] }, /data\[0\]: \[1\]/],
    ["too large", { dtype: "int8", dims: [1], data: [128] }, /data\[0\]: 128 is no int8/],
    ["negative", { dtype: "uint64", dims: [1], data: ["-1"] }, /"-1" is no uint64/],
    ["a fraction", { dtype: "int32", dims: [1], data: [1.5] }, /1\.5 is no int32/],
    ["a number that is not exact", { dtype: "int64", dims: [1], data: [2 ** 53] }, /is no int64/],
    ["text for a float", { dtype: "float32", dims: [1], data: ["1"] }, /"1" is no float32/],
    ["null", { dtype: "float32", dims: [1], data: [null] }, /null is no float32/],
    ["2 for a bool", { dtype: "bool", dims: [1], data: [2] }, /2 is no bool/],
    ["base64 of another length", { dtype: "int32", dims: [1], base64: "AQ==" }, /takes 4 bytes/],
    ["no base64", { dtype: "int8", dims: [1], base64: "?" }, /base64/],
  ];
  for (const [why, json, message] of table)
    t.throws(
      () => tensorsFromJson({ x: json }),
      { kind: "badInput", message: new RegExp(`"x".*${message.source}`) },
      why,
    );
  t.throws(() => tensorsFromJson([]), { kind: "badInput", message: /object of tensors/ });
  t.end();
});

t.test("float16 is rounded to nearest, ties to even", (t) => {
  const table: readonly (readonly [value: number, bits: string])[] = [
    [0, "0000"],
    [-0, "0080"],
    [1, "003c"],
    [-2, "00c0"],
    [65504, "ff7b"],
    [65519.99, "ff7b"],
    [65520, "007c"],
    [-1e30, "00fc"],
    [2 ** -14, "0004"],
    [2 ** -24, "0100"],
    [2 ** -25, "0000"],
    [2 ** -25 * 1.001, "0100"],
    [3 * 2 ** -25, "0200"],
    [1 + 2 ** -11, "003c"],
    [1 + 3 * 2 ** -11, "023c"],
    [0.1, "662e"],
    [1 / 3, "5535"],
  ];
  for (const [value, bits] of table) {
    const { data } = tensorFromJson("x", { dtype: "float16", dims: [], data: [value] });
    t.equal(hex.encode(data), bits, String(value));
  }
  for (let bits = 0; bits < 0x7c00; bits++) {
    const tensor: NamedTensor = {
      name: "x",
      dtype: "float16",
      dims: [],
      data: Uint8Array.of(bits & 0xff, bits >> 8),
    };
    const { data } = tensorFromJson("x", { dtype: "float16", dims: [], data: elementsOf(tensor) });
    if (data[0] !== tensor.data[0] || data[1] !== tensor.data[1])
      t.fail(`0x${bits.toString(16)} comes back otherwise`);
  }
  t.end();
});
