/** Layout of the store `evidence`. Source: x/evidence/types/keys.go of the Cosmos SDK v0.53. */
import { concatBytes } from "../../runtime/bytes.ts";

export const STORE = "evidence";
export const MODULE = "evidence";

export const EVIDENCE_PREFIX = Uint8Array.of(0x00);

/** Evidence (Any) by its hash. */
export function evidenceKey(hash: Uint8Array): Uint8Array {
  return concatBytes(EVIDENCE_PREFIX, hash);
}
