/**
 * secp256k1 signatures of accounts: 64 bytes (r, s), s in the lower half, of SHA-256 of the message (Cosmos SDK).
 * libsecp256k1 (native) if it loads, else noble; both accept and reject exactly the same, which is tested.
 */
import { secp256k1 as noble } from "@noble/curves/secp256k1.js";

export const PUBLIC_KEY_BYTES = 33;
export const SIGNATURE_BYTES = 64;
export const DIGEST_BYTES = 32;

/** Half of the group's order: a higher s is the twin of a lower one, and refused. SEC 2, section 2.4.1. */
const HALF_ORDER = noble.Point.Fn.ORDER / 2n;

/** A signature, of the message whose SHA-256 is `digest` (32 bytes), by the holder of `publicKey`. */
export interface SignatureCheck {
  readonly publicKey: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

/** Never throws: whatever is not a valid signature is false. */
export type Verify = (check: SignatureCheck) => boolean;

interface NativeSecp256k1 {
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
}

/** What both need before they may look: lengths, a compressed key, and s in the lower half. */
export function isWellFormed({ publicKey, digest, signature }: SignatureCheck): boolean {
  return (
    publicKey.length === PUBLIC_KEY_BYTES &&
    (publicKey[0] === 2 || publicKey[0] === 3) &&
    digest.length === DIGEST_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    !isHigh(signature.subarray(32))
  );
}

function isHigh(s: Uint8Array): boolean {
  // The first byte decides all but one in 2^127 of the lower half.
  if (s[0]! < 0x7f) return false;
  if (s[0]! > 0x7f) return true;
  let value = 0n;
  for (const byte of s) value = (value << 8n) | BigInt(byte);
  return value > HALF_ORDER;
}

export const verifyNoble: Verify = (check) => {
  if (!isWellFormed(check)) return false;
  try {
    return noble.verify(check.signature, check.digest, check.publicKey, { prehash: false, lowS: true });
  } catch {
    return false;
  }
};

/** The native verifier over the given binding. */
export function nativeVerify(native: NativeSecp256k1): Verify {
  return (check) => {
    if (!isWellFormed(check)) return false;
    try {
      return native.ecdsaVerify(check.signature, check.digest, check.publicKey);
    } catch {
      return false;
    }
  };
}

/** Loads the native binding; noble if this platform has none. */
export async function loadVerify(
  load: () => Promise<{ readonly default: NativeSecp256k1 }> = () => import("secp256k1"),
): Promise<Verify> {
  try {
    return nativeVerify((await load()).default);
  } catch {
    return verifyNoble;
  }
}
