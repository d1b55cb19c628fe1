/**
 * Decoys of TOLERANCE answers (ADR-0161): an operator shows its answer beside one that is out of bounds and looks alike, so
 * that a validator which has not computed can only guess which is right.
 */
import { DTYPES } from "../../chain/engine/dtype.ts";
import {
  decodeStrings,
  decodeTensors,
  elementCount,
  encodeStrings,
  encodeTensors,
  type NamedTensor,
  NO_LIMITS,
} from "../../chain/engine/tensor.ts";
import { elementsOf, tensorFromJson } from "../../chain/engine/tensor-json.ts";
import type { ToleranceBounds } from "../../chain/engine/tolerance.ts";
import { decoyOrder } from "../../chain/modules/compute/hashes.ts";
import { concatBytes, u64Bytes, utf8 } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";

/** Of an element's bound, how far a decoy lies from the answer: from 4 to 7 times. Twice would be enough: the answer is off by once at most. */
const LEAST_TIMES = 4;
const MORE_TIMES = 3;
/** Of elements without a bound of their own (0, or none at all). */
const LEAST_STEP = 1e-6;

export type Bounds = Pick<ToleranceBounds, "absolute" | "relative">;

/** What is needed to make a job's decoys again: after a restart they are the same. */
export interface DecoySeed {
  readonly jobId: bigint;
  readonly salt: Uint8Array;
}

/**
 * The answers as MsgReveal shows them: two an item, in the order that the salt fixes. An item that the model could not run is
 * two empty entries.
 * @param answers canonical tensors, one entry an item
 */
export function withDecoys(answers: readonly Uint8Array[], seed: DecoySeed, bounds: Bounds): Uint8Array[] {
  return answers.flatMap((answer, index) => {
    const decoy = answer.length === 0 ? answer : decoyOf(answer, { ...seed, index }, bounds);
    return decoyOrder(seed.jobId, seed.salt, index) === 0 ? [answer, decoy] : [decoy, answer];
  });
}

/** The answer with two elements moved out of bounds, in opposite directions; of answers without numbers, another one. */
export function decoyOf(
  answer: Uint8Array,
  { jobId, salt, index }: DecoySeed & { readonly index: number },
  bounds: Bounds,
): Uint8Array {
  const random = bytesFrom(
    concatBytes(utf8("opg/operator/decoy"), u64Bytes(jobId), salt, u64Bytes(BigInt(index))),
  );
  const tensors = decodeTensors(answer, NO_LIMITS);
  const chosen = chooseTensor(tensors);
  if (!chosen) return answer;
  const moved = tensors.map((tensor) => (tensor === chosen ? moveElements(tensor, random, bounds) : tensor));
  return encodeTensors(moved);
}

/** Endless bytes that nobody knows who does not know the seed. */
function bytesFrom(seed: Uint8Array): () => number {
  let [block, at] = [sha256(seed), 0];
  return () => {
    if (at === block.length) [block, at] = [sha256(block), 0];
    return block[at++]!;
  };
}

/** The one with most numbers: floats before integers before what is neither. */
function chooseTensor(tensors: readonly NamedTensor[]): NamedTensor | undefined {
  const order = ["float", "signed", "unsigned", "bool", "string"];
  return tensors
    .filter(({ dims, name }) => elementCount(dims, name) > 0)
    .sort((a, b) => {
      const byKind = order.indexOf(DTYPES[a.dtype].kind) - order.indexOf(DTYPES[b.dtype].kind);
      return byKind || elementCount(b.dims, b.name) - elementCount(a.dims, a.name);
    })[0];
}

function moveElements(tensor: NamedTensor, random: () => number, bounds: Bounds): NamedTensor {
  const { dtype, dims, name } = tensor;
  const count = elementCount(dims, name);
  const pick = () => (random() * 2 ** 24 + random() * 2 ** 16 + random() * 2 ** 8 + random()) % count;
  const first = pick();
  const second = count > 1 ? (first + 1 + (pick() % (count - 1))) % count : first;
  const places = count > 1 ? [first, second] : [first];
  const sign = random() & 1 ? 1 : -1;
  if (dtype === "string") {
    const values = decodeStrings(tensor.data, count, name);
    for (const place of places) values[place] = `${values[place]}${values[place]!.slice(-1) || "0"}`;
    return { ...tensor, data: encodeStrings(values) };
  }
  const elements = elementsOf(tensor);
  for (const [turn, place] of places.entries()) {
    const times = LEAST_TIMES + (MORE_TIMES * random()) / 255;
    elements[place] = movedElement(tensor, elements[place]!, turn === 0 ? sign : -sign, times, bounds);
  }
  return tensorFromJson(name, { dtype, dims: [...dims], data: elements });
}

function movedElement(
  { dtype }: NamedTensor,
  element: number | string | boolean,
  sign: number,
  times: number,
  { absolute, relative }: Bounds,
): number | string | boolean {
  if (typeof element === "boolean") return !element;
  const { kind, size } = DTYPES[dtype];
  if (kind === "float") {
    const value = Number(element);
    if (!Number.isFinite(value)) return sign;
    // A step that the type can tell, many times over.
    const step = Math.max(
      times * (absolute + relative * Math.abs(value)),
      Math.abs(value) * (size === 2 ? 2 ** -6 : 2 ** -18),
      size === 2 ? 2 ** -10 : LEAST_STEP,
    );
    const largest = size === 2 ? 65_504 : size === 4 ? 3.4e38 : Number.MAX_VALUE;
    // A probability below 0 would tell.
    const isTelling = (moved: number) => Math.abs(moved) > largest || (moved < 0 && value >= 0);
    return isTelling(value + sign * step) ? value - sign * step : value + sign * step;
  }
  const value = BigInt(element);
  const magnitude = Number(value < 0n ? -value : value);
  const step = BigInt(Math.ceil(times * (absolute + relative * magnitude))) + 1n;
  const bits = BigInt(size * 8);
  const [least, most] =
    kind === "signed" ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  const candidates = [value + BigInt(sign) * step, value - BigInt(sign) * step];
  const moved = candidates.find((each) => each >= least && each <= most) ?? (value === most ? least : most);
  return size === 8 ? String(moved) : Number(moved);
}
