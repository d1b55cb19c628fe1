/**
 * What operators and validators bind themselves to, and what they are judged by: pure functions, the same for chain, client
 * and node (ADR-0160, ADR-0161). Nothing of the state is imported here.
 */
import type { Job } from "../../../proto/gen/opg.compute.v1.ts";
import type { Address } from "../../runtime/address.ts";
import { compareBytes, concatBytes, joinBytes, lengthPrefixed, u64Bytes, utf8 } from "../../runtime/bytes.ts";
import { type Dec, decCeil, decFromWire, decMulInt } from "../../runtime/decimal.ts";
import { hashItems } from "../../store/merkle.ts";
import { sha256 } from "../../store/sha256.ts";

export const SALT_BYTES = 32;
export const NONCE_BYTES = 32;
export const DIGEST_BYTES = 32;
/** Stands for the output hash of an item that the model could not run. */
export const NO_OUTPUT = new Uint8Array(32);

const COMMITMENT_TAG = lengthPrefixed(utf8("opg/compute/commitment"));
const VERDICT_TAG = lengthPrefixed(utf8("opg/compute/verdict"));
const CHOICES_TAG = lengthPrefixed(utf8("opg/compute/choices"));
const DECOY_TAG = lengthPrefixed(utf8("opg/compute/decoy"));
const KEPT_TAG = lengthPrefixed(utf8("opg/compute/kept"));
const SAMPLE_TAG = lengthPrefixed(utf8("opg/compute/sample"));

/** Leaf of one item: its index, the hashes of its inputs and of its outputs; an empty output hash stands for a failed run. */
export function leafOf(index: number, inputHash: Uint8Array, outputHash: Uint8Array): Uint8Array {
  return concatBytes(u64Bytes(BigInt(index)), inputHash, outputHash.length === 0 ? NO_OUTPUT : outputHash);
}

/** Leaves of all items, by what was answered: canonical tensors, empty where the model could not run. */
export function leavesOf(items: readonly Uint8Array[], inputHashes: readonly Uint8Array[]): Uint8Array[] {
  return items.map((item, index) =>
    leafOf(index, inputHashes[index]!, item.length === 0 ? item : sha256(item)),
  );
}

/** Root over all leaves of a job: RFC 6962, as CometBFT's. */
export function resultRootOf(leaves: readonly Uint8Array[]): Uint8Array {
  return hashItems(leaves);
}

/**
 * What stays for ever of a settled job: which model answered, how it was judged, and the root over its items. Whoever kept
 * an item and its path proves it by this.
 */
export function keptRootOf(
  job: Pick<Job, "modelHash" | "verification" | "items" | "resultRoot">,
): Uint8Array {
  return sha256(
    concatBytes(
      KEPT_TAG,
      lengthPrefixed(job.modelHash),
      Uint8Array.of(job.verification),
      u64Bytes(BigInt(job.items)),
      job.resultRoot,
    ),
  );
}

/** Root over the hashes of a job's inputs. */
export function inputRootOf(inputHashes: readonly Uint8Array[]): Uint8Array {
  return hashItems(inputHashes);
}

/** What an operator is bound by. `salt` has 32 bytes. */
export function commitmentOf(parts: {
  readonly jobId: bigint;
  readonly operator: Address;
  readonly root: Uint8Array;
  readonly salt: Uint8Array;
}): Uint8Array {
  return sha256(
    concatBytes(
      COMMITMENT_TAG,
      u64Bytes(parts.jobId),
      lengthPrefixed(parts.operator),
      parts.root,
      parts.salt,
    ),
  );
}

/** The answer that an EXACT verdict is about: SHA-256 over the leaves of the judged items, ascending. */
export function answerOf(leaves: readonly Uint8Array[]): Uint8Array {
  return sha256(joinBytes(leaves));
}

/** An EXACT verdict. `validator` is the consensus address; whoever copies it has one of another's address. */
export function verdictDigest(parts: {
  readonly jobId: bigint;
  readonly validator: Uint8Array;
  readonly answer: Uint8Array;
}): Uint8Array {
  return sha256(
    concatBytes(VERDICT_TAG, u64Bytes(parts.jobId), lengthPrefixed(parts.validator), parts.answer),
  );
}

/** A TOLERANCE verdict: binds to choices that `nonce` hides until they are opened. */
export function choiceDigest(parts: {
  readonly jobId: bigint;
  readonly validator: Uint8Array;
  readonly choices: Uint8Array;
  readonly nonce: Uint8Array;
}): Uint8Array {
  return sha256(
    concatBytes(
      CHOICES_TAG,
      u64Bytes(parts.jobId),
      lengthPrefixed(parts.validator),
      u64Bytes(BigInt(parts.choices.length)),
      parts.choices,
      parts.nonce,
    ),
  );
}

/** Which of an item's two answers is the operator's own: fixed by its salt, known to nobody before it is opened. */
export function decoyOrder(jobId: bigint, salt: Uint8Array, index: number): 0 | 1 {
  const hash = sha256(concatBytes(DECOY_TAG, u64Bytes(jobId), salt, u64Bytes(BigInt(index))));
  return (hash[0]! & 1) as 0 | 1;
}

/** How many of `items` are judged: the `sample` part of them, rounded up, and at least one. */
export function sampleSize(items: number, sample: Dec): number {
  const size = Number(decCeil(decMulInt(sample, BigInt(items))));
  return size < 1 ? 1 : size > items ? items : size;
}

/**
 * Indexes of the items that are judged, ascending: those of the least SHA-256(seed, index). Work is linear in the items,
 * beside sorting; none is done where all are judged.
 */
export function sampleOf(items: number, sample: Dec, seed: Uint8Array): number[] {
  const size = sampleSize(items, sample);
  const all = Array.from({ length: items }, (_, index) => index);
  if (size === items) return all;
  const ranked = all.map((index) => ({
    index,
    rank: sha256(concatBytes(SAMPLE_TAG, seed, u64Bytes(BigInt(index)))),
  }));
  ranked.sort((a, b) => compareBytes(a.rank, b.rank) || a.index - b.index);
  return ranked
    .slice(0, size)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}

/** The judged items of a job whose sample seed is set. */
export function judgedItems(job: Pick<Job, "items" | "terms" | "sampleSeed">): number[] {
  return sampleOf(job.items, decFromWire(job.terms.sample, "terms.sample"), job.sampleSeed);
}
