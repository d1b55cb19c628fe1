/** What a validator attaches to its vote, read strictly: one meaning, one encoding, within bounds that no state changes. */
import { VoteExtension } from "../../../proto/gen/opg.compute.v1.ts";
import { WireError } from "../../../proto/wire.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { DIGEST_BYTES, NONCE_BYTES } from "./hashes.ts";

/** Bytes of one extension at most, so that those of a hundred validators leave most of a block to others (ADR-0161). */
export const MAX_EXTENSION_BYTES = 16_384;
/** Verdicts, and openings, of one extension at most; `max_verdicts` of the parameters is no higher. */
export const MAX_ENTRIES = 256;
/** Items that a TOLERANCE job has judged at most: what a validator chose of them must have room in an extension. */
export const MAX_CHOICES = 8_192;
/** Bytes of a contribution to the beacon. */
export const CONTRIBUTION_BYTES = 32;

/** What of an extension is not as it must be; undefined if nothing. Empty bytes are no extension, and as good. */
export function extensionFault(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes.length > MAX_EXTENSION_BYTES) return `${bytes.length} bytes; ${MAX_EXTENSION_BYTES} are allowed`;
  let extension: VoteExtension;
  try {
    extension = VoteExtension.decode(bytes, { strict: true });
  } catch (error) {
    if (error instanceof WireError) return `no VoteExtension: ${error.message}`;
    throw error;
  }
  if (!bytesEqual(VoteExtension.encode(extension), bytes)) return "not in its canonical encoding";
  return contentFault(extension);
}

function contentFault({ verdicts, openings, reveal, next }: VoteExtension): string | undefined {
  for (const [name, list] of Object.entries({ verdicts, openings })) {
    if (list.length > MAX_ENTRIES) return `${name}: ${list.length} entries; ${MAX_ENTRIES} are allowed`;
    let last = 0n;
    for (const { jobId } of list) {
      if (jobId <= last) return `${name}: job ${jobId} after ${last}; they must ascend from 1`;
      last = jobId;
    }
  }
  for (const { jobId, digest } of verdicts)
    if (digest.length !== DIGEST_BYTES)
      return `verdict of job ${jobId}: digest of ${digest.length} bytes; it must have ${DIGEST_BYTES}`;
  for (const { jobId, choices, nonce } of openings) {
    if (nonce.length !== NONCE_BYTES)
      return `opening of job ${jobId}: nonce of ${nonce.length} bytes; it must have ${NONCE_BYTES}`;
    if (choices.length === 0 || choices.length > MAX_CHOICES)
      return `opening of job ${jobId}: ${choices.length} choices; it must have 1 to ${MAX_CHOICES}`;
    const wrong = choices.find((choice) => choice > 2);
    if (wrong !== undefined) return `opening of job ${jobId}: choice ${wrong}; it must be 0, 1 or 2`;
  }
  if (reveal.length !== 0 && reveal.length !== CONTRIBUTION_BYTES)
    return `reveal: ${reveal.length} bytes; it must have ${CONTRIBUTION_BYTES}`;
  if (next.length !== 0 && next.length !== DIGEST_BYTES)
    return `next: ${next.length} bytes; it must have ${DIGEST_BYTES}`;
  return undefined;
}

/** The extension, if it is one and says anything. Never throws: a decided block may hold what nobody verified. */
export function readExtension(bytes: Uint8Array): VoteExtension | undefined {
  return bytes.length === 0 || extensionFault(bytes) !== undefined ? undefined : VoteExtension.decode(bytes);
}
