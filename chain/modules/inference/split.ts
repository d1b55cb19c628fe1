/** Where a fee goes: parts by weight that sum to the fee, always. */
import type { Split, SplitWeights } from "../../../proto/gen/opg.inference.v1.ts";
import { remembering } from "../../runtime/remember.ts";
import { splitByWeight } from "../../runtime/split.ts";
import { STREAMS, type Stream, weightsOf } from "./params.ts";

export type Parts = Readonly<Record<Stream, bigint>>;

const weightsIn = remembering((split: SplitWeights) => weightsOf(split));

/** Splits a fee. Units that rounding leaves go to the largest fractions; ties in the order of the streams. */
export function splitFee(fee: bigint, weights: SplitWeights): Parts {
  const parts = splitByWeight(fee, weightsIn(weights));
  return Object.fromEntries(STREAMS.map((stream, index) => [stream, parts[index]!])) as Parts;
}

export function partsToProto(parts: Parts): Split {
  return Object.fromEntries(STREAMS.map((stream) => [stream, parts[stream].toString()])) as unknown as Split;
}

/** Parts as a receipt has them. They were written by partsToProto. */
export function partsFromProto(split: Split): Parts {
  return Object.fromEntries(STREAMS.map((stream) => [stream, BigInt(split[stream])])) as Parts;
}

export const NO_PARTS: Parts = { compute: 0n, verification: 0n, owner: 0n, treasury: 0n, burn: 0n };

export function addParts(a: Parts, b: Parts): Parts {
  return Object.fromEntries(STREAMS.map((stream) => [stream, a[stream] + b[stream]])) as Parts;
}
